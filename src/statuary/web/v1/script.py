"""``/api/v1/script``: a script parsed, and spelled for every surface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from statuary.scenario.grammar import MAX_SCRIPT_CHARACTERS
from statuary.scenario.rules import STAGES
from statuary.web.run.ask import MAX_KEY_CHARACTERS, ask
from statuary.web.run.forms import Places, forms_of
from statuary.web.run.rows import rows_of
from statuary.web.v1.endpoints import Endpoint, Parameter
from statuary.web.v1.shapes import ScriptShape

__all__ = ["script_endpoint"]


def script_endpoint(places: Places) -> Endpoint:
    """The address that spells scripts.

    Args:
        places: where the mocks listen.
    """
    stages = tuple(dict.fromkeys(stage for each in STAGES.values() for stage in each))
    return Endpoint(
        "spell_script",
        "/script",
        "A script in its one spelling, and as address, rule, test and commands",
        ScriptShape,
        lambda _, given: _spell(places, given),
        (
            Parameter(
                "script", "a script of the scenario language", "452 4.2.2 x2", required=True, most=MAX_SCRIPT_CHARACTERS
            ),
            Parameter("protocol", "the protocol of the mock", "smtp", choices=tuple(STAGES), default="http"),
            Parameter("stage", "where it answers; the usual stage of the protocol without it", choices=stages),
            Parameter("key", "what keeps its counts apart", most=MAX_KEY_CHARACTERS, default=""),
        ),
    )


def _spell(places: Places, given: Mapping[str, Any]) -> dict[str, Any]:
    made = ask(given["protocol"], given["script"], given["stage"] or "", given["key"])
    assert made.script is not None
    return {
        "protocol": made.protocol,
        "stage": made.stage,
        "key": made.key,
        **forms_of(made, places).to_dict(),
        "rows": [row._asdict() for row in rows_of(made.script)],
    }
