"""A mock in this process: started and stopped by a ``with`` block, scripted, waited for and asked what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import ssl
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar
from urllib.parse import urlsplit

from statuary.scenario.causes import make_cause
from statuary.scenario.counters import Counted
from statuary.scenario.rules import Rule
from statuary.serve.assemble import Mocks, MockSettings, assemble
from statuary.serve.export import transcript
from statuary.serve.journal import MAX_EXCHANGES
from statuary.serve.protocols import PROTOCOLS
from statuary.serve.seen import Filter, Watch, fitting
from statuary.testing.background import Background, Certificates, acquire, release
from statuary.testing.exchanges import Exchange
from statuary.testing.fields import make_filter, match_table
from statuary.testing.report import MAX_SHOWN_NUMBERS, Bounds, VerificationFailed, counted, failure, shown
from statuary.testing.rules import Answering, On, make_rule

__all__ = ["MockServer", "Options"]

SEED_VARIABLE = "STATUARY_SEED"
"""The variable of the environment that gives the seed where a test gives none."""
DRAWN_SEEDS = 1_000_000
"""A seed that nobody gave is drawn below this: short enough to be typed."""
MAX_SEED_DIGITS = 15
"""The longest seed, in decimal digits."""
MAX_WAIT_SECONDS = 600.0
"""The longest wait of a test, in seconds."""

E = TypeVar("E", bound=Exchange)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What a mock is told.

    Args:
        adapter: the name of what listens, such as ``smtps``.
        encrypted: whether a client has to trust :attr:`MockServer.ca_file`.
        host: the address to listen on.
        port: 0 for any free one.
        seed: what random choices are drawn from; None for the environment's, else a random one.
        hostname: how a mail server calls itself.
        rules: rule files; those of :meth:`MockServer.on` go after them.
        dialects: packs of magic addresses.
        journal_exchanges: the most exchanges that are kept.
    """

    adapter: str
    encrypted: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    seed: int | None = None
    hostname: str = "mx.statuary.test"
    rules: Sequence[Path | str] = ()
    dialects: Sequence[str] = ()
    journal_exchanges: int = MAX_EXCHANGES


def _seed(given: int | None) -> int:
    if given is not None:
        return given
    text = os.environ.get(SEED_VARIABLE, "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= MAX_SEED_DIGITS):
        raise ValueError(f"{SEED_VARIABLE}: {text!r} is no whole number of at most {MAX_SEED_DIGITS} digits")
    return int(text) if text else secrets.randbelow(DRAWN_SEEDS)


class MockServer(Generic[E]):
    """What the mocks of all protocols offer to tests; what it saw can still be read once it has stopped.

    Args:
        options: what it is told.
    """

    protocol: ClassVar[str]
    _exchange: type[E]

    def __init__(self, options: Options) -> None:
        self._options = options
        self.seed = _seed(options.seed)
        """What random choices are drawn from; the same seed draws the same sequence."""
        self._background: Background | None = None
        self._open: contextlib.AsyncExitStack | None = None
        self._mocks: Mocks | None = None
        self._certificates: Certificates | None = None
        self._written: list[On] = []
        self._answering: list[Answering] = []
        self._cleared = 0
        self._serial = 0

    # Starting and stopping

    def start(self) -> Self:
        """Listen; a ``with`` block does it by itself.

        Raises:
            ServeError: the port or a certificate cannot be had.
            RuleError: a rule file is wrong.
            RuntimeError: it runs already.
        """
        if self._background is not None:
            raise RuntimeError("this mock runs already")
        background = acquire()
        try:
            opened = background.run(self._start(background))
        except BaseException:
            release()
            raise
        self._begin(background, *opened)
        return self

    async def start_async(self) -> Self:
        """Listen, while the caller's event loop goes on; see :meth:`start`."""
        return await asyncio.to_thread(self.start)

    async def _start(self, background: Background) -> tuple[contextlib.AsyncExitStack, Mocks, Certificates]:
        options = self._options
        ports: dict[str, int | None] = {adapter.name: None for adapter in PROTOCOLS}
        ports[options.adapter] = options.port
        settings = MockSettings(
            host=options.host,
            ports=ports,
            seed=self.seed,
            hostname=options.hostname,
            rules=tuple(map(Path, options.rules)),
            dialects=tuple(options.dialects),
            journal_exchanges=options.journal_exchanges,
        )
        certificates = background.certificates((options.hostname, options.host))
        if options.encrypted:
            await asyncio.to_thread(certificates.server_context)  # a first client must not wait for keys
        opened = contextlib.AsyncExitStack()
        assembled = assemble(settings, catalogue=background.catalogue, tls=certificates)
        return opened, await opened.enter_async_context(assembled), certificates

    def _begin(
        self,
        background: Background,
        opened: contextlib.AsyncExitStack,
        mocks: Mocks,
        certificates: Certificates,
    ) -> None:
        self._background, self._open, self._mocks, self._certificates = background, opened, mocks, certificates
        self._written, self._answering, self._cleared, self._serial = [], [], 0, 0

    def stop(self) -> None:
        """Close every connection and the port; a second time it does nothing."""
        background, self._background = self._background, None
        opened, self._open = self._open, None
        if background is None:
            return
        try:
            if opened is not None:
                background.run(opened.aclose())
        finally:
            release()

    async def stop_async(self) -> None:
        """Close, while the caller's event loop goes on; see :meth:`stop`."""
        await asyncio.to_thread(self.stop)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await self.start_async()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_async()

    @property
    def _running(self) -> Mocks:
        """The mocks, running or stopped.

        Raises:
            RuntimeError: it never ran.
        """
        if self._mocks is None:
            raise RuntimeError("this mock does not run yet: use it in a with block")
        return self._mocks

    def _call(self, function: Callable[[Mocks], T]) -> T:
        """Look at something where nothing else changes it."""
        mocks = self._running
        if self._background is None:
            return function(mocks)
        return self._background.call(lambda: function(mocks))

    # Where it is

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self._running.urls[self._options.adapter]

    @property
    def host(self) -> str:
        """The address that clients are told."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return urlsplit(self.url).port or 0

    @property
    def addr(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    @property
    def ca_file(self) -> Path:
        """What a client is told to trust (PEM); it is there as long as the mock runs.

        Raises:
            RuntimeError: nothing is encrypted here, or the mock does not run.
        """
        if not self._options.encrypted:
            raise RuntimeError("nothing is encrypted here: ask for a mock with tls")
        if self._background is None or self._certificates is None:
            raise RuntimeError("this mock does not run: its certificates are gone with it")
        return self._certificates.ca_file

    def client_context(self) -> ssl.SSLContext:
        """The client side of TLS, trusting this mock and nobody else.

        Raises:
            RuntimeError: nothing is encrypted here, or the mock does not run.
        """
        return ssl.create_default_context(cafile=self.ca_file)

    # What it answers

    def _add(self, on: On, table: dict[str, Any], place: str) -> Answering:
        if on in self._written:
            self._written.remove(on)
        self._serial += 1
        rule = make_rule({**table, "match": match_table(table["match"])}, f"{on.stage}#{self._serial}")
        added = self._call(lambda mocks: mocks.rulebook.add([rule]))[0]
        answering = Answering(added, place, self._counts, self._remove)
        self._answering.append(answering)
        return answering

    def _counts(self, rule: Rule) -> list[Counted]:
        return self._call(lambda mocks: mocks.shared.counters.counted(subject=f"rule {rule.name}"))

    def _remove(self, rule: Rule) -> None:
        self._call(lambda mocks: mocks.rulebook.remove([rule.name]))
        self._answering = [each for each in self._answering if each.name != rule.name]

    # What it saw

    @property
    def exchanges(self) -> list[E]:
        """Every exchange since the start or the last :meth:`clear`, oldest first."""
        return self._find({})

    def _find(self, given: Mapping[str, Any]) -> list[E]:
        wanted = make_filter(self.protocol, given)
        return [self._exchange.of(seen) for seen in self._call(lambda mocks: fitting(mocks.shared.journal, wanted))]

    def transcript(self, *, credentials: bool = False) -> str:
        """What was said, line by line: ``C:`` for the client, ``S:`` for the server.

        Args:
            credentials: whether they are shown; else they are masked.
        """
        return self._call(lambda mocks: transcript([each for _, each in mocks.shared.journal], mask=not credentials))

    def clear(self, *, keep_rules: bool = False) -> None:
        """Forget exchanges, messages and counts; rules too, but for those of files.

        Args:
            keep_rules: whether the rules stay; their scripts and causes start over.
        """

        def forget(mocks: Mocks) -> int:
            shared = mocks.shared
            shared.journal.clear()
            shared.mailbox.clear()
            shared.counters.reset()
            shared.states.reset()
            if not keep_rules:
                mocks.rulebook.reset()
            for rule in mocks.rulebook.rules:
                for name, table in rule.cause_table.items():
                    mocks.rulebook.replace_one(rule.name, replace(rule, cause=make_cause(name, table, rule.protocol)))
            return shared.journal.total

        self._cleared = self._call(forget)
        if not keep_rules:
            self._written, self._answering, self._serial = [], [], 0

    @property
    def lost(self) -> int:
        """How many exchanges the journal had no room to keep."""
        return max(self._call(lambda mocks: mocks.shared.journal.dropped) - self._cleared, 0)

    # What must have come

    def _verify(
        self, given: Mapping[str, Any], count: int | None, at_least: int | None, at_most: int | None
    ) -> list[E]:
        __tracebackhide__ = True
        bounds = Bounds(count, at_least, at_most)
        found = self._find(given)
        proven = not self.lost or bounds.high is None
        if bounds.holds(len(found)) and proven:
            return found
        raise self._failed(given, f"expected {bounds} {self._what(given, bounds.low)}", found, bounds)

    def _what(self, given: Mapping[str, Any], number: int) -> str:
        noun = "exchange" if number == 1 else "exchanges"
        return f"{noun} with {shown(given)}" if given else noun

    def _failed(
        self, given: Mapping[str, Any], expected: str, found: Sequence[E], bounds: Bounds
    ) -> VerificationFailed:
        there = f"there {'was' if len(found) == 1 else 'were'} {len(found)}"
        if found:
            numbers = ", ".join(str(each.number) for each in found[:MAX_SHOWN_NUMBERS])
            there += f" (exchange {numbers}{', ...' if len(found) > MAX_SHOWN_NUMBERS else ''})"
        near = make_filter(self.protocol, given) if len(found) < bounds.low else None
        return self._failure([f"{expected}; {there}"], near)

    def _failure(self, problems: Sequence[str], near: Filter | None = None) -> VerificationFailed:
        lost, seed = self.lost, self.seed
        text = self._call(lambda mocks: failure(problems, mocks.shared.journal, seed, near=near, lost=lost))
        return VerificationFailed(text, self)

    def check(self) -> None:
        """See that all that was scripted happened, and that nothing came that could not be answered.

        The script of every rule of ``on`` must be through, each step as often as its count says; no request may have
        come that nothing answers, and no address whose script is wrong.

        Raises:
            VerificationFailed: something is missing; the message says what.
        """
        __tracebackhide__ = True
        problems = [f"on({on.stage!r}) at {on.place} has no answer: write .answer(...)" for on in self._written]
        problems += [
            f"{each.name} at {each.place} answers {str(each.rule.script)!r} and was asked "
            f"{counted(each.asked, 'time', 'times')}: {each.pending} missing"
            for each in self._answering
            if each.pending
        ]
        problems += [
            f"exchange {exchange.number}, {_first_line(exchange.request)}: {exchange.note}"
            for exchange in self.exchanges
            if exchange.note.startswith(("not mocked", "bad script"))
        ]
        if problems:
            raise self._failure(problems)

    # What is waited for

    def _wait(
        self,
        enough: int,
        timeout: float,
        subscribe: Callable[[Mocks, Callable[[], None]], Callable[[], None]],
        count: Callable[[Mocks], Callable[[], int]],
    ) -> Coroutine[Any, Any, int]:
        """Count until there are enough, in the thread of the mocks."""
        if enough < 0 or not 0 <= timeout <= MAX_WAIT_SECONDS:
            raise ValueError(f"n is not negative, and timeout from 0 to {MAX_WAIT_SECONDS:.0f} seconds")
        mocks = self._running

        async def wait() -> int:
            came = asyncio.Event()
            unsubscribe = subscribe(mocks, came.set)
            counting = count(mocks)
            try:
                async with asyncio.timeout(timeout):
                    while (found := counting()) < enough:
                        came.clear()
                        await came.wait()
            except TimeoutError:
                found = counting()
            finally:
                unsubscribe()
            return found

        return wait()

    def _wait_exchanges(self, given: Mapping[str, Any], enough: int, timeout: float) -> Coroutine[Any, Any, int]:
        wanted = make_filter(self.protocol, given)
        return self._wait(
            enough,
            timeout,
            lambda mocks, listener: mocks.shared.journal.subscribe(listener),
            lambda mocks: Watch(mocks.shared.journal, wanted).count,
        )

    def _run(self, waiting: Coroutine[Any, Any, int]) -> int:
        if self._background is None:
            waiting.close()
            raise RuntimeError("this mock has stopped: wait inside the with block")
        return self._background.run(waiting)

    async def _run_async(self, waiting: Coroutine[Any, Any, int]) -> int:
        if self._background is None:
            waiting.close()
            raise RuntimeError("this mock has stopped: wait inside the with block")
        return await self._background.submit_async(waiting)

    def _waited(self, given: Mapping[str, Any], enough: int, timeout: float, count: int) -> list[E]:
        __tracebackhide__ = True
        found = self._find(given)
        if count >= enough:
            return found
        expected = f"waited {timeout:g} seconds for {enough} {self._what(given, enough)}"
        raise self._failed(given, expected + _blocking(), found, Bounds(at_least=enough))

    def _missed_messages(self, enough: int, timeout: float, given: Mapping[str, Any], number: int) -> Exception:
        """What is said where too few messages came."""
        came = f"waited {timeout:g} seconds for {counted(enough, 'message', 'messages')}"
        came += f" with {shown(given)}" if given else ""
        return self._failure([f"{came}{_blocking()}; there {'was' if number == 1 else 'were'} {number}"])


def _first_line(octets: bytes) -> str:
    return octets.partition(b"\r\n")[0].decode("utf-8", "backslashreplace")


def _blocking() -> str:
    """A hint where the wait itself may have held up the client; a loop that only surrounds the test is none."""
    try:
        inside = asyncio.current_task() is not None
    except RuntimeError:  # no loop runs
        return ""
    return " (in an async test await the method that ends in _async: this one holds the event loop)" if inside else ""
