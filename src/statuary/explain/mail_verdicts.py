"""What became of a mail server's snippet, in words."""

from __future__ import annotations

from collections.abc import Mapping

from statuary.explain.verdicts import NOT_RUN
from statuary.explain.words import N_, Phrase

__all__ = [
    "AFTER",
    "MAIL_CLASSES",
    "MAIL_MARKS",
    "MAIL_MEANINGS",
    "MAIL_STAGES",
    "MAIL_VERDICTS",
    "NO_SERVERS",
    "mail_happened",
]

MAIL_VERDICTS: Mapping[str, str] = {
    "as asked": N_("as asked"),
    "other text": N_("other text"),
    "other code": N_("other code"),
    "cannot be sent": N_("cannot be sent"),
    NOT_RUN: N_("not run"),
}
"""Every verdict on a mail server's reply, the mildest first."""
MAIL_MARKS: Mapping[str, str] = {
    "as asked": "●",
    "other text": "◐",
    "other code": "▲",
    "cannot be sent": "✕",
    NOT_RUN: "–",
}
"""A shape for each verdict, so that colour says nothing alone."""
MAIL_CLASSES: Mapping[str, int] = {"as asked": 0, "other text": 1, "other code": 3, "cannot be sent": 5, NOT_RUN: 6}
"""The colour of each verdict, by its place among those of frameworks."""
MAIL_MEANINGS: Mapping[str, str] = {
    "as asked": N_("Reply code, enhanced status code and text are those of the snippet."),
    "other text": N_("Both codes are those of the snippet; the server adds words of its own, or has its own text."),
    "other code": N_("The server refuses, but with another reply code or enhanced status code."),
    "cannot be sent": N_("The server has no way to send it at this stage, or does not refuse."),
    NOT_RUN: N_("There is no recorded answer, so nothing is claimed."),
}
"""What each verdict means."""
MAIL_STAGES: Mapping[str, str] = {
    "connect": N_("as the greeting"),
    "mail": N_("after MAIL"),
    "rcpt": N_("after RCPT"),
    "message": N_("after the message"),
}
"""Where in the dialogue the reply is sent."""
AFTER: Mapping[str, str] = {
    "closed": N_("The server closes the connection afterwards."),
    "hang": N_("The server does not answer any more."),
}
"""What becomes of the session; nothing is said where it goes on."""
NO_SERVERS = N_("There are no snippets of mail servers for it.")
"""Where a code has none."""

_SILENT: Mapping[str, str] = {
    "closed": N_("No reply comes; the connection is closed."),
    "hang": N_("No reply comes, and the client waits."),
    "refused": N_("The server does not take the snippet: it ends with an error."),
    "no way": N_("The server has no native way to send it here."),
}


def mail_happened(word: str, came: str) -> Phrase:
    """What came, as a sentence.

    Args:
        word: the verdict.
        came: what came instead, as the verdict has it.
    """
    if word == "cannot be sent" and came in _SILENT:
        return Phrase(_SILENT[came])
    if came:
        return Phrase(N_("This comes: %(reply)s"), {"reply": came})
    return Phrase(MAIL_MEANINGS[word])
