"""Percent-encoding of what a URI does not hold (RFC 3986 §2.1)."""

from __future__ import annotations

import re

__all__ = ["escape"]


def escape(text: str, unsafe: re.Pattern[str]) -> str:
    """A text with some of its characters percent-encoded, octet by octet of their UTF-8.

    Args:
        text: the text.
        unsafe: what is encoded.
    """
    return unsafe.sub(lambda match: "".join(f"%{octet:02X}" for octet in match[0].encode(errors="replace")), text)
