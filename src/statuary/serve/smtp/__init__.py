"""The SMTP mock: replies from the catalogue, scripts in addresses, and the session that answers."""

from __future__ import annotations

from statuary.serve.smtp.session import SmtpMock

__all__ = ["SmtpMock"]
