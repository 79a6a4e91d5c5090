"""What asks a mock for a code: a target of the HTTP mock, a mail address of the SMTP mock."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.errors import ScriptError
from statuary.scenario.address import parse_address

__all__ = ["ADDRESS_STAGES", "DOMAIN", "Trigger", "address_for", "carrier_of", "is_answerable", "trigger"]

DOMAIN = "any.test"
"""The domain of addresses that show how to ask; every other does as well."""
ADDRESS_STAGES = ("rcpt", "message", "data", "mail")
"""The stages that an address can speak for, the commonest first."""

_ANSWERABLE = re.compile(r"[1-9][0-9]{2}|[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_MOCKED = ("http", "smtp")
_ACCEPTED = "2"


class Trigger(NamedTuple):
    """What asks for a code.

    Args:
        protocol: the mock that is asked, ``http`` or ``smtp``.
        word: a target (``/status/507``) or an address (``rcpt452@any.test``).
        stage: SMTP: where it answers; at ``mail`` the address is the sender's, elsewhere a recipient's.
    """

    protocol: str
    word: str
    stage: str = ""


def is_answerable(code: Code) -> bool:
    """Whether a mock can answer with a code: it is one of HTTP's or SMTP's, and a number rather than a range."""
    return code.protocol in _MOCKED and _ANSWERABLE.fullmatch(code.value) is not None


def trigger(catalogue: Catalogue, code: Code) -> Trigger | None:
    """The plainest thing that brings a code about; None where no mock answers with it.

    Args:
        catalogue: where the reply codes are that enhanced codes are sent with.
        code: what is wanted; of a template (``X.2.2``) its first class is.
    """
    if code.kind == "template" and code.classes:
        code = catalogue.get(f"{code.protocol}/{code.classes[0]}{code.value[1:]}") or code
    if not is_answerable(code):
        return None
    if code.protocol == "http":
        return Trigger("http", f"/status/{code.value}")
    basic = carrier_of(catalogue, code) if "." in code.value else None
    stage, address = address_for(code, basic)
    local_part, _, domain = address.partition("@")
    try:
        known = parse_address(local_part, domain) is not None
    except ScriptError:
        return None
    return Trigger("smtp", address, stage) if known else None


def address_for(code: Code, basic: Code | None) -> tuple[str, str]:
    """A stage and the address that asks for a code there.

    Args:
        code: a reply code or an enhanced one of SMTP.
        basic: the reply code that an enhanced one is sent with.
    """
    carrier = basic or code
    answer = f"{carrier.value}_{code.value}" if basic is not None else code.value
    stage = next((stage for stage in ADDRESS_STAGES if stage in carrier.stages or "any" in carrier.stages), "")
    place = stage or ADDRESS_STAGES[0]
    return place, f"{place}{answer}@{DOMAIN}"


def carrier_of(catalogue: Catalogue, code: Code, language: str = "en") -> Code | None:
    """The reply code that an enhanced one is sent with: an associated one, a neighbour, or the class's commonest.

    Of the associated ones the first of the class is taken, for that is how the pair is met; of those that accept, one
    that answers a recipient, so that a session goes on.

    Args:
        catalogue: where they are.
        code: the enhanced code.
        language: the tag of the prose.
    """
    digit = code.value[0]
    for basic in code.basic:
        other = catalogue.get(f"{code.protocol}/{basic}", language)
        if other is not None and (_carries(other, digit) if digit == _ACCEPTED else _is_basic(other, digit)):
            return other
    for identity in code.related:
        other = catalogue.get(identity, language)
        if other is not None and _carries(other, digit):
            return other
    return catalogue.get(_commonest(catalogue, code.protocol, digit), language)


@lru_cache(maxsize=16)  # it reads every code of the protocol
def _commonest(catalogue: Catalogue, protocol: str, digit: str) -> str:
    """The identity of the reply code of a class that most enhanced codes are associated with; empty for none."""
    codes = list(catalogue.codes(protocol))
    times = Counter(basic for code in codes for basic in code.basic)
    able = [code for code in codes if _carries(code, digit)]
    return max(able, key=lambda code: times[code.value]).id if able else ""


def _is_basic(code: Code, digit: str) -> bool:
    return code.protocol == "smtp" and code.value.isdigit() and code.value[0] == digit


def _carries(code: Code, digit: str) -> bool:
    """Whether a basic reply of a class can be asked for by a recipient's address."""
    return _is_basic(code, digit) and "rcpt" in code.stages
