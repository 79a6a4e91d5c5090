"""Scripts in mail addresses and in other words of a dialogue: ``rcpt452_4.2.2x2@any.test``, ``EHLO ehlo500.x``.

The local part names the stage and holds the script; what follows a ``+`` only keeps counts apart. The name in EHLO
does the same for stages that have no address, and says which extensions are offered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from statuary.errors import ScriptError
from statuary.scenario.dialects import DEFAULT_DIALECTS, read_dialects
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.script import Script

__all__ = [
    "ADDRESS_STAGES",
    "LASTING_STAGES",
    "REPORT_STAGES",
    "TRANSACTION_STAGES",
    "WORD_STAGES",
    "AddressScript",
    "Hello",
    "Offer",
    "parse_address",
    "parse_hello",
    "parse_word",
]

MAX_CACHED_CHARACTERS = 200
"""The longest address that is kept once read, in characters."""
MAX_CACHED_ADDRESSES = 1024
"""How many addresses are kept once read."""
MAX_NAME_CHARACTERS = 400
"""The longest name in EHLO that is looked at for scripts, in characters."""
MAX_SIZE_DIGITS = 9
"""The most digits of a size that a name in EHLO asks for."""

TRANSACTION_STAGES = ("data", "bdat", "message")
"""The stages at which all addresses of a transaction may speak, the sender first."""
LASTING_STAGES = ("rset", "noop", "vrfy", "help", "quit")
"""The stages for which an address speaks from its own command on, until the client greets again."""
REPORT_STAGES = ("bounce", "complaint", "away")
"""What comes back after a message was accepted: a delivery report, a complaint, an automatic response."""
ADDRESS_STAGES = ("mail", "rcpt", *TRANSACTION_STAGES, *LASTING_STAGES, "bounce")
"""What an address can speak for: stages, and the bounce after acceptance."""
WORD_STAGES = (
    "ehlo",
    "idle",
    "starttls",
    "auth",
    "mail",
    "rcpt",
    "expn",
    "etrn",
    "atrn",
    *TRANSACTION_STAGES,
    *LASTING_STAGES,
)
"""The stages for which the name in EHLO can speak; a command's own argument can for its own. ``idle`` is what is said
when nobody asked, so long after EHLO as its delay has it."""

_SCRIPT = r"(?P<script>(?:[0-9]{3}|pass|drop|reset|hang)(?![0-9A-WYZa-wyz]).*)"
_SCRIPTED = re.compile(rf"(?P<stage>{'|'.join(ADDRESS_STAGES)}){_SCRIPT}", re.IGNORECASE | re.DOTALL)
_SPOKEN = re.compile(rf"(?P<stage>helo|lhlo|{'|'.join(WORD_STAGES)}){_SCRIPT}", re.IGNORECASE | re.DOTALL)
_OFFER = re.compile(rf"(?P<how>no|hide|fake)(?P<keyword>[a-z0-9]+)|size(?P<size>[0-9]{{1,{MAX_SIZE_DIGITS}}})")
_KEY = re.compile(r"(?i:key)-(?P<key>[A-Za-z0-9_-]+)")

_KEYWORDS: Mapping[str, str] = {
    **{
        keyword.lower(): keyword
        for keyword in (
            *("8BITMIME", "AUTH", "BINARYMIME", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", "PIPELINING", "PRDR", "SIZE"),
            *("SMTPUTF8", "STARTTLS", "ATRN", "BURL", "DELIVERBY", "ETRN", "EXPN", "FUTURERELEASE", "HELP"),
            *("REQUIRETLS", "VRFY", "XCLIENT", "XFORWARD"),
        )
    },
    "8bit": "8BITMIME",
    "bdat": "CHUNKING",
    "enhanced": "ENHANCEDSTATUSCODES",
    "tls": "STARTTLS",
    "utf8": "SMTPUTF8",
}
"""Keywords of extensions as a name in EHLO spells them."""


class AddressScript(NamedTuple):
    """A script found in an address or in another word.

    Args:
        stage: where it answers.
        script: what it answers.
        draw_key: what random choices are drawn by: the address without its tag, so that tagged copies of it meet
            the same sequence.
        text: the reply text that the address spells; empty for the catalogue's.
    """

    stage: str
    script: Script
    draw_key: str
    text: str = ""


class Offer(NamedTuple):
    """How the answer to EHLO differs from the usual one.

    Args:
        withheld: keywords that are neither listed nor understood.
        hidden: keywords that are not listed and understood.
        faked: keywords that are listed and not understood.
        size: what SIZE says and holds; None for the usual.
    """

    withheld: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    faked: frozenset[str] = frozenset()
    size: int | None = None


class Hello(NamedTuple):
    """What a name in EHLO asks for.

    Args:
        scripts: by stage.
        offer: how the answer differs from the usual one; None where it does not.
        key: what isolates the session's test; empty for nothing.
    """

    scripts: Mapping[str, AddressScript]
    offer: Offer | None
    key: str = ""


_NOTHING = Hello(MappingProxyType({}), None)


def parse_address(local_part: str, domain: str, dialects: tuple[str, ...] = DEFAULT_DIALECTS) -> AddressScript | None:
    """Find the script in an address; None for an ordinary address.

    An address counts as scripted when a stage and exactly three digits, or a word of the language, open it:
    ``rcpt452@`` is, ``data2024@`` and ``mailman@`` are not.

    Args:
        local_part: before the ``@``, unquoted.
        domain: after it.
        dialects: the dialects that are understood beside our own.

    Raises:
        ScriptError: the address means to be scripted, but its script is wrong. The position counts in the script.
    """
    if len(local_part) + len(domain) <= MAX_CACHED_CHARACTERS:
        return _read_cached(local_part, domain, dialects)
    return _read(local_part, domain, dialects)


def _read(local_part: str, domain: str, dialects: tuple[str, ...]) -> AddressScript | None:
    match = _SCRIPTED.fullmatch(local_part)
    if match is not None:
        text, _, _ = match["script"].partition("+")
        stage = match["stage"].lower()
        return AddressScript(stage, parse_script(text, SMTP), f"{stage}{text}@{domain}".lower())
    meaning = read_dialects(local_part, domain, dialects)
    if meaning is None:
        return None
    draw_key = f"{meaning.stage}{meaning.script}@{domain}".lower()
    return AddressScript(meaning.stage, parse_script(meaning.script, SMTP), draw_key, meaning.text)


_read_cached = lru_cache(maxsize=MAX_CACHED_ADDRESSES)(_read)


def parse_word(stage: str, word: str) -> AddressScript | None:
    """Find the script for a stage in the argument of its command or in a user name; None for an ordinary word.

    Args:
        stage: the stage at hand; a script for another one does not count.
        word: such as ``vrfy551@any.test`` or ``auth535``.

    Raises:
        ScriptError: the word means to be scripted, but its script is wrong.
    """
    head, _, domain = word.partition("@")
    match = _SPOKEN.fullmatch(head)
    if match is None or match["stage"].lower() != stage:
        return None
    text, _, _ = match["script"].partition("+")
    return AddressScript(stage, parse_script(text, SMTP), f"{stage}{text}@{domain}".lower())


def parse_hello(name: str) -> Hello:
    """Find what a name in EHLO asks for.

    Labels count from the first on, as long as each is a script for a stage (``ehlo500.any.test``,
    ``starttls454_4.7.0.auth535.any.test``), a list of extensions (``no8bit-nopipelining-size10000.any.test``) or what
    isolates the session's test (``key-blue.any.test``); the first other label ends it.

    Args:
        name: as the client gave it.

    Raises:
        ScriptError: a label means to be a script, and is none. The position counts in the script.
    """
    return _read_hello(name) if len(name) <= MAX_NAME_CHARACTERS else _NOTHING


@lru_cache(maxsize=1024)
def _read_hello(name: str) -> Hello:
    labels = name.split(".")
    scripts: dict[str, AddressScript] = {}
    offer: Offer | None = None
    key = ""
    place = 0
    while place < len(labels):
        found, used = _read_label(labels, place)
        named = _KEY.fullmatch(labels[place])
        if found is not None:
            scripts.setdefault(found.stage, found)
        elif named is not None:
            key, used = key or named["key"], 1
        else:
            changed = _read_offer(labels[place], offer or Offer())
            if changed is None:
                break
            offer, used = changed, 1
        place += used
    return Hello(scripts, offer, key) if scripts or offer or key else _NOTHING


def _read_label(labels: list[str], place: int) -> tuple[AddressScript | None, int]:
    """The script that begins at a label, and how many labels it takes: an enhanced code and a time hold dots."""
    match = _SPOKEN.fullmatch(labels[place])
    if match is None:
        return None, 0
    stage = match["stage"].lower()
    stage = "ehlo" if stage in ("helo", "lhlo") else stage
    rest = [match["script"], *labels[place + 1 :]]
    wrong: ScriptError | None = None
    for used in range(len(rest), 0, -1):
        text, _, _ = ".".join(rest[:used]).partition("+")
        try:
            script = parse_script(text, SMTP)
        except ScriptError as error:
            wrong = error
        else:
            return AddressScript(stage, script, f"{stage}{text}.".lower()), used
    assert wrong is not None
    raise wrong


def _read_offer(label: str, before: Offer) -> Offer | None:
    """The offer that a label asks for, on top of another; None where it is no such label."""
    sets: dict[str, set[str]] = {"no": set(before.withheld), "hide": set(before.hidden), "fake": set(before.faked)}
    size = before.size
    for part in label.lower().split("-"):
        match = _OFFER.fullmatch(part)
        if match is None:
            return None
        if match["size"] is not None:
            size = int(match["size"])
            continue
        keyword = _KEYWORDS.get(match["keyword"])
        if keyword is None:
            return None
        sets[match["how"]].add(keyword)
    return Offer(frozenset(sets["no"]), frozenset(sets["hide"]), frozenset(sets["fake"]), size)
