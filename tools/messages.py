"""Brings the PO files of all languages up to date with the English: interface, book, manual, one domain a protocol."""

from __future__ import annotations

import sys
from pathlib import Path

from statuary.catalog.book import BOOK, book_messages, read_book
from statuary.catalog.manual import MANUAL, manual_messages
from statuary.catalog.messages import INTERFACE, prose_messages, read_translations, update_catalogue
from statuary.catalog.paths import find_places
from statuary.catalog.source import read_content
from statuary.web import extract
from statuary.web.said import BUILDER_TEXTS, builder_script

STATIC = Path(extract.__file__).parent / "static"


def main() -> int:
    """Update every file and name it."""
    places = find_places()
    content = read_content(places.content)
    book = list(book_messages(sourced.entry for sourced in read_book(places.content)))
    manual = manual_messages(places.content)
    for language in content.languages:
        if not language.fallback:
            continue
        for protocol in content.protocols:
            if protocol.prose:
                files = [file for file in content.files if file.code.protocol == protocol.id]
                path = update_catalogue(places.locales, language.tag, protocol.id, prose_messages(files))
                sys.stdout.write(f"{path.relative_to(places.locales.parent)}\n")
        for domain, texts in ((BOOK, book), (MANUAL, manual)):
            path = update_catalogue(places.locales, language.tag, domain, texts)
            sys.stdout.write(f"{path.relative_to(places.locales.parent)}\n")
    extract.main()
    for language in content.languages:
        if language.fallback:
            known = read_translations(places.locales, language.tag, INTERFACE)
            spoken = {text: text for text in BUILDER_TEXTS} | {english: text for (_, english), text in known.items()}
            path = STATIC / f"said.{language.tag}.js"
            path.write_text(builder_script(spoken.__getitem__), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
