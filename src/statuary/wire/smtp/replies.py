"""Replies as they go on the wire (RFC 5321 §4.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["MAX_REPLY_LINE_OCTETS", "format_reply"]

MAX_REPLY_LINE_OCTETS = 512
"""The longest reply line, its reply code and CRLF included (RFC 5321 §4.5.3.1.5)."""

# "250 " before the text and CRLF after it.
_ROOM = MAX_REPLY_LINE_OCTETS - 4 - 2
# textstring (RFC 5321 §4.2) has tab, space and printable ASCII.
_NOT_ASCII_TEXT = re.compile(r"[^\t -~]")
# With SMTPUTF8 it has UTF-8 beyond ASCII too (RFC 6531 §3.7.4.2). The C1 controls, the line and paragraph
# separators end a line for some readers; surrogates cannot be encoded.
_NOT_UTF8_TEXT = re.compile("[^\t -~\u00a0-\u2027\u202a-\ud7ff\ue000-\U0010ffff]")


def format_reply(code: int, lines: Sequence[str], enhanced: str = "", *, utf8: bool = False) -> bytes:
    """Write a reply of one or several lines.

    What cannot stand in reply text becomes ``?``, so that no text can end its line; a line that is too long
    goes on in the next one.

    Args:
        code: the reply code, 100 to 999.
        lines: the text; without any line the reply is the bare code.
        enhanced: the enhanced status code, repeated on every line (RFC 2034 §4); empty for none.
        utf8: whether text beyond ASCII is allowed (RFC 6531 §3.7.4.2).
    """
    if len(lines) == 1:
        text = f"{enhanced} {lines[0]}" if enhanced else lines[0]
        if len(text) <= _ROOM and text.isascii() and text.isprintable():
            return f"{code} {text}\r\n".encode("ascii")
    return _format_lines(code, tuple(lines), enhanced, utf8)


# An EHLO reply is the same in every session but for the name of the client.
@lru_cache(maxsize=256)
def _format_lines(code: int, lines: tuple[str, ...], enhanced: str, utf8: bool) -> bytes:
    forbidden = _NOT_UTF8_TEXT if utf8 else _NOT_ASCII_TEXT
    mark = forbidden.sub("?", enhanced)[: _ROOM // 2].encode()
    if not lines:
        return b"%d %s\r\n" % (code, mark) if mark else b"%d\r\n" % code
    prefix = mark + b" " if mark else b""
    room = _ROOM - len(prefix)
    texts = [part for line in lines for part in _fold(forbidden.sub("?", line).encode(), room)]
    head = b"".join(b"%d-%s%s\r\n" % (code, prefix, text) for text in texts[:-1])
    return b"%s%d %s%s\r\n" % (head, code, prefix, texts[-1])


def _fold(text: bytes, room: int) -> list[bytes]:
    parts = []
    while len(text) > room:
        # At a space where there is one; else between two characters, never inside a UTF-8 sequence.
        end = text.rfind(b" ", 1, room + 1)
        after = end + 1
        if end < 0:
            end = room
            while text[end] & 0xC0 == 0x80:
                end -= 1
            after = end
        parts.append(text[:end])
        text = text[after:]
    parts.append(text)
    return parts
