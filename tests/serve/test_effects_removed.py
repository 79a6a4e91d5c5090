"""The tests of effects fail where an effect is taken out of the server: none of them passes whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from tests.conftest import Serving
from tests.serve import test_http_effects as on_http
from tests.serve import test_smtp_effects as on_smtp
from tests.serve import wire

import statuary
from statuary.scenario import address, grammar
from statuary.scenario.aliases import FAULTS, TOXICS, Fault
from statuary.scenario.grammar import HTTP, SMTP
from statuary.scenario.script import Answer, Effect
from statuary.serve.output import ENDINGS
from statuary.serve.smtp import voices

Check = Callable[[Serving], None]

HTTP_CHECKS: dict[str, Check] = {
    "delay": on_http.test_delayed_answer_comes_behind_one_that_was_asked_for_later,
    "jitter": partial(on_http.test_spread_answers_come_in_another_order, effects="delay=300ms-jitter=300ms"),
    "sigma": partial(on_http.test_spread_answers_come_in_another_order, effects="delay=100ms-sigma=2"),
    "drip": on_http.test_drip_spreads_the_answer,
    "rate": on_http.test_rate_lets_a_client_read_piece_by_piece,
    "split": partial(on_http.test_pieces_arrive_one_by_one, script="200-split=6-close"),
    "slice": partial(on_http.test_pieces_arrive_one_by_one, script="200-slice=50-close"),
    "truncate": partial(on_http.test_truncate_cuts_the_body_and_closes, script="truncate=0.5", octets=34),
    "limit": partial(on_http.test_limit_cuts_the_head, octets=12),
    "stall": on_http.test_stall_never_ends,
    "close": on_http.test_close_ends_the_connection_after_the_answer,
    "reset": partial(on_http.test_reset_is_a_reset, script="200-reset"),
    "halfclose": on_http.test_half_close_ends_one_direction_only,
    "garbage": on_http.test_garbage_comes_in_place_of_the_answer,
    "pause": on_http.test_pause_stands_between_head_and_body,
    "length": partial(on_http.test_length_lies, length=5),
    "chunked": on_http.test_truncate_in_chunks_leaves_the_last_chunk_out,
    "badchunk": on_http.test_bad_chunk_is_malformed,
    "headers": on_http.test_flood_of_fields,
}
HTTP_WORDS: dict[str, Check] = {
    "drop": on_http.test_close_before_and_after_the_head,
    "reset": partial(on_http.test_reset_is_a_reset, script="reset"),
    "hang": on_http.test_hang_never_begins,
}
SMTP_CHECKS: dict[str, Check] = {
    "delay": on_smtp.test_delay_comes_before_the_reply,
    "jitter": partial(on_smtp.test_spread_replies_come_in_another_order, effects="delay=300ms-jitter=300ms"),
    "sigma": partial(on_smtp.test_spread_replies_come_in_another_order, effects="delay=100ms-sigma=2"),
    "drip": partial(on_smtp.test_reply_comes_in_pieces, effect="drip=300ms"),
    "rate": partial(on_smtp.test_reply_comes_in_pieces, effect="rate=100"),
    "split": partial(on_smtp.test_reply_comes_in_pieces, effect="split=4"),
    "slice": partial(on_smtp.test_reply_comes_in_pieces, effect="slice=6"),
    "truncate": partial(on_smtp.test_cut_reply_ends_the_connection, effect="truncate=0.5", left=on_smtp.WHOLE[:12]),
    "limit": partial(on_smtp.test_cut_reply_ends_the_connection, effect="limit=7", left=on_smtp.WHOLE[:7]),
    "stall": on_smtp.test_stall_never_ends,
    "close": on_smtp.test_close_ends_the_connection_after_the_reply,
    "reset": on_smtp.test_reset_breaks_the_connection,
    "halfclose": on_smtp.test_half_close_ends_one_direction_only,
    "garbage": on_smtp.test_garbage_comes_in_place_of_the_reply,
    "lf": partial(on_smtp.test_malformed_reply, effect="lf", reply=on_smtp.WHOLE.replace(b"\r", b"")),
    "bare": partial(on_smtp.test_malformed_reply, effect="bare", reply=b"452\r\n"),
    "mixed": partial(on_smtp.test_malformed_reply, effect="mixed", reply=b"252-" + on_smtp.WHOLE[4:] + on_smtp.WHOLE),
    "lines": partial(on_smtp.test_malformed_reply, effect="lines=2", reply=b"452-" + on_smtp.WHOLE[4:] + on_smtp.WHOLE),
    "long": partial(on_smtp.test_malformed_reply, effect="long=30", reply=on_smtp.WHOLE[:-2] + b"xxxxxx\r\n"),
    "twice": partial(on_smtp.test_malformed_reply, effect="twice", reply=on_smtp.WHOLE * 2),
    "late": on_smtp.test_late_reply_waits_for_the_next_command,
}
SMTP_WORDS: dict[str, Check] = {
    "drop": on_smtp.test_drop_ends_without_a_reply,
    "reset": on_smtp.test_reset_in_place_of_a_reply,
    "hang": on_smtp.test_hang_never_replies,
}
ALIASES: dict[str, Check] = {
    "EMPTY_RESPONSE": partial(on_http.test_names_of_other_tools, option="fault=EMPTY_RESPONSE", same="drop"),
    "MALFORMED_RESPONSE_CHUNK": partial(
        on_http.test_names_of_other_tools, option="fault=MALFORMED_RESPONSE_CHUNK", same="200-badchunk"
    ),
    "RANDOM_DATA_THEN_CLOSE": on_http.test_random_data_then_close,
    "CONNECTION_RESET_BY_PEER": partial(on_http.test_reset_by_peer, option="fault=CONNECTION_RESET_BY_PEER"),
    "latency": on_http.test_toxic_latency_comes_before_the_answer,
    "bandwidth": partial(on_http.test_toxic_lets_a_client_read_piece_by_piece, option="bandwidth:rate=1"),
    "slow_close": partial(on_http.test_names_of_other_tools, option="toxic=slow_close:delay=50", same="200-close=50ms"),
    "timeout": partial(on_http.test_names_of_other_tools, option="toxic=timeout:timeout=10", same="drop-delay=10ms"),
    "reset_peer": partial(on_http.test_reset_by_peer, option="toxic=reset_peer:timeout=10"),
    "slicer": partial(on_http.test_toxic_lets_a_client_read_piece_by_piece, option="slicer:average_size=50"),
    "limit_data": partial(on_http.test_names_of_other_tools, option="toxic=limit_data:bytes=30", same="200-limit=30"),
}


@contextmanager
def mocks() -> Iterator[Serving]:
    """The mocks in this process, where something can be taken out of them."""
    with statuary.http(seed=7) as http, statuary.smtp(seed=7) as smtp:
        yield Serving("", http.url, smtp.addr[1], http.addr[1], 7, 0, {}, "")


def forget_scripts() -> None:
    """Forget every script that was read before."""
    grammar._parse_cached.cache_clear()
    address._read_cached.cache_clear()
    voices.chosen_by.cache_clear()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Scripts are parsed anew, and a wait that will be in vain is short."""
    monkeypatch.setattr(wire, "WAIT_SECONDS", 2.0)
    forget_scripts()
    yield monkeypatch
    forget_scripts()


def without_effect(monkeypatch: pytest.MonkeyPatch, removed: str) -> None:
    """Have the grammar read an effect and forget it."""
    effects = grammar._Parser.effects

    def without(parser: grammar._Parser) -> tuple[Effect, ...]:
        return tuple(effect for effect in effects(parser) if effect.name != removed)

    monkeypatch.setattr(grammar._Parser, "effects", without)
    forget_scripts()


def without_word(monkeypatch: pytest.MonkeyPatch, removed: str) -> None:
    """Have the grammar take a word in place of an answer for the ordinary answer."""
    answer = grammar._Parser.answer

    def answered(parser: grammar._Parser) -> Answer:
        read = answer(parser)
        return Answer("pass", effects=read.effects) if read.kind == removed else read

    monkeypatch.setattr(grammar._Parser, "answer", answered)
    forget_scripts()


def without_alias(monkeypatch: pytest.MonkeyPatch, removed: str) -> None:
    """Have a name of another tool mean nothing."""
    if removed in FAULTS:
        monkeypatch.setitem(FAULTS, removed, Fault())
    else:
        monkeypatch.setitem(TOXICS, removed, TOXICS[removed]._replace(fault=lambda given: Fault()))


CASES = [
    *(
        (remove, name, checks[name])
        for remove, checks in (
            (without_effect, HTTP_CHECKS),
            (without_effect, SMTP_CHECKS),
            (without_word, HTTP_WORDS),
            (without_word, SMTP_WORDS),
            (without_alias, ALIASES),
        )
        for name in checks
    )
]


def passes(check: Check) -> bool:
    """Whether a test passes."""
    with mocks() as server:
        try:
            check(server)
        except (AssertionError, OSError, pytest.fail.Exception):
            return False
    return True


@pytest.mark.parametrize(("remove", "name", "check"), CASES)
def test_check_fails_without(
    impatient: pytest.MonkeyPatch, remove: Callable[[pytest.MonkeyPatch, str], None], name: str, check: Check
) -> None:
    """With what it is about the test passes, without it fails."""
    assert passes(check)
    remove(impatient, name)
    assert not passes(check)


def test_nothing_is_left_out() -> None:
    """Every effect, every word in place of an answer, and every name of another tool."""
    assert set(HTTP_CHECKS) == set(HTTP.effects)
    assert set(SMTP_CHECKS) == set(SMTP.effects)
    assert set(HTTP_WORDS) == set(SMTP_WORDS) == set(ENDINGS)
    assert set(ALIASES) == {*FAULTS, *TOXICS}
