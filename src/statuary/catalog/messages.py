"""Translations through gettext: one domain for the interface, one a protocol for prose.

The English sentence is the msgid; ``msgctxt`` names code and field (``smtp/452#fix_sender``), so a changed sentence
turns its translations fuzzy. A fuzzy or empty translation counts as missing.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from statuary.catalog.codefile import CodeFile
from statuary.catalog.model import Code
from statuary.errors import ContentError

if TYPE_CHECKING:  # the site knows the names here; only who reads or writes PO files needs Babel
    from babel.messages.catalog import Catalog

__all__ = [
    "INTERFACE",
    "Message",
    "code_messages",
    "compile_interface",
    "prose_messages",
    "read_translations",
    "update_catalogue",
]

INTERFACE = "interface"
"""The domain of the interface's strings."""


class Message(NamedTuple):
    """A text to translate: its context (``smtp/452#summary``) and the English."""

    context: str
    text: str


def code_messages(code: Code) -> Iterator[Message]:
    """Every translatable text of a code; names, reply text and fenced blocks are not among them."""
    for field, text in code.prose.texts.items():
        if text:
            yield Message(f"{code.id}#{field}", text)
    for number, claim in enumerate(code.prose.claims, 1):
        yield Message(f"{code.id}#claims.{number}", claim.text)


def _read(path: Path, locale: str) -> Catalog:
    from babel.messages.pofile import PoFileError, read_po

    relative = f"locales/{locale}/LC_MESSAGES/{path.name}"
    try:
        with path.open("rb") as file:
            return read_po(file, locale=locale, abort_invalid=True)
    except PoFileError as error:
        raise ContentError(
            relative, max(1, error.lineno), 1, f"not a PO file: {error}", "mend the quotes here"
        ) from None
    except UnicodeDecodeError as error:
        raise ContentError(relative, 1, 1, f"not UTF-8 at octet {error.start}", "save it as UTF-8") from None


def read_translations(locales: Path, language: str, domain: str) -> Mapping[tuple[str, str], str]:
    """Read the current translations of a domain: (context, English) to text; fuzzy ones are left out.

    Raises:
        ContentError: the file is no PO file.
    """
    path = locales / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.exists():
        return {}
    return {
        (message.context or "", message.id): message.string
        for message in _read(path, language)
        if message.id
        and isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.string
        and not message.fuzzy
    }


def compile_interface(locales: Path, language: str) -> bytes:
    """Compile the interface domain of a language to the octets of an MO file; empty where there is none."""
    path = locales / language / "LC_MESSAGES" / f"{INTERFACE}.po"
    if not path.exists():
        return b""
    from babel.messages.mofile import write_mo

    output = io.BytesIO()
    write_mo(output, _read(path, language))
    return output.getvalue()


def update_catalogue(locales: Path, language: str, domain: str, messages: Iterable[Message]) -> Path:
    """Bring a language's PO file of prose up to date with the English text.

    A changed sentence keeps its former translation, marked fuzzy; a vanished one goes.

    Args:
        locales: the folder of languages.
        language: the tag.
        domain: the protocol.
        messages: all that is to be translated, in order.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    template = Catalog(project="Statuary", charset="utf-8")
    for message in messages:
        template.add(message.text, context=message.context)
    path = locales / language / "LC_MESSAGES" / f"{domain}.po"
    catalogue = (
        _read(path, language) if path.exists() else Catalog(locale=language, project="Statuary", charset="utf-8")
    )
    previous = {message.context: message.string for message in catalogue if message.id and message.string}
    known = {(message.context, message.id) for message in catalogue if message.id}
    catalogue.update(template, no_fuzzy_matching=True)
    for entry in catalogue:
        if entry.id and not entry.string and (entry.context, entry.id) not in known:
            former = previous.get(entry.context)
            if former:
                entry.string = former
                entry.flags.add("fuzzy")
    catalogue.obsolete.clear()
    _head(catalogue, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=False, include_previous=False)
    return path


def _head(catalogue: Catalog, language: str) -> None:
    """Give a PO file the same head at every run, so that only translations make a difference."""
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "Statuary", "1"
    catalogue.header_comment = f"# {language}: translated sentence by sentence; docs/content.md says how."
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    catalogue.creation_date = catalogue.revision_date = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)


def prose_messages(files: Iterable[CodeFile]) -> Iterator[Message]:
    """Every translatable text of many files, in their order."""
    for file in files:
        yield from code_messages(file.code)
