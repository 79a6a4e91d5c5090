"""Writes the whole site as files, for any file server."""

from __future__ import annotations

from statuary.web.export.builder import Outcome, build
from statuary.web.export.plan import Plan, make_plan

__all__ = ["Outcome", "Plan", "build", "make_plan"]
