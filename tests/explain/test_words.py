"""Facts in words: every value of every fact has its sentence, translated when it is rendered."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.codefile import CLAIM_KINDS, POLICIES, STATUSES, WHO, WIRES
from statuary.catalog.model import Retry
from statuary.catalog.store import Catalogue, open_catalogue
from statuary.explain import words
from statuary.explain.words import Phrase, duration, kept, retry_phrases


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue of this checkout."""
    return open_catalogue()


def test_every_value_has_a_word() -> None:
    """What front matter allows can be said."""
    assert set(words.STATUSES) == set(STATUSES)
    assert set(words.WIRES) == set(WIRES)
    assert set(words.WHO) == set(WHO)
    assert set(words.CLAIM_KINDS) == set(CLAIM_KINDS)
    for policy in POLICIES:
        for who in WHO:
            rendered = [
                phrase.render() for phrase in retry_phrases(Retry(policy, who, 1800, 345600, "Retry-After", True))
            ]
            assert all(text.endswith(".") and "%(" not in text for text in rendered)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 seconds"),
        (60, "60 seconds"),
        (90, "90 seconds"),
        (120, "2 minutes"),
        (1800, "30 minutes"),
        (7200, "2 hours"),
        (345600, "4 days"),
    ],
)
def test_durations_take_the_largest_unit(seconds: int, text: str) -> None:
    """In plural forms only, which most languages can leave unchanged."""
    assert duration(seconds).render() == text


@given(st.integers(0, 10**9))
def test_durations_say_the_same_time(seconds: int) -> None:
    """No unit loses a second."""
    count, unit = duration(seconds).render().split()
    assert int(count) * {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}[unit] == seconds


def test_phrases_translate_what_is_prose_only() -> None:
    """Facts stay, values that are phrases are rendered first, a percent sign without places is itself."""
    shout = str.upper
    assert (
        Phrase("%(a)s is 100%% %(b)s", {"a": kept("Retry-After"), "b": Phrase("sure")}).render()
        == "Retry-After is 100% sure"
    )
    assert kept("100% Retry-After").render(shout) == "100% Retry-After"
    assert Phrase("100% sure").render(shout) == "100% SURE"
    assert Phrase("").render(lambda _: "the head of the PO file") == ""


def test_every_code_can_be_described(catalogue: Catalogue) -> None:
    """Fate, actor, stages and advice of each code, complete sentences."""
    for code in catalogue.codes(hidden=True):
        for phrase in (words.fate_phrase(code), *retry_phrases(code.retry)):
            assert re.fullmatch(r"[A-Z].*\.", phrase.render()), (code.id, phrase)
        assert words.actor_phrase(code).render()
        assert words.stages_phrase(code).render()
        class_ = words.class_phrase(code)
        assert class_.render().replace("≥", ">=") == code.class_
        assert class_.translate or class_.render(str.upper) == code.class_


@pytest.mark.parametrize(
    ("identity", "fate"),
    [
        ("smtp/452", "stays in the sender's queue"),
        ("smtp/550", "returns the message"),
        ("smtp/354", "waits for more"),
        ("smtp/214", "no message hangs on it"),
        ("smtp/535", "no message hangs on it"),
        ("smtp/502", "no message hangs on it"),
        ("smtp/552", "returns the message"),
        ("smtp/220", "may begin"),
        ("smtp/250", "taken the message over"),
        ("http/200", "was carried out"),
        ("http/202", "still open"),
        ("sip/202", "still open"),
        ("smtp/X.2.2", "depends on its class"),
        ("smtp/4.2.2", "stays in the sender's queue"),
        ("http/429", "for now"),
        ("http/404", "has to change something"),
        ("http/499-nginx", "in the server's log"),
        ("smtp/101", "Client software made it up"),
    ],
)
def test_fates(catalogue: Catalogue, identity: str, fate: str) -> None:
    """What becomes of the message or the request: RFC 5321 §4.2.1, RFC 9110 §15, and the advice of the code itself."""
    code = catalogue.get(identity)
    assert code is not None
    assert fate in words.fate_phrase(code).render()


@pytest.mark.parametrize(
    ("identity", "actor"),
    [
        ("http/503", "whoever runs the server"),
        ("http/507", "a person"),
        ("http/511", "a person"),
        ("smtp/452", "the sending mail server's queue; then whoever runs the receiving server"),
        ("smtp/454", "the client program; then whoever runs the receiving server"),
    ],
)
def test_actors(catalogue: Catalogue, identity: str, actor: str) -> None:
    """The class says it, unless the advice of the code itself names another (RFC 6585 §6, RFC 4954 §6)."""
    code = catalogue.get(identity)
    assert code is not None
    assert words.actor_phrase(code).render() == actor


@pytest.mark.parametrize(
    ("identity", "bare"), [("smtp/521", True), ("smtp/220", True), ("smtp/554", False), ("smtp/452", False)]
)
def test_a_greeting_has_no_enhanced_code(catalogue: Catalogue, identity: str, bare: bool) -> None:
    """Nor has the hello; all other replies have one (RFC 2034 §4)."""
    code = catalogue.get(identity)
    assert code is not None
    enhanced = "" if bare else f"{code.answer.enhanced} "
    assert words.reply_line(code) == f"{code.value} {enhanced}{code.answer.text}"


def test_without_a_text_there_is_no_reply_line(catalogue: Catalogue) -> None:
    """HTTP has a status line instead."""
    code = catalogue.get("http/404")
    assert code is not None
    assert words.reply_line(code) == ""


def test_what_is_never_sent_has_no_stage(catalogue: Catalogue) -> None:
    """Log-only and client-side codes are sent nowhere; enhanced codes stand beside a reply code."""
    for identity, text in (
        ("http/499-nginx", "nowhere: it is not sent"),
        ("smtp/101", "nowhere: it is not sent"),
        ("smtp/4.2.2", "beside a reply code, wherever that one is sent"),
        ("smtp/421", "in answer to anything"),
        ("smtp/214", "help"),
    ):
        code = catalogue.get(identity)
        assert code is not None
        assert words.stages_phrase(code).render() == text


def test_the_language_decides_what_stands_between_sentences() -> None:
    """Japanese has no space after a full stop."""
    retry = Retry("same-request-later", "server", wait_seconds=1800)
    sentences = [phrase.render() for phrase in words.retry_phrases(retry)]
    assert len(sentences) == 3
    assert words.retry_phrase(retry).render() == " ".join(sentences)
    joined = words.retry_phrase(retry).render(lambda text: text.replace("%(before)s %", "%(before)s%"))
    assert joined == "".join(sentences)
