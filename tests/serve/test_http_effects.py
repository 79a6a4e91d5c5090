"""Each effect on an HTTP answer, seen on a raw socket: a test fails where its effect is missing."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Serving
from tests.serve.wire import arrivals, ask, is_half_closed, nothing_yet, parse, read_all, read_answer

from statuary.scenario.decide import Dice
from statuary.scenario.grammar import MAX_FIELDS, parse_script
from statuary.scenario.script import COMMON_EFFECTS, HTTP_EFFECTS
from statuary.serve.output import Close, HalfClose, Hang, Reset, Send, Wait, plan_answer, plan_delay

PLAIN = b'{"status": "ok", "message": "OK"}'


def effects_of(script: str) -> tuple[object, ...]:
    """The effects of a script's one answer."""
    answer = parse_script(script).constant
    assert answer is not None
    return answer.effects


def waits(script: str, data: bytes = b"x" * 1000, dice: Dice | None = None) -> list[float]:
    """The waits of an answer's plan, in seconds."""
    answer = parse_script(script).constant
    assert answer is not None
    plan, _ = plan_answer(data, answer.effects, 0, dice)
    return [action.seconds for action in plan if isinstance(action, Wait)]


def test_latency_has_the_distribution_that_was_asked_for() -> None:
    """Uniform to either side, or lognormal around a median; the same seed draws the same times again."""

    def drawn(script: str) -> list[float]:
        answer = parse_script(script).constant
        assert answer is not None
        return [plan_delay(answer.effects, Dice(7, "k", number)) for number in range(2000)]

    even = drawn("200-delay=1s-jitter=400ms")
    assert 0.6 <= min(even) < 0.62
    assert 1.38 < max(even) <= 1.4
    assert abs(sum(even) / len(even) - 1) < 0.02
    spread = sorted(drawn("200-delay=1s-sigma=0.5"))
    assert abs(spread[1000] - 1) < 0.05
    assert abs(spread[1682] - 1.6487) < 0.1  # one sigma above the median is e to the half
    assert drawn("200-delay=1s-sigma=0.5") == drawn("200-delay=1s-sigma=0.5")
    assert set(drawn("200-delay=1s")) == {1.0}
    assert min(drawn("200-jitter=1s")) == 0


def test_delayed_answer_comes_behind_one_that_was_asked_for_later(server: Serving) -> None:
    """The order on two connections shows the wait."""
    with ask(server, "/status/200-delay=500ms-close") as slow, ask(server, "/status/200-close") as quick:
        slow.setblocking(False)
        assert read_all(quick).endswith(PLAIN)
        with pytest.raises(BlockingIOError):
            slow.recv(1)
        slow.settimeout(10)
        assert read_all(slow).endswith(PLAIN)


def test_delayed_answer_holds_up_the_next_on_its_connection(server: Serving) -> None:
    """Nothing is sent before the time is up; a second request waits its turn (RFC 9112 §9.3.2)."""
    with ask(server, "/status/503-delay=300ms") as connection:
        connection.sendall(b"GET /status/200-close HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert nothing_yet(connection)
        data = read_all(connection)
    assert 0 < data.index(b" 503 ") < data.index(b" 200 ")


@pytest.mark.parametrize("effects", ["delay=300ms-jitter=300ms", "delay=100ms-sigma=2"])
def test_spread_answers_come_in_another_order(server: Serving, effects: str) -> None:
    """Of answers with the same delay the first asked for comes first; a spread mixes them."""
    with ExitStack() as stack:
        asked = [stack.enter_context(ask(server, f"/status/200-{effects}")) for _ in range(12)]
        order = arrivals(asked)
    assert order != sorted(order)


def test_rate_says_how_long_an_answer_takes() -> None:
    """A thousand octets at five hundred a second take two seconds, whatever the pieces."""
    assert abs(sum(waits("200-rate=500")) - 2) < 1e-6
    assert abs(sum(waits("200-rate=500-slice=100")) - 2) < 1e-6
    assert abs(sum(waits("200-drip=3s")) - 3) < 1e-6
    assert sum(waits("200-rate=1", b"x" * 1_000_000)) <= 3600.001


def test_drip_spreads_the_answer(server: Serving) -> None:
    """Many pieces, which a client gets one by one."""
    with ask(server, "/status/503-drip=400ms-close") as connection:
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
    assert len(pieces) > 10
    assert pieces[-1].endswith(b"}")


def test_rate_lets_a_client_read_piece_by_piece(server: Serving) -> None:
    """What a client has read in the midst is a part of the answer."""
    with ask(server, "/status/200-rate=1k-close") as connection:
        first = connection.recv(65536)
        rest = read_all(connection)
    assert 0 < len(first) < len(first + rest)
    assert parse(first + rest).body == PLAIN


@pytest.mark.parametrize(
    ("script", "sizes"),
    [("200-split=4", [250, 250, 250, 250]), ("200-slice=400", [400, 400, 200]), ("200-slice=9999", [1000])],
)
def test_pieces_have_their_sizes(script: str, sizes: list[int]) -> None:
    """So many of even size, or all of one size and what is left; a pause between keeps them apart."""
    answer = parse_script(script).constant
    assert answer is not None
    plan, _ = plan_answer(b"x" * 1000, answer.effects)
    assert [len(action.data) for action in plan if isinstance(action, Send)] == sizes
    assert len([action for action in plan if isinstance(action, Wait)]) == len(sizes) - 1


@pytest.mark.parametrize("script", ["200-split=6-close", "200-slice=50-close"])
def test_pieces_arrive_one_by_one(server: Serving, script: str) -> None:
    """A client that reads at once gets the answer in parts."""
    pieces = []
    with ask(server, f"/status/{script}") as connection:
        while piece := connection.recv(65536):
            pieces.append(piece)
    assert len(pieces) > 1
    assert parse(b"".join(pieces)).body == PLAIN


def test_pause_stands_between_head_and_body(server: Serving) -> None:
    """The head comes whole and alone."""
    with ask(server, "/status/200-pause=300ms-close") as connection:
        head = connection.recv(65536)
        assert head.endswith(b"\r\n\r\n")
        assert read_all(connection) == PLAIN


@pytest.mark.parametrize(("script", "octets"), [("truncate=0.5", 34), ("truncate=10", 10)])
def test_truncate_cuts_the_body_and_closes(server: Serving, script: str, octets: int) -> None:
    """A part of what Content-Length promises (RFC 9112 §8): a share, or so many octets."""
    with ask(server, f"/status/507-{script}") as connection:
        answer = parse(read_all(connection))
    assert answer.field("content-length") == "68"
    assert len(answer.body) == octets


def test_truncate_in_chunks_leaves_the_last_chunk_out(server: Serving) -> None:
    """A chunked body is cut too: nothing says that it ended (RFC 9112 §8)."""
    with ask(server, "/status/200-chunked-close") as connection:
        whole = read_all(connection)
    with ask(server, "/status/200-chunked-truncate=0.5") as connection:
        cut = read_all(connection)
    assert whole.endswith(b"0\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in cut
    assert b"0\r\n\r\n" not in cut
    assert 0 < len(parse(cut).body) < len(parse(whole).body)


@pytest.mark.parametrize("octets", [1, 12, 40])
def test_limit_cuts_the_head(server: Serving, octets: int) -> None:
    """So many octets of all, and the end: a close inside the head."""
    with ask(server, f"/status/200-limit={octets}") as connection:
        head = read_all(connection)
    assert len(head) == octets
    assert head.startswith(b"HTTP/1.1 200 OK\r\nDate: "[:octets])


def test_close_before_and_after_the_head(server: Serving) -> None:
    """An empty answer, or a head without its body."""
    with ask(server, "/status/drop") as connection:
        assert read_all(connection) == b""
    with ask(server, "/status/200-truncate=0") as connection:
        answer = parse(read_all(connection))
    assert answer.field("content-length") == str(len(PLAIN))
    assert answer.body == b""


def test_close_ends_the_connection_after_the_answer(server: Serving) -> None:
    """An orderly end (FIN), the answer whole."""
    with ask(server, "/status/503-close") as connection:
        assert read_all(connection).endswith(b"}")


def test_close_may_wait(server: Serving) -> None:
    """The answer is whole long before the end of the connection."""
    with ask(server, "/status/200-close=300ms") as connection:
        data = connection.recv(65536)
        assert data.endswith(PLAIN)
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(10)
        assert connection.recv(1) == b""


@pytest.mark.parametrize("script", ["reset", "200-reset", "200-truncate=0.5-reset", "reset-delay=50ms"])
def test_reset_is_a_reset(server: Serving, script: str) -> None:
    """The peer's recv fails with ECONNRESET: with nothing sent, after the whole, and after a part."""
    with ask(server, f"/status/{script}") as connection, pytest.raises(ConnectionResetError):
        read_all(connection)


def test_half_close_ends_one_direction_only(server: Serving) -> None:
    """The answer and FIN come; what the client still sends is taken, and no reset comes of it (RFC 9293 §3.6)."""
    with ask(server, "/status/200-halfclose") as connection:
        assert read_all(connection).endswith(PLAIN)
        for _ in range(20):
            connection.sendall(b"GET /status/200 HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
        assert is_half_closed(connection)


def test_stall_never_ends(server: Serving) -> None:
    """So much of the body, and then silence on an open connection."""
    with ask(server, "/status/200-stall=0.5") as connection:
        data = b""
        while b"\r\n\r\n" not in data or len(parse(data).body) < len(PLAIN) // 2:
            data += connection.recv(65536)
        assert nothing_yet(connection, 0.4)
    assert parse(data).body == PLAIN[: len(PLAIN) // 2]


def test_hang_never_begins(server: Serving) -> None:
    """No octet, no end."""
    with ask(server, "/status/hang") as connection:
        assert nothing_yet(connection, 0.4)


def test_garbage_comes_in_place_of_the_answer(server: Serving) -> None:
    """Octets that are no HTTP, as many as asked for; the next request gets others, the same seed the same."""
    seen = []
    for _ in range(2):
        with ask(server, "/status/200-garbage=300?key=garbage") as connection:
            seen.append(read_all(connection))
    assert [len(octets) for octets in seen] == [300, 300]
    assert seen[0] != seen[1]
    assert not seen[0].startswith(b"HTTP/")
    with ask(server, "/status/200-truncate=0-garbage=20") as connection:
        answer = parse(read_all(connection))
    assert answer.status == 200
    assert len(answer.body) == 20


def test_bad_chunk_is_malformed(server: Serving) -> None:
    """A chunk that is right, and one whose size is no number (RFC 9112 §7.1)."""
    with ask(server, "/status/200-badchunk") as connection:
        answer = parse(read_all(connection))
    assert answer.field("transfer-encoding") == "chunked"
    size, _, rest = answer.body.partition(b"\r\n")
    assert int(size, 16) > 0
    line = rest[int(size, 16) + 2 :].partition(b"\r\n")[0]
    assert re.fullmatch(b"[0-9A-Fa-f]+", line) is None
    assert line


@pytest.mark.parametrize("length", [0, 5, 1000])
def test_length_lies(server: Serving, length: int) -> None:
    """Content-Length says what was asked for; the body is what it is, and the connection ends."""
    with ask(server, f"/status/200-length={length}") as connection:
        answer = parse(read_all(connection))
    assert answer.field("content-length") == str(length)
    assert answer.body == PLAIN


def test_flood_of_fields(server: Serving) -> None:
    """As many header fields as asked for, up to the limit; beyond it the script is refused with its name."""
    many = read_answer(server, "/status/200-headers=500")
    assert sum(name.startswith("statuary-filler-") for name, _ in many.fields) == 500
    assert many.body == PLAIN
    beyond = read_answer(server, f"/status/200-headers={MAX_FIELDS + 1}")
    assert beyond.status == 400
    assert str(MAX_FIELDS).encode() in beyond.body


@pytest.mark.parametrize("name", [*COMMON_EFFECTS, *HTTP_EFFECTS])
def test_no_effect_breaks_the_server(server: Serving, name: str) -> None:
    """Each comes to its end, and the next client is served."""
    measure = {**COMMON_EFFECTS, **HTTP_EFFECTS}[name]
    value = "=1ms" if measure.startswith("seconds") else "=1000" if measure == "rate" else "=1" if measure else ""
    with ask(server, f"/status/200-{name}{value}?key={name}", "Connection: close") as connection:
        if name not in ("stall", "halfclose"):
            try:
                read_all(connection)
            except ConnectionResetError:
                assert name == "reset"
        else:
            assert connection.recv(65536)
    assert read_answer(server, "/status/200").status == 200


@given(
    st.binary(max_size=400),
    st.lists(st.sampled_from(sorted(COMMON_EFFECTS)), unique=True, max_size=5),
    st.floats(0, 300),
    st.integers(0, 400),
)
def test_plans_write_what_they_say(data: bytes, names: list[str], number: float, start: int) -> None:
    """The octets that a plan reports are those of its sends; nothing stands behind an ending; waits are bounded."""
    spelled = []
    for name in names:
        measure = COMMON_EFFECTS[name]
        if measure in ("rate", "pieces", "size", "noise", "octets"):
            spelled.append(f"-{name}={max(1, int(number))}")
        elif measure == "number":
            spelled.append(f"-{name}={min(number, 10):.3f}")
        elif measure == "share":
            spelled.append(f"-{name}={min(number, 1):.3f}")
        else:
            spelled.append(f"-{name}={number:.3f}" if measure else f"-{name}")
    answer = parse_script("200" + "".join(spelled)).constant
    assert answer is not None
    plan, sent = plan_answer(data, answer.effects, min(start, len(data)), Dice(1, "k", 1))
    assert b"".join(action.data for action in plan if isinstance(action, Send)) == sent
    endings = [number for number, action in enumerate(plan) if isinstance(action, Close | Reset | Hang | HalfClose)]
    assert endings == list(range(len(plan) - len(endings), len(plan)))
    assert all(0 <= action.seconds <= 3600 for action in plan if isinstance(action, Wait))
    if not {"garbage", "truncate", "limit", "stall"} & set(names):
        assert sent == data


@pytest.mark.parametrize(
    ("option", "same"),
    [
        ("fault=EMPTY_RESPONSE", "drop"),
        ("fault=MALFORMED_RESPONSE_CHUNK", "200-badchunk"),
        ("toxic=limit_data:bytes=30", "200-limit=30"),
        ("toxic=timeout:timeout=10", "drop-delay=10ms"),
        ("toxic=slow_close:delay=50", "200-close=50ms"),
    ],
)
def test_names_of_other_tools(server: Serving, option: str, same: str) -> None:
    """A fault or toxic does on the wire what our own spelling does."""

    def seen(target: str) -> bytes:
        with ask(server, target) as connection:
            octets = read_all(connection)
        return re.sub(rb"Statuary-Answer: [^\r]*|Date: [^\r]*", b"", octets)

    assert seen(f"/status/200?{option}") == seen(f"/status/{same}")


def test_random_data_then_close(server: Serving) -> None:
    """WireMock names no number of octets; ours is fixed."""
    with ask(server, "/status/200?fault=RANDOM_DATA_THEN_CLOSE") as connection:
        assert len(read_all(connection)) == 512


@pytest.mark.parametrize("option", ["fault=CONNECTION_RESET_BY_PEER", "toxic=reset_peer:timeout=10"])
def test_reset_by_peer(server: Serving, option: str) -> None:
    """A real RST, at once or after a while."""
    with ask(server, f"/status/200?{option}") as connection, pytest.raises(ConnectionResetError):
        read_all(connection)


def test_toxic_latency_comes_before_the_answer(server: Serving) -> None:
    """In milliseconds."""
    with ask(server, "/status/200?toxic=latency:latency=300") as connection:
        assert nothing_yet(connection)
        assert connection.recv(65536).endswith(PLAIN)


@pytest.mark.parametrize("option", ["bandwidth:rate=1", "slicer:average_size=50", "slicer:average_size=50,delay=10000"])
def test_toxic_lets_a_client_read_piece_by_piece(server: Serving, option: str) -> None:
    """A rate in thousands of octets a second; pieces of a size."""
    with ask(server, f"/status/200?toxic={option}", "Connection: close") as connection:
        first = connection.recv(65536)
        rest = read_all(connection)
    assert 0 < len(first) < len(first + rest)
    assert parse(first + rest).body == PLAIN
