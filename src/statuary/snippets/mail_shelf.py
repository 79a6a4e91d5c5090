"""What there is to show of mail servers for a code: each snippet with the dialogue that was recorded."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.snippets.mail import MailSelection, MailServer, Natural, read_mail_selection, read_mail_servers
from statuary.snippets.mail_golden import MailGolden, MailRecorded, read_mail_golden
from statuary.snippets.mail_place import Case, MailSnippet, case_of, place_mail, place_natural
from statuary.snippets.mail_plan import job_digest
from statuary.snippets.mail_verdict import MailVerdict, judge_mail

__all__ = ["MailShelf", "MailShown", "NaturalShown"]


class MailShown(NamedTuple):
    """A server's snippet for a case.

    Args:
        server: whose it is.
        case: what it answers with.
        snippet: the files; None where there is no native way.
        versions: what it ran under; empty where it was not run.
        recorded: what came; None where it was not run as it stands.
        verdict: how far that is what was asked for; None where it was not run.
        reason: why there is no native way, or why it was not run, in English.
    """

    server: MailServer
    case: Case
    snippet: MailSnippet | None
    versions: dict[str, str]
    recorded: MailRecorded | None
    verdict: MailVerdict | None
    reason: str = ""

    @property
    def word(self) -> str:
        """The verdict's word; ``not run`` where there is none."""
        return self.verdict.word if self.verdict else "not run"


class NaturalShown(NamedTuple):
    """A configuration under which a server sends a reply by itself, and what came."""

    server: MailServer
    natural: Natural
    snippet: MailSnippet
    versions: dict[str, str]
    recorded: MailRecorded


class MailShelf:
    """All mail servers with their recorded dialogues, read when first asked for.

    Args:
        content: the content root.
        catalogue: where the texts of the replies come from.
    """

    def __init__(self, content: Path, catalogue: Catalogue) -> None:
        self._content = content
        self._catalogue = catalogue

    @cached_property
    def selection(self) -> MailSelection:
        """What every server is asked."""
        return read_mail_selection(self._content)

    @cached_property
    def servers(self) -> list[MailServer]:
        """Every server, in their order."""
        return read_mail_servers(self._content)

    @cached_property
    def cases(self) -> list[Case]:
        """Every case: those that stand first on a page, RCPT, then the others."""
        first, given = self.selection.first, self.selection.cases
        ordered = [*first, *(name for name in given if name.startswith("rcpt")), *given]
        return [case_of(self._catalogue, name) for name in dict.fromkeys(ordered)]

    @cached_property
    def goldens(self) -> dict[str, MailGolden]:
        """What was recorded, by server; one that was never run has none."""
        return {server.id: read_mail_golden(server) or MailGolden() for server in self.servers}

    def cases_of(self, code: Code) -> list[Case]:
        """The cases that answer with a code; of a template, those of its classes."""
        values = _values(code)
        return [case for case in self.cases if values & {case.reply, case.enhanced}]

    def show(self, case: Case) -> list[MailShown]:
        """The snippets of a case, in the servers' order.

        Raises:
            ContentError: a file of a server is wrong.
        """
        return [self.one(server, case) for server in self.servers]

    def one(self, server: MailServer, case: Case) -> MailShown:
        """The snippet of one server; a dialogue that another text of it led to does not count."""
        snippet = place_mail(server, case)
        if snippet is None:
            reason = server.reason(case.stage, case.id)
            return MailShown(server, case, None, {}, None, judge_mail(case, None), reason)
        golden = self.goldens[server.id]
        recorded = golden.answers.get(case.id)
        if recorded is None or recorded.snippet != job_digest(snippet, server.says(case.stage, self.selection)):
            reason = self.selection.absent_in_ci.get(server.id, "")
            return MailShown(server, case, snippet, {}, None, None, reason)
        return MailShown(server, case, snippet, dict(golden.versions), recorded, judge_mail(case, recorded))

    @cached_property
    def _naturals(self) -> list[NaturalShown]:
        found = []
        for server in self.servers:
            golden = self.goldens[server.id]
            for natural in server.naturals:
                snippet = place_natural(server, natural)
                recorded = golden.answers.get(natural.setting)
                if recorded and recorded.snippet == job_digest(snippet, natural.say, natural.connections):
                    found.append(NaturalShown(server, natural, snippet, dict(golden.versions), recorded))
        return found

    def naturals_of(self, code: Code) -> list[NaturalShown]:
        """What leads to a code by itself; what was not run as it stands is left out."""
        values = _values(code)
        return [item for item in self._naturals if values & {item.recorded.reply_code, item.recorded.enhanced}]


def _values(code: Code) -> set[str]:
    """The values on the wire that a code stands for."""
    if code.protocol != "smtp":
        return set()
    return {f"{digit}{code.value[1:]}" for digit in code.classes} if code.kind == "template" else {code.value}
