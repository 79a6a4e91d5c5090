"""Checks the dialogues of ``protocols.toml``: every stage has its place, and nothing else answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statuary.catalog.codefile import STAGES
from statuary.catalog.model import Protocol
from statuary.errors import ContentError

__all__ = ["check_stages"]

_FILE = "protocols.toml"
_EVERYWHERE = "any"


def check_stages(protocols: Iterable[Protocol]) -> Iterator[ContentError]:
    """Check the dialogues of all protocols.

    Args:
        protocols: every protocol.
    """
    for protocol in protocols:
        if protocol.dialogue or protocol.other_stages or protocol.stage_by_class:
            yield from _check_stages(protocol)


def _check_stages(protocol: Protocol) -> Iterator[ContentError]:
    stages = set(STAGES.get(protocol.id, ())) - {_EVERYWHERE}
    placed = [*protocol.dialogue, *protocol.other_stages]
    for stage in sorted(stages - set(placed)):
        yield _error(protocol, f"the stage {stage} has no place", "name it in dialogue or other_stages")
    for stage in protocol.other_stages:
        if stage not in stages:
            yield _error(protocol, f"{stage} is no stage", f"use of {', '.join(sorted(stages))}")
        if stage in protocol.dialogue:
            yield _error(protocol, f"{stage} stands in two places", "take one away")
    for digit, point in protocol.stage_by_class.items():
        if point not in protocol.dialogue:
            yield _error(protocol, f"class {digit} names {point}", "name a point of its dialogue")
    for table in (protocol.dialogue, protocol.other_stages, protocol.stage_by_class):
        for point, said in table.items():
            if not isinstance(said, str) or not said.isprintable():
                yield _error(protocol, f"what is said at {point} is not a text", "write it as one plain line")


def _error(protocol: Protocol, problem: str, mend: str) -> ContentError:
    return ContentError(_FILE, 1, 1, f"{protocol.id}: {problem}", mend)
