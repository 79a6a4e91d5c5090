"""``python -m statuary.catalog.lint``: prints every problem of the content; exit code 1 when there is one.

``--only ftp`` checks the codes of one protocol (it may be given several times), an unfinished one too, and names the
rows that have no file yet.
"""

from __future__ import annotations

import argparse
import sys

from statuary.catalog.lint import lint
from statuary.catalog.paths import find_places
from statuary.catalog.source import read_protocols

places = find_places()
parser = argparse.ArgumentParser(prog="python -m statuary.catalog.lint", description="Check the content.")
known = [protocol.id for protocol in read_protocols(places.content)]
parser.add_argument(
    "--only", action="append", default=[], choices=known, metavar="PROTOCOL", help="a protocol, finished or not"
)
problems = lint(places.content, places.locales, parser.parse_args().only)
for problem in problems:
    sys.stderr.write(f"{problem}\n")
sys.stdout.write(f"content: {len(problems)} problems\n")
sys.exit(bool(problems))
