"""Languages of the site: which one a reader wants, and the interface's words in it (gettext)."""

from __future__ import annotations

import gettext as _gettext
import io
import re
from collections.abc import Sequence

from statuary.catalog.model import Language
from statuary.errors import N_

__all__ = ["N_", "Translator", "negotiate"]

MAX_ACCEPT_CHARACTERS = 1000
"""How much of an Accept-Language field is looked at, in characters."""
MAX_ACCEPT_RANGES = 32
"""How many of its language ranges are looked at."""

_RANGE = re.compile(
    r"(?P<tag>\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:\s*;\s*q\s*=\s*(?P<q>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?",
    re.IGNORECASE,
)


class Translator:
    """The interface's words in one language.

    Args:
        language: the language.
        mo: its compiled gettext catalogue; empty where there is none, as for English.
    """

    def __init__(self, language: Language, mo: bytes = b"") -> None:
        self.language = language
        self._catalogue: _gettext.NullTranslations = (
            _gettext.GNUTranslations(io.BytesIO(mo)) if mo else _gettext.NullTranslations()
        )

    def gettext(self, message: str) -> str:
        """The message in the language; the English where nobody has translated it."""
        return self._catalogue.gettext(message) if message else ""

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The form of a message that goes with a count."""
        return self._catalogue.ngettext(singular, plural, count)

    def pgettext(self, context: str, message: str) -> str:
        """A message whose context tells it from others of the same English."""
        return self._catalogue.pgettext(context, message)


def negotiate(header: str, tags: Sequence[str]) -> str:
    """The tag that a reader wants most (RFC 9110 §12.5.4, the look-up of RFC 4647 §3.4).

    Args:
        header: the Accept-Language field as sent; anything malformed in it is passed over.
        tags: what there is; the first is for readers who want none of them.
    """
    wanted: list[tuple[float, str]] = []
    for part in header[:MAX_ACCEPT_CHARACTERS].split(",")[:MAX_ACCEPT_RANGES]:
        match = _RANGE.fullmatch(part.strip())
        if match is not None:
            wanted.append((float(match["q"] or 1), match["tag"].lower()))
    refused = {tag for weight, tag in wanted if not weight}
    for _, tag in sorted((item for item in wanted if item[0]), key=lambda item: -item[0]):
        if tag == "*":
            return next((known for known in tags if known not in refused), tags[0])
        while tag:
            if tag in tags and tag not in refused:
                return tag
            tag = tag.rpartition("-")[0]
    return tags[0]
