"""The octets of one BDAT chunk, which follow the command whatever its answer will be (RFC 3030 §2)."""

from __future__ import annotations

from statuary.wire.buffer import ReceiveBuffer
from statuary.wire.smtp.events import Command, CommandError
from statuary.wire.smtp.syntax import chunk_octets
from statuary.wire.smtp.table import SmtpLimits

__all__ = ["ChunkReader", "begin_chunk"]


class ChunkReader:
    """Reads one chunk, and keeps all of it or, where it is refused anyway, its head for the record.

    Args:
        command: the BDAT command.
        refusal: why the chunk is discarded; None where it is not, or is out of sequence.
        keep: how many of its octets to keep.
    """

    __slots__ = ("_keep", "_kept", "_missing", "command", "refusal")

    def __init__(self, command: Command, refusal: CommandError | None, keep: int) -> None:
        self.command = command
        self.refusal = refusal
        self._missing = chunk_octets(command)
        self._keep = keep
        self._kept = bytearray()

    def read(self, buffer: ReceiveBuffer) -> bool:
        """Read what there is.

        Args:
            buffer: where the octets are taken from; what follows the chunk stays in it.

        Returns:
            Whether the chunk is complete.
        """
        piece = buffer.take(self._missing)
        self._missing -= len(piece)
        if len(self._kept) < self._keep:
            self._kept += piece[: self._keep - len(self._kept)]
        return not self._missing

    @property
    def kept(self) -> bytes:
        """The octets that were kept so far."""
        return bytes(self._kept)


def begin_chunk(command: Command, held: int | None, limits: SmtpLimits, *, offered: bool) -> ChunkReader:
    """Make ready for the octets of a chunk.

    Args:
        command: the BDAT command.
        held: how many octets the chunks before it have; None where a chunk is not in its place.
        limits: how large the message may be, and how much is kept of what is discarded.
        offered: whether CHUNKING is.
    """
    octets = chunk_octets(command)
    refusal: CommandError | None = None
    keep = limits.max_discarded_octets
    if not offered:
        refusal = CommandError("bdat", "BDAT", 502, "5.5.1", "CHUNKING is not offered", command.raw)
    elif held is not None and held + octets > limits.max_message_octets:
        problem = f"the chunks have {held + octets} octets, over {limits.max_message_octets}"
        refusal = CommandError("bdat", "BDAT", 552, "5.3.4", problem, command.raw)
    elif held is not None:
        keep = octets
    return ChunkReader(command, refusal, keep)
