"""The server as programs meet it: real processes, asked by the SDK's own client over standard streams and HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters

from statuary.mcp.server import MAX_BODY_OCTETS
from statuary.mcp.tools import TOOLS
from tests.web.client import run

COMMAND = [sys.executable, "-m", "statuary", "mcp"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server over HTTP on a free port; SIGINT ends it with 0."""
    process = subprocess.Popen([*COMMAND, "--http", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["mcp"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(params=["stdio", "http"])
def target(request: pytest.FixtureRequest) -> StdioServerParameters | str:
    """What a client connects to."""
    if request.param == "stdio":
        return StdioServerParameters(command=COMMAND[0], args=COMMAND[1:])
    found: str = request.getfixturevalue("url")
    return found


def talk(target: StdioServerParameters | str, ask: Callable[[Client], Awaitable[None]], **options: Any) -> None:
    """Open a session, ask, and close it."""

    async def session() -> None:
        async with Client(target, **options) as client:
            await ask(client)

    run(session())


def test_every_tool_answers(target: StdioServerParameters | str) -> None:
    """Listed with types and limits; each gives structured content, and the same as text."""
    examples: dict[str, dict[str, Any]] = {
        "look_up": {"query": "smtp/4.2.2", "lang": "ja"},
        "search": {"query": "mailbox over quota"},
        "explain": {"line": "HTTP/1.1 502 Bad Gateway"},
        "compare": {"left": "smtp/452", "right": "http/507"},
        "map": {"code": "smtp/452", "protocol": "http"},
        "decide": {"tree": "http-api", "answers": ["1"]},
        "run_dialogue": {"protocol": "smtp", "script": "452_4.2.2x2~250", "connections": 3},
    }

    async def ask(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == [tool.name for tool in TOOLS] == list(examples)
        assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in listed)
        for name, arguments in examples.items():
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result
            assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
            assert result.structured_content

    talk(target, ask)


def test_the_older_handshake_is_understood(target: StdioServerParameters | str) -> None:
    """Clients that begin with ``initialize`` get the same answers."""

    async def ask(client: Client) -> None:
        result = await client.call_tool("look_up", {"query": "452"})
        assert result.structured_content["codes"][0]["id"] == "smtp/452"

    talk(target, ask, mode="legacy")


def test_errors_are_structured(target: StdioServerParameters | str) -> None:
    """A failed call is a result that says so in the one shape; an unknown tool is an error of the protocol."""

    async def ask(client: Client) -> None:
        result = await client.call_tool("look_up", {"query": "4522"})
        assert result.is_error
        assert result.structured_content["error"] == "code_not_found"
        assert "smtp/452" in result.structured_content["detail"]["suggestions"]
        with pytest.raises(MCPError, match="there are look_up, search"):
            await client.call_tool("nothing", {})

    talk(target, ask)


def test_a_page_of_another_origin_or_name_is_refused(url: str) -> None:
    """DNS rebinding: the Host must be loopback's, and an Origin too."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    assert httpx.post(url, json=body, headers={**headers, "Host": "evil.example"}).status_code == 421
    assert httpx.post(url, json=body, headers={**headers, "Origin": "https://evil.example"}).status_code == 403


def test_large_bodies_are_refused(url: str) -> None:
    """At most so many octets, whatever is in them."""
    huge = b" " * (MAX_BODY_OCTETS + 1)
    assert httpx.post(url, content=huge, headers={"Content-Type": "application/json"}).status_code == 413


def test_malformed_lines_do_not_end_it() -> None:
    """Standard input: what is no JSON, and half a surrogate pair, are answered or passed over; the next is answered."""
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    odd = '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"look_up","arguments":{"query":"\\ud800"}}}'
    good = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "decide", "arguments": {}}}
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    sent = "\n".join([json.dumps(hello), json.dumps(told), "no json", "\x00", odd, json.dumps(good), ""])
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(sent.encode())
    process.stdin.flush()
    answer: dict[str, Any] = {}
    while answer.get("id") != 3:
        line = process.stdout.readline()
        assert line, "the server has ended"
        answer = json.loads(line)
    assert len(answer["result"]["structuredContent"]["trees"]) == 3
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"Traceback" not in out


def test_an_interrupt_ends_it_while_it_waits_for_input() -> None:
    """A shell reports 130 of it."""
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == -signal.SIGINT
    process.communicate()
