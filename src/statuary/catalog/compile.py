"""Compiles the content tree into one SQLite file, so that a look-up costs the same however large the catalogue is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from statuary.catalog import messages
from statuary.catalog.book import fill_book
from statuary.catalog.coverage import count_shares, english_messages, fill_coverage
from statuary.catalog.enhanced import CLASS_IDENTITY, concrete_code
from statuary.catalog.fold import fold
from statuary.catalog.identity import number_of
from statuary.catalog.logs import with_logs
from statuary.catalog.manual import fill_manual
from statuary.catalog.model import Claim, Code, Prose, Protocol
from statuary.catalog.source import Content, page_order, read_content
from statuary.catalog.store import LANGUAGE_ROWS
from statuary.catalog.symptoms import fill_symptoms

__all__ = ["all_codes", "compile_catalogue"]

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE code (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, protocol TEXT NOT NULL,
    value TEXT NOT NULL COLLATE NOCASE, number INTEGER,
    kind TEXT NOT NULL, hidden INTEGER NOT NULL, weight REAL NOT NULL, facts TEXT NOT NULL
);
CREATE INDEX code_value ON code (value, protocol);
CREATE INDEX code_number ON code (number, protocol);
CREATE INDEX code_protocol ON code (protocol, position);
CREATE INDEX code_range ON code (protocol, position) WHERE kind = 'range';
CREATE TABLE prose (
    id TEXT NOT NULL, language TEXT NOT NULL, prose TEXT NOT NULL, PRIMARY KEY (id, language)
) WITHOUT ROWID;
CREATE TABLE name (name TEXT NOT NULL, id TEXT NOT NULL, rank INTEGER NOT NULL);
CREATE INDEX name_name ON name (name);
CREATE TABLE concept (id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE member (code TEXT NOT NULL, concept TEXT NOT NULL, PRIMARY KEY (code, concept)) WITHOUT ROWID;
CREATE TABLE interface (language TEXT PRIMARY KEY, mo BLOB NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (id UNINDEXED, language UNINDEXED, name, summary, body, tokenize='trigram');
CREATE VIRTUAL TABLE phrase USING fts5 (
    id UNINDEXED, place UNINDEXED, grams, weights UNINDEXED, tokenize="unicode61 remove_diacritics 0 tokenchars '_'"
);
"""

_STATUS_WEIGHTS = {"registered": 1.0, "obsolete": 0.6, "unofficial": 0.6, "reserved": 0.4, "unassigned": 0.2}


def compile_catalogue(content_root: Path, locales: Path, target: Path, fingerprint: str = "") -> None:
    """Compile everything into ``target``; the file appears whole or not at all.

    Args:
        content_root: the folder ``content``.
        locales: the folder ``locales``.
        target: the SQLite file to write.
        fingerprint: kept in the file, to tell later whether it is up to date.

    Raises:
        ContentError: a content file is wrong.
        OSError: the target cannot be written.
    """
    content = read_content(content_root)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=target.name, dir=target.parent)
    os.close(handle)
    try:
        with contextlib.closing(sqlite3.connect(temporary)) as connection:
            connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
            _fill(connection, content, locales, fingerprint)
            tags = [language.tag for language in content.languages]
            fill_symptoms(connection, content_root, tags)
            fill_book(connection, content_root, locales, tags)
            fill_manual(connection, content_root, locales, tags)
            fill_coverage(connection, count_shares(english_messages(content, content_root), locales, tags))
            connection.commit()
            connection.execute("VACUUM")
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def all_codes(content: Content) -> list[Code]:
    """Every code with English prose: files, concrete enhanced codes, facts without prose; links made both ways."""
    codes = [file.code for file in content.files]
    classes = {code.id: code for code in codes if code.kind == "class"}
    templates = [(file.code, file.class_retry) for file in content.files if file.code.kind == "template"]
    concrete: list[Code] = []
    for digit in "245":
        class_code = classes.get(CLASS_IDENTITY.format(digit=digit))
        if class_code is not None:
            concrete.extend(
                concrete_code(template, class_code, retry) for template, retry in templates if digit in template.classes
            )
    associated: dict[str, list[str]] = {}
    for code in concrete:
        for basic in code.basic:
            associated.setdefault(f"{code.protocol}/{basic}", []).append(code.id)
    linked = [code._replace(enhanced=tuple(associated.get(code.id, ()))) for code in codes]
    places = {protocol.id: place for place, protocol in enumerate(content.protocols)}
    by_name = {protocol.id for protocol in content.protocols if protocol.identity == "name"}

    def order(code: Code) -> tuple[object, ...]:
        return (places[code.protocol], bool(code.template), page_order(code, code.protocol in by_name))

    return sorted(with_logs([*linked, *concrete, *content.facts_only], content.logs), key=order)


def _fill(connection: sqlite3.Connection, content: Content, locales: Path, fingerprint: str) -> None:
    codes = all_codes(content)
    weights = {protocol.id: protocol.weight for protocol in content.protocols}
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)",
        {
            "fingerprint": fingerprint,
            "protocols": json.dumps([{**protocol._asdict(), **_tables(protocol)} for protocol in content.protocols]),
            "languages": json.dumps([language._asdict() for language in content.languages], default=dict),
            "content": hashlib.sha256(
                "".join(file.text for file in content.files).encode(errors="surrogatepass")
            ).hexdigest(),
        }.items(),
    )
    for position, code in enumerate(codes):
        facts = code.to_dict()
        for key in ("prose", "claims", "language", "untranslated", "summary"):
            del facts[key]
        connection.execute(
            "INSERT INTO code VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(position, code.id, code.protocol, code.value, number_of(code.value)),
                *(code.kind, code.hidden, _weight(code) * weights[code.protocol], json.dumps(facts)),
            ),
        )
        connection.executemany("INSERT INTO name VALUES (?, ?, ?)", _names(code))
    for number, language in enumerate(content.languages):
        translations = {
            protocol.id: messages.read_translations(locales, language.tag, protocol.id)
            for protocol in content.protocols
        }
        for position, code in enumerate(codes):
            prose = _translate(code, language.tag, translations.get(code.protocol, {}))
            heard = [] if number else [seen.text for seen in code.seen]  # sent in English, so searched with it
            if prose.texts or prose.claims:
                connection.execute(
                    "INSERT INTO prose VALUES (?, ?, ?)", (code.id, language.tag, json.dumps(_plain(prose)))
                )
            connection.execute(
                "INSERT INTO words (rowid, id, language, name, summary, body) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    number * LANGUAGE_ROWS + position,
                    code.id,
                    language.tag,
                    fold(" ".join(dict.fromkeys([code.value, code.name, _spoken(code), code.title, *code.aliases]))),
                    fold(prose.texts.get("summary", code.note)),
                    fold(" ".join([*(prose.texts.get(field, "") for field in ("description", "when")), *heard])),
                ),
            )
        connection.execute(
            "INSERT INTO interface VALUES (?, ?)",
            (language.tag, messages.compile_interface(locales, language.tag)),
        )
    _fill_concepts(connection, content.concepts)


def _tables(protocol: Protocol) -> dict[str, dict[str, str]]:
    """The tables within a protocol's own, which JSON takes as nothing but dictionaries."""
    names = ("ordinary", "dialogue", "other_stages", "stage_by_class")
    return {name: dict(getattr(protocol, name)) for name in names}


def _weight(code: Code) -> float:
    """How much a code counts in a search: registered and explained ones most, those that lists leave out nothing."""
    if code.hidden or code.kind == "template":
        return 0
    weight = _STATUS_WEIGHTS[code.status] * (1 if code.kind == "code" else 0.5)
    return weight if code.prose.texts else weight * 0.4


def _names(code: Code) -> Iterator[tuple[str, str, int]]:
    names = [code.name, _spoken(code), code.title, code.answer.text, *code.aliases]
    for rank, name in enumerate(dict.fromkeys(name.casefold() for name in names if name)):
        yield name, code.id, rank


def _spoken(code: Code) -> str:
    """A name made for programs as words: ``handshake_failure`` and ``noSuchObject`` lose their marks."""
    if " " in code.name:
        return code.name
    return re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", code.name).replace("_", " ")


def _translate(code: Code, language: str, translations: Mapping[tuple[str, str], str]) -> Prose:
    """Take each field's translation, or the English one and say so."""
    if language == "en":
        return code.prose
    source = code.template or code.id
    texts, claims, missing = {}, [], set()
    for field, text in code.prose.texts.items():
        translated = translations.get((f"{source}#{field}", text))
        texts[field] = translated or text
        if translated is None and text:
            missing.add(field)
    for number, claim in enumerate(code.prose.claims, 1):
        translated = translations.get((f"{source}#claims.{number}", claim.text))
        claims.append(Claim(claim.kind, translated or claim.text))
        if translated is None:
            missing.add("claims")
    return Prose(language, texts, tuple(claims), frozenset(missing))


def _plain(prose: Prose) -> dict[str, Any]:
    return {
        "language": prose.language,
        "untranslated": sorted(prose.fallbacks),
        "prose": dict(prose.texts),
        "claims": [claim._asdict() for claim in prose.claims],
    }


def _fill_concepts(connection: sqlite3.Connection, concepts: Iterable[dict[str, Any]]) -> None:
    for concept in concepts:
        connection.execute("INSERT INTO concept VALUES (?, ?)", (concept["id"], json.dumps(concept)))
        connection.executemany(
            "INSERT OR IGNORE INTO member VALUES (?, ?)",
            [(member["code"], concept["id"]) for member in concept.get("member", [])],
        )
