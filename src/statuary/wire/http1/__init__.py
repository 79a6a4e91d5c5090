"""The server's side of HTTP/1.1 without input or output: octets in, events out, answers in, octets out.

RFC 9112 (syntax and connections) and RFC 9110 (semantics) are what it follows; `Http1Engine` is the way in.
"""

from __future__ import annotations

from statuary.wire.http1.engine import Http1Engine
from statuary.wire.http1.events import (
    DEFAULT_LIMITS,
    Body,
    Closed,
    Event,
    Fields,
    HttpLimits,
    Preface,
    Request,
    RequestError,
)
from statuary.wire.http1.parser import RequestCache
from statuary.wire.http1.table import Kind, State

__all__ = [
    "DEFAULT_LIMITS",
    "Body",
    "Closed",
    "Event",
    "Fields",
    "Http1Engine",
    "HttpLimits",
    "Kind",
    "Preface",
    "Request",
    "RequestCache",
    "RequestError",
    "State",
]
