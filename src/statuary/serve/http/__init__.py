"""The HTTP mock: what a target asks for, what is answered, and the session that does it."""

from __future__ import annotations

from statuary.serve.http.session import HttpMock

__all__ = ["HttpMock"]
