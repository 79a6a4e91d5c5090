"""What all tests share: loops that run whatever went before in the same process."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import run_apart, run_async


async def _answer() -> int:
    await asyncio.sleep(0)
    return 42


async def _inside() -> tuple[int, int]:
    with pytest.raises(RuntimeError, match="running event loop"):
        asyncio.run(coroutine := _answer())
    coroutine.close()
    return run_async(_answer()), run_apart(lambda: asyncio.run(_answer()))


def test_a_loop_of_its_own_runs_inside_another() -> None:
    """As after Playwright, whose loop goes on in the thread that has used it."""
    assert run_async(_inside()) == (42, 42)


async def _broken() -> None:
    raise LookupError("told")


def test_errors_come_through() -> None:
    """A test that fails inside fails outside."""
    with pytest.raises(LookupError, match="told"):
        run_async(_broken())
