"""The SMTP engine, server side, and what it speaks in: RFC 5321 with the common extensions.

`SmtpEngine` reads octets and gives events; the caller answers each with a reply.

Recognised: EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP, VRFY, EXPN, HELP, QUIT; STARTTLS (RFC 3207), AUTH (RFC 4954),
BDAT (RFC 3030); LHLO and the rest of LMTP (RFC 2033); and ETRN and ATRN, so that whoever answers can tell them from
words that no server knows. Extensions: PIPELINING (RFC 2920), SIZE (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8
(RFC 6531), ENHANCEDSTATUSCODES (RFC 2034), DSN (RFC 3461), CHUNKING and BINARYMIME (RFC 3030), PRDR (draft-hall-prdr).

Where it is looser than RFC 5321, as servers are: LF alone may end a command line (a flag in `SmtpLimits`); white
space may follow the colon of ``MAIL FROM:`` and ``RCPT TO:``; any one word will do as the name in EHLO; parameters are
taken after HELO too; lines of message content may have any length and any octets. Where it is not, though many
servers are: a path has its angle brackets, a domain has no underscore, EHLO or HELO comes before MAIL.
"""

from __future__ import annotations

from statuary.wire.smtp.engine import SmtpEngine
from statuary.wire.smtp.events import Command, CommandError, Eof, Event, Mailbox, MessageReceived
from statuary.wire.smtp.misshape import misshape, without_enhanced
from statuary.wire.smtp.parameters import decode_xtext
from statuary.wire.smtp.replies import format_reply
from statuary.wire.smtp.sasl import Challenge, Credentials, SaslExchange, check_cancelled
from statuary.wire.smtp.table import AUTH_MECHANISMS, CLOSING, EXTENSIONS, STAGES, SmtpLimits, State, extension_lines

__all__ = [
    "AUTH_MECHANISMS",
    "CLOSING",
    "EXTENSIONS",
    "STAGES",
    "Challenge",
    "Command",
    "CommandError",
    "Credentials",
    "Eof",
    "Event",
    "Mailbox",
    "MessageReceived",
    "SaslExchange",
    "SmtpEngine",
    "SmtpLimits",
    "State",
    "check_cancelled",
    "decode_xtext",
    "extension_lines",
    "format_reply",
    "misshape",
    "without_enhanced",
]
