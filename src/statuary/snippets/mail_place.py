"""Places a reply into the template of a mail server."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from statuary.catalog.store import Catalogue
from statuary.errors import CodeNotFound, ContentError
from statuary.snippets.mail import FOLDER, MailServer, Natural, split_case

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["Case", "MailSnippet", "case_of", "place_mail", "place_natural"]

_FILLED = {"{domain}": "mx.example.net", "{forward_path}": "emil@example.com"}
"""What stands in the places of a reply's text: the prober's server, and where the refused mailbox is now."""


class Case(NamedTuple):
    """A reply at a stage.

    Args:
        id: its name: ``rcpt452_4.2.2``.
        stage: ``connect``, ``mail``, ``rcpt`` or ``message``.
        reply: the reply code.
        enhanced: the enhanced status code.
        text: what follows them, from the catalogue.
    """

    id: str
    stage: str
    reply: str
    enhanced: str
    text: str

    @property
    def line(self) -> str:
        """The reply as it is to be sent."""
        return f"{self.reply} {self.enhanced} {self.text}"

    @property
    def codes(self) -> tuple[str, str]:
        """The identities of both codes."""
        return f"smtp/{self.reply}", f"smtp/{self.enhanced}"


class MailSnippet(NamedTuple):
    """Files to copy.

    Args:
        file: what the reader calls the first one.
        text: its text.
        beside: the others: where each goes, and its text.
    """

    file: str
    text: str
    beside: Mapping[str, str]

    @property
    def whole(self) -> str:
        """All texts, for a digest."""
        return "\n".join([self.text, *(f"{name}\n{text}" for name, text in sorted(self.beside.items()))])


def case_of(catalogue: Catalogue, name: str) -> Case:
    """The case of a name, with its text from the catalogue.

    Where a program reads the text of the basic reply (551's new address), it is that; else that of the enhanced code.

    Raises:
        CodeNotFound: the catalogue has no such code.
        ContentError: it is no case's name.
    """
    stage, reply, enhanced = split_case(name)
    basic, code = catalogue.get(f"smtp/{reply}"), catalogue.get(f"smtp/{enhanced}")
    if basic is None or code is None:
        raise CodeNotFound(f"smtp/{enhanced if basic else reply}", [])
    text = basic.answer.text if basic.answer.machine_read else code.answer.text
    for place, value in _FILLED.items():
        text = text.replace(place, value)
    return Case(name, stage, reply, enhanced, text)


def place_mail(server: MailServer, case: Case) -> MailSnippet | None:
    """The snippet of a server for a case; None where there is no native way.

    Raises:
        ContentError: the template is wrong.
    """
    name = server.template(case.stage, case.id)
    if not name:
        return None
    from jinja2 import TemplateError

    try:
        text = _compiled(server.text(name)).render(
            stage=case.stage, reply=case.reply, enhanced=case.enhanced, text=case.text, line=case.line
        )
    except TemplateError as error:
        line = getattr(error, "lineno", None) or 1
        raise ContentError(f"{FOLDER}/{server.id}/{name}", line, 1, f"{error}, for {case.id}") from error
    beside = {where: server.text(file) for file, where in server.beside.get(case.stage, {}).items()}
    return MailSnippet(server.file, text, beside)


def place_natural(server: MailServer, natural: Natural) -> MailSnippet:
    """The configuration under which a reply comes about by itself.

    Raises:
        ContentError: a file is missing.
    """
    beside = {where: server.text(file) for file, where in natural.beside.items()}
    file = natural.place.rpartition("/")[2] or server.file
    return MailSnippet(file, server.text(natural.file), beside)


@functools.lru_cache(maxsize=64)
def _compiled(template: str) -> Template:
    return _environment().from_string(template)


def _double(text: str) -> str:
    """A literal in double quotes, as JavaScript, Go and Python read it."""
    return json.dumps(text)


@functools.cache
def _environment() -> Environment:
    """What the templates are compiled by; its library is loaded with the first of them."""
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the templates make programs, not pages; pages escape what they show
    )
    environment.filters["double"] = _double
    return environment
