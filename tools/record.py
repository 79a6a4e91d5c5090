"""Runs every command in the documents' console blocks and writes down what it printed.

In a block that opens with three backticks and ``console``, a line that opens with ``$ `` is a command; what follows is
its output. Servers stand on free ports while it runs; the documents show the default ones. ``--check`` writes nothing
and fails where a document shows something else than what came. Without names, all documents; each has servers of its
own, so that counts and journal begin anew.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (
    "README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "content" / "guides").glob("*.md")),
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
)
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT")
_SHOWN_DATE = "Sat, 21 Nov 2026 09:00:00 GMT"
_DEFAULT_PORTS = {"site": "8080", "http": "8081", "smtp": "1025"}
_OTHER_PORTS = ("https", "submission", "smtps", "lmtp")
TIMEOUT_SECONDS = 60


def record(text: str, ports: dict[str, str]) -> str:
    """A document with the outputs of its commands as they are now.

    Args:
        text: the document.
        ports: where the servers are, by name.
    """
    return _BLOCK.sub(lambda block: f"```console\n{_run_block(block[1], ports)}```", text)


def _run_block(block: str, ports: dict[str, str]) -> str:
    commands = [line[2:] for line in block.split("\n") if line.startswith("$ ")]
    return "".join(f"$ {command}\n{_run(command, ports)}" for command in commands)


def _run(command: str, ports: dict[str, str]) -> str:
    for name, port in _DEFAULT_PORTS.items():
        command = command.replace(f"127.0.0.1:{port}", f"127.0.0.1:{ports[name]}")
    environment = {
        **os.environ,
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    output = done.stdout.replace("\r\n", "\n")
    for name, port in _DEFAULT_PORTS.items():
        output = output.replace(f"127.0.0.1:{ports[name]}", f"127.0.0.1:{port}")
    output = "\n".join(line.rstrip() for line in _DATE.sub(_SHOWN_DATE, output).split("\n"))
    return output if output.endswith("\n") or not output else output + "\n"


def renewed(text: str) -> str:
    """A document as it would be recorded now, against servers of its own."""
    server = subprocess.Popen(
        [sys.executable, "-m", "statuary", "serve", "--json", "--seed", "7"]
        + [f"--{name}-port=0" for name in (*_DEFAULT_PORTS, *_OTHER_PORTS)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        facts = json.loads(server.stdout.readline())
        return record(text, {name: facts[name].rpartition(":")[2] for name in _DEFAULT_PORTS})
    finally:
        server.terminate()
        server.wait(timeout=TIMEOUT_SECONDS)
        if server.stdout is not None:
            server.stdout.close()


def main(arguments: list[str]) -> int:
    """Record or check the documents that are named, or all."""
    check = "--check" in arguments
    names = [name for name in arguments if not name.startswith("-")] or DOCUMENTS
    differing = []
    for name in names:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = renewed(before) if _BLOCK.search(before) else before
        if before != after:
            differing.append(name)
            if not check:
                path.write_text(after, encoding="utf-8")
    what = "shows something else; run make record" if check else "renewed"
    for name in differing:
        sys.stdout.write(f"{name}: {what}\n")
    return int(bool(differing) and check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
