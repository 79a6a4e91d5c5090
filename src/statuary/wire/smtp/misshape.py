"""Replies that break the rules of RFC 5321 §4.2 on purpose, made of replies that keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["misshape", "without_enhanced"]

_CRLF = b"\r\n"
_CODE = 3
_ENHANCED = re.compile(rb"(?m)^([0-9]{3}[ -])[245]\.[0-9]{1,3}\.[0-9]{1,3} ")


def misshape(data: bytes, effects: Mapping[str, float | None]) -> bytes:
    """Break a reply.

    Args:
        data: one whole reply, of one line or several.
        effects: what is done to it, by name: ``lines`` repeats its text up to so many lines; ``long`` pads its last
            line to so many octets, which RFC 5321 §4.5.3.1.5 bounds at 512; ``mixed`` gives its first line another
            code than its last (§4.2.1 wants one); ``bare`` leaves the codes alone, without text; ``lf`` ends lines
            with LF alone (§2.3.8); ``twice`` sends it twice. Other names are passed over.
    """
    lines = data.split(_CRLF)[:-1]
    count = effects.get("lines")
    if count:
        texts = [line[_CODE + 1 :] for line in lines]
        code = lines[-1][:_CODE]
        lines = _join(code, [texts[number % len(texts)] for number in range(int(count))])
    if "mixed" in effects:
        if len(lines) == 1:
            lines = _join(lines[0][:_CODE], [lines[0][_CODE + 1 :]] * 2)
        lines[0] = (b"5" if lines[0].startswith(b"2") else b"2") + lines[0][1:]
    octets = effects.get("long")
    if octets:
        missing = int(octets) - len(lines[-1]) - len(_CRLF)
        if missing > 0:
            lines[-1] += b"x" * missing
    if "bare" in effects:
        lines = [line[: _CODE + 1].rstrip(b" ") for line in lines]
    end = b"\n" if "lf" in effects else _CRLF
    broken = b"".join([line + end for line in lines])
    return broken * 2 if "twice" in effects else broken


def without_enhanced(data: bytes) -> bytes:
    """A reply without its enhanced status codes, for a client that was not offered them (RFC 2034 §3)."""
    return _ENHANCED.sub(rb"\1", data)


def _join(code: bytes, texts: list[bytes]) -> list[bytes]:
    return [*(code + b"-" + text for text in texts[:-1]), code + b" " + texts[-1]]
