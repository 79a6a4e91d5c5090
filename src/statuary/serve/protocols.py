"""The explicit list of protocols that are served."""

from __future__ import annotations

from statuary.serve.http import HttpMock
from statuary.serve.session import Adapter
from statuary.serve.smtp import SmtpMock

__all__ = ["PROTOCOLS"]

PROTOCOLS = (
    Adapter("http", "http", "http", 8081, ("request",), HttpMock),
    Adapter("smtp", "smtp", "smtp", 1025, ("connect", "ehlo", "mail", "rcpt", "data", "message", "quit"), SmtpMock),
)
"""Every protocol with a mock; a new one is an engine, an adapter and a line here."""
