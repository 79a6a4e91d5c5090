"""A certificate authority for one run: a client that trusts its file trusts every server of that run.

The keys are made in a process of their own, which ends at once: the library that makes them would otherwise stay in
memory for good. It starts with the :class:`Authority` and is waited for only when the first file is asked for.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from statuary.errors import ServeError

__all__ = ["Authority", "load_context"]

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""Names that every certificate has beside those asked for."""
MAX_MAKING_SECONDS = 60.0
"""How long the making of keys may take, in seconds."""

_OWNER_ONLY = 0o600
_CA_FILE = "statuary-ca.pem"
_SERVER_FILE = "server.pem"


class Authority:
    """A certificate authority and one server certificate from it, in files that go with it.

    Args:
        hostnames: names and addresses of the servers, beside :data:`LOCAL_NAMES`.
        directory: where the files are written; None for a new temporary directory, removed by :meth:`close`.

    Raises:
        ServeError: the process that makes the keys cannot be started.
    """

    def __init__(self, hostnames: Sequence[str] = (), directory: Path | None = None) -> None:
        self._own = directory is None
        self._directory = Path(tempfile.mkdtemp(prefix="statuary-")) if directory is None else directory
        names = dict.fromkeys((*LOCAL_NAMES, *hostnames))
        command = [sys.executable, "-m", "statuary.serve.tls", str(self._directory), *names]
        self._contexts: dict[tuple[str, ...], ssl.SSLContext] = {}
        try:
            self._making: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        except OSError as error:
            self.close()
            raise ServeError(f"the certificate authority cannot be made: {error.strerror}") from None

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority (PEM): what a client is told to trust.

        Raises:
            ServeError: it could not be made.
        """
        self._wait()
        return self._directory / _CA_FILE

    def server_context(self, alpn: Sequence[str] = ()) -> ssl.SSLContext:
        """The server side of TLS with the certificate of this authority; one for each list of names.

        Args:
            alpn: the protocols to offer, the preferred first (RFC 7301); none for no negotiation.

        Raises:
            ServeError: the certificate could not be made.
        """
        self._wait()
        key = tuple(alpn)
        if key not in self._contexts:
            self._contexts[key] = load_context(self._directory / _SERVER_FILE, alpn=key)
        return self._contexts[key]

    def close(self) -> None:
        """Remove the files, where the directory is the authority's own."""
        making = getattr(self, "_making", None)
        if making is not None:
            making.kill()
            making.communicate()
            self._making = None
        if self._own:
            shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait(self) -> None:
        making, self._making = self._making, None
        if making is None:
            return
        try:
            _, problem = making.communicate(timeout=MAX_MAKING_SECONDS)
        except subprocess.TimeoutExpired:
            making.kill()
            making.communicate()
            problem = b"it took too long"
        if making.returncode:
            last = problem.decode(errors="replace").strip().rpartition("\n")[2]
            raise ServeError(f"the certificate authority cannot be made: {last}")


def load_context(certificate: Path, key: Path | None = None, alpn: Sequence[str] = ()) -> ssl.SSLContext:
    """The server side of TLS with a certificate of the user's own.

    Args:
        certificate: the certificate and its chain (PEM).
        key: the private key (PEM); None where the certificate's file holds it.
        alpn: the protocols to offer, the preferred first (RFC 7301).

    Raises:
        ServeError: a file cannot be read, or holds no such thing.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError:
        files = f"{certificate}" if key is None else f"{certificate} and {key}"
        raise ServeError(f"{files}: no certificate in PEM with the private key that belongs to it") from None
    except OSError as error:
        raise ServeError(f"{error.filename or certificate}: {error.strerror}") from None
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def _make(directory: Path, names: Sequence[str]) -> None:
    """Write the files; only ever run in a process of its own."""
    import trustme

    authority = trustme.CA(organization_name="Statuary", organization_unit_name="test certificates of one run")
    server = authority.issue_cert(*names)
    # The key is readable for its owner only: the directory is made so, and an umask is not enough for one given.
    server_file = directory / _SERVER_FILE
    server_file.touch(mode=_OWNER_ONLY)
    server.private_key_and_cert_chain_pem.write_to_path(str(server_file))
    authority.cert_pem.write_to_path(str(directory / _CA_FILE))


if __name__ == "__main__":
    _make(Path(sys.argv[1]), sys.argv[2:])
