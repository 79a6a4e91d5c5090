"""Scripts in mail addresses: ``rcpt452_4.2.2x2@any.test``, ``data451+blue@any.test``.

The local part names the stage and holds the script; what follows a ``+`` only keeps counts apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.script import Script

__all__ = ["ADDRESS_STAGES", "AddressScript", "parse_address"]

MAX_CACHED_CHARACTERS = 200
"""The longest address that is kept once read, in characters."""

ADDRESS_STAGES = ("mail", "rcpt", "data", "message")
"""The stages that an address can speak for."""

_SCRIPTED = re.compile(
    rf"(?P<stage>{'|'.join(ADDRESS_STAGES)})(?P<script>(?:[0-9]{{3}}|pass|drop|reset|hang)(?![0-9A-WYZa-wyz]).*)",
    re.IGNORECASE | re.DOTALL,
)


class AddressScript(NamedTuple):
    """A script found in an address.

    Args:
        stage: where it answers.
        script: what it answers.
        draw_key: what random choices are drawn by: the address without its tag, so that tagged copies of it meet
            the same sequence.
    """

    stage: str
    script: Script
    draw_key: str


def parse_address(local_part: str, domain: str) -> AddressScript | None:
    """Find the script in an address; None for an ordinary address.

    An address counts as scripted when a stage and exactly three digits, or a word of the language, open it:
    ``rcpt452@`` is, ``data2024@`` and ``mailman@`` are not.

    Args:
        local_part: before the ``@``, unquoted.
        domain: after it.

    Raises:
        ScriptError: the address means to be scripted, but its script is wrong. The position counts in the script.
    """
    if len(local_part) + len(domain) <= MAX_CACHED_CHARACTERS:
        return _read_cached(local_part, domain)
    return _read(local_part, domain)


def _read(local_part: str, domain: str) -> AddressScript | None:
    match = _SCRIPTED.fullmatch(local_part)
    if match is None:
        return None
    text, _, _ = match["script"].partition("+")
    stage = match["stage"].lower()
    return AddressScript(stage, parse_script(text, SMTP), f"{stage}{text}@{domain}".lower())


_read_cached = lru_cache(maxsize=4096)(_read)
