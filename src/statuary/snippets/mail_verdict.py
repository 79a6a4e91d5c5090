"""Says how far a mail server's reply is what its snippet asked for."""

from __future__ import annotations

from typing import NamedTuple

from statuary.snippets.mail import MAIL_VERDICTS
from statuary.snippets.mail_golden import MailRecorded
from statuary.snippets.mail_place import Case

__all__ = ["MAIL_VERDICTS", "MailVerdict", "judge_mail"]


class MailVerdict(NamedTuple):
    """How far a reply is what was asked for.

    Args:
        word: one of :data:`MAIL_VERDICTS`.
        happened: what came instead: the reply, ``closed`` (no reply), ``hang``, ``refused`` (the server does not take
            the snippet), ``no way`` (there is no snippet).
        keeps_text: whether the text of the snippet is in the reply.
    """

    word: str
    happened: str = ""
    keeps_text: bool = False


def judge_mail(case: Case, recorded: MailRecorded | None) -> MailVerdict:
    """The verdict over a case.

    Args:
        case: what was asked for.
        recorded: what came; None where the server has no native way.
    """
    if recorded is None:
        return MailVerdict("cannot be sent", "no way")
    if not recorded.reply:
        silent = recorded.after if recorded.after != "kept" else "closed"
        return MailVerdict("cannot be sent", "refused" if recorded.exit_code is not None else silent)
    line = recorded.reply[0]
    if recorded.reply_code[:1] not in ("4", "5"):
        return MailVerdict("cannot be sent", line)
    if (recorded.reply_code, recorded.enhanced) != (case.reply, case.enhanced):
        return MailVerdict("other code", line)
    if recorded.text == case.text:
        return MailVerdict("as asked", keeps_text=True)
    return MailVerdict("other text", line, keeps_text=case.text in recorded.text)
