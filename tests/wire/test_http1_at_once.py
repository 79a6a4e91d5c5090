"""A request and its answer taken in at once: the same as the long way, or nothing (RFC 9112 §9.3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from statuary.wire.http1 import Http1Engine, Request

WHOLE = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
OTHER = b"GET /other HTTP/1.0\r\n\r\n"


def known() -> Request:
    """The request of ``WHOLE``, as an engine gives it."""
    engine = Http1Engine()
    engine.receive_data(WHOLE)
    request = engine.next_event()
    assert isinstance(request, Request)
    return request


def answered(engine: Http1Engine, data: bytes, *, close: bool = False) -> None:
    engine.receive_data(data)
    assert isinstance(engine.next_event(), Request)
    engine.send_raw(b"", close=close)


def test_connection_goes_on_as_after_the_long_way() -> None:
    """Between, before and after requests that go the long way, whole or in parts."""
    engine = Http1Engine()
    request = known()
    assert engine.exchange(request)
    answered(engine, WHOLE)
    assert engine.exchange(request)
    assert engine.exchange(request)
    assert (engine.closing, engine.answer_due, engine.wants_data) == (False, False, True)
    engine.receive_data(WHOLE[:-3])
    assert engine.next_event() is None
    answered(engine, WHOLE[-3:])
    answered(engine, OTHER)
    assert engine.closing


def _cut(engine: Http1Engine) -> None:
    engine.receive_data(WHOLE[:9])
    assert engine.next_event() is None


def _due(engine: Http1Engine) -> None:
    engine.receive_data(WHOLE)
    assert isinstance(engine.next_event(), Request)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(_cut, id="a part of another request"),
        pytest.param(_due, id="an answer is due"),
        pytest.param(lambda engine: engine.receive_data(WHOLE), id="a request that nobody took"),
        pytest.param(lambda engine: engine.receive_eof(), id="the client has ended"),
        pytest.param(lambda engine: answered(engine, OTHER), id="the client asked to close"),
        pytest.param(lambda engine: answered(engine, WHOLE, close=True), id="we closed"),
    ],
)
def test_nothing_is_done_where_something_else_comes_first(before: Callable[[Http1Engine], None]) -> None:
    engine, same = Http1Engine(), Http1Engine()
    before(engine)
    before(same)
    assert not engine.exchange(known())
    assert (engine.state, engine.closing, engine.next_event()) == (same.state, same.closing, same.next_event())
