"""Reads what a person typed or pasted: protocols, numbers and words, in whatever order."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import NamedTuple

__all__ = ["MAX_QUERY_CHARACTERS", "MAX_TERMS", "VALUE", "Query", "clean", "read_query", "spelling"]

MAX_QUERY_CHARACTERS = 200
"""The longest query that is looked at, in characters."""
MAX_TERMS = 20
"""The most words and numbers of a query that are looked at."""

# Patterns are compiled when they are first met: a look-up of a number at the command line needs two of them.
_SURE = (
    r"[0-9]{3}|0[xX][0-9a-fA-F]{1,16}|[0-9]\.[0-9]{2}|[245]\.[0-9]{1,3}\.[0-9]{1,3}"
    r"|[xX245]\.[0-9xX]+\.[0-9xXyY]+|(?:0[xX])?[0-9a-fA-F]+-(?:0[xX])?[0-9a-fA-F]+"
)
_BARE = r"[0-9]{1,5}"
VALUE = rf"{_SURE}|{_BARE}"
"""How numbers of codes are written; one of another length than three digits is often none within a sentence."""

_IDENTITY = rf"(?i:([a-z][a-z0-9-]*)[/:]+((?:{VALUE})\S*))"
_VERSION = r"(?i:(http|rtsp|sip)/[0-9](?:\.[0-9])?)"
_JOINED = r"([2-5][0-9]{2})[-_]([245]\.[0-9]{1,3}\.[0-9]{1,3})"
_SYSTEM_ERROR = r"\([0-9]{1,3}: "  # as programs log what the system says: (111: Connection refused)
_TERM = r"[0-9xX]+(?:\.[0-9xXyY]+)+|[^\W_]\w*(?:-\w+)*"
_TEMPLATE = r"([xX245])\.([0-9]{1,3}|[xX]{1,3})\.([0-9]{1,3}|[xXyY]{1,3})"
_EMPTY = r"an?|and|are|by|for|from|how|i[ns]?|it|my|o[fnr]|that|the|this|to|was|what|when|why|with"
_LABELS = r"codes?|enhanced|errors?|number|reply|response|statuary|status"
_TERMS = r"alerts?|causes?|close|exit|rcode|reason|results?"
"""What people write before a number; these words only where there is one."""


class Query(NamedTuple):
    """A query taken apart.

    Args:
        text: all of it, cleaned.
        protocol: the protocol that it names; empty where it names none.
        values: the numbers in it, as the catalogue spells them.
        words: all else, in small letters; words that say nothing are left out where others remain.
    """

    text: str
    protocol: str
    values: tuple[str, ...]
    words: tuple[str, ...]


def clean(query: str) -> str:
    """Make one line of a query: no control characters, wide digits made plain, at most so long."""
    text = query[:MAX_QUERY_CHARACTERS]
    if not text.isascii():
        from unicodedata import normalize  # an import that a number does not need

        text = normalize("NFKC", text.encode("utf-8", "replace").decode())[:MAX_QUERY_CHARACTERS]
    text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split()).strip(" .,;:!?#\"'`()[]{}<>“”‘’«»「」")


def spelling(value: str) -> str:
    """A value as the catalogue has it: ``X.2.2``, ``4.XXX.YYY``, ``X.2.YYY``; owners and numbers in small letters."""
    match = re.fullmatch(_TEMPLATE, value)
    if match is None:
        return value.lower()
    class_, subject, detail = match[1].upper(), match[2], match[3]
    if not detail.isdigit():
        if subject.isdigit():
            return f"X.{subject}.YYY"
        return f"{class_}.XXX.YYY"
    return f"{class_}.{subject.upper()}.{detail}"


def read_query(text: str, protocols: Container[str]) -> Query:
    """Take a query apart.

    Args:
        text: cleaned by :func:`clean`.
        protocols: the ids of the known protocols.
    """
    protocol = ""
    values: list[str] = []
    words: list[str] = []
    for token in re.sub(_SYSTEM_ERROR, " ", text).split():
        identity, version = re.fullmatch(_IDENTITY, token), re.fullmatch(_VERSION, token)
        joined = re.match(_JOINED, token)
        if version is not None:
            protocol = protocol or version[1].lower()
        elif identity is not None and identity[1].lower() in protocols:
            protocol = protocol or identity[1].lower()
            values.append(spelling(identity[2]))
        elif joined is not None:
            values += joined.groups()
        else:
            for term in re.findall(_TERM, token):
                if re.fullmatch(_SURE, term):
                    values.append(spelling(term))
                elif term.lower() in protocols and not protocol:
                    protocol = term.lower()
                else:
                    words.append(term.casefold())
    telling = [word for word in words if not re.fullmatch(_EMPTY, word)]
    bare = [word for word in telling if re.fullmatch(_BARE, word)]
    if bare and (protocol or all(re.fullmatch(rf"{_BARE}|{_LABELS}|{_TERMS}", word) for word in telling)):
        values += bare
        telling = [word for word in telling if word not in bare]
    if values:
        telling = [word for word in telling if not re.fullmatch(_TERMS, word)]
    if values or protocol:
        telling = [word for word in telling if not re.fullmatch(_LABELS, word)]
    kept = telling or ([] if values or protocol else words)
    return Query(text, protocol, tuple(dict.fromkeys(values))[:MAX_TERMS], tuple(dict.fromkeys(kept))[:MAX_TERMS])
