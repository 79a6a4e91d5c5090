"""The dashboard of rules: what is in force, in the order in which it is asked, and how it is changed."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from statuary.errors import CodeNotFound, RuleError
from statuary.scenario.counters import Counted
from statuary.scenario.patterns import write_match
from statuary.scenario.rulefile import read_rules, write_rules
from statuary.scenario.rules import FIELDS, STAGES, Rule
from statuary.scenario.ruletext import rule_text
from statuary.serve.rulebook import Rulebook
from statuary.serve.seen import Seen, follow
from statuary.web.i18n import N_
from statuary.web.said import rule_fault
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.journal import MAX_FILTER_CHARACTERS, number_of

__all__ = ["act", "edit", "in_order", "put", "rules", "table_of"]

PAGE_RULES = 40
"""How many rules a page shows."""
SHOWN_COUNTS = 5
"""How many counts of one rule a page shows, those that were asked most."""
MAX_EDITED_CHARACTERS = 256 * 1024
"""The longest rule that is edited on a page, as TOML, in characters."""
SHOWN_MATCH_CHARACTERS = 300
"""How much of what a rule matches the list shows, in characters."""

_WILD = re.compile(r"[*?\[]")
_ENHANCED = re.compile(rb"[0-9]{3}[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9])")
_BLANK = '[[rule]]\nname = ""\nprotocol = "smtp"\nstage = "rcpt"\nmatch = { recipient = "*@full.test" }\nanswer = ""\n'
_SAVED = N_("The rules stand in %(file)s.")
_NONE = N_("Write at least one rule, and for a change just one: [[rule]] begins it.")


class Row(NamedTuple):
    """A rule in the list.

    Args:
        place: its place in the order in which rules are asked, from 1.
        rule: the rule.
        from_file: whether it comes from a file.
        match: what it matches, in a line.
        asked: how often its script was asked, over all counts.
        counts: the counts that were asked most.
        more: how many counts there are beside.
        length: how many answers its script has; None for one that never ends.
    """

    place: int
    rule: Rule
    from_file: bool
    match: str
    asked: int
    counts: list[Counted]
    more: int
    length: int | None

    def remaining(self, asked: int) -> int | None:
        """How many answers of the script are left; None for one that never ends."""
        return None if self.length is None else max(self.length - asked, 0)


def in_order(book: Rulebook) -> list[Rule]:
    """The rules in the order in which they are asked: the higher priority first, then as they were written."""
    return sorted(book.rules, key=lambda rule: -rule.priority)


def rules(visit: Visit) -> Result:
    """The rules of a page."""
    if not visit.site.live:
        return Page("rules_written.html", visit.gettext("Rules"), "rules")
    return _list(visit)


def _list(visit: Visit, problem: str = "") -> Page:
    book, shared = visit.site.rulebook, visit.site.shared
    wanted = visit.query.get("q", "").strip()[:MAX_FILTER_CHARACTERS]
    ordered = list(enumerate(in_order(book), 1))
    if wanted:
        ordered = [each for each in ordered if wanted.lower() in _words(each[1])]
    pages = max(-(-len(ordered) // PAGE_RULES), 1)
    page = min(max(number_of(visit.query.get("page", "")), 1), pages)
    shown = ordered[(page - 1) * PAGE_RULES : page * PAGE_RULES]
    saved = visit.query.get("saved") == "1" and len(book.files) == 1 and not book.unsaved
    return Page(
        "rules.html",
        visit.gettext("Rules"),
        "rules",
        {
            "rows": _rows(visit, shown),
            "wanted": wanted,
            "found": len(ordered),
            "total": len(book.rules),
            "page_number": page,
            "pages": pages,
            "turn": {
                number: urlencode({**({"q": wanted} if wanted else {}), "page": number})
                for number in (*{1, max(page - 1, 1), min(page + 1, pages), pages},)
            },
            "version": shared.rules_version,
            "faults": [rule_fault(fault, visit.gettext) for fault in book.faults],
            "file": str(book.files[0]) if len(book.files) == 1 else "",
            "unsaved": book.unsaved,
            "done": visit.gettext(_SAVED) % {"file": book.files[0]} if saved else "",
            "problem": problem,
            "here": f"?{urlencode({'q': wanted})}" if wanted else "",
        },
        indexed=False,
        cached=False,
    )


def _words(rule: Rule) -> str:
    return f"{rule.name}\n{rule.protocol} {rule.stage}\n{rule.script}\n{_match_line(rule)}".lower()


def _match_line(rule: Rule) -> str:
    """What a rule matches, and by what cause it refuses, as its file has it."""
    table: dict[str, Any] = {**write_match(rule.match, rule.count), **rule.cause_table}
    return ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in table.items())


def _rows(visit: Visit, shown: Sequence[tuple[int, Rule]]) -> list[Row]:
    names = {rule.name for _, rule in shown}
    counted: dict[str, list[Counted]] = defaultdict(list)
    for each in visit.site.shared.counters.counted():
        what, _, name = each.subject.partition(" ")
        if what == "rule" and name in names:
            counted[name].append(each)
    from_files = visit.site.rulebook.file_names
    rows = []
    for place, rule in shown:
        counts = sorted(counted[rule.name], key=lambda each: -each.uses)
        ends = [step.count for step in rule.script.steps]
        rows.append(
            Row(
                place,
                rule,
                rule.name in from_files,
                _match_line(rule),
                sum(each.uses for each in counts),
                counts[:SHOWN_COUNTS],
                max(len(counts) - SHOWN_COUNTS, 0),
                None if rule.then != "pass" or None in ends else sum(count or 0 for count in ends),
            )
        )
    return rows


def act(visit: Visit, fields: Mapping[str, str]) -> Result:
    """Take a rule out of force, start its counts or all of them over, put the file's rules back, or save them."""
    book, shared = visit.site.rulebook, visit.site.shared
    what, name = fields.get("do", ""), fields.get("name", "")
    back = visit.url("rules") + (f"?{urlencode({'q': fields['q']})}" if fields.get("q") else "")
    if what == "delete":
        book.remove([name])
    elif what == "start-over":
        for subject in ("rule", "met"):
            shared.counters.reset(None, f"{subject} {name}")
        for rule in book.rules:
            if rule.name == name and rule.cause is not None:
                rule.cause.forget()
    elif what == "start-all-over":
        shared.start_over()
    elif what == "put-back":
        book.reset()
    elif what == "save":
        try:
            book.save()
        except RuleError as problem:
            return _list(visit, str(problem))
        except OSError as problem:
            return _list(visit, problem.strerror or visit.gettext(N_("The file cannot be written.")))
        return Redirect(f"{visit.url('rules')}?saved=1")
    return Redirect(back)


def edit(visit: Visit) -> Result:
    """A rule to be written or changed."""
    query = visit.query
    name = query.get("name", "")
    if name:
        rule = _named(visit, name)
        return _editor(visit, write_rules([rule]), rule)
    if "exchange" in query:
        number = number_of(query["exchange"])
        seen = next((each for each in follow(visit.site.shared.journal) if each.number == number), None)
        if seen is None:
            raise CodeNotFound(f"rules/edit?exchange={number}", [])
        return _editor(visit, rule_text(table_of(seen)), None)
    if query.get("stage"):
        protocol, _, stage = query["stage"].partition(" ")
        table: dict[str, Any] = {"protocol": protocol, "stage": stage}
        if query.get("field") and query.get("pattern"):
            table["match"] = {query["field"]: query["pattern"]}
        return _editor(visit, rule_text({**table, "answer": query.get("answer", "")}), None)
    return _editor(visit, _BLANK, None)


def put(visit: Visit, fields: Mapping[str, str]) -> Result:
    """Add the rules that a form holds, or put one in the place of another."""
    book = visit.site.rulebook
    text = fields.get("toml", "").replace("\r\n", "\n")
    name = visit.query.get("name", "")
    former = _named(visit, name) if name else None
    found = read_rules(text.encode(), visit.gettext(N_("line")), None)
    if found.faults:
        return _editor(visit, text, former, [rule_fault(fault, visit.gettext) for fault in found.faults])
    if not found.rules or (former is not None and len(found.rules) != 1):
        return _editor(visit, text, former, [visit.gettext(_NONE)])
    given = found.rules
    try:
        rule = (book.replace_one(former.name, given[0]) if former is not None else None) or book.add(given)[0]
    except RuleError as problem:
        return _editor(visit, text, former, [str(problem)])
    place = next(place for place, each in enumerate(in_order(book), 1) if each.name == rule.name)
    return Redirect(f"{visit.url('rules')}?page={(place - 1) // PAGE_RULES + 1}#r{place}")


def _named(visit: Visit, name: str) -> Rule:
    found = next((rule for rule in visit.site.rulebook.rules if rule.name == name), None)
    if found is None:
        raise CodeNotFound(f"rules/edit?name={name}", [])
    return found


def _editor(visit: Visit, text: str, rule: Rule | None, faults: Sequence[str] = ()) -> Page:
    title = visit.gettext("Change a rule") if rule is not None else visit.gettext("Write a rule")
    return Page(
        "rule_edit.html",
        title,
        "rules/edit",
        {
            "text": text if len(text) <= MAX_EDITED_CHARACTERS else "",
            "too_long": len(text) > MAX_EDITED_CHARACTERS,
            "rule": rule,
            "from_file": rule is not None and rule.name in visit.site.rulebook.file_names,
            "faults": faults,
            "stages": [f"{protocol} {stage}" for protocol, names in STAGES.items() for stage in names],
            "fields": sorted({name for names in FIELDS.values() for name in names}),
            "given": visit.query,
        },
        indexed=False,
        cached=False,
    )


def table_of(seen: Seen) -> dict[str, Any]:
    """A rule that would answer what happened as it was answered, as a table to be changed.

    Args:
        seen: an exchange with its fields.
    """
    item, fields = seen.exchange, seen.fields
    names: tuple[str, ...] = ("method", "path")
    if item.protocol == "smtp":
        names = {"connect": ("ip",), "ehlo": ("helo",), "auth": ("helo",), "mail": ("sender",)}.get(
            item.stage, ("recipient",) if fields.get("recipient") else ("helo",)
        )
    if item.key:
        names = (*names, "key")
    match = {name: _literal(fields.get(name) or "") for name in names if fields.get(name)}
    answer = item.code or "pass"
    enhanced = _ENHANCED.match(item.response) if item.protocol == "smtp" else None
    if enhanced is not None:
        answer += f" {enhanced[1].decode()}"
    stage = item.stage if item.stage in STAGES.get(item.protocol, ()) else "other"
    return {"protocol": item.protocol, "stage": stage, "match": match, "answer": answer}


def _literal(text: str) -> object:
    """A pattern that fits this text and no other."""
    return {"exact": text} if _WILD.search(text) else text
