"""What to write in a framework to answer with a code, and what really went on the wire when it was run.

A framework is a folder below ``content/snippets``: ``framework.toml``, one template, what its application needs to be
run, and ``golden.json``, the recorded answers.
"""

from __future__ import annotations

from statuary.snippets.answerable import answerable, codes_answered, why_not_answerable
from statuary.snippets.framework import Framework, Selection, find_framework, read_frameworks, read_selection
from statuary.snippets.golden import Golden, Recorded, read_golden
from statuary.snippets.place import Asked, Snippet, asked, digest, place
from statuary.snippets.verdict import Verdict, judge

__all__ = [
    "Asked",
    "Framework",
    "Golden",
    "Recorded",
    "Selection",
    "Snippet",
    "Verdict",
    "answerable",
    "asked",
    "codes_answered",
    "digest",
    "find_framework",
    "judge",
    "place",
    "read_frameworks",
    "read_golden",
    "read_selection",
    "why_not_answerable",
]
