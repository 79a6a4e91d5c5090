"""Server-sent events: order, numbers, gaps, heartbeat, limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from statuary.serve.journal import MemoryJournal
from statuary.web import live
from statuary.web.live import Streams
from tests.web.client import Client, run
from tests.web.test_api import exchange


def events(text: str) -> list[tuple[str, int, Any]]:
    """The events of a stream: name, number, data (WHATWG HTML §9.2.6)."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], int(fields["id"]), json.loads(fields["data"])))
    return found


async def take(stream: AsyncIterator[bytes], count: int) -> str:
    """So many pieces of a stream, as text."""
    return b"".join([await anext(stream) for _ in range(count)]).decode()


def test_stream_sends_what_came_since_and_what_comes() -> None:
    async def scene() -> str:
        journal = MemoryJournal()
        for number in range(3):
            journal.add(exchange(number))
        stream = Streams(journal).follow(1)
        text = await take(stream, 2)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        journal.add(exchange(9))
        return text + (await waiting).decode()

    found = events(run(scene()))
    assert [(name, number) for name, number, _ in found] == [("exchange", 2), ("exchange", 3), ("exchange", 4)]
    assert found[-1][2]["code"] == "109"
    assert found[-1][2]["response"] == "\xff\x00\r\n"


def test_stream_states_a_gap() -> None:
    async def scene() -> str:
        journal = MemoryJournal(max_exchanges=2)
        for number in range(10):
            journal.add(exchange(number))
        return await take(Streams(journal).follow(3), 3)

    found = events(run(scene()))
    assert found[0] == ("dropped", 8, {"count": 5})
    assert [number for _, number, _ in found[1:]] == [9, 10]


def test_silent_stream_shows_that_it_lives() -> None:
    async def scene() -> str:
        return await take(Streams(MemoryJournal(), heartbeat=0.001).follow(0), 3)

    assert run(scene()).count(": still here\n\n") == 2


def test_streams_are_released_and_closed() -> None:
    async def scene() -> None:
        journal = MemoryJournal()
        streams = Streams(journal)
        left = streams.follow(0)
        await anext(left)
        assert len(streams) == 1
        await left.aclose()  # type: ignore[attr-defined]
        assert len(streams) == 0
        stays = streams.follow(0)
        await anext(stays)
        waiting = asyncio.ensure_future(anext(stays))
        await asyncio.sleep(0)
        streams.close()
        with pytest.raises(StopAsyncIteration):
            await waiting
        assert len(streams) == 0

    run(scene())


def test_number_of_streams_is_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_STREAMS", 0)
    response = client.get("/api/journal/stream")
    assert (response.status_code, response.json()["error"]) == (503, "too_many_streams")


def test_stream_over_http_honours_last_event_id(client: Client) -> None:
    for number in range(4):
        client.shared.journal.add(exchange(number))
    client.app.state.streams.close()
    response = client.get("/api/journal/stream?after=0", {"Last-Event-ID": "4"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert events(response.text) == []


def test_reader_of_an_earlier_run_is_sent_this_run(client: Client) -> None:
    """A browser comes back by itself with the number of a server that has since been started anew."""
    for number in range(2):
        client.shared.journal.add(exchange(number))
    followed: list[int] = []
    follow = client.app.state.streams.follow

    def follow_briefly(after: int) -> AsyncIterator[bytes]:
        followed.append(after)
        client.app.state.streams.close()
        stream: AsyncIterator[bytes] = follow(after)
        return stream

    client.app.state.streams.follow = follow_briefly
    for last in ("1", "2", "3", "5000"):
        client.get("/api/journal/stream", {"Last-Event-ID": last})
    assert followed == [1, 2, 0, 0]
