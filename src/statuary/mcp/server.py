"""The server: hands the tools to the official SDK, over standard streams or streamable HTTP on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from starlette.applications import Starlette

from statuary._version import __version__
from statuary.errors import ServeError
from statuary.explain.reference import Reference
from statuary.mcp.tools import TOOLS, call, schema_of

__all__ = ["MAX_BODY_OCTETS", "MAX_SESSIONS", "PATH", "create_server", "serve_http", "serve_stdio"]

PATH = "/mcp"
"""Where the server is below its address."""
MAX_BODY_OCTETS = 256 * 1024
"""The largest request over HTTP, in octets."""
MAX_SESSIONS = 64
"""The most sessions over HTTP at once."""
SESSION_SECONDS = 1800.0
"""How long a session over HTTP may be idle, in seconds."""
MAX_HTTP_CONNECTIONS = 128
"""Connections and tasks at once; past it the server answers that it is overloaded."""
SHUTDOWN_SECONDS = 1
"""What open responses get to end at shutdown, in seconds."""

_INSTRUCTIONS = (
    "The meaning of the internet's status, reply, response, close and result codes, with sources, and mock dialogues "
    "that answer with any of them. Start with look_up for a number or an identity and with search for a symptom."
)


def create_server(reference: Reference) -> Server[Any]:
    """The server with all tools.

    Args:
        reference: what answers.
    """
    by_name = {tool.name: tool for tool in TOOLS}
    listed = [
        types.Tool(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=schema_of(tool, reference),
            output_schema={"type": "object"},
            annotations=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
        )
        for tool in TOOLS
    ]

    async def list_tools(context: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=listed)

    async def call_tool(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = by_name.get(params.name)
        if tool is None:
            known = list(by_name)
            raise MCPError(types.INVALID_PARAMS, f"there is no such tool; there are {', '.join(known)}")
        outcome = call(reference, tool, params.arguments or {})
        text = types.TextContent(type="text", text=json.dumps(outcome.data, ensure_ascii=False))
        return types.CallToolResult(content=[text], structured_content=outcome.data, is_error=outcome.failed)

    return Server(
        "statuary",
        version=__version__,
        title="Statuary",
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def serve_stdio(reference: Reference) -> None:
    """Serve on standard input and output until the input ends.

    Args:
        reference: what answers.
    """
    server = create_server(reference)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


async def serve_http(reference: Reference, sock: socket.socket, listening: Callable[[], None]) -> None:
    """Serve streamable HTTP until SIGINT or SIGTERM; names of other hosts and pages of other origins are refused.

    Args:
        reference: what answers.
        sock: a listening socket on loopback; it is closed at the end.
        listening: called once requests are answered.

    Raises:
        ServeError: it does not start.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # refused requests would let strangers write the log
    server = _Server(_configuration(_application(reference)))
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    if not server.started:
        await serving
        raise ServeError("the MCP server did not start")
    listening()
    ending = asyncio.create_task(ended.wait())
    await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    server.should_exit = True
    await serving


def _application(reference: Reference) -> Starlette:
    return create_server(reference).streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MAX_BODY_OCTETS,
        max_sessions=MAX_SESSIONS,
        session_idle_timeout=SESSION_SECONDS,
    )


def _configuration(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        limit_concurrency=MAX_HTTP_CONNECTIONS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


class _Server(uvicorn.Server):
    """Uvicorn without its hold on signals: they belong to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are."""
        yield
