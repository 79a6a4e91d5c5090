"""Draws badges: protocol and number, a mark of the class, and the registered name, as SVG that needs nothing else.

Colours alone say nothing that the mark's shape does not say too. Widths are estimated, and ``textLength`` makes each
text exactly as wide as its box expects, whatever font the reader has.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from statuary.catalog.model import Code
from statuary.web.render import code_class

__all__ = ["COLOURS", "MAX_NAME_CHARACTERS", "draw_badge", "draw_missing", "text_width"]

MAX_NAME_CHARACTERS = 48
"""Longer names are cut; the badge's title has them whole."""
MAX_DESCRIPTION_CHARACTERS = 300
"""How much of a summary the badge's description holds."""
COLOURS = {
    "1": "#45596c",
    "2": "#1b6b58",
    "3": "#33509f",
    "4": "#875600",
    "5": "#a3321e",
    "6": "#6f3a6d",
    "x": "#645c50",
}
"""The colour of each class: those of the site's light pages."""

_INK, _PAPER = "#211d18", "#ffffff"
_HEIGHT, _BASELINE, _FONT_SIZE, _PAD, _MARK = 22, 15, 12, 8, 10
_FONT = "Verdana,DejaVu Sans,Noto Sans,sans-serif"
_NARROW, _WIDE = frozenset("fijlrtI .,:;'|!()[]/-"), frozenset("mwMW@%—")
_NARROW_WIDTH, _WIDE_WIDTH, _CAPITAL_WIDTH, _WIDTH = 0.4, 0.95, 0.72, 0.62
_MARKS = {
    "1": '<circle cx="5" cy="5" r="4" fill="none" stroke="{0}" stroke-width="2"/>',
    "2": '<circle cx="5" cy="5" r="5" fill="{0}"/>',
    "3": '<path d="M1 0 10 5 1 10z" fill="{0}"/>',
    "4": '<path d="M5 0 10 5 5 10 0 5z" fill="{0}"/>',
    "5": '<path d="M3 0h4l3 3v4l-3 3H3L0 7V3z" fill="{0}"/>',
    "6": '<path d="M0 2 2 0l3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z" fill="{0}"/>',
    "x": '<path d="M0 4h10v3H0z" fill="{0}"/>',
}
"""Ring, disc, triangle, diamond, octagon, cross, and a bar where there are no classes: as on the site."""


def text_width(text: str) -> int:
    """How wide a text is drawn, in pixels.

    Args:
        text: a line without control characters.
    """
    return round(_FONT_SIZE * sum(map(_character_width, text))) if text else 0


def _character_width(character: str) -> float:
    if character in _NARROW:
        return _NARROW_WIDTH
    if character in _WIDE or not character.isascii():
        return _WIDE_WIDTH
    return _CAPITAL_WIDTH if character.isupper() else _WIDTH


def draw_badge(protocol: str, code: Code) -> str:
    """The badge of a code; its name is the registered one in every language.

    Args:
        protocol: the protocol's name.
        code: the code, with its prose.
    """
    label = " ".join(dict.fromkeys([protocol, code.value]))
    name = "" if code.title == code.value else code.title
    title = " ".join(filter(None, (label, name)))
    summary = _clip(code.summary.replace("`", ""), MAX_DESCRIPTION_CHARACTERS)
    described = ". ".join(filter(None, (code.class_, summary)))
    return _draw(label, name, title, described, code_class(code))


def draw_missing(query: str) -> str:
    """The badge of what the catalogue does not have.

    Args:
        query: what was asked for.
    """
    label = _clip("".join(each if each.isprintable() else " " for each in query), MAX_NAME_CHARACTERS)
    return _draw(label, "?", f"{label}: no code of the catalogue", "", "x")


def _draw(label: str, name: str, title: str, described: str, mark: str) -> str:
    shown = _clip(name, MAX_NAME_CHARACTERS)
    left = 2 * _PAD + text_width(label)
    gap = 6 if shown else 0
    right = 2 * _PAD + _MARK + gap + text_width(shown)
    description = f"<desc>{escape(described)}</desc>" if described else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}"'
        f' viewBox="0 0 {left + right} {_HEIGHT}" role="img" lang="en">'
        f"<title>{escape(title)}</title>{description}"
        f'<rect width="{left + right}" height="{_HEIGHT}" rx="3" fill="{_INK}"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v{_HEIGHT - 6}a3 3 0 0 1-3 3H{left}z" fill="{COLOURS[mark]}"/>'
        f'<g transform="translate({left + _PAD} 6)">{_MARKS[mark].format(_PAPER)}</g>'
        f'<g font-family="{_FONT}" font-size="{_FONT_SIZE}" fill="{_PAPER}" aria-hidden="true">'
        f"{_text(_PAD, label)}{_text(left + _PAD + _MARK + gap, shown)}</g></svg>\n"
    )


def _text(left: int, text: str) -> str:
    if not text:
        return ""
    length = text_width(text)
    return (
        f'<text x="{left}" y="{_BASELINE}" textLength="{length}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
    )


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
