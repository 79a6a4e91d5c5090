"""The thread behind the mocks: one for all, gone with the last; nothing is left open; tests never see each other."""

from __future__ import annotations

import gc
import os
import smtplib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import statuary
from statuary.errors import ServeError
from statuary.testing import background
from statuary.testing.background import acquire, release
from tests.testing.mail import send


def ours() -> set[threading.Thread]:
    """The threads of mocks."""
    return {thread for thread in threading.enumerate() if thread.name == "statuary"}


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> set[threading.Thread]:
    """Let this test start at nothing, and give the threads that the fixtures of this run hold."""
    monkeypatch.setattr(background, "_users", background._Users())
    return ours()


def open_files() -> set[str]:
    """Sockets, pipes and event polls that this process holds."""
    gc.collect()
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            name = str(entry.readlink())
        except OSError:
            continue
        if name.startswith(("socket:", "pipe:", "anon_inode:")):
            found.add(name)
    return found


def test_one_thread_for_all_and_none_afterwards(others: set[threading.Thread]) -> None:
    """It starts with the first mock and ends with the last."""
    with statuary.smtp() as mail:
        [thread] = ours() - others
        with statuary.http(), statuary.smtp():
            assert ours() - others == {thread}
        assert send(mail.addr, "b@any.test") == {}
        assert ours() - others == {thread}
    assert ours() == others


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
@pytest.mark.usefixtures("others")
def test_nothing_stays_open() -> None:
    """No socket, no pipe, no thread, after mocks with TLS, with open clients, and after one that failed to start."""
    with statuary.smtp():
        pass  # what the libraries open once is open now
    before, threads = open_files(), threading.active_count()
    with statuary.smtp(tls="implicit") as server:
        client = smtplib.SMTP_SSL(*server.addr, context=server.client_context())
        with pytest.raises(ServeError):
            statuary.http(port=server.port).start()
        kept = server.ca_file
    client.close()
    assert not kept.exists()
    assert open_files() <= before
    assert threading.active_count() == threads


def test_fifty_at_once_never_see_each_other() -> None:
    """Own counts, own journal, own mail: each sees its two refusals and its one message."""

    def one(number: int) -> tuple[list[bool], list[str], list[tuple[str, ...]]]:
        address = f"box{number}@any.test"
        with statuary.smtp() as server:
            rule = server.on("rcpt").answer("452x2~pass")
            refused = [bool(send(server.addr, address)) for _ in range(3)]
            assert rule.asked == 3
            recipients = [each.recipient for each in server.find(stage="rcpt")]
            return refused, recipients, [message.recipients for message in server.messages]

    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(one, range(50)))
    for number, (refused, recipients, messages) in enumerate(found):
        assert refused == [True, True, False]
        assert recipients == [f"box{number}@any.test"] * 3
        assert messages == [(f"box{number}@any.test",)]


@pytest.mark.usefixtures("others")
def test_encrypted_mocks_start_at_once() -> None:
    """Many threads that are the first to ask for TLS wait for one authority."""

    def one(_: int) -> str:
        with statuary.smtp(tls="implicit") as server:
            with smtplib.SMTP_SSL(*server.addr, context=server.client_context()) as client:
                client.noop()
            return str(server.ca_file)

    acquire()
    try:
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(one, range(8)))) == 1
    finally:
        release()


@pytest.mark.usefixtures("others")
def test_the_authority_is_made_once() -> None:
    """All mocks of a run show certificates of one authority, so that a client is told once whom to trust."""
    acquire()
    try:
        with statuary.smtp(tls="starttls") as mail, statuary.http(tls=True) as web:
            assert mail.ca_file == web.ca_file
            first = mail.ca_file
        with statuary.http(tls=True) as again:
            assert again.ca_file == first
    finally:
        release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_starts_its_own() -> None:
    """A fork takes no threads along; a mock in the child must not wait for the parent's."""
    program = (
        "import os, statuary\n"
        "with statuary.smtp():\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        with statuary.http() as server:\n"
        "            os._exit(0 if server.port else 1)\n"
        "    _, status = os.waitpid(child, 0)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(status))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_mock_that_nobody_stopped_does_not_hold_up_the_end() -> None:
    """The process ends all the same."""
    subprocess.run([sys.executable, "-c", "import statuary; statuary.smtp().start()"], check=True, timeout=60)


@pytest.mark.usefixtures("others")
def test_without_uvloop_it_runs_on_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no uvloop for Windows."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert background._loop_factory() is None
    with statuary.smtp() as server:
        assert send(server.addr, "b@any.test") == {}


@pytest.mark.usefixtures("others")
def test_a_loop_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller hears of it instead of waiting for ever."""

    def broken() -> None:
        raise ServeError("broken")

    monkeypatch.setattr(background, "_loop_factory", broken)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with pytest.raises(ServeError, match="no event loop can be started"):
        statuary.smtp().start()
    monkeypatch.undo()
    with statuary.smtp() as server:
        assert send(server.addr, "b@any.test") == {}
