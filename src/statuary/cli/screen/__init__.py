"""The full-screen look-up: a search that is answered at each key, and beside it the page of the code that is chosen."""

from __future__ import annotations

__all__: list[str] = []
