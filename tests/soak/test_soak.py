"""The soak at a size that a test run can bear: what it counts, what it would call a leak, which effects it meets."""

from __future__ import annotations

import pytest
from soak.effects import Met, left_open, meet_effects, open_files, scripts
from soak.exchanges import FULL_AFTER, MARGIN_OCTETS, Tenth, exchange, flat, followed, meet, settle
from soak.server import watched_server

from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.script import COMMON_EFFECTS, HTTP_EFFECTS, SMTP_EFFECTS
from statuary.serve.journal import MAX_EXCHANGES
from tests.conftest import run_apart

EXCHANGES = 12_000
"""More than the journal keeps, so that it has to drop some."""
CONNECTIONS = 400


def test_no_exchange_is_lost_without_a_word() -> None:
    """The journal counts every one, and readers of its stream saw it or were told that it had been dropped."""
    with watched_server() as server:
        with followed(server) as readers:
            tenths = list(exchange(server, EXCHANGES))
            done = tenths[-1].exchanges
            assert settle(server, done) == done
        total, dropped = server.journal_total()
        assert total == done
        assert dropped >= done - MAX_EXCHANGES > 0
        assert len(readers) == 2
        for seen, told, gaps in readers:
            assert (seen + told, gaps) == (total, 0)


def test_many_connections_at_once_are_all_answered_and_all_end() -> None:
    """Each has its exchanges while all are open; afterwards the server has no more files open than before."""
    with watched_server() as server:
        before = open_files(server)
        met = run_apart(lambda: meet(server, CONNECTIONS))
        assert settle(server, met.exchanges) == met.exchanges
        assert left_open(server, before) == 0


def test_every_effect_under_load_is_met_and_journalled() -> None:
    """All clients of a script fare alike, and the journal has each of them."""
    with watched_server() as server:
        found = run_apart(lambda: meet_effects(server, 8))
    assert [met for met in found if met.journalled != met.asked] == []
    assert [met for met in found if {met.answered, met.ended} - {0, met.asked}] == []
    assert Met("http", "reset", 8, 0, 8, 8) in found
    assert Met("smtp", "hang", 8, 0, 0, 8) in found


@pytest.mark.parametrize(("protocol", "own"), [("http", HTTP_EFFECTS), ("smtp", SMTP_EFFECTS)])
def test_the_soak_leaves_no_effect_out(protocol: str, own: dict[str, str]) -> None:
    """A new effect is met by itself: its value follows from its measure."""
    parsed = [parse_script(text, SMTP) if protocol == "smtp" else parse_script(text) for text in scripts(protocol)]
    names = {effect.name for script in parsed for effect in script.steps[0].choices[0].answer.effects}
    assert names == {*COMMON_EFFECTS, *own}


def test_memory_is_judged_once_everything_is_full() -> None:
    """Filling up is no leak; growth beyond the margin from there on is one."""
    start = 60_000_000
    short = [Tenth(FULL_AFTER // 2, start), Tenth(FULL_AFTER, start)]
    assert flat(short) is None
    assert flat([*short, Tenth(2 * FULL_AFTER, start + MARGIN_OCTETS)])
    assert flat([*short, Tenth(2 * FULL_AFTER, start + MARGIN_OCTETS + 1)]) is False
