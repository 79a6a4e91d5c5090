"""Dialects of magic addresses: every entry of the table does what it says, and only where it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import RuleError, ScriptError
from statuary.scenario.address import ADDRESS_STAGES, REPORT_STAGES, parse_address
from statuary.scenario.dialects import (
    DEFAULT_DIALECTS,
    DIALECTS,
    MAX_TEXT_CHARACTERS,
    Dialect,
    MagicAddress,
    check_dialects,
    read_dialects,
)
from statuary.scenario.grammar import SMTP, parse_script
from tests.conftest import ROOT

ENTRIES = [
    (dialect, address)
    for dialect in DIALECTS.values()
    for address in dialect.addresses.values()
    if dialect.where != "reply"
]


def spell(dialect: Dialect, word: str) -> tuple[str, str]:
    domain = dialect.domains[0] if dialect.domains else "any.test"
    match dialect.where:
        case "tag":
            return f"anna+first+{word}", domain
        case "subdomain":
            return "anna", f"{word}.{domain}"
    return word, domain


@pytest.mark.parametrize(("dialect", "address"), ENTRIES, ids=lambda part: getattr(part, "word", ""))
def test_every_entry_is_understood_where_its_dialect_is_on(dialect: Dialect, address: MagicAddress) -> None:
    local_part, domain = spell(dialect, address.word)
    found = parse_address(local_part, domain, (*DEFAULT_DIALECTS, dialect.name))
    assert found is not None
    assert found.stage == address.stage
    assert found.script == parse_script(address.script, SMTP)
    assert address.stage in (*ADDRESS_STAGES, *REPORT_STAGES)
    assert address.what
    assert parse_address(local_part, domain) is None, "off unless asked for"


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())
def test_every_dialect_has_an_example_and_a_source(dialect: Dialect) -> None:
    local_part, _, domain = dialect.example.rpartition("@")
    assert parse_address(local_part, domain, (dialect.name,)) is not None
    assert dialect.source.startswith("https://")


@pytest.mark.parametrize("dialect", [dialect for dialect in DIALECTS.values() if dialect.domains])
def test_dialect_holds_in_its_domains_only(dialect: Dialect) -> None:
    """An address of the same spelling elsewhere is an ordinary one."""
    for word in dialect.addresses:
        assert read_dialects(word, "any.test", (dialect.name,)) is None


def test_spellings_that_mean_the_same() -> None:
    """Case and underscores do not tell; a label after + keeps counts apart."""
    domain = "bounce-testing.postmarkapp.com"
    found = {parse_address(text, domain, ("postmark",)) for text in ("hardbounce", "Hard_Bounce", "HardBounce+blue")}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("local_part", "script", "text"),
    [
        ("bounce+550+no+such+user", "550", "no such user"),
        ("bounce+451+server+unavailable", "451", "server unavailable"),
        ("bounce+550+%4Eo+such+user", "550", "No such user"),
        ("bounce+452+4.2.2+over+quota", "452_4.2.2", "over quota"),
        ("bounce+552+5.2.2", "552_5.2.2", ""),
        ("BOUNCE+554", "554", ""),
        ("bounce+550+a%0d%0a250+ok", "550", "a??250 ok"),
        ("bounce+550+caf%C3%A9%00", "550", "caf??"),
    ],
)
def test_address_that_spells_its_reply(local_part: str, script: str, text: str) -> None:
    """Mailtrap's emulator; nothing that could end a line gets through (RFC 5321 §4.2)."""
    found = parse_address(local_part, "any.test")
    assert found is not None
    assert (found.stage, str(found.script), found.text) == ("rcpt", script, text)


@pytest.mark.parametrize("local_part", ["bounce", "bounce+55", "bounce+5500+x", "bounces+550+x"])
def test_ordinary_addresses_stay_ordinary(local_part: str) -> None:
    assert parse_address(local_part, "any.test") is None


@given(st.text(max_size=300))
def test_no_text_injects_a_line(text: str) -> None:
    try:
        found = parse_address(f"bounce+550+{text}", "any.test")
    except ScriptError:
        return
    assert found is not None
    assert len(found.text) <= MAX_TEXT_CHARACTERS
    assert found.text.isascii()
    assert found.text.isprintable()


def test_documents_list_every_entry() -> None:
    """docs/smtp.md has the table as it is."""
    text = (ROOT / "docs" / "smtp.md").read_text(encoding="utf-8")
    table = text.partition("<!-- generated: dialects -->\n")[2].partition("<!-- end -->")[0].splitlines()[2:]
    rows = []
    for dialect in DIALECTS.values():
        for address in dialect.addresses.values():
            local_part, domain = spell(dialect, address.word)
            example = f"{local_part.replace('+first', '')}@{domain}"
            shown = dialect.example if dialect.where == "reply" else example
            rows.append(f"| `{dialect.name}` | `{shown}` | {address.what} |")
    assert table == rows


def test_names_are_checked() -> None:
    assert check_dialects(["ses"]) == (*DEFAULT_DIALECTS, "ses")
    with pytest.raises(RuleError, match="mailtrap, ses"):
        check_dialects(["hotmail"])
