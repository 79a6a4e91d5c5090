"""Puts the mocks together: settings in, listening servers and all that they share out. The one place that does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from statuary.catalog.store import Catalogue, open_catalogue
from statuary.serve.courier import Courier
from statuary.serve.journal import MAX_EXCHANGES, MemoryJournal, NoJournal
from statuary.serve.protocols import PROTOCOLS
from statuary.serve.rulebook import Rulebook, RuleFilesError
from statuary.serve.runtime import Runtime
from statuary.serve.session import ServerTls, Shared

__all__ = ["MockSettings", "Mocks", "assemble", "url_at"]

RELOAD_SECONDS = 0.5
"""How often rule files are looked at, in seconds."""


@dataclass(frozen=True, slots=True)
class MockSettings:
    """What the mocks are told.

    Args:
        host: the address that all listen on.
        ports: port by name of an adapter; 0 for any free one, the adapter's own where it is left out, None for an
            adapter that is not to listen.
        seed: what random choices are drawn from.
        hostname: how the mail servers call themselves.
        rules: the rule files.
        dialects: packs of magic addresses.
        journal_exchanges: the most exchanges that are kept; 0 for no journal.
        tls_cert: the server's certificate and chain (PEM); None for one of an authority made at the start.
        tls_key: its private key (PEM); None where the certificate's file holds it.
        reports_to: host and port of the SMTP server that reports about accepted mail are delivered to; None for none.
        reports_beyond: whether that server may be another machine.
    """

    host: str = "127.0.0.1"
    ports: Mapping[str, int | None] = field(default_factory=dict)
    seed: int = 0
    hostname: str = "mx.statuary.test"
    rules: tuple[Path, ...] = ()
    dialects: tuple[str, ...] = ()
    journal_exchanges: int = MAX_EXCHANGES
    tls_cert: Path | None = None
    tls_key: Path | None = None
    reports_to: tuple[str, int] | None = None
    reports_beyond: bool = False


@dataclass(slots=True)
class Mocks:
    """The running mocks.

    Args:
        shared: what they share.
        runtime: what listens.
        rulebook: the rules in force.
        urls: where each adapter listens, by its name.
        ca_file: what a client is told to trust; None where the certificate is the user's own or nothing is encrypted.
    """

    shared: Shared
    runtime: Runtime
    rulebook: Rulebook
    urls: dict[str, str]
    ca_file: Path | None = None


class OwnCertificate:
    """A certificate of the user's own."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        self._files = certificate, key
        self._contexts: dict[tuple[str, ...], ssl.SSLContext] = {}
        self.server_context()

    def server_context(self, alpn: Sequence[str] = ()) -> ssl.SSLContext:
        """The server side of TLS.

        Raises:
            ServeError: the files cannot be used.
        """
        from statuary.serve.tls import load_context

        key = tuple(alpn)
        if key not in self._contexts:
            self._contexts[key] = load_context(*self._files, alpn=key)
        return self._contexts[key]


@contextlib.asynccontextmanager
async def assemble(
    settings: MockSettings,
    *,
    site_url: str = "",
    catalogue: Catalogue | None = None,
    say: Callable[[str], None] | None = None,
    tls: ServerTls | None = None,
) -> AsyncIterator[Mocks]:
    """Open the mocks until the block ends.

    Args:
        settings: what they are told.
        site_url: where the site is; answers link to its pages.
        catalogue: where texts come from; None for the installed one.
        say: what is told of rule files that were changed while it serves; None for standard error.
        tls: the server's certificate in place of the settings'; who gives it knows what a client is told to trust.

    Raises:
        RuleFilesError: the rule files are wrong.
        ServeError: a port or a certificate cannot be had.
    """
    journal = MemoryJournal(settings.journal_exchanges) if settings.journal_exchanges else NoJournal()
    with contextlib.ExitStack() as stack:
        if catalogue is None:
            catalogue = open_catalogue()
            stack.callback(catalogue.close)
        shared = Shared(catalogue, settings.seed, site_url, settings.hostname, journal=journal)
        shared.dialects = settings.dialects
        reports_host, reports_port = settings.reports_to or ("", 0)
        shared.courier = Courier(shared.mailbox, reports_host, reports_port, beyond_loopback=settings.reports_beyond)
        rulebook = Rulebook(shared, settings.rules)
        rulebook.load()
        ca_file = None
        if tls is None:
            tls, ca_file = _certificate(settings, stack)
        shared.tls = tls
        runtime = Runtime()
        mocks = Mocks(shared, runtime, rulebook, {})
        reloading = asyncio.create_task(_follow(rulebook, say or _complain)) if settings.rules else None
        try:
            for adapter in PROTOCOLS:
                port = settings.ports.get(adapter.name, adapter.port)
                if port is None:
                    continue
                context = None
                if adapter.tls is not None:
                    context = await asyncio.to_thread(tls.server_context, adapter.tls)
                port = await runtime.listen(settings.host, port, adapter.sessions(shared), context)
                mocks.urls[adapter.name] = f"{adapter.scheme}://{url_at(settings.host, port)}"
            if ca_file is not None:
                mocks.ca_file = await asyncio.to_thread(ca_file)
            yield mocks
        finally:
            if reloading is not None:
                reloading.cancel()
            await shared.courier.close()
            await runtime.close()


def _certificate(settings: MockSettings, stack: contextlib.ExitStack) -> tuple[ServerTls, Callable[[], Path] | None]:
    """The server's certificate, and what gives the file of its authority."""
    if settings.tls_cert is not None:
        return OwnCertificate(settings.tls_cert, settings.tls_key), None
    from statuary.serve.tls import Authority

    names = [name for name in (settings.hostname, settings.host) if name not in ("0.0.0.0", "::", "")]
    authority = stack.enter_context(Authority(names))
    return authority, lambda: authority.ca_file


async def _follow(rulebook: Rulebook, say: Callable[[str], None]) -> None:
    """Read rule files again when they change; faulty ones leave the rules in force where they are."""
    while True:
        await asyncio.sleep(RELOAD_SECONDS)
        if not rulebook.changed():
            continue
        try:
            rules = await asyncio.to_thread(rulebook.read)
            rulebook.take(rules)
        except RuleFilesError as error:
            rulebook.reject(error.faults)
            say(f"{error}\nthe rules stay as they were")
        else:
            say(f"{len(rules)} rules read again")


def _complain(text: str) -> None:
    sys.stderr.write("".join(f"statuary serve: {line}\n" for line in text.splitlines()))
    sys.stderr.flush()


def url_at(host: str, port: int) -> str:
    """Host and port as a URL has them; an address that stands for all is given as one that can be reached."""
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname() if "." in socket.gethostname() else "127.0.0.1"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
