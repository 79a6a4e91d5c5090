"""``statuary check``, and the settings of ``statuary serve``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from statuary.cli.parser import Parser
from statuary.cli.settings import MAX_SETTINGS_OCTETS, Settings, add_arguments, read_settings
from statuary.errors import RuleFileError, ServeError
from statuary.serve.journal import MAX_EXCHANGES
from statuary.serve.protocols import PROTOCOLS
from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]
GOOD = '[[rule]]\nprotocol = "http"\nmatch = { path = "/a" }\nanswer = "503"\n'


def test_good_files(statuary: Statuary, tmp_path: Path) -> None:
    """How many rules are in order; as JSON, the rules."""
    file = tmp_path / "shop.toml"
    file.write_text(GOOD)
    assert statuary("check", str(file)).out == "1 rule in order\n"
    rule = json.loads(statuary("check", "--json", str(file)).out)
    assert (rule["name"], rule["answer"]) == ("shop#1", "503")


def test_faulty_files(statuary: Statuary, tmp_path: Path) -> None:
    """Every fault with its file, line and column, exit code 2; nothing on standard output."""
    file = tmp_path / "shop.toml"
    file.write_text(GOOD + '[[rule]]\nprotocol = "http"\nanswer = "5"\n')
    done = statuary("check", str(file), str(tmp_path / "none.toml"))
    assert (done.code, done.out) == (2, "")
    assert f"{file}:7:12: " in done.err
    assert "none.toml:1:1: it cannot be read" in done.err
    shaped = json.loads(statuary("check", "--json", str(file)).err)
    assert (shaped["error"], shaped["detail"]["line"], shaped["detail"]["column"]) == ("bad_rules", 7, 12)


@pytest.mark.parametrize("content", [b"\xff", b"[[rule]\n", b"x" * 100, b"\x00", b"[[rule]]\n[[rule]]\n"])
def test_serve_refuses_what_check_refuses(process: Statuary, tmp_path: Path, content: bytes) -> None:
    """Exit code 2 and the place, and no traceback."""
    file = tmp_path / "shop.toml"
    file.write_bytes(content)
    for command in (("check",), ("serve", "--site-port=0", "--http-port=0", "--smtp-port=0")):
        done = process(*command, str(file))
        assert done.code == 2
        assert f"{file}:" in done.err
        assert "Traceback" not in done.err


def settled(*words: str, environment: dict[str, str] | None = None) -> Settings:
    parser = Parser("statuary serve", "")
    add_arguments(parser)
    arguments: argparse.Namespace = parser.read(words)
    return read_settings(arguments, environment or {})


def test_order_of_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag goes before the environment, that before the file, that before the default."""
    monkeypatch.chdir(tmp_path)
    Path("statuary.toml").write_text(
        'smtp_port = 1\nhttp_port = 2\nsite_port = 3\nseed = 4\nrules = ["a.toml"]\nno_journal = true\n'
    )
    found = settled("--smtp-port", "9", environment={"STATUARY_HTTP_PORT": "8", "STATUARY_SMTP_PORT": "7"})
    assert (found.mocks.ports["smtp"], found.mocks.ports["http"], found.site_port, found.mocks.seed) == (9, 8, 3, 4)
    assert found.mocks.ports["smtps"] == next(each.port for each in PROTOCOLS if each.name == "smtps")
    assert found.mocks.rules == (Path("a.toml"),)
    assert found.mocks.journal_exchanges == 0
    assert settled("b.toml", "c.toml").mocks.rules == (Path("b.toml"), Path("c.toml"))
    assert settled(environment={"STATUARY_RULES": "d.toml"}).mocks.rules == (Path("d.toml"),)


def test_rules_stand_beside_the_file_that_names_them(tmp_path: Path) -> None:
    """Whatever the working directory is."""
    file = tmp_path / "my.toml"
    file.write_text('rules = ["sub/a.toml"]\ndialects = ["ses"]\n')
    found = settled("--config", str(file))
    assert found.mocks.rules == (tmp_path / "sub" / "a.toml",)
    assert found.mocks.dialects == ("ses",)
    assert found.mocks.journal_exchanges == MAX_EXCHANGES
    assert settled("--config", str(file), "--dialects", "postmark, ses").mocks.dialects == ("postmark", "ses")


def test_every_adapter_has_an_option() -> None:
    """A port for each, by flag and by variable."""
    for adapter in PROTOCOLS:
        assert settled(f"--{adapter.name}-port", "5").mocks.ports[adapter.name] == 5
        variable = f"STATUARY_{adapter.name.upper()}_PORT"
        assert settled(environment={variable: "6"}).mocks.ports[adapter.name] == 6


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("smtp_prot = 1", 1, 1, "no setting 'smtp_prot'"),
        ("\n\nseed = 1.5", 3, 1, "seed is no text"),
        ("seed = [1]", 1, 1, "seed is no text"),
        ("seed", 1, 5, "not TOML"),
        ("#" * (MAX_SETTINGS_OCTETS + 1), 1, 1, "larger"),
    ],
)
def test_wrong_file_names_its_place(tmp_path: Path, text: str, line: int, column: int, problem: str) -> None:
    """Line and column, and what is wrong."""
    file = tmp_path / "my.toml"
    file.write_text(text)
    with pytest.raises(RuleFileError) as error:
        settled("--config", str(file))
    assert (error.value.line, error.value.column) == (line, column)
    assert problem in error.value.problem


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--dialects", "none"), "--dialects"),
        (("--journal-exchanges", "x"), "--journal-exchanges"),
        (("--tls-key", "x"), "--tls-cert"),
        (("--config", "/none/such.toml"), "/none/such.toml"),
        (("--lmtp-port", "70000"), "--lmtp-port"),
    ],
)
def test_wrong_setting_names_its_flag(words: tuple[str, ...], named: str) -> None:
    """Where it came from."""
    with pytest.raises(ServeError, match=named):
        settled(*words)
