"""Message content between the reply to DATA and the final dot (RFC 5321 §4.1.1.4, §4.5.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from statuary.wire.buffer import ReceiveBuffer

__all__ = ["Content", "ContentReader", "unstuff", "whole_content"]

# Only this ends content. A dot between bare LF or bare CR does not: where two servers differ on that, one
# message can smuggle another past the first of them.
_END: Final = b"\r\n.\r\n"
_DOT: Final = _END[:3]
_FULL_STOP: Final = ord(".")


class Content(NamedTuple):
    """Content that is complete.

    Args:
        content: the content without transport dots; None where it is over the limit.
        raw: the octets as received with the final dot, or the head of them where it is over the limit.
        received: how many octets were received, the final dot included.
    """

    content: bytes | None
    raw: bytes
    received: int


def unstuff(raw: bytes) -> bytes:
    """Take the final dot off and the stuffed dots out (RFC 5321 §4.5.2).

    Args:
        raw: content as received, which ends with the final dot and its CRLF.
    """
    content = raw[:-3].replace(b"\r\n.", b"\r\n")
    return content[1:] if content.startswith(b".") else content


def whole_content(data: bytes) -> bytes | None:
    """Give the content of octets that are one message and have no dots to take out.

    Args:
        data: octets, from the first one of the content on.

    Returns:
        The content; None where the first dot that opens a line is not the final one at the end of the octets.
    """
    end = len(data) - len(_END)
    if end < 0 or not data.endswith(_END) or data[0] == _FULL_STOP or data.rfind(_DOT, 0, end + 2) >= 0:
        return None  # from the right: Python looks there without the tables that it sets up for the other way
    return data[:-3]


class ContentReader:
    """Reads the content of one message and keeps no more of it than a limit allows.

    Args:
        limit: the most octets the content may have without transport dots.
        head: how many octets to keep of content that is over the limit.
    """

    __slots__ = ("_head", "_head_octets", "_kept", "_limit", "_lost", "_most", "_tail")

    def __init__(self, limit: int, head: int) -> None:
        self._limit = limit
        self._head_octets = head
        # The CRLF that ended the DATA command counts as the first half of the end mark.
        self._kept = bytearray(_END[:2])
        # A stuffed dot needs a line of its own, so three octets of content make four at most; the CRLF
        # above and the final dot come on top. Whatever is longer than this is over the limit for certain.
        self._most = max(limit + limit // 3, head) + 2 + 3
        self._lost = 0
        self._head = self._tail = b""

    def read(self, buffer: ReceiveBuffer) -> Content | None:
        """Read as far as the final dot.

        Args:
            buffer: where the octets are taken from; what follows the final dot stays in it.

        Returns:
            The content, or None while it is not complete.
        """
        if self._lost:
            return self._discard(buffer)
        kept = self._kept
        before = len(kept)
        if before == 2 and not buffer.starts_with(b"."):
            at = buffer.find(_DOT)
            plain = at >= 0 and buffer.starts_with(_END, at)  # the first dot that opens a line is the final one
            if at >= 0 and not plain:
                at = buffer.find(_END)
            if at >= 0:
                raw = buffer.take(at + len(_END))
                return self._complete(raw, raw[:-3] if plain else unstuff(raw))
        chunk = buffer.take_all()
        kept += chunk
        end = kept.find(_END, max(0, before - len(_END) + 1)) + len(_END)
        if end >= len(_END):
            buffer.append(chunk[end - before :])
            raw = bytes(kept[2:end])
            return self._complete(raw, unstuff(raw))
        if len(kept) > self._most:
            self._lost = len(kept) - 2
            self._head = bytes(kept[2 : 2 + self._head_octets])
            self._tail = bytes(kept[1 - len(_END) :])
            self._kept = bytearray()
        return None

    def so_far(self) -> bytes:
        """Give what was kept of content that never became complete."""
        return self._head if self._lost else bytes(self._kept[2:])

    def _discard(self, buffer: ReceiveBuffer) -> Content | None:
        chunk = buffer.take_all()
        window = self._tail + chunk
        at = window.find(_END)
        if at < 0:
            self._lost += len(chunk)
            self._tail = window[1 - len(_END) :]
            return None
        end = at + len(_END) - len(self._tail)
        buffer.append(chunk[end:])
        return Content(None, self._head, self._lost + end)

    def _complete(self, raw: bytes, content: bytes) -> Content:
        if len(content) > self._limit:
            return Content(None, raw[: self._head_octets], len(raw))
        return Content(content, raw, len(raw))
