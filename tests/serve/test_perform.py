"""Performed dialogues: every stage and ending, the script step by step, and nothing left behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.store import open_catalogue
from statuary.errors import ScriptError, WrongArgument
from statuary.serve.perform import MAX_SEEN_OCTETS, PERFORMED, Connection, perform, stages_of

CATALOGUE = open_catalogue()


def said(connection: Connection, by: str = "server") -> list[str]:
    """What one side said."""
    return [line.text for line in connection.lines if line.by == by]


@pytest.mark.parametrize("stage", stages_of("smtp"))
def test_every_stage_is_reached(stage: str) -> None:
    """RFC 5321 §4.2: where the script answers, its code is there once, and the dialogue ends in an orderly way."""
    (connection,) = perform(CATALOGUE, "smtp", "554", stage).connections
    assert sum(text.startswith("554") for text in said(connection)) == 1
    assert not connection.cut


@pytest.mark.parametrize(
    ("script", "ended", "waited"),
    [
        ("hang", "hang", 0),
        ("drop", "close", 0),
        ("reset", "reset", 0),
        ("200-delay=2s-close", "close", 2),
        ("200-halfclose", "half-close", 0),
        ("200-stall=10", "hang", 0),
        ("200-drip=10s", "", 10),
        ("200", "", 0),
    ],
)
def test_endings_and_waits_are_told(script: str, ended: str, waited: float) -> None:
    """What the runtime would do to the connection; nobody waits."""
    (connection,) = perform(CATALOGUE, "http", script).connections
    assert (connection.ended, connection.waited_seconds) == (ended, waited)


def test_an_interim_answer_comes_before_the_last() -> None:
    """RFC 9110 §15.2: both are in the transcript."""
    (connection,) = perform(CATALOGUE, "http", "103").connections
    assert [text for text in said(connection) if text.startswith("HTTP/")] == [
        "HTTP/1.1 103 Early Hints",
        "HTTP/1.1 200 OK",
    ]


def test_connections_go_through_the_script_and_performances_do_not_share_it() -> None:
    """Counts belong to one performance."""
    for _ in range(2):
        done = perform(CATALOGUE, "http", "503x1~200", connections=2)
        assert [said(each)[0].split()[1] for each in done.connections] == ["503", "200"]


def test_wrong_arguments() -> None:
    """Named with what they should be; a wrong script with its place."""
    for arguments, name in (
        ({"protocol": "ftp", "script": "452"}, "protocol"),
        ({"protocol": "http", "script": "503", "stage": "rcpt"}, "stage"),
        ({"protocol": "http", "script": "503", "connections": 0}, "connections"),
        ({"protocol": "http", "script": "503", "seed": -1}, "seed"),
    ):
        with pytest.raises(WrongArgument) as wrong:
            perform(CATALOGUE, **arguments)
        assert wrong.value.name == name
    with pytest.raises(ScriptError):
        perform(CATALOGUE, "smtp", "999")


@given(
    st.sampled_from(PERFORMED),
    st.text(alphabet="0123456789_.x~:,-= abcdefghijklmnopqrstuvwyz", max_size=30)
    | st.from_regex(
        r"[2-5][0-9]{2}(x[1-3])?(-(close|reset|truncate=0\.[0-9]|delay=[0-9]{1,3}s|drip=9s))?", fullmatch=True
    ),
)
def test_any_script_gives_a_transcript_or_an_error_with_its_place(protocol: str, script: str) -> None:
    """Nothing else is raised, and what is told is bounded."""
    try:
        done = perform(CATALOGUE, protocol, script, connections=2)
    except ScriptError as error:
        positions = range(len(script) + 1)
        if error.position not in positions:
            raise
    else:
        for each in done.connections:
            assert sum(len(text) for text in said(each)) <= MAX_SEEN_OCTETS
