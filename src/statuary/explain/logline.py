"""Finds the codes in a line of a log, a delivery report or an error, and says what each means for its reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from statuary.catalog.lookup import MAX_QUERY_CHARACTERS, find
from statuary.catalog.model import Code, Seen
from statuary.catalog.store import Catalogue
from statuary.explain.logshapes import OPENING, SHAPES, SPEAKERS, WHOLE, Shape
from statuary.explain.provider_texts import heard
from statuary.explain.words import actor_phrase, fate_phrase, retry_phrase

__all__ = ["MAX_FOUND", "MAX_LINE_CHARACTERS", "Finding", "LineReader", "page_path", "to_dict"]

MAX_LINE_CHARACTERS = 8192
"""How much of a line is read, in characters."""
MAX_FOUND = 20
"""The most codes of one line."""
MAX_PART_CHARACTERS = 120
"""How much of a line is shown as what said so, in characters."""
MAX_KEPT_CODES = 2048
"""How many numbers and names are kept once they were looked up, whether or not there is such a code."""
MAX_MEMORY_OCTETS = 8 * 1024 * 1024
"""What RE2 may use for all shapes at once, in octets."""

_OPENING = re.compile(r"[>\s]*([2-5][0-9]{2})[ -](?=\S)")
_MAIL_WORDS = re.compile(
    r"<[^<>\s]{1,80}@[^<>\s]{1,80}>|\b(?:mailbox|mail|e-mail|recipient|sender|smtp|esmtp|relay|relaying|spam|spf|dkim|"
    r"dmarc|greylist(?:ed|ing)?|user unknown|no such user)\b",
    re.IGNORECASE,
)
_NO_HTTP = re.compile(
    r"\b(?:smtp|lmtp|esmtp|postfix|exim|sendmail|dovecot|sip|exited|terminated|systemd|exit[- ](?:code|status)|"
    r"(?:sub)?process)\b",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Finding(NamedTuple):
    """A code in a line.

    Args:
        code: the code.
        part: the part of the line that says so.
        why: what that part was taken for, in English.
        speaker: who said it, a key of :data:`statuary.explain.logshapes.SPEAKERS`.
        heard: providers' texts that the line holds.
    """

    code: Code
    part: str
    why: str
    speaker: str
    heard: tuple[Seen, ...] = ()


class _Place(NamedTuple):
    """A part of a line that fits a shape: where it is, where its values are, and what they say."""

    shape: Shape
    start: int
    end: int
    at: tuple[int, int]
    value: str
    enhanced: str


class LineReader:
    """Reads lines one by one; what it has looked up is kept for the next.

    Args:
        catalogue: where the codes are.
        language: the tag of the prose.
    """

    def __init__(self, catalogue: Catalogue, language: str = "en") -> None:
        self._catalogue = catalogue
        self._language = language
        self._kept: dict[tuple[str, str], tuple[Code, ...]] = {}

    def read(self, line: str, *, alone: bool = False) -> list[Finding]:
        """The codes in a line, each once, those first whose place says most.

        Args:
            line: as it was met; what is longer than :data:`MAX_LINE_CHARACTERS` is cut off.
            alone: whether a person asks about this line, so that ``452`` alone is a question too.
        """
        text = _clean(line)
        found: dict[str, Finding] = {}
        for place in _places(text):
            if len(found) >= MAX_FOUND:
                break
            for each in self._resolve(place, text):
                found.setdefault(each.code.id, each)
        if not found:
            found = {each.code.id: each for each in self._by_itself(text, alone)}
        return [
            each if each.speaker == "own" else each._replace(heard=heard(each.code, text))
            for each in list(found.values())[:MAX_FOUND]
        ]

    def _resolve(self, place: _Place, text: str) -> Iterator[Finding]:
        """The codes that a place names: several where a number has several owners."""
        shape = place.shape
        part = " ".join(text[place.start : place.end].split()).strip(" ,;")
        if len(part) > MAX_PART_CHARACTERS:
            part = f"…{part[1 - MAX_PART_CHARACTERS :]}"
        if place.value:
            codes = self._codes(shape.protocol, place.value[: shape.prefix or None])
            if shape.weak:
                codes = tuple(code for code in codes if code.kind == "code" and not code.hidden)
            yield from (Finding(code, part, shape.why, _speaker(code, shape.speaker)) for code in codes)
        if place.enhanced:
            for code in self._codes(shape.protocol, place.enhanced):
                yield Finding(code, part, shape.why, _speaker(code, shape.speaker))

    def _codes(self, protocol: str, value: str) -> tuple[Code, ...]:
        key = (protocol, value)
        if key not in self._kept:
            if len(self._kept) >= MAX_KEPT_CODES:
                self._kept.clear()
            self._kept[key] = tuple(self._look_up(protocol, value))
        return self._kept[key]

    def _look_up(self, protocol: str, value: str) -> list[Code]:
        """Codes by number, by name as it is or spelled as identities are, or by an alias."""
        plain = _HUMP.sub("_", value).replace(" ", "_") if not value[0].isdigit() else value
        for spelled in dict.fromkeys((plain, value, value.replace("-", " "))):
            codes = find(self._catalogue, f"{protocol}/{spelled}", self._language)
            codes = [code for code in codes if code.protocol == protocol]
            if codes:
                shown = [code for code in codes if not code.hidden]
                return shown or codes
        words = value.split()
        if len(words) > 1:  # what follows the name may be more of the sentence
            return self._look_up(protocol, " ".join(words[:-1]))
        return []

    def _by_itself(self, text: str, alone: bool) -> Iterator[Finding]:
        """What a line without any shape may be: a code with its own name, or a reply that speaks of mail."""
        bare = text.strip()
        opening = _OPENING.match(text)
        if len(bare) <= MAX_QUERY_CHARACTERS and (alone or opening is not None):
            codes = [code for code in find(self._catalogue, bare, self._language) if not code.hidden]
            if codes:
                yield from (Finding(code, bare, WHOLE, _speaker(code, "unknown")) for code in codes)
                return
        if opening is None:
            return
        rest = text[opening.end() :]
        for code in self._codes("smtp", opening[1]):
            if code.kind == "code" and (_MAIL_WORDS.search(rest) or heard(code, text)):
                yield Finding(code, bare[:MAX_PART_CHARACTERS], OPENING, "remote")


def page_path(code: Code, language: str) -> str:
    """The address of a code's page, below that of a site.

    Args:
        code: the code.
        language: the tag of the page's language.
    """
    return f"/{language}/{code.id}"


def to_dict(found: Finding, language: str, gettext: Callable[[str], str] = str) -> dict[str, Any]:
    """A finding as plain data: the same keys for every one.

    Args:
        found: the finding.
        language: the tag of the reader's language.
        gettext: translates the interface's texts.
    """
    code = found.code
    texts = code.prose.texts
    return {
        "code": code.id,
        "protocol": code.protocol,
        "value": code.value,
        "title": code.title,
        "part": found.part,
        "why": gettext(found.why),
        "said_by": found.speaker,
        "speaker": gettext(SPEAKERS[found.speaker]),
        "summary": code.summary,
        "meaning": fate_phrase(code).render(gettext),
        "who_acts": actor_phrase(code).render(gettext),
        "repeat": retry_phrase(code.retry).render(gettext),
        "policy": code.retry.policy,
        "wait_seconds": code.retry.wait_seconds,
        "fix_sender": texts.get("fix_sender", ""),
        "fix_operator": texts.get("fix_operator", ""),
        "heard": [item._asdict() for item in found.heard],
        "page": page_path(code, language),
    }


def _speaker(code: Code, speaker: str) -> str:
    """Who said it; what no server sends was said by none."""
    return {"client-side": "client", "log-only": "own", "exit-status": "own"}.get(code.wire, speaker)


def _clean(line: str) -> str:
    """The line without what steers terminals, in characters that RE2 can take."""
    text = line[:MAX_LINE_CHARACTERS]
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


@cache
def _shapes() -> tuple[Any, Sequence[Any]]:
    """All shapes at once, which says quickly that a line holds none of them; and each by itself."""
    import re2  # three megabytes that only those who use it pay for

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY_OCTETS
    every = re2.Set.SearchSet(options)
    for shape in SHAPES:
        every.Add(shape.pattern)
    every.Compile()
    return every, [re2.compile(shape.pattern, options) for shape in SHAPES]


def _places(text: str) -> list[_Place]:
    """The places of a line that fit shapes, in the order of the shapes; a digit belongs to the first that takes it."""
    every, patterns = _shapes()
    taken: list[tuple[int, int]] = []
    places: list[_Place] = []
    other = _NO_HTTP.search(text) is not None
    for number in sorted(every.Match(text) or ()):
        shape = SHAPES[number]
        if shape.weak and other:
            continue
        for match in islice(patterns[number].finditer(text), MAX_FOUND):
            place = _place(shape, patterns[number].groupindex, match)
            if place is not None and not any(start < place.at[1] and place.at[0] < end for start, end in taken):
                taken.append(place.at)
                places.append(place)
    return places


def _place(shape: Shape, groups: Mapping[str, int], match: Any) -> _Place | None:
    said = {name: (match[number], match.span(number)) for name, number in groups.items() if match[number]}
    start, end = said.pop("part", ("", match.span()))[1]
    value = said.get("code", said.get("name", ("", ())))[0]
    enhanced = said.get("enhanced", ("", ()))[0]
    if value and enhanced and value[0] != enhanced[0]:
        if shape.pair:
            return None
        enhanced = ""
    if not said:
        return None
    spans = [span for _, span in said.values()]
    at = (min(start for start, _ in spans), max(end for _, end in spans))
    return _Place(shape, start, end, at, value, enhanced)
