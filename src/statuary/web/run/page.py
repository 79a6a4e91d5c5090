"""The builder and the run as a mock page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from statuary.errors import ScriptError, StatuaryError, WrongArgument
from statuary.scenario.grammar import HTTP, SMTP, parse_script
from statuary.scenario.rules import STAGES
from statuary.serve.perform import MAX_CONNECTIONS, perform
from statuary.web.i18n import N_
from statuary.web.run.api import asked
from statuary.web.run.ask import MAX_KEY_CHARACTERS, ask, ask_target, default_stage, exchanges_of
from statuary.web.run.body import RunBody
from statuary.web.run.forms import Forms, forms_of, places_of
from statuary.web.run.rows import MAX_ROWS, Row, read_rows, rows_of, write_rows
from statuary.web.run.runner import MAX_RUN_OCTETS, MAX_RUN_SECONDS
from statuary.web.run.told import Told, told, told_of_performance
from statuary.web.said import said
from statuary.web.site import Visit

__all__ = ["SHOWN", "Builder", "Wrong", "build", "lines_now", "recorded", "run_once"]

LABELS = {
    "script": N_("Script"),
    "url": "URL",
    "address": N_("Address, name or argument"),
    "rule": N_("Rule (TOML)"),
    "pytest": "pytest",
    "curl": "curl",
    "swaks": "swaks",
    "openssl": "OpenSSL",
    "python": "Python",
}
"""What the spellings of a script are called, in the order in which they are shown."""
BUILT = {
    "http": ("script", "url", "rule", "pytest", "curl"),
    "smtp": ("script", "address", "rule", "pytest", "swaks", "curl"),
}
"""The spellings that the builder shows, by protocol."""

ENDS = {
    "left": N_("The answer is whole. The client ended the connection."),
    "closed": N_("The server closed the connection."),
    "half-closed": N_("The server closed its side only, and still takes octets."),
    "reset": N_("The server broke the connection off (reset)."),
    "hung": N_("The server says nothing more."),
    "silent": N_("Silence: the client gave up after %(seconds)s s."),
    "seconds": N_("The client gave up: a run lasts at most %(seconds)s s."),
    "octets": N_("Cut off: more than %(octets)s octets came."),
}
"""How a connection ended."""
RUN_WORDS = {
    "connection": N_("Connection %(number)s"),
    "short": N_("Of %(announced)s octets of content %(octets)s came."),
    "running": N_("Running …"),
    "done": N_("Connections made: %(number)s."),
    "more": N_("The script goes on; a run stops here."),
    "broken": N_("The run was broken off."),
    "refused": N_("It could not be run: %(problem)s"),
}
"""What else is said of a run."""


SHOWN: Mapping[str, object] = {
    "LABELS": LABELS,
    "ENDS": ENDS,
    "RUN_WORDS": RUN_WORDS,
    "built": BUILT,
    "holes": {name: f"%({name})s" for name in ("number", "octets", "announced", "seconds", "problem")},
    "limits": {"seconds": f"{MAX_RUN_SECONDS:.0f}", "octets": MAX_RUN_OCTETS},
}
"""What the templates of builder and run need beside the words of their own."""


class Wrong(NamedTuple):
    """What is wrong in a script, or beside it.

    Args:
        message: in the page's language.
        pointer: the script with a caret under the place; empty where no place is meant.
        row: the number of the row, from 0; -1 for none.
        english: whether the message is in English for want of a translation.
    """

    message: str
    pointer: str = ""
    row: int = -1
    english: bool = False


class Builder(NamedTuple):
    """The form that builds a script, and what came of it.

    Args:
        protocol: ``http`` or ``smtp``.
        rows: its rows, with an empty one behind them where the form was sent.
        stage: the chosen stage.
        key: what keeps counts apart.
        script: the script that the rows spell.
        wrong: what is wrong; None where nothing is.
        forms: the spellings; None where nobody asked for them, or something is wrong.
    """

    protocol: str
    rows: list[Row]
    stage: str
    key: str
    script: str
    wrong: Wrong | None
    forms: Forms | None

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages to choose from; none where there is but one."""
        stages = STAGES[self.protocol]
        return stages if len(stages) > 1 else ()


def build(visit: Visit, protocol: str, default: str, stage: str, fields: Mapping[str, str]) -> Builder:
    """The form, filled with what was sent or with a script to begin with.

    Args:
        visit: of the mock page.
        protocol: ``http`` or ``smtp``.
        default: the script to begin with.
        stage: where it answers then.
        fields: what was sent; ``script`` fills the rows by itself.
    """
    sent = any(name in fields for name in ("a1", "e1", "script"))
    rows = read_rows(fields)
    text = write_rows(rows).text if rows else fields.get("script", "").strip() or default
    stage = fields.get("stage", stage or default_stage(protocol))
    key = fields.get("key", "").strip()[: MAX_KEY_CHARACTERS * 2]
    if not rows:
        try:
            rows = rows_of(parse_script(text, SMTP if protocol == "smtp" else HTTP))
        except ScriptError:
            rows = [Row(text)]
    wrong, forms = None, None
    try:
        made = ask(protocol, text, stage, key)
        forms = forms_of(made, places_of(visit.site)) if sent else None
    except ScriptError as error:
        wrong = _wrong(visit, error)._replace(pointer=error.pointer, row=write_rows(rows).row_at(error.position))
    except WrongArgument as error:
        wrong = _wrong(visit, error)
    if stage not in STAGES[protocol]:
        stage = default_stage(protocol)
    if sent and len(rows) < MAX_ROWS:
        rows = [*rows, Row()]
    return Builder(protocol, rows, stage, key, text, wrong, forms)


def lines_now(visit: Visit, protocol: str, script: str, stage: str = "", target: str = "") -> Forms:
    """The commands that get an answer now.

    Args:
        visit: of the mock page.
        protocol: ``http`` or ``smtp``.
        script: the answer.
        stage: where it answers.
        target: what is requested in place of a script, where a code stands alone.
    """
    made = ask_target(target) if target else ask(protocol, script, stage)
    return forms_of(made, places_of(visit.site))


async def run_once(visit: Visit, builder: Builder | None, code: str = "") -> tuple[Told | None, Wrong | None]:
    """Run to the end what a form holds, for a reader without JavaScript.

    Args:
        visit: of the mock page.
        builder: the form; None where there is none.
        code: a code that stands alone then.
    """
    runner = visit.site.runner
    if runner is None:
        return None, Wrong(visit.gettext("no mock runs in this process"))
    if builder is not None and builder.wrong is not None:
        return None, None  # the form says what
    body = RunBody(builder.protocol, builder.script, builder.stage) if builder is not None else RunBody(code=code)
    try:
        made = asked(visit.catalogue, body, runner.new_key())
        return told([event async for event in runner.run(made)]), None
    except StatuaryError as error:
        return None, _wrong(visit, error)


def _wrong(visit: Visit, error: StatuaryError) -> Wrong:
    phrase = said(error)
    if phrase is None:
        return Wrong(str(error), english=True)
    return Wrong(phrase.render(visit.gettext))


def recorded(visit: Visit, builder: Builder) -> Told | None:
    """The same dialogue without a network, for pages that are files.

    Args:
        visit: of the mock page.
        builder: the form, with the script to begin with.
    """
    script = parse_script(builder.script, SMTP if builder.protocol == "smtp" else HTTP)
    count = exchanges_of(script, builder.protocol, MAX_CONNECTIONS)
    try:
        performed = perform(
            visit.catalogue, builder.protocol, builder.script, builder.stage, count, like=visit.site.shared
        )
    except StatuaryError:
        return None
    return told_of_performance(performed)
