"""What could have stood where a script is wrong: English templates, which pages show in their reader's language."""

from __future__ import annotations

from statuary.errors import N_

__all__ = ["EXPECTED"]

CODE = N_("a code from %(low)s to %(high)s, pass, drop, reset or hang")
THREE_DIGITS = N_("three digits: a code from %(low)s to %(high)s, pass, drop, reset or hang")
ENHANCED = N_("an enhanced status code such as 4.2.2")
NO_ENHANCED = N_('"~", ",", ":", "x" or an effect: no enhanced code here')
GOING_ON = N_('"~", ",", ":", "x" and a count, an effect such as -close, or the end')
EFFECT = N_("an effect, each once: %(effects)s")
COUNT = N_("a count from 1 to %(most)s")
WEIGHT = N_("a weight such as 0.5, up to %(most)s")
SOME_WEIGHT = N_("a weight above 0")
CHARACTERS = N_("a script of at most %(most)s characters")
STEPS = N_("the end: at most %(most)s steps")
CHOICES = N_("the end: at most %(most)s answers to choose from")
NUMBER = N_("a number")
NUMBER_UP_TO = N_("a number up to %(most)s")
SECONDS_UP_TO = N_("at most %(most)s seconds")
SHARE_UP_TO = N_("a share up to 1, or a whole number of octets up to %(most)s")

_OCTETS = N_("a whole number from %(low)s to %(high)s of octets")
_SOME_OCTETS = N_('"=" and a number of octets')
WHOLE = {
    "rate": N_("a whole number from %(low)s to %(high)s of octets a second such as 5k"),
    "pieces": N_("a whole number from %(low)s to %(high)s of pieces"),
    "size": _OCTETS,
    "octets": _OCTETS,
    "noise": _OCTETS,
    "fields": N_("a whole number from %(low)s to %(high)s of header fields"),
    "lines": N_("a whole number from %(low)s to %(high)s of lines"),
}
"""The values of the measures that are counted."""
VALUED = {
    "seconds": N_('"=" and a time such as 2s'),
    "share": N_('"=" and a share such as 0.5'),
    "number": N_('"=" and a number such as 0.5'),
    "rate": N_('"=" and a number of octets a second such as 5k'),
    "pieces": N_('"=" and a number of pieces'),
    "size": _SOME_OCTETS,
    "octets": _SOME_OCTETS,
    "noise": _SOME_OCTETS,
    "fields": N_('"=" and a number of header fields'),
    "lines": N_('"=" and a number of lines'),
}
"""A value of each measure, where there is none."""

EXPECTED = (
    *(
        CODE,
        THREE_DIGITS,
        ENHANCED,
        NO_ENHANCED,
        GOING_ON,
        EFFECT,
        COUNT,
        WEIGHT,
        SOME_WEIGHT,
        CHARACTERS,
        STEPS,
        CHOICES,
    ),
    *(NUMBER, NUMBER_UP_TO, SECONDS_UP_TO, SHARE_UP_TO),
    *dict.fromkeys((*WHOLE.values(), *VALUED.values())),
)
"""All that the grammar can say."""
