"""``statuary mcp`` as a command: what it says where it cannot serve, and that no other command pays for it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]


def test_without_the_sdk_it_says_how_to_install_it(statuary: Statuary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, one line, no trace."""
    monkeypatch.setitem(sys.modules, "mcp", None)
    done = statuary("mcp")
    assert (done.code, done.out) == (2, "")
    assert done.err == "statuary mcp: the MCP SDK is not installed; install it with: pip install 'statuary[mcp]'\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--http", "--port", "x"), "'x' is not a port from 0 to 65535"),
        (("--http", "--port", "65536"), "'65536' is not a port from 0 to 65535"),
        (("--port", "8082"), "--port and --json need --http"),
        (("--json",), "--port and --json need --http"),
        (("--host", "0.0.0.0"), "unknown option --host"),
    ],
)
def test_wrong_options(statuary: Statuary, words: tuple[str, ...], said: str) -> None:
    """Exit code 2; there is no way to listen beyond loopback."""
    done = statuary("mcp", *words)
    assert done.code == 2
    assert said in done.err


def test_a_port_in_use(process: Statuary) -> None:
    """Exit code 3, and the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = process("mcp", "--http", "--port", str(port))
    assert done.code == 3
    assert done.err.startswith(f"statuary mcp: port {port} on 127.0.0.1 is in use")


def test_other_commands_do_not_import_it() -> None:
    """A look-up and the list of commands load neither the SDK nor our server."""
    program = (
        "import sys; from statuary.cli import main; main(['452']); main(['help']);"
        "print([name for name in sys.modules if name.split('.')[0] in ('mcp', 'pydantic', 'anyio', 'uvicorn')"
        " or name.startswith('statuary.mcp')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
