"""Conversations with the HTTP/1.1 engine, made up by Hypothesis: run it for longer than the tests do.

    python fuzzing/fuzz_http1.py --examples 100000

Whatever arrives, in whatever pieces, the engine must give documented events and raise nothing; and however
the same octets are cut, tell the same and answer the same. The tests draw from the same conversations.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from statuary.errors import LocalProtocolError
from statuary.wire.http1 import (
    Body,
    Closed,
    Event,
    Http1Engine,
    HttpLimits,
    Request,
    RequestCache,
    RequestError,
    State,
)

__all__ = ["Conversation", "check", "conversations", "requests"]

# Small, so that every limit is met often.
LIMITS = HttpLimits(
    max_method_octets=12,
    max_target_octets=40,
    max_header_octets=160,
    max_headers=6,
    max_body_octets=60,
    max_chunk_extension_octets=12,
    max_empty_lines=2,
    max_drain_octets=30,
    max_cached_requests=3,
    max_cached_request_octets=80,
)

PLANS = ("at once", "after the body", "continue", "raw", "raw and close", "in pieces", "refuse at once", "wrongly")
"""What our side may do with a request."""

ALPHABET = st.sampled_from(
    [
        b"\r\n",
        b"\r",
        b"\n",
        b" ",
        b"\t",
        b":",
        b";",
        b",",
        b"0",
        b"5",
        b"f",
        b"\x00",
        b"\x7f",
        b"\xff",
        b"GET",
        b"chunked",
    ]
)


class Conversation(NamedTuple):
    """What a client sends and what our side plans.

    Args:
        data: the octets of the client.
        cuts: where they are cut, in ascending order.
        ends: whether the client closes its side afterwards.
        plans: for each request in turn, one of `PLANS`; the last holds for all others.
    """

    data: bytes
    cuts: list[int]
    ends: bool
    plans: list[str]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A well-formed request, though not always within `LIMITS`."""
    method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT", "FROB"]))
    if method == "CONNECT":
        target = "a.test:443"
    else:
        target = draw(st.sampled_from(["/", "/status/503x2~200?a=%20", "http://a.test/x", "/" + "y" * 50]))
    framing = draw(st.sampled_from(["none", "fixed", "chunked"]))
    version = draw(st.sampled_from(["1.1", "1.1", "1.1", "1.3", "1.1" if framing == "chunked" else "1.0"]))
    fields = ["Host: a.test"]
    fields += draw(
        st.lists(
            st.sampled_from(
                [
                    "Connection: close",
                    "connection: Keep-Alive",
                    "Connection: Upgrade\r\nUpgrade: h2c",
                    "Expect: 100-continue",
                    "X-Long: " + "z" * 60,
                    "Accept:",
                    "X-Bytes: \xe9\xff",
                ]
            ),
            max_size=4,
        )
    )
    content = draw(st.binary(max_size=80))
    if framing == "none":
        body = b""
    elif framing == "fixed":
        fields.append(f"Content-Length: {len(content)}")
        body = content
    else:
        fields.append("Transfer-Encoding: chunked")
        body = draw(chunked(content))
    order = draw(st.permutations(fields))
    head = f"{method} {target} HTTP/{version}\r\n" + "".join(line + "\r\n" for line in order) + "\r\n"
    return head.encode("latin-1") + body


@st.composite
def chunked(draw: st.DrawFn, content: bytes) -> bytes:
    """A chunked body with the content."""
    pieces = []
    while content:
        size = draw(st.integers(1, len(content)))
        extension = draw(st.sampled_from(["", "", ";a", ";a=b", ';a="b c"']))
        pieces.append(f"{size:x}{extension}\r\n".encode() + content[:size] + b"\r\n")
        content = content[size:]
    pieces.append(draw(st.sampled_from([b"0\r\n", b"000\r\n", b"0;last\r\n"])))
    pieces.append(draw(st.sampled_from([b"", b"", b"X-Sum: 1\r\n", b"A: b\r\nC:\r\n"])))
    pieces.append(b"\r\n")
    return b"".join(pieces)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Octets with a few of them lost, doubled, replaced or thrown in."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 3)))
        data = data[:start] + draw(st.one_of(ALPHABET, st.binary(max_size=3), st.just(b""))) + data[end:]
    return data


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """A conversation: requests sound and damaged, plain noise, cut anywhere."""
    messages = draw(st.lists(st.one_of(requests(), requests().flatmap(damaged)), max_size=4))
    # A request that comes again is one that the cache knows.
    messages += draw(st.lists(st.sampled_from(messages), max_size=2)) if messages else []
    noise = draw(st.one_of(st.just(b""), st.binary(max_size=40), st.lists(ALPHABET).map(b"".join)))
    data = b"".join([*messages, noise])
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=8).map(sorted))
    plans = draw(st.lists(st.sampled_from(PLANS), min_size=1, max_size=5))
    return Conversation(data, cuts, draw(st.booleans()), plans)


def check(conversation: Conversation) -> None:
    """Hold one conversation in three cuts, twice with a warm cache, and compare what is told and answered.

    Args:
        conversation: the conversation.
    """
    data = conversation.data
    bounds = [0, *conversation.cuts, len(data)]
    cache = RequestCache(LIMITS)
    outcomes = [
        hold(pieces, conversation, RequestCache(LIMITS) if cold else cache)
        for cold in (True, False)
        for pieces in (
            [data],
            [data[start:end] for start, end in pairwise(bounds)],
            [data[i : i + 1] for i in range(len(data))],
        )
    ]
    for told, sent in outcomes[1:]:
        assert told == outcomes[0][0], (told, outcomes[0][0])
        assert sent == outcomes[0][1], (sent, outcomes[0][1])
    assert len(cache) <= LIMITS.max_cached_requests


def hold(pieces: Iterable[bytes], conversation: Conversation, cache: RequestCache) -> tuple[list[Event], bytes]:
    """Hold one conversation; gives the events, made independent of the cuts, and all octets of ours."""
    engine = Http1Engine(LIMITS, cache)
    side = _Side(engine, conversation)
    for piece in pieces:
        engine.receive_data(piece)
        side.pull()
    if conversation.ends:
        engine.receive_eof()
        side.pull()
        assert engine.state is State.CLOSED or not engine.wants_data
    # In a body without an end, framing that was held back for the next piece depends on the cuts.
    told = [event._replace(raw=b"") if isinstance(event, Body) and not event.ended else event for event in side.told]
    return told, b"".join(side.sent)


class _Side:
    """Our side of a conversation."""

    def __init__(self, engine: Http1Engine, conversation: Conversation) -> None:
        self.engine = engine
        self.told: list[Event] = []
        self.sent: list[bytes] = []
        self._data = conversation.data
        self._plans = conversation.plans
        self._position = 0
        self._count = 0
        self._plan = ""

    def pull(self) -> None:
        """Pull all events and answer them as planned."""
        while (event := self.engine.next_event()) is not None:
            self._note(event)
            if isinstance(event, Request):
                self._plan = self._plans[min(self._count, len(self._plans) - 1)]
                self._count += 1
                self._begin(event)
            elif isinstance(event, Body) and event.ended:
                self._finish()
            elif isinstance(event, RequestError):
                self._refuse(event)
        assert self.engine.next_event() is None

    def _note(self, event: Event) -> None:
        """Check an event's octets against the stream, and note it."""
        assert not self.told or not isinstance(self.told[-1], Closed)
        if not isinstance(event, Closed):
            # In order, and nothing told twice; what was drained is skipped.
            found = self._data.find(event.raw, self._position)
            assert found >= 0
            self._position = found + len(event.raw)
        last = self.told[-1] if self.told else None
        if isinstance(event, Body) and isinstance(last, Body):
            assert not last.ended
            self.told[-1] = Body(last.data + event.data, event.ended, last.raw + event.raw, event.trailers)
        elif isinstance(event, RequestError):
            # How much of something refused had arrived depends on the cuts.
            assert 400 <= event.status_hint <= 505
            self.told.append(event._replace(raw=b""))
        else:
            self.told.append(event)

    def _begin(self, request: Request) -> None:
        """Do with a request what is planned."""
        engine = self.engine
        if self._plan == "in pieces":
            self.sent.append(engine.send_chunked_head(200, "OK"))
            self.sent.append(engine.send_chunk(b"one"))
        elif self._plan == "continue" and request.expects_continue:
            self.sent.append(engine.send_informational(100, "Continue"))
        elif self._plan == "at once":
            self.sent.append(engine.send_response(200, "OK", [("A", "b")], b"yes"))
        elif self._plan == "refuse at once":
            self.sent.append(engine.send_response(413, "Content Too Large", [], b"no", close=True))
        if request.ended and self._plan not in ("at once", "refuse at once"):
            self._finish()

    def _finish(self) -> None:
        """Complete the answer to a request that is wholly read."""
        engine = self.engine
        if self._plan == "in pieces":
            self.sent.append(engine.send_chunk(b"two") + engine.send_end([("X-Sum", "1")]))
        elif self._plan == "raw":
            self.sent.append(engine.send_raw(b"raw"))
        elif self._plan == "raw and close":
            self.sent.append(engine.send_raw(b"raw", close=True))
        else:
            if self._plan == "wrongly":
                self._try_in_vain()
            self.sent.append(engine.send_response(204, "No Content", [], b"dropped"))

    def _refuse(self, error: RequestError) -> None:
        """Answer an error, where an answer is due."""
        assert self.engine.closing
        if error.answer_due:
            self.sent.append(self.engine.send_response(error.status_hint, "Refused", [], b"no"))
        else:
            self.sent.append(self.engine.send_end())

    def _try_in_vain(self) -> None:
        """Do what may not be done; nothing of it may leave a trace."""
        engine = self.engine
        attempts: tuple[Callable[[], bytes], ...] = (
            lambda: engine.send_chunk(b"x"),
            engine.send_end,
            lambda: engine.send_response(99, "OK"),
            lambda: engine.send_response(200, "O\nK"),
            lambda: engine.send_chunked_head(200, "OK", [("Content-Length", "1")], close=True),
            lambda: engine.send_informational(200, "OK"),
        )
        for attempt in attempts:
            before = (engine.state, engine.closing)
            try:
                attempt()
            except LocalProtocolError:
                assert before == (engine.state, engine.closing)
            else:
                raise AssertionError("our side's mistake was not noticed")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Fuzz the HTTP/1.1 engine.")
    parser.add_argument("--examples", type=int, default=20_000, help="how many conversations (20000)")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run")
    options = parser.parse_args()

    @settings(max_examples=options.examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(conversations())
    def run(conversation: Conversation) -> None:
        check(conversation)

    if options.seed is not None:
        run = seed(options.seed)(run)
    run()
    print(f"{options.examples} conversations, each in three cuts and with two caches: no fault")


if __name__ == "__main__":
    main()
