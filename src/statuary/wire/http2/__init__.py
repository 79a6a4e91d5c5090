"""The server's side of HTTP/2 (RFC 9113) without input or output, on the library h2: `Http2Engine` is the way in."""

from __future__ import annotations

from statuary.wire.http2.engine import Ended, Event, Gone, Http2Engine, Http2Limits, Opened, Over

__all__ = ["Ended", "Event", "Gone", "Http2Engine", "Http2Limits", "Opened", "Over"]
