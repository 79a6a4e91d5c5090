"""Who may speak for a stage: rules, addresses, the name in EHLO, a command's argument."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from statuary.scenario.address import LASTING_STAGES, AddressScript, parse_address, parse_hello, parse_word
from statuary.scenario.counters import count_key
from statuary.scenario.decide import Dice
from statuary.scenario.script import Answer, Script
from statuary.serve.fields import address_key, tag_of
from statuary.wire.smtp import Mailbox

__all__ = ["Chosen", "Picked", "chosen_by", "chosen_by_name", "chosen_by_word"]

SPOKEN_BY_ARGUMENT = frozenset({*LASTING_STAGES, "expn", "etrn", "atrn"}) - {"rset", "quit"}
"""The stages whose command may hold its own script."""

MAX_CACHED_VOICES = 1024
"""How many addresses are kept with what they say."""

NOBODY: Mapping[str, Chosen] = MappingProxyType({})
"""Scripts by stage, where nobody speaks."""


class Chosen(NamedTuple):
    """A script that speaks for a stage.

    Args:
        stage: where it answers.
        script: what answers.
        rule: how the journal names it.
        count_key: what its count is kept by.
        draw_key: what random choices are drawn by.
        domain: the domain of the address at hand.
        text: the reply text that was asked for; empty for the catalogue's.
        ruled: whether a rule chose it, which keeps all others silent.
    """

    stage: str
    script: Script
    rule: str
    count_key: str
    draw_key: str
    domain: str
    text: str = ""
    ruled: bool = False

    @property
    def plain(self) -> bool:
        """Whether all that it puts into a reply is ASCII."""
        return self.text.isascii() and self.domain.isascii()


class Picked(NamedTuple):
    """A script with the answer that was decided on.

    Args:
        chosen: the script.
        answer: what to do.
        step: the step of the script, from 1; 0 when it is used up.
        asked: how often the script was asked by now.
    """

    chosen: Chosen
    answer: Answer
    step: int
    asked: int

    def dice(self, seed: int) -> Dice:
        """What the effects of the answer are drawn from."""
        return Dice(seed, self.chosen.draw_key, self.asked)


@lru_cache(maxsize=MAX_CACHED_VOICES)
def chosen_by(mailbox: Mailbox, dialects: tuple[str, ...]) -> Chosen | None:
    """The script in an address; None for an ordinary one.

    Args:
        mailbox: the address.
        dialects: the dialects that are understood.

    Raises:
        ScriptError: the address means to be a script and is none.
    """
    found = parse_address(mailbox.local_part, mailbox.domain, dialects)
    if found is None:
        return None
    key = count_key(f"smtp {found.stage} {mailbox.address.lower()}", key=address_key(mailbox, dialects))
    return Chosen(found.stage, found.script, str(found.script), key, found.draw_key, mailbox.domain, found.text)


def chosen_by_word(stage: str, word: str) -> Chosen | None:
    """The script for a stage in an argument or a user name; None for an ordinary word.

    Args:
        stage: the stage at hand.
        word: what the client said.

    Raises:
        ScriptError: the word means to be a script and is none.
    """
    found = parse_word(stage, word)
    return None if found is None else _spoken(found, word)


def chosen_by_name(name: str) -> Mapping[str, Chosen]:
    """The scripts in a name in EHLO, by stage.

    Args:
        name: as the client gave it.

    Raises:
        ScriptError: a label means to be a script and is none.
    """
    scripts = parse_hello(name).scripts
    return {stage: _spoken(found, name) for stage, found in scripts.items()} if scripts else NOBODY


def _spoken(found: AddressScript, word: str) -> Chosen:
    key = count_key(f"smtp {found.stage} {word.lower()}", key=tag_of(word))
    return Chosen(found.stage, found.script, str(found.script), key, found.draw_key, "")
