"""The explicit list of protocols that are served."""

from __future__ import annotations

from statuary.scenario.rules import STAGES
from statuary.serve.http import HttpMock
from statuary.serve.session import Adapter
from statuary.serve.smtp import LmtpMock, SmtpMock, SubmissionMock

__all__ = ["PROTOCOLS"]

PROTOCOLS = (
    Adapter("http", "http", "http", 8081, ("request",), HttpMock),
    Adapter("https", "http", "https", 8443, ("request",), HttpMock, ("h2", "http/1.1")),
    Adapter("smtp", "smtp", "smtp", 1025, STAGES["smtp"], SmtpMock),
    Adapter("submission", "smtp", "smtp", 1587, STAGES["smtp"], SubmissionMock),
    Adapter("smtps", "smtp", "smtps", 1465, STAGES["smtp"], SmtpMock, ()),
    Adapter("lmtp", "smtp", "lmtp", 1024, STAGES["smtp"], LmtpMock),
)
"""Every protocol with a mock; a new one is an engine, an adapter and a line here."""
