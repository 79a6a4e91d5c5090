"""The manual is whole: everything that the program offers has a place in it, and what is generated is current."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from tools import manual
from tools.limits import AREAS, find_limits

import statuary
from statuary import pytest_plugin
from statuary.catalog.compile import compile_catalogue
from statuary.catalog.manual import KIND, MANUAL, PAGES, anchor_of, cells, manual_messages, read_manual
from statuary.catalog.messages import Message, update_catalogue
from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.cli.commands import COMMANDS
from statuary.cli.help import EXIT_CODES
from statuary.cli.settings import ports, settings
from statuary.errors import ContentError
from statuary.mcp.tools import TOOLS
from statuary.scenario.aliases import FAULTS, TOXICS
from statuary.scenario.causes import CAUSES
from statuary.scenario.grammar import MAX_CHOICES, MAX_COUNT, MAX_EFFECT_SECONDS, MAX_SCRIPT_CHARACTERS, MAX_STEPS
from statuary.scenario.patterns import FORMS, SWITCHES
from statuary.scenario.rules import FIELDS, GROUPS, STAGES, THEN
from statuary.scenario.ruletable import RULE_KEYS
from statuary.scenario.script import COMMON_EFFECTS, EFFECTS, HTTP_EFFECTS, SMTP_EFFECTS
from statuary.serve.http.options import EXPECT_WORDS, BadOption, read_options
from statuary.serve.http.routes import ROUTES
from statuary.web.admin import mailpit, wiremock
from statuary.web.admin.routes import ENDPOINTS
from statuary.web.views.manual import MADE
from tests.conftest import ROOT

TEXT = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
SPANS = {page: " ".join(re.findall(r"`([^`\n]+)`", text)) for page, text in TEXT.items()}
_LINK = re.compile(r"\]\((?:([a-z-]+)\.md)?#([^)]+)\)")


def named(page: str) -> set[str]:
    """The words that a page has in backticks."""
    return set(re.findall(r"[\w/{}.*~-]+", SPANS[page]))


@pytest.mark.parametrize("page", sorted(TEXT))
def test_generated_parts_are_current(page: str) -> None:
    """``python -m tools.manual`` writes them."""
    assert manual.renewed(TEXT[page]) == TEXT[page], f"docs/{page}.md: run python -m tools.manual"


def test_every_part_stands_somewhere() -> None:
    """What the tool can make is shown, once."""
    found = re.findall(r"<!-- generated: ([a-z-]+) -->", "".join(TEXT.values()))
    assert sorted(found) == sorted(manual.PARTS)


def test_every_command_and_option_has_a_place() -> None:
    for command in COMMANDS:
        assert f"## `statuary {command.name}`\n" in TEXT["commands"]
        assert f"statuary {command.name}" in TEXT["cli"]
        section = TEXT["commands"].partition(f"## `statuary {command.name}`\n")[2].partition("\n## ")[0]
        for flag in command.parser()._option_string_actions:
            assert re.search(rf"`{re.escape(flag)}[ `]", section), f"{command.name} {flag}"


def test_every_setting_has_a_place() -> None:
    """By its flag, its variable and its key."""
    for setting in settings():
        assert setting.option in SPANS["settings"]
        assert setting.variable in named("settings")
        assert setting.name in named("settings") or not setting.in_file


def test_the_ports_that_are_told_are_those_that_hold() -> None:
    """docs/cli.md, docs/start.md and docs/smtp.md name default ports where a reader wants them."""
    for port in ports().values():
        assert str(port) in TEXT["cli"]
    for name in ("site", "http", "smtp"):
        assert str(ports()[name]) in TEXT["start"]
    for name in ("smtp", "submission", "smtps", "lmtp"):
        assert f"| `{name}` | {ports()[name]} |" in TEXT["smtp"]


def test_every_variable_of_the_environment_has_a_place() -> None:
    """Every one that a module asks for, ours and those of others."""
    asked = re.compile(r"""environ(?:ment)?(?:\.get\(|\[)["']([A-Z_]+)["']""")
    ours = re.compile(r"\bSTATUARY_[A-Z_]*[A-Z]\b")
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for name in {*asked.findall(text), *ours.findall(text)}:
            assert name in named("settings"), f"{path.name} asks for {name}"


def test_words_over_generated_tables_can_be_translated() -> None:
    """Headings and heads of tables stand in the list that is extracted for translators."""
    for sourced in read_manual(find_places().content):
        for block in sourced.entry.facts["blocks"]:
            texts = [block["text"]] if block["kind"] == "heading" else block.get("rows", [])[:1]
            for how, text in texts:
                for cell in cells(text) if how == "made" else ():
                    assert cell in (*MADE, "") or cell.startswith("`"), cell


def test_every_limit_says_what_it_bounds() -> None:
    """That each stands on its page is what the test of the generated parts sees."""
    found = list(find_limits(ROOT / "src"))
    assert len(found) > 200
    for limit in found:
        assert len(limit.what) > 10
        assert any(limit.where.startswith(start) for start in AREAS if start), f"no area for {limit.where}"


def test_every_exit_code_has_a_place() -> None:
    for code, meaning in EXIT_CODES:
        assert f"| `{code}` | {meaning} |" in TEXT["commands"]
        assert f"| {code} |" in TEXT["cli"]


def test_every_effect_has_a_place_and_none_is_made_up() -> None:
    """Those of both protocols in the table of the scenario language, those of one where they are told."""
    table = TEXT["scenario"].partition("## Effects")[2].partition("\n## ")[0]
    rows = set(re.findall(r"^\| `-(\w+)", table, re.MULTILINE))
    assert rows == set(COMMON_EFFECTS)
    for effect in EFFECTS:
        assert re.search(rf"`-{effect}[=`]", table), effect
    for effect in HTTP_EFFECTS:
        assert re.search(rf"-{effect}[=`]", TEXT["http"]), effect
    smtp = TEXT["smtp"].partition("## Replies that break the rules")[2].partition("\n## ")[0]
    for effect in SMTP_EFFECTS:
        assert re.search(rf"`-{effect}[=`]", smtp), effect
    for name in re.findall(r"`-([a-z]+)[=`]", TEXT["scenario"] + TEXT["http"] + TEXT["smtp"]):
        assert name in EFFECTS, f"there is no effect {name}"


def test_every_alias_has_a_place() -> None:
    """WireMock's faults, toxiproxy's toxics and their attributes."""
    words = set(re.findall(r"\w+", SPANS["scenario"]))
    assert set(FAULTS) <= words
    for name, toxic in TOXICS.items():
        assert {name, *toxic.attributes} <= words


def test_every_key_and_pattern_of_a_rule_has_a_place() -> None:
    words = set(re.findall(r"\w+", SPANS["rules"]))
    assert {*RULE_KEYS, *CAUSES, *THEN, *FORMS, *SWITCHES} <= words
    for protocol in STAGES:
        assert {*FIELDS[protocol], *GROUPS[protocol]} <= words
        assert set(STAGES[protocol]) <= words, set(STAGES[protocol]) - words


def test_every_option_of_a_target_has_a_place() -> None:
    """The mock itself says which there are, where one is unknown."""
    with pytest.raises(BadOption) as refused:
        read_options("nonsense=1")
    words = set(re.findall(r"\w+", SPANS["http"]))
    options = re.findall(r"[a-z_]+", refused.value.expected.partition("options ")[2].replace(" or ", " "))
    assert len(options) > 10
    assert {*options, *EXPECT_WORDS} - {"continue"} <= words


def test_every_route_has_a_place() -> None:
    """By what opens its path."""
    words = set(re.findall(r"[\w.-]+", SPANS["http"]))
    for route in ROUTES:
        assert route.pattern.split("/")[1] in {*words, ""}, route.pattern


def test_every_address_of_the_apis_has_a_place() -> None:
    for endpoint in (*ENDPOINTS, *wiremock.ENDPOINTS, *mailpit.ENDPOINTS):
        assert f"| `{endpoint.method} {endpoint.path}` |" in TEXT["admin"]


def test_every_fixture_and_option_of_the_plugin_has_a_place() -> None:
    """Fixtures, options, ini keys; and the options of the context managers."""
    fixtures = {
        name
        for name, found in vars(pytest_plugin).items()
        if type(found).__name__ == "FixtureFunctionDefinition" and not name.startswith("_")
    }
    assert len(fixtures) >= 7
    source = inspect.getsource(pytest_plugin)
    options = set(re.findall(r'addoption\(\s*"(--[\w-]+)"', source)) | set(re.findall(r'addini\(\s*"([\w]+)"', source))
    assert options
    words = named("testing")
    assert fixtures <= words
    assert options <= words
    for opens in (statuary.smtp, statuary.http):
        for name in inspect.signature(opens).parameters:
            assert name in words, f"{opens.__name__}({name}=)"


def test_every_tool_of_the_mcp_server_has_a_place() -> None:
    for tool in TOOLS:
        assert f"| `{tool.name}` |" in TEXT["mcp"]


def test_every_page_is_in_its_place() -> None:
    """The list of pages and the folder hold the same, and every page says what it is about first."""
    assert sorted(TEXT) == sorted(PAGES)
    for sourced in read_manual(find_places().content):
        assert sourced.entry.texts["title"]
        assert any(block["kind"] == "prose" for block in sourced.entry.facts["blocks"])


def test_the_limits_that_are_told_are_those_that_hold() -> None:
    """docs/scenario.md tells the few that a writer of scripts meets."""
    told = TEXT["scenario"].partition("## Limits")[2]
    for limit in (MAX_SCRIPT_CHARACTERS, MAX_STEPS, MAX_CHOICES):
        assert f"{limit:,} " in told
    assert (MAX_COUNT, MAX_EFFECT_SECONDS) == (1_000_000, 3600)


def test_every_link_leads_to_a_heading_that_there_is() -> None:
    anchors = {
        sourced.entry.id: {block["anchor"] for block in sourced.entry.facts["blocks"] if block["kind"] == "heading"}
        for sourced in read_manual(find_places().content)
    }
    found = [(page, link) for page, text in TEXT.items() for link in _LINK.findall(text)]
    assert found
    for page, (target, anchor) in found:
        assert anchor in anchors[target or page], f"docs/{page}.md: #{anchor}"


def test_names_of_headings_are_those_of_code_hosts() -> None:
    assert anchor_of("Tests beside each other") == "tests-beside-each-other"
    assert anchor_of("`statuary show`, and *more*") == "statuary-show-and-more"
    assert cells("`a` | b \\| c |") == ["`a`", "b \\| c", ""]


WRONG: dict[str, tuple[str | bytes, str]] = {
    "no title": ("Text.\n", "no title"),
    "two titles": ("# A\n\n# B\n", "heading of level"),
    "same heading": ("# A\n\n## B\n\n## B\n", "twice"),
    "html": ("# A\n\n<div>x</div>\n", "HTML"),
    "never ends": ("# A\n\n<!-- generated: x -->\n", "without its end"),
    "nested list": ("# A\n\n- a\n  - b\n", "several paragraphs"),
    "uneven table": ("# A\n\n| a | b |\n|---|---|\n| c |\n", "1 cells, not 2"),
    "quotation": ("# A\n\n> a\n", "another kind"),
    "not utf-8": (b"# A\xff\n", "UTF-8"),
    "too large": (b"# A\n" + b"a" * 262_144, "larger"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_page_that_is_wrong_is_named_with_its_line(wrong: str, tmp_path: Path) -> None:
    content, problem = WRONG[wrong]
    (tmp_path / "docs").mkdir()
    path = tmp_path / "docs" / f"{PAGES[0]}.md"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ContentError, match=problem) as found:
        next(iter(read_manual(tmp_path / "content")))
    assert found.value.path == f"docs/{PAGES[0]}.md"
    assert found.value.line >= 1


def test_a_page_that_nobody_lists_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "stray.md").write_text("# Stray\n", encoding="utf-8")
    with pytest.raises(ContentError, match="no page of the manual"):
        list(read_manual(tmp_path / "content"))
    assert list(read_manual(tmp_path / "nowhere" / "content")) == []


def test_wrapping_anew_changes_no_text_and_generated_parts_are_nobodys(tmp_path: Path) -> None:
    """Names of texts to translators: a row by its first cell, so that a new row moves no other."""
    page = "# A\n\nOne\ntwo.\n\n| x | y |\n|---|---|\n| `a` | b |\n| `1` | `2` |\n\n"
    page += "<!-- generated: x -->\n| made | here |\n|---|---|\n| c | d |\n<!-- end -->\n"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / f"{PAGES[0]}.md").write_text(page, encoding="utf-8")
    entry = next(iter(read_manual(tmp_path / "content"))).entry
    assert entry.texts == {"title": "A", "start.1": "One two.", "start.x": "x | y", "start.a": "`a` | b"}
    assert [block["kind"] for block in entry.facts["blocks"]] == ["prose", "table", "table"]


def test_translations_go_into_the_catalogue_and_are_counted(tmp_path: Path) -> None:
    """One message a paragraph, in a domain of its own; what is not translated stays in English and says so."""
    places = find_places()
    messages = manual_messages(places.content)
    first = messages[0]
    path = update_catalogue(tmp_path, "fr", MANUAL, [Message(first.context, first.text)])
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('msgstr ""', 'msgstr "Titre"').replace('msgstr "Titre"', 'msgstr ""', 1), "utf-8")
    compile_catalogue(places.content, tmp_path, tmp_path / "catalogue.sqlite")
    catalogue = Catalogue(tmp_path / "catalogue.sqlite")
    entry = catalogue.entry(KIND, PAGES[0], "fr")
    share = next(share for share in catalogue.coverage("fr") if share.domain == MANUAL)
    catalogue.close()
    assert entry is not None
    assert entry.text("title") == ("Titre", "fr")
    assert entry.text("start.1").language == "en"
    assert (share.messages, share.translated) == (len(messages), 1)
