"""What there is to show of clients for a code: each one's program with what was recorded when it ran."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.snippets.client import Client, ClientSelection, read_client_selection, read_clients
from statuary.snippets.client_golden import ClientGolden, MetRecord, read_client_golden
from statuary.snippets.client_place import Meeting, cases_digest, meeting, place_client, why_not_met
from statuary.snippets.client_verdict import ClientVerdict, judge_client
from statuary.snippets.place import digest

__all__ = ["ClientShelf", "ShownClient"]


class ShownClient(NamedTuple):
    """A client's program for a code.

    Args:
        client: whose it is.
        met: how the code is met.
        text: the program.
        versions: what it ran under; empty where it was not run.
        recorded: what was recorded; None where it was not run as it stands.
        verdict: whether it did as advised; None where it was not run.
        reason: why it was not run, where the project says so.
    """

    client: Client
    met: Meeting
    text: str
    versions: dict[str, str]
    recorded: MetRecord | None
    verdict: ClientVerdict | None
    reason: str = ""

    @property
    def word(self) -> str:
        """The verdict's word; ``not run`` where there is none."""
        return self.verdict.word if self.verdict else "not run"


class ClientShelf:
    """All clients with what was recorded, read when first asked for.

    Args:
        content: the content root.
    """

    def __init__(self, content: Path) -> None:
        self._content = content

    @cached_property
    def selection(self) -> ClientSelection:
        """How clients are asked."""
        return read_client_selection(self._content)

    @cached_property
    def clients(self) -> list[Client]:
        """Every client, in their order."""
        return read_clients(self._content)

    @cached_property
    def goldens(self) -> dict[str, ClientGolden]:
        """What was recorded, by client; one that was never run has nothing."""
        return {client.id: read_client_golden(client) or ClientGolden() for client in self.clients}

    def why_not(self, code: Code) -> str:
        """Why no program meets a code, as :func:`why_not_met` says it; empty where there are programs."""
        return why_not_met(code, self.selection)

    def show(self, catalogue: Catalogue, code: Code) -> list[ShownClient]:
        """The programs that meet a code, in the clients' order; none where there are none.

        Raises:
            ContentError: a file of a client is wrong.
        """
        if self.why_not(code):
            return []
        met = meeting(catalogue, code, self.selection)
        return [self._one(client, met) for client in self.clients if client.protocol == code.protocol]

    def _one(self, client: Client, met: Meeting) -> ShownClient:
        """One program; what another text of it, or another case, brought does not count."""
        text = place_client(client, met)
        golden = self.goldens[client.id]
        recorded = golden.codes.get(met.code)
        if recorded is None or (recorded.program, recorded.asked) != (digest(text), cases_digest(met)):
            return ShownClient(client, met, text, {}, None, None, self.selection.absent_in_ci.get(client.id, ""))
        return ShownClient(client, met, text, dict(golden.versions), recorded, judge_client(met, recorded))
