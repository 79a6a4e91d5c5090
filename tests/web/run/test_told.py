"""A run as pages show it: lines put together from pieces, and the recording that stands in for it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.store import open_catalogue
from statuary.serve.perform import perform
from statuary.web.run.told import told, told_of_performance


def octets(by: str, ms: float, text: str, connection: int = 1) -> dict[str, Any]:
    return {"event": "octets", "connection": connection, "by": by, "ms": ms, "text": text}


def test_pieces_of_a_line_are_one_line_with_its_first_and_last_time() -> None:
    """What drips is not a line for each octet."""
    events = [octets("client", 0, "EHLO x\r\n"), octets("server", 1, "25"), octets("server", 5, "0 ok\r\n250")]
    (connection,) = told(events).connections
    assert [(line.by, line.data, line.ms, line.last_ms) for line in connection.lines] == [
        ("client", b"EHLO x\r\n", 0, 0),
        ("server", b"250 ok\r\n", 1, 5),
        ("server", b"250", 5, 5),
    ]


def test_connections_and_their_ends_are_kept_apart() -> None:
    events = [
        {"event": "start", "script": "503x2"},
        octets("client", 0, "GET\r\n"),
        {"event": "end", "connection": 1, "ms": 1, "how": "left"},
        octets("client", 2, "GET\r\n", 2),
        {"event": "end", "connection": 2, "ms": 3, "how": "reset"},
    ]
    found = told(events)
    assert [each.end["how"] for each in found.connections if each.end] == ["left", "reset"]
    assert (found.start["script"], found.done) == ("503x2", None)


@given(st.lists(st.tuples(st.sampled_from(["client", "server"]), st.binary(min_size=1, max_size=20))))
def test_no_octet_is_lost(pieces: list[tuple[str, bytes]]) -> None:
    """Lines hold all that passed, in order, and each at most one end of a line, at its end."""
    found = told(octets(by, 0, data.decode("latin-1")) for by, data in pieces)
    lines = [line for each in found.connections for line in each.lines]
    assert b"".join(line.data for line in lines) == b"".join(data for _, data in pieces)
    assert all(b"\n" not in line.data[:-1] for line in lines)


def test_a_recording_reads_like_a_run() -> None:
    """Twice refused, then accepted; without times."""
    catalogue = open_catalogue()
    found = told_of_performance(perform(catalogue, "smtp", "452 4.2.2 x2", "rcpt", 3))
    catalogue.close()
    refused = [any(line.data.startswith(b"452 4.2.2") for line in each.lines) for each in found.connections]
    assert refused == [True, True, False]
    assert all(line.ms is None for each in found.connections for line in each.lines)
    assert [each.end["how"] for each in found.connections if each.end] == ["closed"] * 3


def test_a_recording_holds_the_octets_of_the_wire() -> None:
    """RFC 9112 §2.1: an empty line ends the request; §6.2: the body is as long as Content-Length says."""
    catalogue = open_catalogue()
    (connection,) = told_of_performance(perform(catalogue, "http", "503")).connections
    catalogue.close()
    asked, answered = (b"".join(line.data for line in connection.lines if line.by == by) for by in ("client", "server"))
    assert asked.endswith(b"\r\nAccept: */*\r\n\r\n")
    head, _, body = answered.partition(b"\r\n\r\n")
    assert body
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
