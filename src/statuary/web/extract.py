"""Brings the interface's PO files up to date: ``python -m statuary.web.extract``.

The texts come from templates, from Python, from the titles and summaries of the concepts and from
the notes of the frameworks, and from the dialects of magic addresses. A changed English text
keeps its former translation, marked fuzzy, where the two are alike.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from statuary.catalog.messages import INTERFACE
from statuary.catalog.paths import find_places
from statuary.catalog.source import read_content
from statuary.scenario.dialects import DIALECTS
from statuary.snippets.client import read_client_selection
from statuary.snippets.framework import read_frameworks, read_selection
from statuary.snippets.mail import read_mail_selection, read_mail_servers

__all__ = ["Text", "interface_texts", "update_interface"]

_PACKAGE = Path(__file__).resolve().parent.parent
_METHODS = [("web/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"web/templates/**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}}
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


_HEADER = "# The interface of Statuary."


class Text(NamedTuple):
    """A text of the interface.

    Args:
        message: the English; singular and plural where it goes with a count.
        context: what tells it from others of the same English; empty for none.
    """

    message: str | tuple[str, ...]
    context: str = ""


def interface_texts(content: Path) -> Iterator[Text]:
    """Every text that the interface shows.

    Args:
        content: the folder ``content``.
    """
    extracted = extract_from_dir(_PACKAGE, _METHODS, _OPTIONS, _KEYWORDS)
    for _, _, message, _, context in extracted:
        if message and message[0]:
            yield Text(message, context or "")
    for concept in read_content(content).concepts:
        for field in ("title", "summary"):
            yield Text(concept[field], f"concept/{concept['id']}#{field}")
    yield from _snippet_texts(content)
    for dialect in DIALECTS.values():
        for address in dialect.addresses.values():
            yield Text(address.what)


def _snippet_texts(content: Path) -> Iterator[Text]:
    """What the folders of snippets say to readers."""
    for framework in read_frameworks(content):
        if framework.note:
            yield Text(framework.note)
    for reason in (
        *read_selection(content).absent_in_ci.values(),
        *read_client_selection(content).absent_in_ci.values(),
        *read_mail_selection(content).absent_in_ci.values(),
    ):
        yield Text(reason)
    for server in read_mail_servers(content):
        for said in (server.note, *server.cannot.values(), *(natural.note for natural in server.naturals)):
            if said:
                yield Text(said)


def update_interface(locales: Path, language: str, texts: list[Text]) -> Path:
    """Bring the interface's PO file of a language up to date.

    Args:
        locales: the folder ``locales``.
        language: the tag.
        texts: every text.

    Returns:
        The file.
    """
    path = locales / language / "LC_MESSAGES" / f"{INTERFACE}.po"
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    else:
        catalogue = Catalog(locale=language, project="Statuary", charset="utf-8", header_comment=_HEADER)
    # the date of the former run is kept, so that a run without news changes nothing
    template = Catalog(project="Statuary", charset="utf-8", creation_date=catalogue.creation_date)
    for text in texts:
        template.add(text.message, context=text.context or None)
    catalogue.update(template)
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, no_location=True)
    return path


def _translated(message: Message) -> bool:
    forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(forms) and not message.fuzzy


def main() -> int:
    """Update every language and say how much of it is translated."""
    places = find_places()
    texts = list(interface_texts(places.content))
    for language in read_content(places.content).languages:
        if language.fallback:
            path = update_interface(places.locales, language.tag, texts)
            with path.open("rb") as file:
                messages = [message for message in read_po(file, locale=language.tag) if message.id]
            done = sum(1 for message in messages if _translated(message))
            sys.stdout.write(f"{path.relative_to(places.locales.parent)}: {done} of {len(messages)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
