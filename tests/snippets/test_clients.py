"""The programs run as they stand, and a wrong one does not pass for a right one."""

from __future__ import annotations

import datetime
import json
import os
import shutil
from pathlib import Path

import pytest
from snippets.__main__ import main
from snippets.app import why_not_ready
from snippets.client_mock import mock
from snippets.client_plan import Runnable, client_plan_of_checkout
from snippets.clients import ClientOutcome, read_client, run_clients

from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.snippets.client import find_client, read_client_selection, read_clients
from statuary.snippets.client_golden import read_client_golden
from statuary.snippets.client_place import meeting
from statuary.snippets.client_verdict import judge_client

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = ROOT / "build" / "snippets"
GOLDENS = ROOT / "content" / "snippets" / "clients"
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
PLAN = client_plan_of_checkout()
BY_ID = {client.id: client for client in PLAN.clients}


def ready(client: Runnable) -> Runnable:
    """The client; where it cannot be run the test is skipped, in CI only if the plan declares it."""
    if reason := why_not_ready(client.app, BUILT):
        message = f"{client.id} is not run: {reason}; python -m snippets setup brings what it can"
        if IN_CI and client.id not in PLAN.absent_in_ci:
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return client


def altered(client: Runnable, old: str, new: str) -> Runnable:
    """The client with every program changed; the digests stay, as if nobody had noticed."""
    assert any(old in placed.text for placed in client.app.snippets.values())
    snippets = {code: item._replace(text=item.text.replace(old, new)) for code, item in client.app.snippets.items()}
    return client._replace(app=client.app._replace(snippets=snippets))


@pytest.fixture(scope="module")
def outcomes() -> dict[str, ClientOutcome]:
    """The sample of codes on every client that is ready."""
    clients = [client for client in PLAN.clients if not why_not_ready(client.app, BUILT)]
    return {outcome.client.id: outcome for outcome in run_clients(clients, PLAN.sample, root=BUILT, goldens=GOLDENS)}


@pytest.mark.parametrize("name", BY_ID)
def test_sample_is_as_recorded(name: str, outcomes: dict[str, ClientOutcome]) -> None:
    """What was printed, the exit code, and every exchange that the mock saw."""
    client = ready(BY_ID[name])
    outcome = outcomes[name]
    assert outcome.not_runnable == ""
    if outcome.deviating and outcome.moved and not IN_CI:
        pytest.skip(f"{name} deviates here, but was recorded under {', '.join(outcome.moved)}")
    assert outcome.deviating == {}
    assert outcome.passed == len([code for code in PLAN.sample if code in client.programs])


@pytest.mark.parametrize("name", BY_ID)
def test_every_program_is_placed_as_it_stands(name: str, tmp_path: Path) -> None:
    """Octet for octet the page's, also where the toolchain is missing."""
    from snippets.app import Running

    client = BY_ID[name]
    running = Running(client.app, tmp_path, tmp_path / "run", list(client.programs))
    running.place()
    for code, program in client.programs.items():
        (placed,) = [path for path in running.folder_of(code).iterdir() if path.is_file()]
        assert placed.read_text(encoding="utf-8") == program.text


@pytest.mark.parametrize(
    ("code", "old", "new", "word"),
    [
        ("smtp/452", "if code == TEMPORARY]", "if code == TEMPORARY][1:]", "exit_code"),
        ("smtp/550", "not tried again", "not repeated", "stdout"),
        ("smtp/452", "float(wait)", "float(wait) / 2); attempt(server, sender, pending", "exchanges"),
    ],
)
def test_an_altered_program_is_found(code: str, old: str, new: str, word: str) -> None:
    """Another end, another word, an attempt too many."""
    client = altered(ready(BY_ID["smtplib"]), old, new)
    (outcome,) = run_clients([client], [code, "smtp/250"], root=BUILT, goldens=GOLDENS)
    assert list(outcome.deviating) == [code]
    assert any(f": {word} was" in difference for difference in outcome.deviating[code])
    assert outcome.passed == 1


def test_a_wrong_recording_does_not_slip_in(tmp_path: Path) -> None:
    """Recorded from a program that does not wait, it has a verdict that nobody declared (RFC 9110 §10.2.3)."""
    app = altered(ready(BY_ID["requests"]), "time.sleep(float(wait) if asked is None else asked)", "time.sleep(0)")
    run_clients([app], ["http/503"], root=BUILT, goldens=tmp_path, record=True)
    content = find_places().content
    client = find_client(read_clients(content), "requests")
    catalogue = open_catalogue()
    code = catalogue.get("http/503")
    assert client is not None
    assert code is not None
    wrong = read_client_golden(client._replace(folder=tmp_path / "requests"))
    assert wrong is not None
    verdict = judge_client(meeting(catalogue, code, read_client_selection(content)), wrong.codes["http/503"])
    catalogue.close()
    assert verdict.word == "deviates"
    assert {(item.case, item.what) for item in verdict.deviations} == {("seconds", "early"), ("date", "early")}
    assert "http/503" not in client.deviations


def test_recording_writes_what_it_would_compare(tmp_path: Path) -> None:
    """A second run passes; codes that were not asked for keep their entries, codes that are gone lose them."""
    client = ready(BY_ID["smtplib"])
    old = {"versions": {}, "application": "", "codes": {"smtp/250": {"a": 1}, "smtp/0": {}}}
    (tmp_path / client.id).mkdir()
    (tmp_path / client.id / "golden.json").write_text(json.dumps(old))
    run_clients([client], ["smtp/550"], root=BUILT, goldens=tmp_path, record=True)
    data = read_client(tmp_path, client)
    assert list(data["codes"]) == ["smtp/250", "smtp/550"]
    assert data["codes"]["smtp/550"] == read_client(GOLDENS, client)["codes"]["smtp/550"]
    (outcome,) = run_clients([client], ["smtp/550"], root=BUILT, goldens=tmp_path)
    assert outcome.deviating == {}


def test_a_program_that_was_never_recorded_is_found() -> None:
    """It has not passed."""
    client = ready(BY_ID["smtplib"])
    (outcome,) = run_clients([client], ["smtp/250"], root=BUILT, goldens=Path("/nonexistent"))
    assert outcome.deviating == {"smtp/250": ["never recorded"]}


def test_a_toolchain_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The client is skipped by name; CI may not lack it unless that is declared."""
    client = BY_ID["smtplib"]
    bare = client.app.toolchain._replace(needs=["no-such-command"])
    (outcome,) = run_clients(
        [client._replace(app=client.app._replace(toolchain=bare))], [], root=tmp_path, goldens=GOLDENS
    )
    assert outcome.not_runnable == "no-such-command missing"
    assert outcome.passed == 0
    assert main(["run", "--client", "nothing"]) == 2
    assert "no client nothing; there are" in capsys.readouterr().out


def test_the_command_runs_one_client(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for the client, a summary, and 1 where something is not as recorded."""
    ready(BY_ID["smtplib"])
    arguments = ["run", "--client", "smtplib", "--code", "smtp/550", "--root", str(BUILT)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "smtplib        1 met   1 passed   0 deviating" in printed
    assert "1 pairs run in 1 clients, 1 runs: 1 passed, 0 deviating" in printed
    shutil.copytree(GOLDENS, tmp_path / "clients", ignore=shutil.ignore_patterns("*.j2"))
    path = tmp_path / "clients" / "smtplib" / "golden.json"
    path.write_text(path.read_text().replace("not tried again", "not repeated"))
    assert main([*arguments, "--goldens", str(tmp_path)]) == 1
    assert main(["run", "--client", "smtplib", "--code", "http/0"]) == 2


def test_the_mock_tells_what_came_too_early() -> None:
    """A date and a number of seconds, both from the response that asks for it (RFC 9110 §10.2.3)."""
    import urllib.request

    with mock() as server:
        server.forget()
        for _ in range(2):
            with pytest.raises(urllib.request.HTTPError) as caught:
                urllib.request.urlopen(f"{server.http}/status/503?retry_after=3600", timeout=20)
            caught.value.close()
        seen = server.seen(["Retry-After"])
        assert seen.early == 1
        assert [item[3] for item in seen.exchanges] == ["HTTP/1.1 503 Service Unavailable\nRetry-After: 3600"] * 2
        long_ago = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC).strftime("%a,%%20%d%%20%b%%20%Y%%20%T%%20GMT")
        server.forget()
        for _ in range(2):
            with pytest.raises(urllib.request.HTTPError) as caught:
                urllib.request.urlopen(f"{server.http}/status/503?retry_after={long_ago}", timeout=20)
            caught.value.close()
        assert server.seen([]).early == 0
