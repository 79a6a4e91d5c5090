"""Reads a reference such as ``RFC 5321 §4.2.3`` and finds its address."""

from __future__ import annotations

import re

from statuary.catalog.model import Spec

__all__ = ["parse_spec", "parse_specs"]

_REFERENCE = re.compile(
    r"(?P<document>.+?)(?:\s+(?:§|Appendix )(?P<section>[0-9A-Z][0-9A-Za-z.]*))?(?:\s+\(was [^()]+\))?"
)
_ADDRESSES = {
    "grpc doc/statuscodes.md": "https://github.com/grpc/grpc/blob/master/doc/statuscodes.md",
    "grpc doc/http-grpc-status-mapping.md": "https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md",
    "google/rpc/code.proto": "https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto",
    "MQTT 5.0": "https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html",
    "AMQP 0-9-1": "https://www.rabbitmq.com/amqp-0-9-1-protocol",
}
"""Documents outside the RFC series and IANA's registries."""


def parse_spec(text: str) -> Spec:
    """Split a reference into document and section, with a link to the section; an earlier place is left out.

    Args:
        text: such as ``RFC 9110 §15.6.4``, ``IANA http-status-codes``, ``vendor`` or
            ``RFC 9846 §6.2 (was RFC 8446 §6.2)``.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return Spec(text.strip())
    document, section = match["document"], match["section"] or ""
    return Spec(document, section, _address(document, section))


def parse_specs(text: str) -> tuple[Spec, ...]:
    """Split a registry's cell, in which ``;`` stands between references."""
    return tuple(parse_spec(part) for part in text.split(";") if part.strip())


def _address(document: str, section: str) -> str:
    if document.startswith("RFC "):
        number = document.removeprefix("RFC ")
        anchor = ""
        if section:
            kind = "appendix" if section[0].isalpha() else "section"
            anchor = f"#{kind}-{section}"
        return f"https://www.rfc-editor.org/rfc/rfc{number}.html{anchor}"
    if document.startswith("IANA "):
        return f"https://www.iana.org/assignments/{document.split()[1]}/"
    if document.startswith("draft-"):
        return f"https://datatracker.ietf.org/doc/{document}/"
    return _ADDRESSES.get(document, "")
