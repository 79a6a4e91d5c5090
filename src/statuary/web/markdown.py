"""Renders the catalogue's Markdown: links between codes, links to the documents that it cites."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from statuary.catalog.specs import parse_spec
from statuary.web.highlight import command

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["block", "citations", "inline"]

MAX_RENDERED_TEXTS = 4096
"""How many rendered texts are kept."""

_CITED = re.compile(r"RFC [0-9]{1,5}(?: §[0-9A-Z]+(?:\.[0-9]+)*)?")
# Code that fits the narrowest screen, and that a browser would still break: behind a hyphen, a slash, a question mark.
_BROKEN = re.compile(r"(?=.*[-/?])\S{1,22}")
_PARTICLE = re.compile(r"(?<=[)”])(?=[\uac00-\ud7a3])")
_REFERRED = re.compile(rf"{_CITED.pattern}|IANA [a-z0-9-]+|\bdraft-[a-z0-9-]+")


def _cite(tokens: Sequence[Token]) -> list[Token]:
    """Link citations such as ``RFC 5321 §4.2.3`` to the place that they name."""
    from markdown_it.token import Token

    result: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.type == "link_open") - (token.type == "link_close")
        if token.type != "text" or depth:
            result.append(token)
            continue
        place = 0
        for match in _CITED.finditer(token.content):
            result.append(_text(token.content[place : match.start()]))
            opening = Token("link_open", "a", 1)
            opening.attrs = {"href": parse_spec(match[0]).url, "class": "cite", "translate": "no"}
            result += [opening, _text(match[0]), Token("link_close", "a", -1)]
            place = match.end()
        result.append(_text(token.content[place:]))
    return result


def _text(content: str) -> Token:
    from markdown_it.token import Token

    return Token("text", "", 0, content=content)


def _link_codes(tokens: Sequence[Token], language: str) -> None:
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrs.get("href", ""))
            if target.startswith("code:"):
                token.attrs["href"] = f"/{language}/{target.removeprefix('code:')}"
                token.attrs["class"] = "code-link"


def _keep_particles(tokens: Sequence[Token]) -> None:
    """Leave a browser no place to end a line before a Korean particle."""
    for token in tokens:
        if token.type == "text":
            token.content = _PARTICLE.sub("\u2060", token.content)


def _code(_: object, tokens: Sequence[Token], place: int, *__: object) -> str:
    """A piece of code: a short one whole, of a longer one its options."""
    text = tokens[place].content
    return f'<code class="option">{escape(text)}</code>' if _BROKEN.fullmatch(text) else f"<code>{command(text)}</code>"


class _Renderer:
    """A parser of the dialect that content is written in: CommonMark without raw HTML and images."""

    def __init__(self) -> None:
        from markdown_it import MarkdownIt

        self._parser = MarkdownIt("commonmark", {"html": False}).disable("image")
        self._parser.add_render_rule("code_inline", _code)

    def render(self, text: str, language: str, *, inline_only: bool) -> Markup:
        """Render a text for the pages of a language."""
        environment: MutableMapping[str, Any] = {}
        parse = self._parser.parseInline if inline_only else self._parser.parse
        tokens = parse(text, environment)
        for token in tokens:
            if token.type == "inline" and token.children is not None:
                _link_codes(token.children, language)
                token.children = _cite(token.children)
                if language == "ko":
                    _keep_particles(token.children)
        rendered = self._parser.renderer.render(tokens, self._parser.options, environment)
        return Markup(rendered.strip())  # noqa: S704 - raw HTML is off, everything else is escaped


@cache
def _renderer() -> _Renderer:
    """The one parser, made with the first page: the API goes without it."""
    return _Renderer()


@lru_cache(maxsize=MAX_RENDERED_TEXTS)
def block(text: str, language: str) -> Markup:
    """Paragraphs and lists.

    Args:
        text: Markdown.
        language: the tag of the pages that links lead to.
    """
    return _renderer().render(text, language, inline_only=False)


@lru_cache(maxsize=MAX_RENDERED_TEXTS)
def inline(text: str, language: str) -> Markup:
    """One sentence without a paragraph around it.

    Args:
        text: Markdown.
        language: the tag of the pages that links lead to.
    """
    return _renderer().render(text, language, inline_only=True)


@lru_cache(maxsize=MAX_RENDERED_TEXTS)
def citations(text: str) -> Markup:
    """A reference in the words of a content file, with links to the documents that it names.

    Args:
        text: such as ``RFC 5321 §4.5.4.1; RFC 9110 §15`` or ``IANA smtp-enhanced-status-codes, X.2.2``.
    """
    parts: list[Markup] = []
    place = 0
    for match in _REFERRED.finditer(text):
        parts.append(escape(text[place : match.start()]))
        parts.append(Markup('<a class="cite" href="{}">{}</a>').format(parse_spec(match[0]).url, match[0]))
        place = match.end()
    parts.append(escape(text[place:]))
    return Markup('<span lang="en" translate="no">{}</span>').format(Markup().join(parts))
