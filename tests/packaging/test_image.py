"""The image: what its Dockerfile says, and what it makes run as a container would run it: as nobody, with nothing that
can be written but ``/tmp``, in a network of its own where this machine allows that."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from statuary.cli.settings import ports
from tests.conftest import ROOT, require
from tests.packaging.conftest import NOBODY, Built, Dockerfile, run

pytestmark = pytest.mark.timeout(900)  # the first test pays for the packages that must be fetched

INSIDE = """
set -eu
mount --make-rprivate /
mount -o remount,bind,ro /
mount -t tmpfs -o size=16m,mode=1777 tmpfs /tmp
{interfaces}
cd /
setpriv --reuid={user} --regid={user} --clear-groups --no-new-privs sh -euc '
    statuary serve >/tmp/log 2>&1 & server=$!
    statuary health --wait 60
    curl -sS --fail -H "Host: 10.1.2.3:8080" http://127.0.0.1:8080/readyz; echo
    curl -sSo /dev/null -w "%{{http_code}}\\n" http://127.0.0.1:8081/status/507
    curl -sSo /dev/null -w "%{{http_code}}\\n" http://127.0.0.1:8080/api/journal
    touch /opt/any {root}/any 2>/dev/null && echo written
    kill -{signal} $server
    wait $server && echo ended
    cat /tmp/log
'
"""
"""What is done in the namespaces, with default ports and the image's environment."""


def image_environment(dockerfile: Dockerfile, built: Built) -> dict[str, str]:
    """What the last stage sets, on top of nothing."""
    found = {each["Key"]: each["Value"] for fields in dockerfile.stages[-1].of("ENV") for each in fields["Env"]}
    path = found.pop("PATH").replace("/opt/", f"{built.root}/opt/").replace("$PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    return {"PATH": path, **found}


def exec_form(fields: Mapping[str, object]) -> object:
    """The words of an instruction; a shell would stand between the signal and the program."""
    assert not fields["PrependShell"]
    return fields["CmdLine"]


def test_the_builder_has_nothing_to_warn_of(dockerfile: Dockerfile) -> None:
    assert dockerfile.warnings == []


def test_both_stages_start_from_one_pinned_base(dockerfile: Dockerfile) -> None:
    """A tag that names Python's minor release and Debian's, and the Python that the lock files were made for."""
    assert [stage.base for stage in dockerfile.stages] == ["python:${PYTHON}"] * 2
    tag = re.search(r"^ARG PYTHON=(\S+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert tag
    python = re.fullmatch(r"(3\.[0-9]+)-slim-[a-z]+", tag[1])
    assert python
    assert f"with Python {python[1]}" in (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")


def test_the_last_stage_takes_the_environment_and_builds_nothing(dockerfile: Dockerfile) -> None:
    last = dockerfile.stages[-1]
    (copied,) = last.of("COPY")
    assert (copied["From"], copied["SourcePaths"]) == (dockerfile.stages[0].name, ["/opt/statuary"])
    assert last.of("RUN") == []


def test_the_image_says_how_it_is_run(dockerfile: Dockerfile) -> None:
    """A user that is a number and not root, every port, the signal that ends it, the health check, a command."""
    last = dockerfile.stages[-1]
    assert [fields["User"] for fields in last.of("USER")] == [f"{NOBODY}:{NOBODY}"]
    assert {int(port) for fields in last.of("EXPOSE") for port in fields["Ports"]} == set(ports().values())
    assert [fields["Signal"] for fields in last.of("STOPSIGNAL")] == ["SIGTERM"]
    assert [fields["Health"]["Test"] for fields in last.of("HEALTHCHECK")] == [["CMD", "statuary", "health"]]
    assert [exec_form(fields) for fields in last.of("ENTRYPOINT")] == [["statuary"]]
    assert [exec_form(fields) for fields in last.of("CMD")] == [["serve"]]
    labels = {each["Key"] for fields in last.of("LABEL") for each in fields["Labels"]}
    assert {f"org.opencontainers.image.{name}" for name in ("title", "description", "source", "licenses")} == labels


def test_what_is_sent_to_the_builder_is_small(built: Built) -> None:
    """No secret, no test, no history: only what the wheel is made of."""
    tops = {name.partition("/")[0] for name in built.sent}
    assert tops <= {
        *("CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml"),
        *("content", "docs", "locales", "requirements", "share", "src", "tools"),
    }
    assert sum((ROOT / name).stat().st_size for name in built.sent) < 40_000_000


def test_it_runs_as_nobody(dockerfile: Dockerfile, built: Built) -> None:
    """A user without name, home or right: the servers listen, the check passes, SIGTERM ends them with 0."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {**image_environment(dockerfile, built), "STATUARY_HOST": "127.0.0.1", "STATUARY_FREE_PORTS": "1"}
    process = subprocess.Popen(
        [built.bin / "statuary", "serve", "--json"],
        cwd="/",
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        **user,  # type: ignore[call-overload]
    )
    assert process.stdout is not None
    try:
        facts = json.loads(process.stdout.readline())
        environment["STATUARY_SITE_PORT"] = facts["site"].rpartition(":")[2]
        checked = subprocess.run(
            [built.bin / "statuary", "health"],
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **user,  # type: ignore[call-overload]
        )
        assert (checked.returncode, checked.stdout) == (0, f"{facts['site']} is up\n"), checked.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _namespaces() -> list[str]:
    """The command that gives a file system and a network of one's own; a test is skipped where nobody may."""
    unshare = require("unshare")
    words = [unshare, "--mount", "--net", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("NOT RUN: this machine lets nobody make namespaces")
    return words


def test_it_runs_where_nothing_can_be_written(dockerfile: Dockerfile, built: Built, tmp_path: Path) -> None:
    """Default ports, every address, a read-only file system with ``/tmp`` in memory: what compose and chart ask for."""
    words = _namespaces()
    for name in ("curl", "setpriv", "ip"):
        require(name)
    script = tmp_path / "inside.sh"
    text = INSIDE.format(user=NOBODY, root=built.root, signal="TERM", interfaces="ip link set lo up")
    script.write_text(text, encoding="utf-8")
    done = run(*words, "sh", "-c", text, env=image_environment(dockerfile, built), check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines[:5] == ["http://127.0.0.1:8080 is up", "ok", "507", "401", "ended"]
    log = "\n".join(lines[5:])
    for port in ports().values():
        assert f":{port}" in log
    assert re.search(r"^token +\S{16,}", log, re.MULTILINE), "beyond loopback a token is made up, and said"
