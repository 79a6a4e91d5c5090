"""WebSocket: the upgrade (RFC 6455 §4.2); what is said after it is the session's."""

from __future__ import annotations

import base64
import binascii

from statuary.serve.http.routes.base import Asking, BadRequest, Reply, Route, plain_reply

__all__ = ["SOCKET_ROUTES"]


def _has(value: str | None, word: str) -> bool:
    return any(part.strip().lower() == word for part in (value or "").split(","))


def echo(asking: Asking) -> Reply:
    """Becomes a WebSocket that sends back every message."""
    version = asking.header("sec-websocket-version")
    upgrade = _has(asking.header("upgrade"), "websocket") and _has(asking.header("connection"), "upgrade")
    if not upgrade or version != "13":
        fields = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"))
        return plain_reply(asking.status["upgrade_required"], fields)
    key = asking.header("sec-websocket-key") or ""
    try:
        right = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        right = False
    if not right:
        raise BadRequest("Sec-WebSocket-Key", "16 octets in base64")
    from wsproto.utilities import generate_accept_token

    fields = (
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", generate_accept_token(key.encode()).decode()),
    )
    return Reply(asking.status["switch"], fields, socket=True)


SOCKET_ROUTES = (Route("/websocket/echo", echo),)
"""Routes that end HTTP on their connection."""
