"""What an engine has received and not yet read.

The buffer keeps the octets object that arrived as long as it lasts and hands out slices of it, so that
the common case (one read holds whole lines) copies each octet once. What arrives while something is
still unread waits in a list and is joined on when it is needed: many small reads stay linear in octets.
"""

from __future__ import annotations

__all__ = ["ReceiveBuffer"]


class ReceiveBuffer:
    """Received octets, read by line, by count or up to a mark.

    It sets no bound to what is appended: whoever feeds it looks at its length and pauses reading.
    """

    __slots__ = ("_data", "_position", "_waiting")

    def __init__(self) -> None:
        self._data = b""
        self._position = 0
        self._waiting: list[bytes] = []

    def __len__(self) -> int:
        return len(self._data) - self._position + sum(map(len, self._waiting))

    def append(self, data: bytes) -> None:
        """Add what was received.

        Args:
            data: octets, kept without a copy.
        """
        if self._waiting or self._position < len(self._data):
            self._waiting.append(data)
        else:
            self._data = data
            self._position = 0

    def clear(self) -> None:
        """Forget everything that was not read."""
        self._data = b""
        self._position = 0
        self._waiting.clear()

    def take_line(self, limit: int) -> bytes | None:
        """Read one line, which ends with LF.

        Args:
            limit: the most octets that a line may have, its end included.

        Returns:
            The line with its end; or exactly ``limit`` octets that do not end with LF, the head of a line
            that is too long, whose rest `skip_line` drops; or None while the line is not complete.
        """
        data, start = self._data, self._position
        if start == len(data) and not self._waiting:
            return None
        end = data.find(b"\n", start, start + limit) + 1
        if not end:
            if len(data) - start < limit:
                if not self._waiting:
                    return None
                self._join()
                data, start = self._data, 0
                end = data.find(b"\n", 0, limit) + 1
            if not end:
                if len(data) - start < limit:
                    return None
                end = start + limit
        self._position = end
        return data[start:end]

    def skip_line(self) -> bool:
        """Drop everything up to and with the next LF.

        Returns:
            Whether the LF was found; False means that all was dropped and the line goes on.
        """
        self._join()
        end = self._data.find(b"\n", self._position) + 1
        if not end:
            self.clear()
            return False
        self._position = end
        return True

    def find(self, mark: bytes) -> int:
        """Where a mark begins, counted in octets from the first unread one; -1 where it is not there."""
        self._join()
        at = self._data.find(mark, self._position)
        return at if at < 0 else at - self._position

    def starts_with(self, mark: bytes, at: int = 0) -> bool:
        """Whether the unread octets begin with a mark.

        Args:
            mark: the octets.
            at: how many unread octets to pass over before.
        """
        self._join()
        return self._data.startswith(mark, self._position + at)

    def take(self, count: int) -> bytes:
        """Read octets.

        Args:
            count: how many octets at most; fewer come back where fewer are there.
        """
        self._join()
        start = self._position
        self._position = end = min(start + count, len(self._data))
        return self._data[start:end]

    def take_all(self) -> bytes:
        """Read everything."""
        return self.take(len(self))

    def _join(self) -> None:
        if self._waiting:
            self._data = b"".join([self._data[self._position :], *self._waiting])
            self._position = 0
            self._waiting.clear()
