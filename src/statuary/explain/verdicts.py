"""What became of a snippet, in words: the verdict, and what came instead of what was asked for."""

from __future__ import annotations

from collections.abc import Mapping

from statuary.explain.words import N_, Phrase

__all__ = ["MEANINGS", "NOT_HTTP", "NOT_RUN", "NO_SNIPPETS", "VERDICTS", "VERDICT_MARKS", "happened", "note"]

NOT_RUN = "not run"
"""What stands in the place of a verdict where there is no recorded answer."""
VERDICTS: Mapping[str, str] = {
    "as asked": N_("as asked"),
    "other phrase": N_("other phrase"),
    "other header": N_("other header"),
    "other body": N_("other body"),
    "body dropped": N_("body dropped"),
    "cannot be sent": N_("cannot be sent"),
    NOT_RUN: N_("not run"),
}
"""Every verdict, the mildest first."""
VERDICT_MARKS: Mapping[str, str] = {
    "as asked": "●",
    "other phrase": "◐",
    "other header": "◆",
    "other body": "▲",
    "body dropped": "▽",
    "cannot be sent": "✕",
    NOT_RUN: "–",
}
"""A shape for each verdict, so that colour says nothing alone."""
MEANINGS: Mapping[str, str] = {
    "as asked": N_("Status line, header fields and body are those of the snippet."),
    "other phrase": N_("All but the reason phrase, which clients ignore (RFC 9112 §4)."),
    "other header": N_("A header field is missing or has another value."),
    "other body": N_("The framework sends a body of its own, or one where none is allowed."),
    "body dropped": N_("The answer has no body."),
    "cannot be sent": N_("Another code comes, no answer, or one that has no end; or the snippet is refused."),
    NOT_RUN: N_("There is no recorded answer, so nothing is claimed."),
}
"""What each verdict means."""
NO_SNIPPETS: Mapping[str, str] = {
    "interim": N_(
        "There are no snippets for it: a 1xx response is followed by a final one (RFC 9110 §15.2). A handler that "
        "returns it as its answer leaves the client waiting."
    ),
    "log-only": N_("There are no snippets for it: it stands in logs only and is never sent."),
    "client-side": N_("There are no snippets for it: client software makes it up; no server sends it."),
    "never": N_("There are no snippets for it: the number is reserved, and nobody sends it."),
    "not-a-code": N_("There are no snippets for it: it is no single code."),
    "other-protocol": N_(
        "There are no snippets for it: frameworks answer in HTTP, and this is a code of another protocol."
    ),
}
"""Why a code has no snippets."""
NOT_HTTP = N_(
    "SMTP never sends this: a mail server answers with a line. An HTTP API that passes mail on may carry the number "
    "like this; but HTTP has its own meaning for the class, so a client judges by that one, not by SMTP's."
)
"""The warning where a reply code of mail is shown as an HTTP answer."""

_SILENT: Mapping[str, str] = {
    "hang": N_("The client waits for an end that does not come."),
    "stray octets": N_("Octets follow that belong to no response."),
    "no response": N_("No response comes; the connection is closed."),
    "refused": N_("The framework does not take the snippet: it ends with an error."),
}


def happened(word: str, came: str) -> Phrase:
    """What came, as a sentence.

    Args:
        word: the verdict.
        came: what came instead, as the verdict has it.
    """
    if word == "other phrase":
        if not came:
            return Phrase(N_("The status line has no reason phrase; clients ignore it anyway (RFC 9112 §4)."))
        return Phrase(N_("The reason phrase is “%(phrase)s”; clients ignore it (RFC 9112 §4)."), {"phrase": came})
    if word == "other header":
        missing = came.removeprefix("no ")
        if missing != came and ":" not in came:
            return Phrase(N_("The header field %(name)s is missing."), {"name": missing})
        return Phrase(N_("This header field comes instead: %(field)s"), {"field": came})
    if word == "other body":
        return Phrase(N_("The body is not that of the snippet."))
    if word == "cannot be sent":
        silent = _SILENT.get(came)
        return Phrase(silent) if silent else Phrase(N_("This comes instead: %(status)s"), {"status": came})
    return Phrase(MEANINGS[word])


def note(text: str) -> Phrase:
    """A further note of a verdict, ``other header: no Via``, as a sentence."""
    word, _, came = text.partition(": ")
    return happened(word, came)
