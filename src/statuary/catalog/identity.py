"""How codes are told apart: what identities are made of, which rows are ranges, what number a value stands for."""

from __future__ import annotations

import re

__all__ = ["RANGE", "holds", "kind_of", "named_in", "number_of", "slug", "stem_of"]

RANGE = r"[0-9]+-[0-9]+|0x[0-9a-f]+-0x[0-9a-f]+"
"""How registries write a range of numbers."""

_SERIES = r"(0x[0-9a-f]+)\+(0x[0-9a-f]+)\*N"  # the reserved numbers of RFC 9114 §8.1: 0x21 + 0x1f * N
_DOTTED = r"([0-7])\.([0-9]{2})"  # a class of three bits and a detail of five (RFC 7252 §3)
_MAX_SQLITE = 2**63 - 1


def slug(name: str) -> str:
    """A name as it stands in file names and addresses: ``NXDomain`` is ``nxdomain``, ``SYS/TEMP`` is ``sys-temp``."""
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-.")


def stem_of(value: str, name: str, status: str, *, by_name: bool) -> str:
    """What the file of a registry's row is named, without ``.md`` and without an owner.

    Args:
        value: the row's number.
        name: its name.
        status: its status; numbers without a meaning have no name of their own.
        by_name: whether the protocol's identities are made of names.
    """
    nameless = status in ("unassigned", "reserved") and re.fullmatch(r"[0-9-]+", value) is not None
    if by_name and not nameless:
        return slug(name)
    return value if "." in value else value.lower()  # letters of enhanced codes alone are large in addresses


def kind_of(protocol: str, value: str, class_: str, status: str, *, by_name: bool = False) -> str:
    """Tell a code from a range and from enhanced codes' templates.

    A range may be of one number: one that nobody has assigned, or a reserved one among codes that are known by name.
    """
    if protocol == "smtp":
        if class_ in ("Class", "Subject"):
            return class_.lower()
        if value.startswith("X."):
            return "template"
    if status == "unassigned" or (by_name and status == "reserved"):
        return "range"
    return "range" if re.fullmatch(rf"{RANGE}|{_SERIES}", value) else "code"


def named_in(text: str, value: str) -> bool:
    """Whether a text names a code by its number: ``452``, or ``4.2.2`` or ``5.2.2`` for the template ``X.2.2``."""
    number = re.escape(value)
    if value.startswith("X."):
        number = "[245]" + number[1:]
    return re.search(rf"(?<![0-9.]){number}(?!\.?[0-9])", text) is not None


def number_of(value: str) -> int | None:
    """The number that a value stands for on the wire; None where it is a word, a range or too large.

    Args:
        value: decimal, hexadecimal (``0x8d``), or class and detail (``4.04``, RFC 7252 §3).
    """
    if re.fullmatch(r"[0-9]{1,19}", value):
        number = int(value)
    elif re.fullmatch(r"0x[0-9a-f]{1,16}", value, re.IGNORECASE):
        number = int(value, 16)
    else:
        dotted = re.fullmatch(_DOTTED, value)
        if dotted is None or int(dotted[2]) > 31:
            return None
        number = int(dotted[1]) << 5 | int(dotted[2])
    return number if number <= _MAX_SQLITE else None


def holds(value: str, number: int) -> bool:
    """Whether a range of a registry, as it is written there, holds a number."""
    series = re.fullmatch(_SERIES, value)
    if series is not None:
        first, step = int(series[1], 16), int(series[2], 16)
        return number >= first and step > 0 and (number - first) % step == 0
    if not re.fullmatch(RANGE, value):
        return False
    low, _, high = value.partition("-")
    return int(low, 0 if low.startswith("0x") else 10) <= number <= int(high, 0 if high.startswith("0x") else 10)
