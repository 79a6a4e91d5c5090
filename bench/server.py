"""``statuary serve`` as it is, with rules: ``python -m bench.server RULES`` prints a line of JSON with its ports."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator

from statuary.catalog.store import open_catalogue
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.rules import Rule, RuleIndex
from statuary.serve.protocols import PROTOCOLS
from statuary.serve.runtime import Runtime, bind
from statuary.serve.session import Shared
from statuary.web.app import create_app
from statuary.web.server import serve_site

__all__ = ["make_rules"]

HOST = "127.0.0.1"


def make_rules(count: int) -> Iterator[Rule]:
    """So many rules for HTTP, each for one path, and as many for SMTP, each for one recipient."""
    unavailable, full = parse_script("503"), parse_script("452_4.2.2", SMTP)
    for number in range(count):
        yield Rule("http", "request", unavailable, {"path": f"/mocked/{number}"}, name=f"path {number}")
        yield Rule("smtp", "rcpt", full, {"recipient": f"full{number}@rules.test"}, name=f"box {number}")


async def serve(rules: RuleIndex) -> None:
    """Serve site and mocks on free ports, until killed."""
    site_socket = bind(HOST, 0)
    ports = {"site": site_socket.getsockname()[1]}
    shared = Shared(open_catalogue(), seed=1, site_url=f"http://{HOST}:{ports['site']}", rules=rules)
    runtime = Runtime()
    for adapter in PROTOCOLS:
        ports[adapter.protocol] = await runtime.listen(HOST, 0, adapter.sessions(shared))
    http_url, smtp_url = f"http://{HOST}:{ports['http']}", f"smtp://{HOST}:{ports['smtp']}"
    app = create_app(shared, http_url=http_url, smtp_url=smtp_url, token="", loopback=True)
    async with serve_site(app, site_socket):
        sys.stdout.write(json.dumps(ports) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rules", type=int, help="how many rules each mock has")
    uvloop.run(serve(RuleIndex(make_rules(parser.parse_args().rules))))
