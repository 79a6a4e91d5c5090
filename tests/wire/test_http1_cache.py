"""Requests known by heart: the same events as parsing gives, and a bound."""

from __future__ import annotations

import pytest

from statuary.errors import LocalProtocolError
from statuary.wire.http1 import Http1Engine, HttpLimits, Request, RequestCache, RequestError


class TestRequestCache:
    """Requests known by heart: the same events, and a bound."""

    REQUEST = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"

    def test_repeated_request_is_the_same_event(self) -> None:
        """Also on another connection, and also ahead in a pipeline."""
        cache = RequestCache(HttpLimits())
        seen = []
        for _ in range(2):
            engine = Http1Engine(cache=cache)
            engine.receive_data(self.REQUEST * 2)
            for _ in range(2):
                seen.append(engine.next_event())
                engine.send_raw(b"")
            engine.receive_data(self.REQUEST)
            seen.append(engine.next_event())
        assert len(cache) == 1
        assert all(event is seen[0] for event in seen)

    def test_known_request_cut_in_two_leaves_nothing_behind(self) -> None:
        """A known request that arrives in parts, alone or in a pipeline, does not disturb the next."""
        engine = Http1Engine()
        other = b"GET /other HTTP/1.1\r\nA: b\r\nHost: a.test\r\n\r\n"
        for data in (self.REQUEST, self.REQUEST[:-2], self.REQUEST[-2:] + other[:-2], other[-2:], self.REQUEST[:-2]):
            engine.receive_data(data)
            while engine.next_event() is not None:
                engine.send_raw(b"")
        engine.receive_data(self.REQUEST[-2:] + other)
        targets = []
        while isinstance(event := engine.next_event(), Request):
            targets.append(event.target)
            engine.send_raw(b"")
        assert targets == ["/", "/other"]

    def test_more_octets_after_a_known_request(self) -> None:
        """Data that arrives before the first pull belongs to the same stream."""
        engine = Http1Engine()
        engine.receive_data(self.REQUEST)
        engine.next_event()
        engine.send_raw(b"")
        engine.receive_data(self.REQUEST)
        engine.receive_data(b"\x00")
        assert isinstance(engine.next_event(), Request)
        engine.send_raw(b"")
        assert isinstance(engine.next_event(), RequestError)

    def test_close_is_kept(self) -> None:
        """A known request that asks to close does so each time (RFC 9112 §9.6)."""
        cache = RequestCache(HttpLimits())
        for _ in range(2):
            engine = Http1Engine(cache=cache)
            engine.receive_data(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
            assert isinstance(engine.next_event(), Request)
            assert engine.closing
        assert len(cache) == 1

    def test_bounds(self) -> None:
        """Both its limits hold, and bodies are not kept."""
        limits = HttpLimits(max_cached_requests=4, max_cached_request_octets=40)
        engine = Http1Engine(cache=(cache := RequestCache(limits)))
        for number in range(100):
            engine.receive_data(b"GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n" % number)
            assert isinstance(engine.next_event(), Request)
            engine.send_raw(b"")
            assert 0 < len(cache) <= 4
        kept = len(cache)
        for data in (
            b"GET /long HTTP/1.1\r\nHost: aaaaaaaaaaaaaaa.test\r\n\r\n",
            b"\r\nGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            b"PUT / HTTP/1.1\r\nHost:\r\nContent-Length: 1\r\n\r\nx",
        ):
            engine.receive_data(data)
            assert isinstance(engine.next_event(), Request)
            engine.next_event()
            engine.send_raw(b"")
        assert len(cache) == kept

    def test_none_at_all(self) -> None:
        """A cache of no entries parses each time."""
        engine = Http1Engine(cache=(cache := RequestCache(HttpLimits(max_cached_requests=0))))
        engine.receive_data(self.REQUEST)
        assert isinstance(engine.next_event(), Request)
        assert len(cache) == 0

    def test_cache_of_other_limits(self) -> None:
        """What one limit lets pass another may not."""
        cache = RequestCache(HttpLimits(max_headers=1))
        assert Http1Engine(cache=cache).limits.max_headers == 1
        assert Http1Engine(HttpLimits(max_headers=1), cache).limits is not None
        with pytest.raises(LocalProtocolError):
            Http1Engine(HttpLimits(), cache)
