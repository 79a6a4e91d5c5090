"""Mail servers run with their snippets as they stand; a relay of ours passes mail on to the mock."""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
import time
from pathlib import Path

import pytest
from snippets.__main__ import main
from snippets.app import NotRunnable
from snippets.mail import MailOutcome, run_mail
from snippets.mail_app import MailRunning, home_of, mail_running, why_mail_not_ready
from snippets.mail_plan import Job, MailApp, Tree, load_mail_plan
from snippets.mail_relay import postfix_relay, why_no_relay
from snippets.mail_tree import set_up_tree

from snippets import mail_golden
from tests.conftest import Serving, require

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = ROOT / "build" / "snippets"
GOLDENS = ROOT / "content" / "snippets" / "mail"
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
PLAN = load_mail_plan()
BY_ID = {app.id: app for app in PLAN.apps}
DELIVERY_SECONDS = 60.0
"""How long a relay may take to come to the third attempt, in seconds; it is waited for, not measured."""


def ready(name: str) -> MailApp:
    """The server; where it cannot be run the test is skipped, in CI only if the plan declares it."""
    app = BY_ID[name]
    if reason := why_mail_not_ready(app, BUILT):
        message = f"{name} is not run: {reason}; python -m snippets setup brings what it can"
        if IN_CI and name not in PLAN.absent_in_ci:
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return app


def any_ready() -> MailApp:
    """One that starts quickly."""
    quick = [BY_ID[name] for name in ("aiosmtpd", "smtp-server", "exim") if not why_mail_not_ready(BY_ID[name], BUILT)]
    return quick[0] if quick else ready("aiosmtpd")


def altered(app: MailApp, old: str, new: str) -> MailApp:
    """The server with every snippet changed; its digests stay, as if nobody had noticed."""
    assert any(old in text for job in app.jobs.values() for text in job.files.values())
    jobs = {
        name: job._replace(files={path: text.replace(old, new) for path, text in job.files.items()})
        for name, job in app.jobs.items()
    }
    return app._replace(jobs=jobs)


def run(app: MailApp, *cases: str, goldens: Path = GOLDENS, record: bool = False) -> MailOutcome:
    """Run some cases of a server."""
    (outcome,) = run_mail([app], cases, root=BUILT, goldens=goldens, record=record, install=False)
    return outcome


@pytest.fixture(scope="module")
def outcomes() -> dict[str, MailOutcome]:
    """The sample of cases on every server that is ready, several side by side."""
    apps = [app for app in PLAN.apps if not why_mail_not_ready(app, BUILT)]
    found = run_mail(apps, PLAN.sample, root=BUILT, goldens=GOLDENS, install=False)
    return {outcome.app.id: outcome for outcome in found}


@pytest.mark.parametrize("name", BY_ID)
def test_sample_is_as_recorded(name: str, outcomes: dict[str, MailOutcome]) -> None:
    """Every line of the dialogue and of the log, but for times, numbers of processes and queues."""
    app = ready(name)
    outcome = outcomes[name]
    assert outcome.not_runnable == ""
    if outcome.deviating and outcome.moved and not IN_CI:
        pytest.skip(f"{name} deviates here, but was recorded under {', '.join(outcome.moved)}")
    assert outcome.deviating == {}
    assert outcome.passed == len([case for case in PLAN.sample if case in app.jobs]) > 0


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [("4.2.2", "4.2.1", "reply"), ("Mailbox full", "Mailbox fuller", "octets"), ("452", "451", "dialogue")],
)
def test_an_altered_snippet_is_found(old: str, new: str, word: str) -> None:
    """Another enhanced code, a longer text, another reply code."""
    outcome = run(altered(any_ready(), old, new), "rcpt452_4.2.2", "rcpt550_5.1.1")
    assert list(outcome.deviating) == ["rcpt452_4.2.2"]
    assert any(difference.startswith(f"{word} was") for difference in outcome.deviating["rcpt452_4.2.2"])
    assert outcome.passed == 1


def test_recording_writes_what_it_would_compare(tmp_path: Path) -> None:
    """A second run passes; cases that were not asked for keep their entries, those that are gone lose them."""
    app = any_ready()
    old = {"versions": {}, "application": "", "answers": {"rcpt550_5.1.1": {"a": 1}, "rcpt250_2.0.0": {}}}
    (tmp_path / app.id).mkdir()
    (tmp_path / app.id / "golden.json").write_text(json.dumps(old))
    assert run(app, "rcpt452_4.2.2", goldens=tmp_path).deviating == {"rcpt452_4.2.2": ["never recorded"]}
    run(app, "rcpt452_4.2.2", goldens=tmp_path, record=True)
    data = mail_golden.read(tmp_path, app)
    assert sorted(data["answers"]) == ["rcpt452_4.2.2", "rcpt550_5.1.1"]
    assert data["application"] == app.application
    assert run(app, "rcpt452_4.2.2", goldens=tmp_path).passed == 1


def test_what_does_not_start_is_recorded_as_refused(tmp_path: Path) -> None:
    """A syntax error is no reply; what the server said is kept, without this machine's folders."""
    app = any_ready()
    job = app.jobs["rcpt452_4.2.2"]
    broken = app._replace(jobs={"rcpt452_4.2.2": job._replace(files=dict.fromkeys(job.files, "this is no file ("))})
    run(broken, "rcpt452_4.2.2", goldens=tmp_path, record=True)
    entry = mail_golden.read(tmp_path, app)["answers"]["rcpt452_4.2.2"]
    assert "reply" not in entry
    assert entry["exit_code"] != 0
    assert str(BUILT) not in json.dumps(entry)


@pytest.mark.parametrize("name", BY_ID)
def test_snippets_are_placed_as_they_stand(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No octet of a shown file is edited, whatever stands in braces in it."""
    app = BY_ID[name]._replace(tree=None, toolchain=None, build=[], daemons=[], daemon_sockets=[], log="stderr")
    monkeypatch.setattr(MailRunning, "_launch", lambda *_: None)
    monkeypatch.setattr(MailRunning, "_wait_for", lambda *_: None)
    for job in (next(iter(app.jobs.values())), list(app.jobs.values())[-1]):
        running = MailRunning(app, tmp_path, tmp_path / "run")
        (tmp_path / "run").mkdir(exist_ok=True)
        running.start(job)
        for path, text in job.files.items():
            assert (tmp_path / "run" / path).read_bytes() == text.encode()


@pytest.mark.parametrize("name", ["postfix", "exim", "haraka"])
def test_swaks_is_refused(name: str) -> None:
    """The file of the page in a fresh server: 452 4.2.2 to a client that others wrote."""
    app, swaks = ready(name), require("swaks")
    folder = BUILT / "run-mail" / f"{name}-swaks-{os.getpid()}"
    with mail_running(app, home_of(app, BUILT, install=False), folder) as running:
        running.start(app.jobs["rcpt452_4.2.2"])
        command = [swaks, "--server", f"127.0.0.1:{running.port}", "--helo", "client.example.com"]
        done = subprocess.run(
            [*command, "--from", "photos@example.com", "--to", "emil@example.net"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert "<** 452 4.2.2 " in done.stdout
    assert done.returncode == 24, "swaks: no recipient was accepted"


def test_no_server_may_take_port_25() -> None:
    """Configurations name no port; services that Postfix knows by name would be 25."""
    for app in PLAN.apps:
        master = app.files.get("etc/postfix/master.cf", "127.0.0.1:{port} inet")
        assert master.startswith("127.0.0.1:{port} inet"), app.id
        assert not any(line.startswith("smtp ") and " inet " in line for line in master.splitlines()), app.id
        if app.tree is not None and app.tree.name != "postfix" and not app.socket:
            assert any("{port}" in word for word in app.start), app.id


def test_a_missing_tree_is_named(tmp_path: Path) -> None:
    """What is not unpacked is skipped, counted and named; nothing is downloaded for it."""
    app = BY_ID["exim"]
    assert why_mail_not_ready(app, tmp_path) != ""
    reported: list[MailOutcome] = []
    run_mail([app], PLAN.sample, root=tmp_path, goldens=GOLDENS, install=False, report=reported.append)
    assert [(outcome.not_runnable != "", outcome.passed) for outcome in reported] == [(True, 0)]
    with pytest.raises(NotRunnable):
        set_up_tree(Tree("none", ["no-such-package"], [], []), tmp_path, install=False)


def test_questions_that_make_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the names that there are."""
    assert main(["run", "--server", "sendmail"]) == 2
    assert "postfix" in capsys.readouterr().out
    assert main(["run", "--server", "exim", "--code", "rcpt999_9.9.9"]) == 2
    assert "rcpt999" in capsys.readouterr().out


def test_run_says_how_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for the server, and a summary."""
    app = any_ready()
    assert main(["run", "--server", app.id, "--code", "rcpt452_4.2.2", "--root", str(BUILT)]) == 0
    printed = capsys.readouterr().out
    assert f"{app.id:14}   1 run   1 passed" in printed
    assert "1 dialogues with 1 mail servers: 1 passed, 0 deviating" in printed


def test_a_relay_tries_again_until_the_mock_takes_it(server: Serving) -> None:
    """RFC 5321 §4.5.4.1: a real queue meets 452 twice and then 250, and holds the message meanwhile."""
    if reason := why_no_relay(BUILT):
        if IN_CI:
            pytest.fail(f"postfix is not run: {reason}", pytrace=False)
        pytest.skip(f"postfix is not run: {reason}")
    address = f"rcpt452_4.2.2x2+relay{os.getpid()}@any.test"
    with postfix_relay(("127.0.0.1", server.smtp_port), BUILT, name=f"relay-{os.getpid()}") as relay:
        with smtplib.SMTP(*relay.address) as client:
            client.sendmail("photos@example.com", [address], "Subject: Hello\r\n\r\nHello.\r\n")
        until = time.monotonic() + DELIVERY_SECONDS
        while "status=sent" not in relay.log() and time.monotonic() < until:
            relay.flush()
            time.sleep(0.5)
        log = relay.log()
        assert log.count("status=deferred") == 2
        assert "said: 452 4.2.2 Mailbox full" in log
        assert log.count("status=sent") == 1
        assert relay.queue() == []


def test_a_relay_sends_nowhere_else() -> None:
    """Mail of tests does not leave the machine."""
    with pytest.raises(ValueError, match="not on the loopback"), postfix_relay(("192.0.2.1", 25), BUILT):
        pass


def test_jobs_of_a_stage_share_what_is_said() -> None:
    """Every job marks one line, and the plan names all of the sample."""
    for app in PLAN.apps:
        for name, job in app.jobs.items():
            assert isinstance(job, Job)
            assert sum(line.startswith("> ") for line in job.say) == 1, (app.id, name)
        assert set(PLAN.sample) <= set(app.jobs), app.id
