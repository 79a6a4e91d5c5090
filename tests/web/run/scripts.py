"""Scripts of all kinds, for properties of those who spell them."""

from __future__ import annotations

from hypothesis import strategies as st

from statuary.scenario.script import COMMON_EFFECTS, HTTP_EFFECTS, SMTP_EFFECTS

__all__ = ["KEYS", "scripts"]

KEYS = "[A-Za-z0-9_-]{0,12}"
_VALUES = {
    "seconds": ("2s", "0.5s", "300ms", "1.5m", "2", ".25h", "1h"),
    "number": ("0.4", "2", "10"),
    "rate": ("5k", "1m", "20"),
    "pieces": ("3", "1000"),
    "size": ("64", "2k"),
    "share": ("0.5", "1", "0", "40"),
    "octets": ("0", "40", "1k"),
    "noise": ("512", "2k"),
    "fields": ("200",),
    "lines": ("20",),
}


def effects(protocol: str) -> st.SearchStrategy[str]:
    """Some effects with their values."""
    known = {**COMMON_EFFECTS, **(HTTP_EFFECTS if protocol == "http" else SMTP_EFFECTS)}

    def spelled(name: str) -> st.SearchStrategy[str]:
        measure, _, optional = known[name].partition(" ")
        if not measure:
            return st.just(f"-{name}")
        valued = st.sampled_from(_VALUES[measure]).map(lambda value: f"-{name}={value}")
        return st.just(f"-{name}") | valued if optional else valued

    names = st.lists(st.sampled_from(sorted(known)), max_size=2, unique=True)
    return names.flatmap(lambda each: st.tuples(*map(spelled, each)).map("".join))


def scripts(protocol: str, steps: int = 3) -> st.SearchStrategy[str]:
    """Scripts that the grammar takes, in various spellings.

    Args:
        protocol: ``http`` or ``smtp``.
        steps: the most steps.
    """
    codes = st.integers(100, 999) if protocol == "http" else st.integers(200, 599)
    values = codes.map(str)
    if protocol == "smtp":
        marks = st.sampled_from(["_", " "])
        enhanced = st.tuples(marks, st.from_regex("[245]\\.[0-9]{1,3}\\.[0-9]{1,3}", fullmatch=True)).map("".join)
        values = values | st.tuples(values, enhanced).map("".join)
    words = st.sampled_from(["pass", "drop", "reset", "hang", "PASS"])
    answers = st.tuples(values | words, effects(protocol)).map("".join)
    weights = st.just("") | st.sampled_from([":0.5", ":2", " : .1", ":1", ":0.125"])
    choices = st.lists(st.tuples(answers, weights).map("".join), min_size=1, max_size=2).map(",".join)
    counts = st.just("") | st.integers(1, 30).map(lambda count: f"x{count}")
    return st.lists(st.tuples(choices, counts).map("".join), min_size=1, max_size=steps).map("~".join)
