"""The dialogues of ``protocols.toml``: every stage has one place."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from statuary.catalog.codefile import STAGES
from statuary.catalog.lint.stages import check_stages
from statuary.catalog.model import Protocol
from statuary.catalog.source import read_protocols
from tests.catalog.conftest import CONTENT

PROTOCOLS = {protocol.id: protocol for protocol in read_protocols(CONTENT)}


def test_every_protocol_written_in_full_has_a_dialogue() -> None:
    """And its stages stand in it, each once."""
    full = [protocol for protocol in PROTOCOLS.values() if protocol.prose == "full"]
    assert len(full) == 8
    for protocol in full:
        assert protocol.dialogue, protocol.id
        assert set(STAGES[protocol.id]) - {"any"} <= {*protocol.dialogue, *protocol.other_stages}
    assert list(check_stages(PROTOCOLS.values())) == []


@pytest.mark.parametrize(
    ("protocol", "problem"),
    [
        (PROTOCOLS["smtp"]._replace(other_stages=MappingProxyType({})), "the stage atrn has no place"),
        (PROTOCOLS["dns"]._replace(other_stages={"nap": ""}), "nap is no stage"),
        (PROTOCOLS["dns"]._replace(other_stages={"response": ""}), "response stands in two places"),
        (PROTOCOLS["http"]._replace(stage_by_class={"1": "nowhere"}), "class 1 names nowhere"),
        (PROTOCOLS["dns"]._replace(dialogue={"query": "a\nb", "response": ""}), "what is said at query is not a text"),
    ],
)
def test_a_mistake_is_found(protocol: Protocol, problem: str) -> None:
    """With the protocol, and a mend."""
    found = list(check_stages([protocol]))
    assert f"{protocol.id}: {problem}" in [error.problem for error in found]
    assert all(error.path == "protocols.toml" and error.mend for error in found)
