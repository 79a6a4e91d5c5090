"""What a client's program did when it met a code, in words."""

from __future__ import annotations

from collections.abc import Mapping

from statuary.explain.words import N_, Phrase

__all__ = ["CASES", "CLIENT_MARKS", "CLIENT_VERDICTS", "NO_CLIENTS", "OUT_OF_PLACE", "deviated"]

CLIENT_VERDICTS: Mapping[str, str] = {
    "went on": N_("went on, as advised"),
    "followed": N_("followed, as advised"),
    "retried": N_("tried again, as advised"),
    "gave up": N_("gave up, as advised"),
    "deviates": N_("deviates from the advice"),
    "not run": N_("not run"),
}
"""Every verdict on a program; it is made from the mock's journal and the exit code."""
CLIENT_MARKS: Mapping[str, str] = {
    "went on": "●",
    "followed": "●",
    "retried": "●",
    "gave up": "●",
    "deviates": "✕",
    "not run": "–",
}
"""A shape for each verdict, so that colour says nothing alone."""
CASES: Mapping[str, str] = {
    "once": N_("It meets the code once"),
    "again": N_("It meets the code twice, then the ordinary answer"),
    "for ever": N_("It meets the code every time"),
    "seconds": N_("Retry-After asks for a second"),
    "date": N_("Retry-After names a date"),
    "too long": N_("Retry-After asks for a day"),
}
"""The runs of a program."""
NO_CLIENTS: Mapping[str, str] = {
    "other-protocol": N_("No client programs are run for this protocol yet."),
    "not-a-code": N_("There are no client programs for it: it is no single code."),
    "enhanced": N_("An enhanced status code travels in a reply; clients act by the reply code."),
    "log-only": N_("There are no client programs for it: it stands in logs only and is never sent."),
    "client-side": N_("There are no client programs for it: client software makes it up; no server sends it."),
    "never": N_("There are no client programs for it: the number is reserved, and nobody sends it."),
    "interim": N_(
        "There are no client programs for it: a library reads a 1xx response by itself and waits for the next."
    ),
    "no-advice": N_("There are no client programs for it: nothing is known about repeating it."),
    "elsewhere": N_(
        "There are no client programs for it: every program meets it by itself at its stage of the dialogue."
    ),
}
"""Why no program meets a code."""
OUT_OF_PLACE = N_(
    "An address of the mock cannot speak for the stage at which SMTP sends this code, so the programs meet it at RCPT; "
    "its first digit says all that a client needs (RFC 5321 §4.2.1)."
)
"""Where a code is met at another stage than its own."""

_DEVIATIONS: Mapping[str, str] = {
    "not run": N_("This case was not run."),
    "attempts": N_("It asked %(came)s times instead of %(wanted)s."),
    "delivered": N_("The message reached a recipient so often: %(came)s; it should be %(wanted)s."),
    "early": N_("It came back before the time that Retry-After asks for."),
    "connection": N_("It tried again on the same connection."),
    "method": N_("It followed with %(came)s instead of %(wanted)s."),
    "exit code": N_("It ended with exit code %(came)s instead of %(wanted)s."),
}
_HUNG = N_("It did not end by itself.")


def deviated(what: str, came: str, wanted: str) -> Phrase:
    """What a program did not do as advised, as a sentence.

    Args:
        what: the kind of deviation.
        came: what was seen.
        wanted: what was to be seen.
    """
    if what == "exit code" and not came:
        return Phrase(_HUNG)
    return Phrase(_DEVIATIONS[what], {"came": came, "wanted": wanted})
