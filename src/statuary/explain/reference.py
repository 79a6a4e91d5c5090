"""What the catalogue answers to a question, as plain data: the one shape that the API and the MCP server share.

Every question raises :class:`WrongArgument` where an argument is not what it should be, and :func:`fault` gives any of
the errors as plain data.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from statuary.catalog.lookup import MAX_QUERY_CHARACTERS, MAX_RESULTS, find, lookup, search, suggest
from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.errors import CodeNotFound, ScriptError, SeveralOwners, StatuaryError, WrongArgument
from statuary.explain.compare import compare
from statuary.explain.decide import MAX_STEPS, all_trees, to_dict, tree
from statuary.explain.languages import language_rows
from statuary.explain.logline import LineReader
from statuary.explain.logline import to_dict as found_to_dict
from statuary.explain.mapping import map_code

__all__ = ["DEFAULT_RESULTS", "ENGLISH", "MAX_ASKED_CHARACTERS", "NoSuchAnswer", "NoSuchEntry", "Reference", "fault"]

ENGLISH = "en"
"""The language where none is asked for."""
DEFAULT_RESULTS = 20
"""How many results a search gives where no number is asked for."""
MAX_ASKED_CHARACTERS = 2000
"""The longest line of a log that can be asked about in an address or a call, in characters."""


class NoSuchAnswer(StatuaryError):
    """A question of a tree was given an answer that it does not offer.

    Args:
        answer: what was given.
        answers: what it offers; none where the tree had ended.
    """

    def __init__(self, answer: str, answers: Iterable[str]) -> None:
        self.answer = answer
        self.answers = tuple(answers)
        super().__init__("the question offers no such answer" if self.answers else "the tree ends before this answer")


class NoSuchEntry(StatuaryError):
    """A concept or a tree of questions was asked for by a name that none has.

    Args:
        kind: ``concept`` or ``tree``.
        name: what was asked for.
        known: the names that there are and that come near.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(known)
        super().__init__(f"there is no {kind} of this name")


def fault(error: StatuaryError) -> dict[str, Any] | None:
    """An error of a question in the one shape of errors; None for any other error.

    Args:
        error: what a question raised.
    """
    slug, message = "", str(error)
    detail: dict[str, Any] = {}
    match error:
        case WrongArgument():
            slug, detail = "bad_parameter", {"parameter": error.name, "expected": error.expected}
        case CodeNotFound():
            slug, message = "code_not_found", "no such code is known"
            detail = {"query": error.query, "suggestions": list(error.suggestions)}
        case SeveralOwners():
            slug, message = "several_codes", "several codes fit; name one of them"
            detail = {"query": error.query, "identities": list(error.identities)}
        case NoSuchAnswer():
            slug, detail = "no_such_answer", {"answer": error.answer, "answers": list(error.answers)}
        case NoSuchEntry():
            slug, detail = f"{error.kind}_not_found", {"query": error.name, "suggestions": list(error.known)}
        case ScriptError():
            slug = "bad_script"
            detail = {"script": error.text, "position": error.position, "expected": error.expected}
        case _:
            return None
    return {"error": slug, "message": message, "detail": detail}


class Reference:
    """Answers questions about a catalogue.

    Args:
        catalogue: the catalogue.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._words: dict[str, gettext.NullTranslations] = {}

    def one(self, protocol: str, value: str, language: str = ENGLISH) -> Code:
        """One code by its identity.

        Args:
            protocol: the protocol's id.
            value: the number or name, as identities have it.
            language: the tag of the prose.

        Raises:
            CodeNotFound: there is none.
            SeveralOwners: there are several.
        """
        self._check_language(language)
        query = f"{protocol}/{self._query('value', value)}"
        if protocol not in self.catalogue.protocols:
            raise CodeNotFound(query, suggest(self.catalogue, value))
        found = lookup(self.catalogue, query, language)
        if found.protocol != protocol:
            raise CodeNotFound(query, [found.id])
        return found

    def code(self, protocol: str, value: str, language: str = ENGLISH) -> dict[str, Any]:
        """One code by its identity, as plain data; see :meth:`one`."""
        return self.one(protocol, value, language).to_dict()

    def look_up(self, query: str, language: str = ENGLISH) -> dict[str, Any]:
        """Every code that a query names exactly.

        Args:
            query: an identity, a number, a name or a line as it was met.
            language: the tag of the prose.

        Raises:
            CodeNotFound: it names none.
        """
        self._check_language(language)
        codes = find(self.catalogue, self._query("q", query), language)
        codes = [code for code in codes if not code.hidden] or codes
        if not codes:
            raise CodeNotFound(query, suggest(self.catalogue, query))
        return {"query": query, "codes": [code.to_dict() for code in codes]}

    def search(self, query: str, limit: int = DEFAULT_RESULTS, language: str = ENGLISH) -> dict[str, Any]:
        """The codes that fit a query, best first, or what was probably meant.

        Args:
            query: a number, a name or a symptom.
            limit: at most so many.
            language: the tag of the prose.
        """
        self._check_language(language)
        self._query("q", query)
        if not 1 <= limit <= MAX_RESULTS:
            raise WrongArgument("limit", f"a whole number from 1 to {MAX_RESULTS}")
        codes = search(self.catalogue, query, language, limit)
        return {
            "query": query,
            "codes": [code.to_dict() for code in codes],
            "suggestions": [] if codes else suggest(self.catalogue, query),
        }

    def explain(self, line: str, language: str = ENGLISH) -> dict[str, Any]:
        """What the codes in a line of a log, a delivery report or an error mean.

        Args:
            line: the line as it was met.
            language: the tag in which it is told.

        Raises:
            CodeNotFound: none was recognised.
        """
        self._check_language(language)
        if not line.strip():
            raise WrongArgument("line", "a line of a log, a delivery report or an error")
        if len(line) > MAX_ASKED_CHARACTERS:
            raise WrongArgument("line", f"at most {MAX_ASKED_CHARACTERS} characters")
        found = LineReader(self.catalogue, language).read(line, alone=True)
        if not found:
            raise CodeNotFound(line, suggest(self.catalogue, line[:MAX_QUERY_CHARACTERS]))
        say = self._gettext(language)
        return {"line": line, "found": [found_to_dict(each, language, say) for each in found]}

    def compare(self, left: str, right: str, language: str = ENGLISH) -> dict[str, Any]:
        """Two codes side by side.

        Args:
            left: what names the one.
            right: what names the other.
            language: the tag in which it is told.

        Raises:
            CodeNotFound: a name leads to none.
            SeveralOwners: a name leads to several.
        """
        self._check_language(language)
        sides = [
            lookup(self.catalogue, self._query(name, query), language)
            for name, query in (("left", left), ("right", right))
        ]
        return compare(self.catalogue, *sides).to_dict(self._gettext(language))

    def map(self, code: str, protocol: str, language: str = ENGLISH) -> dict[str, Any]:
        """What a gateway answers in one protocol for a code of another.

        Args:
            code: what names the code that came.
            protocol: the id of the protocol to answer in.
            language: the tag in which it is told.

        Raises:
            CodeNotFound: the name leads to no code.
            SeveralOwners: it leads to several.
        """
        self._check_language(language)
        if protocol not in self.catalogue.protocols:
            raise WrongArgument("protocol", f"one of {', '.join(self.catalogue.protocols)}")
        origin = self._origin(self._query("code", code), protocol, language)
        return map_code(self.catalogue, origin, protocol, language).to_dict(self._gettext(language))

    def _origin(self, query: str, protocol: str, language: str) -> Code:
        """The code that came: of several, those of other protocols than the answer's."""
        codes = [code for code in find(self.catalogue, query, language) if not code.hidden]
        codes = [code for code in codes if code.protocol != protocol] or codes
        if not codes:
            raise CodeNotFound(query, suggest(self.catalogue, query))
        if len(codes) > 1:
            raise SeveralOwners(query, [code.id for code in codes])
        return codes[0]

    def concepts(self, language: str = ENGLISH) -> dict[str, Any]:
        """Every concept, in the order of their names.

        Args:
            language: the tag in which they are told.
        """
        self._check_language(language)
        return {"concepts": [self._concept(data, language) for data in self.catalogue.concepts()]}

    def concept(self, name: str, language: str = ENGLISH) -> dict[str, Any]:
        """One concept with the codes that say it.

        Args:
            name: its name.
            language: the tag in which it is told.

        Raises:
            NoSuchEntry: there is none of this name.
        """
        self._check_language(language)
        known = {data["id"]: data for data in self.catalogue.concepts()}
        if name not in known:
            raise NoSuchEntry("concept", name, _near(name, known))
        return self._concept(known[name], language)

    def _concept(self, data: dict[str, Any], language: str) -> dict[str, Any]:
        words = self._translations(language)
        texts = {field: words.pgettext(f"concept/{data['id']}#{field}", data[field]) for field in ("title", "summary")}
        return {"id": data["id"], **texts, "members": data["member"], "mappings": data.get("mapping", [])}

    def trees(self, language: str = ENGLISH) -> dict[str, Any]:
        """Every tree of questions.

        Args:
            language: the tag in which they are told.
        """
        self._check_language(language)
        rows = [
            {"tree": each.id, "title": each.title.text, "summary": each.summary.text}
            for each in all_trees(self.catalogue, language)
        ]
        return {"trees": rows}

    def decide(self, name: str, answers: str = "", language: str = ENGLISH) -> dict[str, Any]:
        """Where answers lead in a tree: the next question, or the codes at its end.

        Args:
            name: the tree.
            answers: ids or numbers of the answers so far, with commas between them.
            language: the tag in which it is told.

        Raises:
            NoSuchEntry: there is no such tree.
            NoSuchAnswer: a question does not offer the answer.
        """
        self._check_language(language)
        chosen = tree(self.catalogue, name, language)
        if chosen is None:
            raise NoSuchEntry("tree", name, [each.id for each in all_trees(self.catalogue)])
        given = [answer.strip() for answer in answers.split(",") if answer.strip()]
        if len(given) > MAX_STEPS:
            raise WrongArgument("answers", f"at most {MAX_STEPS} answers")
        try:
            return to_dict(chosen, chosen.walk(given))
        except CodeNotFound as missing:
            raise NoSuchAnswer(missing.query, missing.suggestions) from None

    def protocols(self) -> dict[str, Any]:
        """Every protocol, with its own words for its codes and how many of them the catalogue lists."""
        return {"protocols": list(self._protocols)}

    def languages(self) -> dict[str, Any]:
        """Every language, and how far it is translated."""
        return {"languages": list(self._languages)}

    @cached_property
    def _protocols(self) -> tuple[dict[str, Any], ...]:
        counts = dict.fromkeys(self.catalogue.protocols, 0)
        for code in self.catalogue.codes():
            counts[code.protocol] += code.kind == "code" and not code.template
        return tuple(
            {
                "id": protocol.id,
                "name": protocol.name,
                "full_name": protocol.full_name,
                "term": protocol.term,
                "text_term": protocol.text_term,
                "port": protocol.port,
                "owner": protocol.owner,
                "registry_url": protocol.registry_url,
                "codes": counts[protocol.id],
            }
            for protocol in self.catalogue.protocols.values()
        )

    @cached_property
    def _languages(self) -> tuple[dict[str, Any], ...]:
        return tuple(language_rows(self.catalogue))

    def _check_language(self, language: str) -> None:
        if language not in self.catalogue.languages:
            raise WrongArgument("lang", f"one of {', '.join(self.catalogue.languages)}")

    def _query(self, name: str, query: str) -> str:
        if not query.strip():
            raise WrongArgument(name, "a code, such as an identity, a number or a name")
        if len(query) > MAX_QUERY_CHARACTERS:
            raise WrongArgument(name, f"at most {MAX_QUERY_CHARACTERS} characters")
        return query

    def _translations(self, language: str) -> gettext.NullTranslations:
        if language not in self._words:
            octets = self.catalogue.interface(language)
            self._words[language] = (
                gettext.GNUTranslations(io.BytesIO(octets)) if octets else gettext.NullTranslations()
            )
        return self._words[language]

    def _gettext(self, language: str) -> Callable[[str], str]:
        words = self._translations(language)
        return lambda message: words.gettext(message) if message else ""


def _near(name: str, known: Iterable[str]) -> list[str]:
    from difflib import get_close_matches  # needed only where something is not found

    return get_close_matches(name, known, n=5)
