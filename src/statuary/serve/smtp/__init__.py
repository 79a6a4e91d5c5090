"""The SMTP and LMTP mocks: replies from the catalogue, scripts in addresses, and the session that answers."""

from __future__ import annotations

from statuary.serve.smtp.mock import LmtpMock, SmtpMock, SubmissionMock

__all__ = ["LmtpMock", "SmtpMock", "SubmissionMock"]
