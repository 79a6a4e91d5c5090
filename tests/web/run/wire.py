"""Asks a running server for runs, and reads what it tells."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.conftest import Serving

__all__ = ["codes", "run_script", "said"]


def run_script(server: Serving, **body: object) -> list[dict[str, Any]]:
    """The events of a run."""
    with httpx.Client(timeout=90) as client, client.stream("POST", f"{server.site}/api/run", json=body) as response:
        response.read() if response.status_code != 200 else None
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("application/x-ndjson")
        return [json.loads(line) for line in response.iter_lines()]


def said(events: list[dict[str, Any]], by: str = "server", connection: int = 0) -> str:
    """All that one side said, on one connection or on all."""
    return "".join(
        event["text"]
        for event in events
        if event["event"] == "octets" and event["by"] == by and connection in (0, event["connection"])
    )


def codes(events: list[dict[str, Any]]) -> list[str]:
    """The status code of each connection's first answer."""
    count = events[-1]["connections"]
    return [said(events, "server", number + 1).split(" ", 2)[1] for number in range(count)]
