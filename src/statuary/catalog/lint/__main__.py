"""``python -m statuary.catalog.lint``: prints every problem of the content; exit code 1 when there is one."""

from __future__ import annotations

import sys

from statuary.catalog.lint import lint
from statuary.catalog.paths import find_places

places = find_places()
problems = lint(places.content, places.locales)
for problem in problems:
    sys.stderr.write(f"{problem}\n")
sys.stdout.write(f"content: {len(problems)} problems\n")
sys.exit(bool(problems))
