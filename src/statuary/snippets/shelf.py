"""What there is to show for a code: each framework's snippet with the answer that was recorded."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from statuary.catalog.model import Code
from statuary.snippets.answerable import why_not_answerable
from statuary.snippets.framework import Framework, Selection, read_frameworks, read_selection
from statuary.snippets.golden import Golden, Recorded, read_golden
from statuary.snippets.place import Snippet, asked, digest, place
from statuary.snippets.verdict import Verdict, judge

__all__ = ["Shelf", "Shown"]


class Shown(NamedTuple):
    """A framework's snippet for a code.

    Args:
        framework: whose it is.
        snippet: the file.
        versions: what it ran under; empty where it was not run.
        recorded: what came; None where it was not run as it stands.
        verdict: how far that is what was asked for; None where it was not run.
        reason: why it was not run, where the project says so.
    """

    framework: Framework
    snippet: Snippet
    versions: dict[str, str]
    recorded: Recorded | None
    verdict: Verdict | None
    reason: str = ""

    @property
    def word(self) -> str:
        """The verdict's word; ``not run`` where there is none."""
        return self.verdict.word if self.verdict else "not run"


class Shelf:
    """All frameworks with their recorded answers, read when first asked for.

    Args:
        content: the content root.
    """

    def __init__(self, content: Path) -> None:
        self._content = content

    @cached_property
    def selection(self) -> Selection:
        """Which codes there are snippets for."""
        return read_selection(self._content)

    @cached_property
    def frameworks(self) -> list[Framework]:
        """Every framework, in their order."""
        return read_frameworks(self._content)

    @cached_property
    def goldens(self) -> dict[str, Golden]:
        """The recorded answers by framework; one that was never run has none."""
        found = ((framework.id, read_golden(framework)) for framework in self.frameworks)
        return {identity: golden or Golden() for identity, golden in found}

    def why_not(self, code: Code) -> str:
        """Why there are no snippets for a code, as :func:`why_not_answerable` says it; empty where there are."""
        return why_not_answerable(code, self.selection)

    def show(self, code: Code) -> list[Shown]:
        """The snippets of a code, in the frameworks' order; none where there are none.

        Raises:
            ContentError: a file of a framework is wrong.
        """
        return [] if self.why_not(code) else [self.one(framework, code) for framework in self.frameworks]

    def one(self, framework: Framework, code: Code) -> Shown:
        """The snippet of one framework; an answer that another text of it gave does not count."""
        snippet = place(framework, code)
        golden = self.goldens[framework.id]
        recorded = golden.answers.get(code.id)
        if recorded is None or recorded.snippet != digest(snippet.text):
            return Shown(framework, snippet, {}, None, None, self.selection.absent_in_ci.get(framework.id, ""))
        verdict = judge(asked(code, framework.json), recorded)
        return Shown(framework, snippet, dict(golden.versions), recorded, verdict)
