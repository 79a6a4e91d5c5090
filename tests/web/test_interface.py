"""The interface's words: nothing stays in English, in a template or in a translation."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from babel.messages.catalog import Catalog as Messages
from babel.messages.pofile import read_po, write_po

from statuary.catalog.compile import compile_catalogue
from statuary.catalog.messages import INTERFACE
from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.web.extract import interface_texts, update_interface
from tests.web.client import Client, make_client
from tests.web.test_pages import KINDS

TRANSLATED = ("fr", "ja", "ko")
_PLACES = re.compile(r"%\(\w+\)s")
_WORD = re.compile(r"[^\W\d_]{2,}")
_TECHNICAL = re.compile(r"swaks|curl|OpenSSL|Python|pytest|TOML|HTML|-delay=2s-close|[a-z]+/[0-9]+|[A-Z]+ [0-9.X]+")


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A site whose French puts every text of the interface into marks and translates no prose."""
    folder = tmp_path_factory.mktemp("pseudo")
    messages = Messages(locale="fr", project="pseudo", charset="utf-8")
    for text in interface_texts(find_places().content):
        message = text.message
        string = f"⟦{message}⟧" if isinstance(message, str) else tuple(f"⟦{form}⟧" for form in message)
        messages.add(message, string, context=text.context or None)
    path = folder / "fr" / "LC_MESSAGES" / f"{INTERFACE}.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, messages)
    compile_catalogue(find_places().content, folder, folder / "catalogue.sqlite")
    catalogue = Catalogue(folder / "catalogue.sqlite")
    yield make_client(catalogue)
    catalogue.close()


def loose_words(element: Any, exempt: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text of a page in order, and whether it need not be translated."""
    tag = element.tag if isinstance(element.tag, str) else ""
    if not tag:
        return
    exempt = (
        exempt
        or element.get("translate") == "no"
        or (element.get("lang") not in (None, "fr"))
        or tag.rpartition("}")[2] in ("title", "script", "style")
    )
    yield element.text or "", exempt
    for child in element:
        yield from loose_words(child, exempt)
        yield child.tail or "", exempt


@pytest.mark.parametrize("path", [*KINDS, "nope", "smtp/4522"])
def test_every_word_of_a_page_can_be_translated(pseudo: Client, path: str) -> None:
    pseudo.shared.site_url = ""
    page = html5lib.HTMLParser(strict=True).parse(pseudo.get(f"/fr/{path}").text)
    depth = 0
    loose = []
    for text, exempt in loose_words(page):
        for part in re.split("([⟦⟧])", text):
            if part in ("⟦", "⟧"):
                depth += 1 if part == "⟦" else -1
            elif not depth and not exempt and _WORD.search(part):
                loose.append(part.strip())
    assert loose == []
    assert depth == 0


@pytest.mark.parametrize("path", KINDS)
def test_every_label_can_be_translated(pseudo: Client, path: str) -> None:
    page = html5lib.HTMLParser(strict=True).parse(pseudo.get(f"/fr/{path}").text)
    for element in page.iter():
        if element.get("translate") == "no" and element.tag.endswith("}input"):
            continue  # an example of what to write there
        for attribute in ("aria-label", "placeholder", "alt", "data-on", "data-off", "data-client", "data-server"):
            label = element.get(attribute)
            assert label is None or "⟦" in label or _TECHNICAL.fullmatch(label), f"{attribute}={label!r}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_interface_is_translated_whole(language: str) -> None:
    """Each text has a current translation with the same places to fill."""
    places = find_places()
    with (places.locales / language / "LC_MESSAGES" / f"{INTERFACE}.po").open("rb") as file:
        known = read_po(file, locale=language)
    for text in interface_texts(places.content):
        found = known.get(text.message, text.context or None)
        assert found is not None, f"{text.message!r}: run python -m statuary.web.extract"
        assert not found.fuzzy, text.message
        forms = found.string if isinstance(found.string, (tuple, list)) else (found.string,)
        english = text.message if isinstance(text.message, str) else text.message[-1]
        for form in forms:
            assert form, text.message
            assert set(_PLACES.findall(form)) == set(_PLACES.findall(english)), form


def test_french_keeps_its_spaces() -> None:
    """A space that does not break stands before ; : ! ? and inside guillemets."""
    with (find_places().locales / "fr" / "LC_MESSAGES" / f"{INTERFACE}.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="fr") if message.id]
    assert messages
    for message in messages:
        for form in [message.string] if isinstance(message.string, str) else message.string or ():
            assert not re.search(r"[\w)»%] ?[;!?](?=\s|$)|\w :|« | »|'", form), form


def test_update_is_repeatable_and_keeps_translations(tmp_path: Path) -> None:
    texts = list(interface_texts(find_places().content))
    path = update_interface(tmp_path, "fr", texts)
    first = path.read_bytes()
    assert update_interface(tmp_path, "fr", texts).read_bytes() == first
    messages = read_po(io.BytesIO(first), locale="fr")
    messages[texts[0].message].string = "traduit"
    with path.open("wb") as file:
        write_po(file, messages)
    assert b'msgstr "traduit"' in update_interface(tmp_path, "fr", texts).read_bytes()
