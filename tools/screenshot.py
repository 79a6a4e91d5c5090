"""Takes the picture of the README: ``python tools/screenshot.py`` with ``make setup`` done."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Start the site, open the page of SMTP 452, and save what can be seen."""
    ports = [f"--{name}-port=0" for name in ("site", "http", "smtp")]
    command = [sys.executable, "-m", "statuary", "serve", "--json", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as playwright:
        assert server.stdout is not None
        site = json.loads(server.stdout.readline())["site"]
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 860})
        page.goto(f"{site}/en/smtp/452")
        page.screenshot(path=ROOT / "docs" / "screenshot.png")
        browser.close()
        server.terminate()


if __name__ == "__main__":
    main()
