"""The SMTP engine, server side (RFC 5321): octets in, events out, replies in, octets out.

The dialogue is lock-step. An event waits for its reply, and `SmtpEngine.next_event` gives the next one only
after that; what a client pipelines (RFC 2920) waits in the buffer. The engine takes no decision: the
caller answers each stage as it likes, and the reply code moves the session as the client will read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from statuary.errors import LocalProtocolError
from statuary.wire.buffer import ReceiveBuffer
from statuary.wire.smtp.chunks import ChunkReader, begin_chunk
from statuary.wire.smtp.content import ContentReader, whole_content
from statuary.wire.smtp.events import Command, CommandError, Eof, Event, Mailbox, MessageReceived
from statuary.wire.smtp.replies import format_reply
from statuary.wire.smtp.syntax import parse_auth_line, parser_for
from statuary.wire.smtp.table import (
    AFTER_ERROR,
    BAD_SEQUENCE,
    CLOSING,
    EXTENSIONS,
    FORGIVEN,
    STAGES,
    TRANSITIONS,
    SmtpLimits,
    State,
    compile_transitions,
)

__all__ = ["SmtpEngine"]

_MOVES: Final = compile_transitions(TRANSITIONS)
_ERROR_MOVES: Final = compile_transitions(AFTER_ERROR)
_NO_MOVES: Final[dict[str, tuple[State, ...]]] = {}
# Without the stages that have no command line, and those after which the next octets need not be one.
_NOT_AT_ONCE: Final = frozenset({"connect", "auth", "bdat", "starttls", "message"})
_AT_ONCE: Final = {
    state: {stage: moves for stage, moves in rows.items() if stage not in _NOT_AT_ONCE and state is not State.AUTH}
    for state, rows in _MOVES.items()
}
_DEFAULT_LIMITS: Final = SmtpLimits()
# Each command asks for the state several times, and reading a member of an enumeration costs as much as a call.
_AUTH: Final = State.AUTH
_CHUNKS: Final = State.CHUNKS
_CLOSED: Final = State.CLOSED
_CONNECT: Final = State.CONNECT
_CONTENT: Final = State.CONTENT
_GREETED: Final = State.GREETED
_READY: Final = State.READY
_RECIPIENTS: Final = State.RECIPIENTS
_TURNED_AWAY: Final = State.TURNED_AWAY


class SmtpEngine:
    """One SMTP session as the server sees it.

    At the start the stage ``connect`` is due: send the greeting first. Then feed what arrives, take events
    until there are none, and answer each::

        engine.receive_data(data)
        while (event := engine.next_event()) is not None:
            transport.write(engine.send_reply(...))

    Args:
        limits: how much a client may send.
        extensions: keywords of the extensions offered; parameters of others get 555.
        lmtp: whether it speaks LMTP (RFC 2033): LHLO in place of EHLO, and 503 where no recipient is left.
    """

    __slots__ = (
        "_at_once",
        "_binary",
        "_buffer",
        "_chunk",
        "_chunks",
        "_content",
        "_due",
        "_eof",
        "_errors",
        "_event",
        "_held",
        "_idle",
        "_moves",
        "_parser",
        "_state",
        "_utf8",
        "authenticated",
        "closed",
        "early_talk",
        "extensions",
        "hello",
        "limits",
        "lmtp",
        "mail",
        "quit",
        "recipients",
        "secure",
    )

    def __init__(
        self, limits: SmtpLimits = _DEFAULT_LIMITS, extensions: frozenset[str] = EXTENSIONS, *, lmtp: bool = False
    ) -> None:
        self.limits = limits
        self.extensions = extensions
        self.closed = False
        """Whether the session is over: after 221 or 421, after the answer to QUIT, after `Eof`."""
        self.quit = False
        """Whether QUIT was answered: the client waits for nothing more (RFC 5321 §4.1.1.10)."""
        self.early_talk = False
        """Whether the client talked before its greeting (RFC 5321 §3.1 has it wait)."""
        self.hello: Command | None = None
        """The last EHLO, HELO or LHLO that was accepted."""
        self.lmtp = lmtp
        self.secure = False
        """Whether the connection is encrypted; STARTTLS sets it, and is out of sequence once it is set."""
        self.authenticated = False
        """Whether AUTH succeeded; a second AUTH is out of sequence (RFC 4954 §4)."""
        self.mail: Command | None = None
        """The MAIL command of the open transaction."""
        self.recipients: list[Command] = []
        """The RCPT commands of the open transaction that were accepted; a new list for each."""
        self._parser = parser_for(limits, extensions)
        self._buffer = ReceiveBuffer()
        self._idle = True  # nothing is buffered, held back or cut off
        self._state = _CONNECT
        self._at_once = _AT_ONCE[_CONNECT]
        self._due = "connect"
        self._event: Command | CommandError | MessageReceived | None = None
        self._moves: tuple[State, ...] | None = _MOVES[State.CONNECT]["connect"]
        self._content: ContentReader | None = None
        self._utf8 = False
        self._binary = False  # whether the message was declared binary: it comes by BDAT only
        self._chunks: bytearray | None = None  # the content so far of a message that comes by BDAT
        self._eof = False
        self._errors = 0
        # An error that comes out once the rest of its line, which is too long, is dropped.
        self._held: CommandError | None = None
        self._chunk: ChunkReader | None = None

    def offer(self, limits: SmtpLimits, extensions: frozenset[str]) -> None:
        """Offer other extensions or limits from now on; for an answer to EHLO that differs from the usual one.

        Args:
            limits: how much the client may send.
            extensions: keywords of the extensions offered.
        """
        self.limits = limits
        self.extensions = extensions
        self._parser = parser_for(limits, extensions)

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._state

    @property
    def stage(self) -> str:
        """The stage at which an answer is due; empty when none is."""
        return self._due

    @property
    def pending(self) -> Command | None:
        """The command whose answer is due; None when none is."""
        return self._event if isinstance(self._event, Command) else None

    @property
    def reverse_path(self) -> Mailbox | None:
        """The reverse path of the open transaction; None when none is open."""
        return None if self.mail is None else self.mail.path

    @property
    def takes_utf8(self) -> bool:
        """Whether the client asked for SMTPUTF8, so that reply text may go beyond ASCII (RFC 6531 §3.7.4.2)."""
        event = self._event
        return self._utf8 or (isinstance(event, Command) and "SMTPUTF8" in event.parameters)

    @property
    def buffered_octets(self) -> int:
        """How many octets were received and not read yet.

        They grow only while an answer is due. The engine sets them no bound: stop reading from the client
        while they are more than it may send ahead.
        """
        return len(self._buffer)

    def receive_data(self, data: bytes) -> None:
        """Take in what the client sent.

        Args:
            data: octets, in any portions; ignored once the session is closed.

        Raises:
            LocalProtocolError: after `receive_eof`.
        """
        if self._eof:
            raise LocalProtocolError("data after the end of input")
        if not data or self._state is _CLOSED:
            return
        if self._state is _CONNECT:
            self.early_talk = True
        self._idle = False
        self._buffer.append(data)

    def receive_eof(self) -> None:
        """Take in that the client will send nothing more."""
        self._eof = True
        self._idle = False

    def exchange(self, command: Command, code: int) -> bool:
        """Take in the line of a command and answer it, where both can be done at once.

        The same as `receive_data` with ``command.raw``, `next_event` and `send_raw`, at a fraction of their cost; for
        callers who know their answer to a line before it comes.

        Args:
            command: what `next_event` gave for the same line, in any session with the same limits and extensions.
            code: the reply code that moves the session.

        Returns:
            Whether it was done. Where the command is not in its place, or something else comes first, or the line
            may change how the octets after it are read, nothing was done: go the long way.
        """
        stage = command.stage
        moves = self._at_once.get(stage)
        if moves is None or not self._idle or self._due:
            return False
        if stage == "rcpt" and (
            len(self.recipients) >= self.limits.max_recipients or not (self._utf8 or command.raw.isascii())
        ):
            return False
        if self._binary and stage == "data":
            return False
        if code in CLOSING:
            self._due = stage
            self._answered(code)
            return True
        digit = code // 100
        state = moves[digit if 0 <= digit <= 9 else 0]
        if digit == 2:
            self._accepted(stage, command)
        if state is not self._state:
            self._enter(state)
        return True

    def receive_message(self, data: bytes) -> MessageReceived | None:
        """Take in a message that arrives whole, from its first octet to its final dot and nothing else.

        The same as `receive_data` and `next_event`, without a copy of what has no dots to take out.

        Args:
            data: octets.

        Returns:
            The message, which waits for its answer; None where it is not that simple: then nothing was done.
        """
        if self._state is not _CONTENT or not self._idle or self._due:
            return None
        content = whole_content(data)
        if content is None or len(content) > self.limits.max_message_octets:
            return None
        return self._message(content, data)

    def next_event(self) -> Event | None:
        """Give the next thing the client did.

        Returns:
            The event; None when more data is needed, when an answer is due or when the session is closed.
        """
        if self._due:
            return None
        state = self._state
        if state is _CONTENT:
            return self._next_message()
        if self._held is not None:
            return self._next_held()
        if self._chunk is not None:
            return self._next_chunk()
        if state is _CLOSED:
            return None
        auth = state is _AUTH
        limit = self.limits.max_auth_line_octets if auth else self.limits.max_command_octets
        line = self._buffer.take_line(limit)
        if line is None:
            if self._eof:
                return self._end("", b"")
            self._idle = not self._buffer
            return None
        if line[-1] != 10:
            return self._hold_long_line(line, auth)
        if auth:
            return self._in_sequence(parse_auth_line(line))
        event = self._parser.latest.get(line) or self._parser.parse(line)
        if event.stage == "bdat" and isinstance(event, Command):
            in_place = self._state is _RECIPIENTS or self._state is _CHUNKS
            held = len(self._chunks or b"") if in_place else None
            self._chunk = begin_chunk(event, held, self.limits, offered="CHUNKING" in self.extensions)
            return self._next_chunk()
        return self._in_sequence(event)

    def send_reply(self, code: int, lines: Sequence[str], enhanced: str = "") -> bytes:
        """Answer the stage that is due; or say 421 at any time (RFC 5321 §3.8).

        Lines are folded at 512 octets; controls in the text become ``?``, and so does what is not ASCII unless
        the client asked for SMTPUTF8.

        Args:
            code: the reply code, 100 to 999; any, fitting or not.
            lines: the text; without any line the reply is the bare code.
            enhanced: the enhanced status code, put before each line; empty for none.

        Returns:
            The octets to send.

        Raises:
            LocalProtocolError: when no answer is due and the code is not 421, when the session is closed, or when
                the code has not three digits.
        """
        if not 100 <= code <= 999:
            raise LocalProtocolError(f"{code} is no reply code")
        if self._state is _CLOSED:
            raise LocalProtocolError("the session is closed")
        if not self._due and code != 421:
            raise LocalProtocolError("no answer is due")
        data = format_reply(code, lines, enhanced, utf8=self.takes_utf8)
        self._answered(code)
        return data

    def send_raw(self, data: bytes, code: int | None) -> bytes:
        """Answer with any octets at all, for a server that misbehaves on purpose.

        Args:
            data: the octets, sent as they are.
            code: the reply code that moves the session, whatever the octets say; None for an answer without one:
                the stage counts as answered and nothing moves, except that a greeting is over and so is
                a message.

        Returns:
            The same octets.

        Raises:
            LocalProtocolError: when the session is closed.
        """
        if self._state is _CLOSED:
            raise LocalProtocolError("the session is closed")
        self._answered(0 if code is None else code)
        return data

    def close(self) -> None:
        """End the session on our side: what is buffered and what still comes is discarded."""
        self._state = _CLOSED
        self.closed = True
        self._at_once = _AT_ONCE[_CLOSED]
        self._due = ""
        self._event = self._held = self._content = self._chunk = None
        self._end_transaction()
        self._buffer.clear()

    # What the client did

    def _in_sequence(self, event: Command | CommandError) -> Command | CommandError:
        stage = event.stage
        moves = _MOVES[self._state].get(stage)
        if moves is None:
            if stage in STAGES or self._state is _TURNED_AWAY:
                code, enhanced = (503, "5.5.1")
                if not self.lmtp:
                    code, enhanced = BAD_SEQUENCE.get((self._state, stage), (code, enhanced))
                problem = f"{event.verb or 'the command'} is out of sequence"
                event = CommandError(stage, event.verb, code, enhanced, problem, event.raw)
            return self._refuse(event)
        if isinstance(event, CommandError):
            return self._refuse(event)
        wrong = self._objection(event)
        if wrong is not None:
            return self._refuse(CommandError(stage, event.verb, *wrong, event.raw))
        self._due = stage
        self._event = event
        self._moves = moves
        return event

    def _objection(self, event: Command) -> tuple[int, str, str] | None:
        """What speaks against a command that is in its place: reply code, enhanced status code and problem."""
        stage = event.stage
        if stage == "rcpt":
            if not self._utf8 and not event.raw.isascii():
                return 553, "5.6.7", "the address needs SMTPUTF8 in the MAIL command"
            if len(self.recipients) >= self.limits.max_recipients:
                return 452, "4.5.3", f"more than {self.limits.max_recipients} recipients"
        elif stage == "data" and self._binary:
            # RFC 3030 §3
            return 503, "5.5.1", "a message that is declared BINARYMIME comes by BDAT"
        elif stage == "auth" and self.authenticated and self._state is _READY:
            # RFC 4954 §4
            return 503, "5.5.1", "the session is authenticated already"
        elif stage == "starttls" and self.secure:
            return 503, "5.5.1", "the session is encrypted already"
        elif stage == "ehlo" and self.lmtp:
            # RFC 2033 §4.1
            return 500, "5.5.1", f"LMTP has LHLO in place of {event.verb}"
        return None

    def _refuse(self, event: Command | CommandError) -> CommandError:
        assert isinstance(event, CommandError)
        if (event.reply_hint, event.stage) not in FORGIVEN:
            self._errors += 1
        if self._errors > self.limits.max_errors:
            problem = f"more than {self.limits.max_errors} errors; the latest: {event.problem}"
            event = CommandError(event.stage, event.verb, 421, "4.7.0", problem, event.raw)
        self._due = event.stage
        self._event = event
        self._moves = _ERROR_MOVES.get(self._state, _NO_MOVES).get(event.stage)
        return event

    def _hold_long_line(self, head: bytes, auth: bool) -> Event | None:
        if auth:
            # RFC 4954 §4
            problem = f"the line is over {self.limits.max_auth_line_octets} octets"
            self._held = CommandError("auth", "", 500, "5.5.6", problem, head)
        else:
            problem = f"the line is over {self.limits.max_command_octets} octets"
            word, space, _ = head.partition(b" ")
            known = self._parser.parse(word + b"\r\n" if space else b"\r\n")
            self._held = CommandError(known.stage, known.verb, 500, "5.5.2", problem, head)
        return self._next_held()

    def _next_held(self) -> Event | None:
        event = self._held
        assert event is not None
        if not self._buffer.skip_line():
            return self._end("", event.raw) if self._eof else None
        self._held = None
        return self._refuse(event)

    def _next_chunk(self) -> Event | None:
        chunk = self._chunk
        assert chunk is not None
        complete = chunk.read(self._buffer)
        raw = chunk.command.raw + chunk.kept if complete or self._eof else b""
        if not complete:
            return self._end("message", raw) if self._eof else None
        self._chunk = None
        command = chunk.command._replace(raw=raw)
        if self._state is not _RECIPIENTS and self._state is not _CHUNKS:
            return self._in_sequence(command)
        if chunk.refusal is not None:
            refused = self._refuse(chunk.refusal._replace(raw=raw))
            if "CHUNKING" not in self.extensions:
                self._moves = None  # a command that is not there breaks nothing: DATA may follow
            return refused
        if self._chunks is None:
            self._chunks = bytearray()
        self._chunks += chunk.kept
        if not command.argument.upper().endswith("LAST"):
            return self._in_sequence(command)
        return self._message(bytes(self._chunks), raw, chunked=True)

    def _next_message(self) -> Event | None:
        if self._content is None:
            self._content = ContentReader(self.limits.max_message_octets, self.limits.max_command_octets)
        content = self._content.read(self._buffer)
        if content is None:
            return self._end("message", self._content.so_far()) if self._eof else None
        self._content = None
        if content.content is None:
            problem = f"{content.received} octets were received, over {self.limits.max_message_octets} of content"
            return self._refuse(CommandError("message", "", 552, "5.3.4", problem, content.raw))
        return self._message(content.content, content.raw)

    def _message(self, content: bytes, raw: bytes, *, chunked: bool = False) -> MessageReceived:
        event = MessageReceived("message", content, raw, len(content), chunked)
        self._due = "message"
        self._event = event
        self._moves = _MOVES[State.CONTENT]["message"]
        return event

    def _end(self, stage: str, unfinished: bytes) -> Eof:
        event = Eof(stage, unfinished or self._buffer.take_all())
        self.close()
        return event

    # What we answered

    def _answered(self, code: int) -> None:
        stage, event = self._due, self._event
        self._due = ""
        self._event = None
        if code in CLOSING:
            self.quit = stage == "quit"
            self.close()
            return
        if not stage or self._moves is None:
            return
        digit = code // 100
        state = self._moves[digit if 0 <= digit <= 9 else 0]
        if digit == 2 and isinstance(event, Command):
            self._accepted(stage, event)
        if state is not self._state:
            self._enter(state)

    def _accepted(self, stage: str, command: Command) -> None:
        if stage == "rcpt":
            self.recipients.append(command)
        elif stage == "mail":
            self.mail = command
            parameters = command.parameters
            if parameters:
                self._utf8 = "SMTPUTF8" in parameters
                self._binary = parameters.get("BODY", "").upper() == "BINARYMIME"
        elif stage == "auth":
            self.authenticated = True
        elif command.stage in {"ehlo", "lhlo"}:
            self.hello = command
        elif stage == "starttls":
            # RFC 3207 §4.2: what was said before is forgotten. What was sent ahead of the handshake would
            # otherwise count as said inside it.
            self.hello = None
            self.secure = True
            self.authenticated = False
            self._buffer.clear()

    def _enter(self, state: State) -> None:
        if state is _CLOSED:
            self.quit = True  # nothing else leads there
            self.close()
        elif state is _READY or state is _GREETED:
            self._end_transaction()
        self._state = state
        self._at_once = _AT_ONCE[state]

    def _end_transaction(self) -> None:
        if self.mail is not None:
            self.mail = None
            self.recipients = []
            self._utf8 = self._binary = False
            self._chunks = None
