"""Audits pages of the running site with Lighthouse in real Chromium, and prints its figures as a Markdown table.

Each page is loaded as Lighthouse's mobile preset has it: a slow phone on a slow network. Exit code 1 where
accessibility, best practices or SEO are below 100, or performance is below 90.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIGHTHOUSE = ROOT / ".venv" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
PAGES = (
    "en/",
    "fr/smtp",
    "ja/http/503",
    "ko/smtp/452",
    "en/http/507/mock",
    "fr/smtp/551/mock",
    "ja/smtp/452/servers",
    "ko/snippets",
    "en/compare/http/507/smtp/452",
    "fr/concept/insufficient-storage",
    "ja/decide/http-api",
    "ko/guide/greylisting",
    "en/glossary",
    "fr/search?q=boîte+pleine",
    "ja/manual/scenario",
    "ko/journal",
    "en/rules",
)
"""One page of each kind, the languages in turn."""
LEAST = {"performance": 0.9, "accessibility": 1.0, "best-practices": 1.0, "seo": 1.0}
"""The least score of each category."""
NOT_FOR_SEARCH = ("search?", "journal", "rules")
"""Pages that ask search engines to leave them out: their SEO is not judged."""
TIMEOUT_SECONDS = 180
ATTEMPTS = 3
"""How often a page is tried."""
_METRICS = ("largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "total-byte-weight")


def main() -> int:
    """Audit and print; 1 where a page is below what it must reach."""
    parser = argparse.ArgumentParser(prog="audit", description=__doc__)
    parser.add_argument("pages", nargs="*", help="paths below the site, such as fr/smtp/452; one of each kind without")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None or not LIGHTHOUSE.exists():
        sys.stderr.write("audit: chromium or Lighthouse is missing; tools/setup audit brings them\n")
        return 2
    below: list[str] = []
    head = ("page", "performance", "accessibility", "best practices", "SEO", "LCP", "TBT", "CLS", "KiB")
    sys.stdout.write(f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n")
    with _site() as site:
        for page in arguments.pages or PAGES:
            report = _audit(f"{site}/{page}", chromium)
            found = not any(mark in page for mark in NOT_FOR_SEARCH)
            scores = {name: report["categories"][name]["score"] for name in LEAST if found or name != "seo"}
            below += [f"{page}: {name} {score}" for name, score in scores.items() if score < LEAST[name]]
            shown = (f"{scores[name] * 100:.0f}" if name in scores else "" for name in LEAST)
            cells = [f"/{page}", *shown, *_figures(report)]
            sys.stdout.write(f"| {' | '.join(cells)} |\n")
            sys.stdout.flush()
            for name, audit in _failed(report, scores):
                sys.stderr.write(f"{page}: {name}: {audit['title']}\n")
    sys.stderr.write("".join(f"audit: below: {line}\n" for line in below))
    return 1 if below else 0


@contextmanager
def _site() -> Iterator[str]:
    """The site, served on a free port."""
    command = [sys.executable, "-m", "statuary", "serve", "--free-ports", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        try:
            yield str(json.loads(process.stdout.readline())["site"]).rstrip("/")
        finally:
            process.terminate()


def _audit(url: str, chromium: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="statuary-audit-") as folder:
        path = Path(folder, "report.json")
        flags = ["--quiet", "--output=json", f"--output-path={path}", "--chrome-flags=--headless=new --no-sandbox"]
        environment = {**os.environ, "CHROME_PATH": chromium}
        command = ["node", str(LIGHTHOUSE), url, *flags]
        for attempt in range(1, ATTEMPTS + 1):  # a busy machine can lose the trace, and Lighthouse asks to be run again
            done = subprocess.run(command, check=False, env=environment, timeout=TIMEOUT_SECONDS, capture_output=True)
            if done.returncode == 0:
                break
            sys.stderr.write(f"audit: {url}, attempt {attempt}: {done.stderr.decode(errors='replace').strip()}\n")
        done.check_returncode()
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return report


def _figures(report: dict[str, Any]) -> Iterator[str]:
    paint, blocking, shift, weight = (report["audits"][name]["numericValue"] for name in _METRICS)
    yield f"{paint / 1000:.1f} s"
    yield f"{blocking:.0f} ms"
    yield f"{shift:.3f}"
    yield f"{weight / 1024:.0f}"


def _failed(report: dict[str, Any], judged: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The audits of the categories that must be whole and are not."""
    for name in judged:
        for ref in report["categories"][name]["auditRefs"] if LEAST[name] == 1 else ():
            audit = report["audits"][ref["id"]]
            if ref["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield name, audit


if __name__ == "__main__":
    sys.exit(main())
