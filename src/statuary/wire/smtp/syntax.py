"""Command lines: octets in, a `Command` or a `CommandError` out (RFC 5321 §4.1.1).

Parsing is pure: what a line means by itself, whatever came before it. Whether it is in its place is for
the engine. So a line can be parsed once and its event given out again: `CommandParser` keeps the latest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

from statuary.errors import RemoteProtocolError
from statuary.wire.smtp.address import AddressError, parse_path, split_path
from statuary.wire.smtp.events import Command, CommandError
from statuary.wire.smtp.parameters import MAIL_PARAMETERS, RCPT_PARAMETERS, parse_parameters
from statuary.wire.smtp.table import STAGES, SmtpLimits

__all__ = ["CommandParser", "chunk_octets", "parse_auth_line", "parse_command", "parser_for"]

_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,31}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_CHUNK = re.compile(r"([0-9]{1,20})(?: +LAST)?", re.IGNORECASE)  # RFC 3030 §2

_UTF8_FLAG = MappingProxyType({"SMTPUTF8": ""})

_MAX_CACHED_LINES = 1024
_MAX_CACHED_OCTETS = 256


def parse_command(line: bytes, limits: SmtpLimits, extensions: frozenset[str]) -> Command | CommandError:
    """Parse one command line.

    Args:
        line: the line with its LF or CRLF.
        limits: lengths, and whether a bare LF may end the line.
        extensions: keywords of the extensions offered.
    """
    crlf = line.endswith(b"\r\n")
    word, _, rest = (line[:-2] if crlf else line[:-1]).partition(b" ")
    word = word.upper()
    known = _VERBS.get(word)
    stage, verb = (known[0], known[1]) if known else _unknown(word)
    try:
        if not crlf and not limits.bare_lf_commands:
            raise RemoteProtocolError("the line ends with a bare LF", 500, "5.5.2")
        if known is None:
            raise RemoteProtocolError("the command is not known", 500, "5.5.2")
        # RFC 5321 §4.1.1: trailing white space is passed over.
        return known[2](stage, verb, _decode(rest.strip(b" \t")), line, limits, extensions)
    except RemoteProtocolError as error:
        return CommandError(stage, verb, error.reply_hint, error.enhanced_hint, error.problem, line)


def parse_auth_line(line: bytes) -> Command | CommandError:
    """Parse a client's line inside an AUTH exchange (RFC 4954 §4).

    Args:
        line: the line with its LF or CRLF.
    """
    text = line.rstrip(b"\r\n")
    if not text.isascii() or not (decoded := text.decode("ascii")).isprintable():
        return CommandError("auth", "", 501, "5.5.2", "the line is not base64", line)
    return Command("auth", "", decoded, line)


def chunk_octets(command: Command | CommandError) -> int:
    """How many octets follow a BDAT command at once, whatever its answer will be (RFC 3030 §2).

    Args:
        command: any event of a command line; 0 for every other verb and where the size cannot be read.
    """
    if command.verb != "BDAT" or not isinstance(command, Command):
        return 0
    return int(command.argument.split(" ", 1)[0])


class CommandParser:
    """Parses command lines and remembers the latest.

    Args:
        limits: lengths, and whether a bare LF may end a line.
        extensions: keywords of the extensions offered.
    """

    __slots__ = ("extensions", "latest", "limits")

    def __init__(self, limits: SmtpLimits, extensions: frozenset[str]) -> None:
        self.limits = limits
        self.extensions = extensions
        self.latest: dict[bytes, Command | CommandError] = {}
        """What lines of up to 256 octets were parsed to; emptied when it has 1024 of them."""

    def parse(self, line: bytes) -> Command | CommandError:
        """Parse one command line that is not among the latest.

        Args:
            line: the line with its LF or CRLF.
        """
        event = parse_command(line, self.limits, self.extensions)
        if len(line) <= _MAX_CACHED_OCTETS:
            if len(self.latest) >= _MAX_CACHED_LINES:
                self.latest.clear()
            self.latest[line] = event
        return event


@lru_cache(maxsize=16)
def parser_for(limits: SmtpLimits, extensions: frozenset[str]) -> CommandParser:
    """Give the parser that sessions with the same limits and extensions share.

    Args:
        limits: lengths, and whether a bare LF may end a line.
        extensions: keywords of the extensions offered.
    """
    return CommandParser(limits, extensions)


def _unknown(word: bytes) -> tuple[str, str]:
    # A verb that is spelled like a stage of another kind ("MESSAGE", HTTP's "CONNECT") is not that stage.
    verb = word.decode("ascii") if _WORD.fullmatch(word) else ""
    stage = verb.lower()
    return (stage, verb) if stage and stage not in STAGES else ("unknown", verb)


def _decode(argument: bytes) -> str:
    try:
        text = argument.decode("utf-8")
    except UnicodeDecodeError:
        raise RemoteProtocolError("the line is not UTF-8", 501, "5.5.4") from None
    # isprintable() is quick and right for ASCII; beyond it, it refuses spaces and format characters as well,
    # about which the grammar of each command decides.
    if not text.isprintable() and _CONTROL.search(text):
        raise RemoteProtocolError("the line has a control character", 501, "5.5.4")
    return text


def _path_command(
    stage: str, verb: str, argument: str, raw: bytes, limits: SmtpLimits, extensions: frozenset[str]
) -> Command:
    mail = stage == "mail"
    keyword, known, syntax = ("FROM:", MAIL_PARAMETERS, "5.1.7") if mail else ("TO:", RCPT_PARAMETERS, "5.1.3")
    if argument[: len(keyword)].upper() != keyword:
        raise RemoteProtocolError(f"{verb} goes without {keyword}", 501, "5.5.4")
    # White space after the colon is forbidden (RFC 5321 §3.3) and common; servers pass it over.
    split = split_path(argument[len(keyword) :].lstrip(" "))
    if split is None:
        raise RemoteProtocolError("no path in angle brackets follows the colon", 501, syntax)
    inner, rest = split
    if not argument.isascii() and "SMTPUTF8" not in extensions:
        raise RemoteProtocolError("SMTPUTF8 is not offered", *_not_ascii(mail))
    try:
        path = parse_path(inner, limits, null=mail, postmaster=not mail)
    except AddressError as error:
        raise RemoteProtocolError(str(error), 501, syntax) from None
    if not rest:
        if mail and not argument.isascii():
            raise RemoteProtocolError("the address needs SMTPUTF8", *_not_ascii(mail))
        return Command(stage, verb, argument, raw, path)
    parameters = parse_parameters(rest, known, limits, extensions)
    if mail and not argument.isascii() and "SMTPUTF8" not in parameters:
        raise RemoteProtocolError("the address needs SMTPUTF8", *_not_ascii(mail))
    return Command(stage, verb, argument, raw, path, MappingProxyType(parameters))


def _not_ascii(mail: bool) -> tuple[int, str]:
    # RFC 6531 §3.5 has 550 for MAIL and 553 for RCPT.
    return (550, "5.6.7") if mail else (553, "5.6.7")


def _only_ascii(argument: str) -> None:
    if not argument.isascii():
        raise RemoteProtocolError("the argument is not ASCII", 501, "5.5.4")


def _hello(stage: str, verb: str, argument: str, raw: bytes, limits: SmtpLimits, extensions: frozenset[str]) -> Command:
    # RFC 5321 §4.1.4 forbids refusing a name that does not check out; so any one word will do.
    _only_ascii(argument)
    if not argument or " " in argument:
        raise RemoteProtocolError(f"{verb} wants one name", 501, "5.5.4")
    return Command(stage, verb, argument, raw)


def _bare(stage: str, verb: str, argument: str, raw: bytes, limits: SmtpLimits, extensions: frozenset[str]) -> Command:
    # RFC 5321 §4.3.2: 501 for an argument where none is allowed.
    if argument:
        raise RemoteProtocolError(f"{verb} takes no argument", 501, "5.5.4")
    return Command(stage, verb, "", raw)


def _optional(
    stage: str, verb: str, argument: str, raw: bytes, limits: SmtpLimits, extensions: frozenset[str]
) -> Command:
    _only_ascii(argument)
    return Command(stage, verb, argument, raw)


def _required(
    stage: str, verb: str, argument: str, raw: bytes, limits: SmtpLimits, extensions: frozenset[str]
) -> Command:
    _only_ascii(argument)
    if not argument:
        raise RemoteProtocolError(f"{verb} wants an argument", 501, "5.5.4")
    return Command(stage, verb, argument, raw)


def _lookup(
    stage: str, verb: str, argument: str, raw: bytes, limits: SmtpLimits, extensions: frozenset[str]
) -> Command:
    if not argument:
        raise RemoteProtocolError(f"{verb} wants an argument", 501, "5.5.4")
    # RFC 6531 §3.7.4.2: "VRFY" SP String [ SP "SMTPUTF8" ]
    if "SMTPUTF8" in extensions and argument[-9:].upper() == " SMTPUTF8":
        return Command(stage, verb, argument[:-9].rstrip(" "), raw, None, _UTF8_FLAG)
    if not argument.isascii():
        raise RemoteProtocolError(f"{verb} goes without SMTPUTF8", 550, "5.6.7")
    return Command(stage, verb, argument, raw)


def _chunk(stage: str, verb: str, argument: str, raw: bytes, limits: SmtpLimits, extensions: frozenset[str]) -> Command:
    if not _CHUNK.fullmatch(argument):
        raise RemoteProtocolError("BDAT wants the octets of the chunk", 501, "5.5.4")
    return Command(stage, verb, argument, raw)


_Parse = Callable[[str, str, str, bytes, SmtpLimits, frozenset[str]], Command]

_VERBS: dict[bytes, tuple[str, str, _Parse]] = {
    verb.encode(): (stage, verb, parse)
    for verb, stage, parse in (
        ("EHLO", "ehlo", _hello),
        ("HELO", "ehlo", _hello),
        ("MAIL", "mail", _path_command),
        ("RCPT", "rcpt", _path_command),
        ("DATA", "data", _bare),
        ("RSET", "rset", _bare),
        ("NOOP", "noop", _optional),
        ("VRFY", "vrfy", _lookup),
        ("EXPN", "expn", _lookup),
        ("HELP", "help", _optional),
        ("QUIT", "quit", _bare),
        # Recognised, so that whoever answers can tell 502 and 503 from 500.
        ("LHLO", "lhlo", _hello),  # RFC 2033
        ("STARTTLS", "starttls", _bare),  # RFC 3207
        ("AUTH", "auth", _required),  # RFC 4954
        ("BDAT", "bdat", _chunk),  # RFC 3030
        ("ETRN", "etrn", _required),  # RFC 1985
        ("ATRN", "atrn", _optional),  # RFC 2645
    )
}
