"""Effects in the scenario language: which protocol has which, their measures, and other tools' names for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import ScriptError
from statuary.scenario.aliases import FAULTS, TOXICS, Fault, read_fault, read_toxic, with_fault
from statuary.scenario.decide import Dice
from statuary.scenario.grammar import (
    HTTP,
    MAX_FIELDS,
    MAX_LINES,
    MAX_NOISE_OCTETS,
    MAX_OCTETS,
    MAX_PIECES,
    MAX_SIGMA,
    SMTP,
    Dialect,
    parse_script,
)
from statuary.scenario.script import EFFECTS, HTTP_EFFECTS, SMTP_EFFECTS, Effect


def effects(text: str, dialect: Dialect = HTTP) -> tuple[Effect, ...]:
    """The effects of the one answer of a script."""
    answer = parse_script(text, dialect).constant
    assert answer is not None
    return answer.effects


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("200-rate=5k", "200-rate=5000"),
        ("200-rate=1.5M", "200-rate=1500000"),
        ("200-slice=2K-split=3", "200-slice=2000-split=3"),
        ("200-sigma=.5-delay=1s-jitter=100ms", "200-sigma=0.5-delay=1s-jitter=0.1s"),
        ("200-close=2", "200-close=2s"),
        ("200-close-reset=1m", "200-close-reset=60s"),
        ("200-halfclose-closex2", "200-halfclose-closex2"),
        ("200-garbage=1k", "200-garbage=1000"),
        ("200-length=0-headers=7-badchunk-chunked", "200-length=0-headers=7-badchunk-chunked"),
        ("200-stall=1-limit=12", "200-stall=1-limit=12"),
    ],
)
def test_measures_have_one_spelling(text: str, canonical: str) -> None:
    """Seconds end in s, multiples of octets are written out, and what needs no value takes none."""
    assert str(parse_script(text)) == canonical
    assert str(parse_script(canonical)) == canonical


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("rate", 1, MAX_OCTETS),
        ("split", 1, MAX_PIECES),
        ("slice", 1, MAX_OCTETS),
        ("limit", 0, MAX_OCTETS),
        ("length", 0, MAX_OCTETS),
        ("garbage", 1, MAX_NOISE_OCTETS),
        ("headers", 1, MAX_FIELDS),
        ("sigma", 0, int(MAX_SIGMA)),
    ],
)
def test_limits_of_http_effects(name: str, low: int, high: int) -> None:
    """Each bound is taken, and the number beyond it is not; the error points at it."""
    for value in (low, high):
        assert effects(f"200-{name}={value}") == (Effect(name, float(value)),)
    with pytest.raises(ScriptError) as caught:
        parse_script(f"200-{name}={high + 1}")
    assert caught.value.position == len(f"200-{name}=")
    if low:
        with pytest.raises(ScriptError):
            parse_script(f"200-{name}=0")


@pytest.mark.parametrize(("name", "high"), [("lines", MAX_LINES), ("long", MAX_NOISE_OCTETS)])
def test_limits_of_smtp_effects(name: str, high: int) -> None:
    """A reply cannot be made longer than its limits."""
    assert effects(f"250-{name}={high}", SMTP) == (Effect(name, float(high)),)
    with pytest.raises(ScriptError):
        parse_script(f"250-{name}={high + 1}", SMTP)


@pytest.mark.parametrize(
    ("dialect", "name"), [(HTTP, name) for name in SMTP_EFFECTS] + [(SMTP, name) for name in HTTP_EFFECTS]
)
def test_effect_of_another_protocol_is_refused(dialect: Dialect, name: str) -> None:
    """The error stands at the name and lists the effects that the protocol has."""
    with pytest.raises(ScriptError) as caught:
        parse_script(f"250-{name}", dialect)
    assert caught.value.position == 4
    assert caught.value.expected == f"an effect, each once: {', '.join(dialect.effects)}"


def test_every_effect_belongs_to_a_protocol() -> None:
    """None is without a home, and the dialects differ in their own only."""
    assert set(HTTP.effects) | set(SMTP.effects) == set(EFFECTS)
    assert set(HTTP.effects) - set(SMTP.effects) == set(HTTP_EFFECTS)


@pytest.mark.parametrize(
    ("text", "kind", "spelled"),
    [
        ("latency:latency=1000,jitter=250", "", "-delay=1s-jitter=0.25s"),
        ("bandwidth:rate=5", "", "-rate=5000"),
        ("bandwidth:rate=0", "hang", ""),
        ("slow_close:delay=1500", "", "-close=1.5s"),
        ("timeout:timeout=200", "drop", "-delay=0.2s"),
        ("timeout", "hang", ""),
        ("reset_peer:timeout=100", "reset", "-delay=0.1s"),
        ("reset_peer", "reset", "-delay=0s"),
        ("slicer:average_size=64,size_variation=32,delay=1000", "", "-slice=64-rate=64000"),
        ("limit_data:bytes=100", "", "-limit=100"),
        (" LATENCY : latency = 5 ", "", "-delay=0.005s"),
    ],
)
def test_toxics(text: str, kind: str, spelled: str) -> None:
    """toxiproxy's types and attributes, with its units: milliseconds, thousands of octets, microseconds."""
    fault = read_toxic(text)
    assert (fault.kind, "".join(map(str, fault.effects))) == (kind, spelled)


@pytest.mark.parametrize("name", [*FAULTS, *map(str.lower, FAULTS)])
def test_faults(name: str) -> None:
    """WireMock's four constants, in either case."""
    assert read_fault(name) is FAULTS[name.upper()]


@pytest.mark.parametrize(
    ("text", "position"),
    [("poison", 0), ("latency:speed=1", 8), ("latency:latency", 8), ("latency:latency=1,jitter=x", 25)],
)
def test_wrong_toxic_points_at_the_place(text: str, position: int) -> None:
    """The type, the attribute or the value."""
    with pytest.raises(ScriptError) as caught:
        read_toxic(text)
    assert caught.value.position == position


@given(st.text(max_size=40), st.sampled_from(sorted(TOXICS)))
def test_any_text_is_a_fault_or_an_error(text: str, name: str) -> None:
    """Nothing but ScriptError comes out, and every fault can be spelled in a script."""
    for read, given_text in ((read_fault, text), (read_toxic, text), (read_toxic, f"{name}:{text}")):
        try:
            fault = read(given_text)
        except ScriptError as error:
            place = error.position
        else:
            place = 0
            script = f"{fault.kind or 'pass'}{''.join(map(str, fault.effects))}"
            assert str(parse_script(script)) == script
        assert 0 <= place <= len(given_text)


def test_fault_meets_every_answer() -> None:
    """A fault in the place of an answer replaces it; one beside it leaves what the answer says itself."""
    script = parse_script("503-delay=2s x2 ~ 200,201")
    assert str(with_fault(script, Fault("reset"))) == "reset-delay=2sx2~reset,reset"
    slow = with_fault(script, read_toxic("latency:latency=1000"))
    assert str(slow) == "503-delay=2sx2~200-delay=1s,201-delay=1s"


@given(st.integers(0, 1 << 40), st.text(max_size=10), st.integers(0, 1000), st.integers(0, 300))
def test_dice_fall_alike_for_the_same_seed(seed: int, key: str, asked: int, octets: int) -> None:
    """The same seed, key and count give the same times and the same garbage; the stream moves on."""
    one, other = Dice(seed, key, asked), Dice(seed, key, asked)
    assert 0 <= one.number() < 1
    assert other.number() >= 0
    assert one.normal() == other.normal()
    garbage = one.octets(octets)
    assert garbage == other.octets(octets)
    assert len(garbage) == octets
    if octets > 16:
        assert one.octets(octets) != garbage
        assert Dice(seed, key, asked + 1).octets(octets) != Dice(seed, key, asked).octets(octets)
