"""``statuary serve`` as it is, with rules: ``python -m bench.server RULES`` prints a line of JSON with its ports."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator

from statuary.cli.serve import running
from statuary.cli.settings import Settings
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.rules import Rule
from statuary.serve.assemble import MockSettings
from statuary.serve.protocols import PROTOCOLS

__all__ = ["make_rules"]


def make_rules(count: int) -> Iterator[Rule]:
    """So many rules for HTTP, each for one path, and as many for SMTP, each for one recipient."""
    unavailable, full = parse_script("503"), parse_script("452_4.2.2", SMTP)
    for number in range(count):
        yield Rule("http", "request", unavailable, {"path": f"/mocked/{number}"}, name=f"path {number}")
        yield Rule("smtp", "rcpt", full, {"recipient": f"full{number}@rules.test"}, name=f"box {number}")


async def serve(count: int) -> None:
    """Serve site and mocks on free ports, until killed."""
    mocks = MockSettings(ports={adapter.name: 0 for adapter in PROTOCOLS}, seed=1)
    async with running(Settings(mocks, site_port=0, token="", chaos="", json=True)) as started:
        started.rulebook.add(make_rules(count))
        ports = {name: int(url.rpartition(":")[2]) for name, url in started.urls.items()}
        sys.stdout.write(json.dumps(ports) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rules", type=int, help="how many rules each mock has")
    uvloop.run(serve(parser.parse_args().rules))
