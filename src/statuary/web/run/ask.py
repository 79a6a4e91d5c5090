"""How a mock is asked for a script: by a target, an address, the name in EHLO, a command's argument, a user, a rule."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from statuary.errors import N_, ScriptError, WrongArgument
from statuary.scenario.address import WORD_STAGES, parse_address, parse_hello, parse_word
from statuary.scenario.grammar import HTTP, SMTP, parse_script
from statuary.scenario.rules import STAGES
from statuary.scenario.script import Script

__all__ = ["KEY", "KEY_EXPECTED", "MAX_KEY_CHARACTERS", "Ask", "ask", "ask_target", "default_stage", "exchanges_of"]

MAX_KEY_CHARACTERS = 40
"""The longest key that the builder takes, in characters."""
MAX_ADDRESS_CHARACTERS = 200
"""The longest local part, name or argument that is asked with, in characters; a longer script goes into a rule."""
CHOICE_EXCHANGES = 5
"""How many exchanges show a choice that is drawn for ever."""

KEY = re.compile(rf"[A-Za-z0-9_-]{{0,{MAX_KEY_CHARACTERS}}}")
"""What keeps counts apart: it stands in targets, addresses and names without being quoted."""
KEY_EXPECTED = N_("letters, digits, - and _, at most %(most)s")
"""What a key should be, in words."""

_DOMAIN = "any.test"
_SENDER = "sender@any.test"
_RECIPIENT = "user@any.test"
_HELLO = "client.example"
_QUOTED = re.compile(r"[,:]")
_WAYS = {
    "mail": "sender",
    **dict.fromkeys(("rcpt", "data", "bdat", "message", "rset", "quit"), "recipient"),
    **dict.fromkeys(("noop", "vrfy", "help", "expn", "etrn", "atrn"), "argument"),
    **dict.fromkeys(("ehlo", "starttls"), "hello"),
    "auth": "user",
}
"""What asks for the answer of a stage; where nothing does, a rule must."""


class Ask(NamedTuple):
    """How a script is asked for.

    Args:
        protocol: ``http`` or ``smtp``.
        stage: where it answers.
        script: the script; None for a code that stands alone.
        key: what keeps its counts apart; empty for none.
        way: ``target``, ``sender``, ``recipient``, ``hello``, ``argument``, ``user``, or ``rule`` where none of them
            can.
        target: HTTP: what is requested, with the key.
        sender: SMTP: the reverse path.
        recipient: SMTP: the forward path.
        hello: SMTP: the name in EHLO.
        word: SMTP: the argument of the stage's command, or the user name.
    """

    protocol: str
    stage: str
    script: Script | None
    key: str
    way: str
    target: str = ""
    sender: str = _SENDER
    recipient: str = _RECIPIENT
    hello: str = _HELLO
    word: str = ""

    @property
    def spelled(self) -> str:
        """The word that asks: an address, a name, an argument, a user name; empty where a rule must."""
        match self.way:
            case "target":
                return self.target
            case "sender":
                return self.sender
            case "recipient":
                return self.recipient
            case "hello":
                return self.hello
            case "argument" | "user":
                return self.word
            case _:
                return ""


def default_stage(protocol: str) -> str:
    """The stage that is meant where none is named."""
    return "rcpt" if protocol == "smtp" else STAGES["http"][0]


def ask(protocol: str, text: str, stage: str = "", key: str = "") -> Ask:
    """How to ask for a script.

    Args:
        protocol: ``http`` or ``smtp``.
        text: the script.
        stage: where it answers; empty for the protocol's usual one.
        key: what keeps its counts apart; empty for none.

    Raises:
        ScriptError: the script is wrong; the position counts in it.
        WrongArgument: something else is.
    """
    if protocol not in STAGES:
        raise WrongArgument("protocol", N_("one of %(known)s"), {"known": ", ".join(STAGES)})
    stage = stage or default_stage(protocol)
    if stage not in STAGES[protocol]:
        raise WrongArgument("stage", N_("one of %(known)s"), {"known": ", ".join(STAGES[protocol])})
    if not KEY.fullmatch(key):
        raise WrongArgument("key", KEY_EXPECTED, {"most": MAX_KEY_CHARACTERS})
    script = parse_script(text, SMTP if protocol == "smtp" else HTTP)
    if protocol == "http":
        return ask_target(f"/status/{quote(str(script), safe='~:,=')}", key)._replace(script=script)
    return _ask_smtp(stage, script, key)


def ask_target(target: str, key: str = "") -> Ask:
    """How to ask for what a target of the HTTP mock stands for by itself, such as ``/smtp/452``."""
    return Ask("http", default_stage("http"), None, key, "target", f"{target}?key={key}" if key else target)


def _ask_smtp(stage: str, script: Script, key: str) -> Ask:
    way = _WAYS.get(stage, "rule")
    made = Ask("smtp", stage, script, key, way)
    local = f"{stage}{script}" + (f"+{key}" if key else "")
    if len(local) > MAX_ADDRESS_CHARACTERS:
        way = "rule"
    elif way in ("sender", "recipient"):
        mailbox = f'"{local}"@{_DOMAIN}' if _QUOTED.search(local) else f"{local}@{_DOMAIN}"
        made = made._replace(sender=mailbox) if way == "sender" else made._replace(recipient=mailbox)
    elif way == "hello":
        # "k-" keeps the key from being read as a part of the script, or as an extension.
        made = made._replace(hello=f"{stage}{script}." + (f"k-{key}." if key else "") + _DOMAIN)
    elif way != "rule":
        made = made._replace(word=f"{local}@{_DOMAIN}")
    return made if _is_understood(made, local) else Ask("smtp", stage, script, key, "rule")


def _is_understood(made: Ask, local: str) -> bool:
    """Whether the mock reads the same script where it was written."""
    try:
        match made.way:
            case "sender" | "recipient":
                found = parse_address(local, _DOMAIN)
            case "hello":
                meant = parse_hello(made.hello)
                if meant.offer is not None or len(meant.scripts) != 1:
                    return False
                found = meant.scripts.get(made.stage)
            case "argument" | "user":
                found = parse_word(made.stage, made.word) if made.stage in WORD_STAGES else None
            case _:
                return True
    except ScriptError:
        return False
    same = found is not None and found.stage == made.stage and str(found.script) == str(made.script)
    return same and len(local) <= MAX_ADDRESS_CHARACTERS


def exchanges_of(script: Script | None, protocol: str, most: int) -> int:
    """How many exchanges show a script whole: each of its steps so often as it stands, and what then holds.

    Interim answers of HTTP share an exchange with the answer that follows them (RFC 9110 §15.2).

    Args:
        script: the script; None for a code that stands alone.
        protocol: ``http`` or ``smtp``.
        most: no more than so many.
    """
    if script is None:
        return 1
    count, interim = 0, False
    for step in script.steps:
        first = step.choices[0].answer
        interim = protocol == "http" and first.kind == "code" and first.value[0] == "1"
        if not interim:
            count += step.count or (1 if len(step.choices) == 1 else CHOICE_EXCHANGES)
    followed = interim or script.steps[-1].count is not None
    return max(1, min(count + followed, most))
