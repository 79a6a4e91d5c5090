"""What Pygments colours: sides of HTTP and SMTP dialogues, programs of any language.

The library is loaded with the first page that shows an example; the API goes without it.
"""

from __future__ import annotations

from typing import ClassVar

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import RegexLexer
from pygments.lexers import find_lexer_class_by_name, get_lexer_by_name
from pygments.lexers.textfmts import HttpLexer
from pygments.token import Comment, Keyword, Name, Number, String, Text
from pygments.util import ClassNotFound

__all__ = ["SmtpLexer", "colour_http", "colour_smtp", "name_of", "runs_of"]

_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix="t-")


class SmtpLexer(RegexLexer):
    """One side's lines of an SMTP dialogue, without the mark of the side (RFC 5321 §4.1, §4.2)."""

    name = "SMTP"
    aliases: ClassVar[list[str]] = ["smtp"]
    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"^[0-9]{3}(?=[ -]|$)", Number),
            (r"(?<=^[0-9]{3}[ -])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?= |$)", Number.Float),
            (
                r"(?i)^(?:EHLO|HELO|MAIL|RCPT|DATA|BDAT|RSET|NOOP|QUIT|VRFY|EXPN|HELP|STARTTLS|AUTH|ETRN|ATRN)\b",
                Keyword,
            ),
            (r"(?i)\b(?:FROM|TO)(?=:)", Keyword),
            (r"<[^<>\r\n]*>", String),
            (r"^[A-Za-z][A-Za-z-]*(?=: )", Name.Attribute),
            (r"^\.$", Comment),
            (r"[^\s<]+|[<\s]", Text),
        ],
    }


_SMTP = SmtpLexer()
_HTTP = HttpLexer()

_COLOURED = (
    (Comment, "c"),
    (Keyword, "k"),
    (Number, "m"),
    (String, "s"),
    (Name.Attribute, "na"),
    (Name.Tag, "nt"),
    (Name.Class, "nc"),
    (Name.Decorator, "nc"),
    (Name.Function, "nf"),
)
"""The kinds of token that have a colour; all others stay bare, which halves a page."""


def colour_http(text: str) -> str:
    """An HTTP message as HTML.

    Args:
        text: the message.
    """
    return highlight(text, _HTTP, _FORMATTER).rstrip("\n")


def colour_smtp(text: str) -> str:
    """A line of a dialogue as HTML.

    Args:
        text: what one side said, without the mark of the side.
    """
    return highlight(text, _SMTP, _FORMATTER).rstrip("\n")


def runs_of(language: str, text: str) -> list[tuple[str, str]] | None:
    """A program in runs of one colour each, as the name of the colour and the text; None for an unknown language.

    Args:
        language: as Pygments names it.
        text: the program.
    """
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    runs: list[tuple[str, str]] = []
    for token, value in lexer.get_tokens(text):
        colour = next((short for kind, short in _COLOURED if kind in token.split()), "")
        if runs and (runs[-1][0] == colour or not value.strip()):
            runs[-1] = (runs[-1][0], runs[-1][1] + value)
        else:
            runs.append((colour, value))
    return runs


def name_of(language: str) -> str:
    """What Pygments calls a language for people.

    Args:
        language: as Pygments names it in small letters.
    """
    return find_lexer_class_by_name(language).name
