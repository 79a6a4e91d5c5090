"""Mocks for test suites: :func:`statuary.smtp` and :func:`statuary.http`, and the types of what they give."""

from __future__ import annotations

from statuary.testing.exchanges import Exchange, HttpExchange, Message, SmtpExchange
from statuary.testing.http import HttpServer, http
from statuary.testing.report import VerificationFailed
from statuary.testing.rules import Answering, HttpOn, SmtpOn
from statuary.testing.smtp import SmtpServer, smtp

__all__ = [
    "Answering",
    "Exchange",
    "HttpExchange",
    "HttpOn",
    "HttpServer",
    "Message",
    "SmtpExchange",
    "SmtpOn",
    "SmtpServer",
    "VerificationFailed",
    "http",
    "smtp",
]
