"""Requests and engines that the tests of this folder start from."""

from __future__ import annotations

from statuary.wire.http1 import Event, Http1Engine, HttpLimits, Request

__all__ = ["opened", "request", "target"]


def request(method: str = "GET", target: str = "/", fields: str = "", *, version: str = "1.1", body: str = "") -> bytes:
    """A request to a.test."""
    return f"{method} {target} HTTP/{version}\r\nHost: a.test\r\n{fields}\r\n{body}".encode()


def opened(data: bytes, limits: HttpLimits | None = None) -> Http1Engine:
    """An engine whose first request was told."""
    engine = Http1Engine(limits)
    engine.receive_data(data)
    assert isinstance(engine.next_event(), Request)
    return engine


def target(event: Event | None) -> str:
    """The target of a request."""
    assert isinstance(event, Request), event
    return event.target
