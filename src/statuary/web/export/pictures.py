"""Draws a picture of each code, for those who link to its page (the Open Graph protocol, ogp.me)."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING

from statuary.catalog.model import Code, Protocol
from statuary.web.render import code_class

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

__all__ = ["HEIGHT", "WIDTH", "can_draw", "draw"]

WIDTH = 1200
HEIGHT = 630
"""The size that networks ask for, in pixels."""
MAX_LINES = 3
"""The most lines of a name; what is longer ends in an ellipsis."""

_MARGIN = 80
_PAPER, _INK, _SOFT, _LINE = "#f8f4eb", "#211d18", "#5d5548", "#d9cfbc"
_COLOURS = {
    "1": "#45596c",
    "2": "#1b6b58",
    "3": "#33509f",
    "4": "#875600",
    "5": "#a3321e",
    "6": "#6f3a6d",
    "x": "#645c50",
}
_BIG = 210
_MIDDLE = 64
_SMALL = 36
_FOOT = 28
"""Sizes of letters in pixels; the value shrinks from the biggest until it fits."""
_VALUE_BASE = 330
_NAME_TOP = 356
_NAME_STEP = 66
_RULE = 576
_FOOT_TOP = 584
"""Where things stand, in pixels from the top."""
_COLOURS_KEPT = 32
"""Colours of the palette: edges of letters are blends of two, and a small palette makes a small file."""


def can_draw() -> bool:
    """Whether the library that draws is installed: Pillow, by the extra ``build``."""
    try:
        import PIL  # noqa: F401 - only asked whether it is there
    except ImportError:
        return False
    return True


def draw(code: Code, protocol: Protocol) -> bytes:
    """A code's picture as PNG: its number, its name, its protocol and its class; the same octets each time.

    Args:
        code: the code.
        protocol: its protocol.
    """
    from PIL import Image, ImageDraw

    colour = _COLOURS[code_class(code)]
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 28, HEIGHT), fill=colour)
    room = WIDTH - 2 * _MARGIN
    pen.text((_MARGIN, 56), protocol.name, font=_font(_MIDDLE), fill=_SOFT)
    pen.text((WIDTH - _MARGIN, 66), "Statuary", font=_font(_SMALL), fill=_SOFT, anchor="ra")
    size = next(size for size in range(_BIG, 0, -6) if size <= 6 or pen.textlength(code.value, _font(size)) <= room)
    pen.text((_MARGIN - 6, _VALUE_BASE), code.value, font=_font(size), fill=colour, anchor="ls")
    if code.title != code.value:
        for number, line in enumerate(_lines(pen, code.title, _font(_MIDDLE), room)):
            pen.text((_MARGIN, _NAME_TOP + _NAME_STEP * number), line, font=_font(_MIDDLE), fill=_INK)
    pen.line((_MARGIN, _RULE, WIDTH - _MARGIN, _RULE), fill=_LINE, width=2)
    foot = " · ".join(filter(None, [code.class_, _source(code)]))
    pen.text((_MARGIN, _FOOT_TOP), _fitting(pen, foot, _font(_FOOT), room), font=_font(_FOOT), fill=_SOFT)
    kept = io.BytesIO()
    image.quantize(_COLOURS_KEPT, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        kept, "PNG", compress_level=6
    )
    return kept.getvalue()


def _source(code: Code) -> str:
    """The first document that specifies it, and the section; the font has no sign for that."""
    return next((", ".join(filter(None, (spec.document, spec.section))) for spec in code.specs), "")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that Pillow carries itself, so that every machine draws alike."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _lines(
    pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: int
) -> list[str]:
    """A text in lines that fit; names made for programs part at their marks too."""
    lines = [""]
    for word in re.findall(r"[^\s_/]+[_/]?|\s+", text):
        if lines[-1] and pen.textlength((lines[-1] + word).rstrip(), font) > room:
            lines.append("")
        lines[-1] += word if lines[-1] or not word.isspace() else ""
    if len(lines) > MAX_LINES:
        lines = [*lines[: MAX_LINES - 1], "".join(lines[MAX_LINES - 1 :])]
    return [_fitting(pen, line.rstrip(), font, room) for line in lines]


def _fitting(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: int) -> str:
    """A text that fits in one line; what is cut off is marked by an ellipsis."""
    if pen.textlength(text, font) <= room:
        return text
    while text and pen.textlength(f"{text}…", font) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"
