"""Places the facts of a code into the template of a framework."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from typing import TYPE_CHECKING, NamedTuple

from statuary.catalog.model import Code
from statuary.errors import ContentError
from statuary.snippets.framework import Framework

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["Asked", "Snippet", "asked", "digest", "fill", "place"]

_SEPARATORS = {"compact": (",", ":"), "newline": (",", ":"), "spaced": (", ", ": ")}
_SHORT_CHARACTERS = 70
"""The longest mapping that stands on one line."""
_LEFT_TO_THE_SERVER = frozenset({"content-length", "content-type"})


class Asked(NamedTuple):
    """What a snippet asks its framework to send.

    Args:
        number: the status code.
        phrase: the reason phrase that belongs to it.
        headers: the header fields that the snippet sets.
        content: the JSON body, key to text; empty where no body is allowed.
        registered: whether the number means this code by the registry, so that a framework's constant is right.
    """

    number: int
    phrase: str
    headers: dict[str, str]
    content: dict[str, str]
    registered: bool


class Snippet(NamedTuple):
    """A file to copy: its text, and what the reader calls the file."""

    framework: str
    code: str
    file: str
    text: str


def asked(code: Code, style: str = "compact") -> Asked:
    """What a snippet for ``code`` asks for.

    Args:
        code: a code that :func:`statuary.snippets.answerable` lets through.
        style: how the framework writes JSON; the range of 206 counts the octets of the body.
    """
    # The registry calls 306 and 418 "(Unused)"; who sends them means their earlier names.
    title = code.aliases[0] if code.title.startswith("(") and code.aliases else code.title
    slug = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    # A success is no error: the key says which it is.
    key = "status" if code.value[0] in "23" else "error"
    content = {key: slug, "message": title} if code.answer.content else {}
    length = len(json.dumps(content, separators=_SEPARATORS[style])) + (style == "newline")
    headers = {
        name: re.sub(r"^bytes 0-[0-9]+/", f"bytes 0-{length - 1}/", value)
        for name, value in code.answer.headers.items()
        if name.lower() not in _LEFT_TO_THE_SERVER
    }
    registered = code.protocol == "http" and code.status in ("registered", "obsolete", "reserved")
    return Asked(int(code.value), title, headers, content, registered)


def place(framework: Framework, code: Code, template: str | None = None) -> Snippet:
    """The snippet of a framework for a code.

    Args:
        framework: the framework.
        code: a code that :func:`statuary.snippets.answerable` lets through.
        template: another text than that of the framework's own template file.

    Raises:
        ContentError: the template is wrong.
    """
    wanted = asked(code, framework.json)
    text = fill(
        framework.template_text() if template is None else template,
        f"snippets/{framework.id}/{framework.template}",
        code.id,
        number=wanted.number,
        constant=framework.constants.get(code.id, ""),
        headers=wanted.headers,
        content=wanted.content,
    )
    return Snippet(framework.id, code.id, framework.file, text)


def fill(template: str, where: str, code: str, **facts: object) -> str:
    """Fill the facts of a code into a template.

    Args:
        template: its text.
        where: the file that it stands in, for errors.
        code: the identity of the code, for errors.
        facts: its variables.

    Raises:
        ContentError: the template is wrong.
    """
    from jinja2 import TemplateError

    try:
        return _compiled(template).render(**facts)
    except TemplateError as error:
        raise ContentError(where, getattr(error, "lineno", None) or 1, 1, f"{error}, for {code}") from error


def digest(text: str) -> str:
    """Twelve hexadecimal digits that change with the text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@functools.lru_cache(maxsize=64)
def _compiled(template: str) -> Template:
    return _environment().from_string(template)


def _double(text: str) -> str:
    """A literal in double quotes, as JavaScript, Go, Java, C#, Rust and JSON read it."""
    return json.dumps(text)


def _gentle(text: str) -> str:
    """A literal in double quotes, or in single ones where that saves escapes: Python, JavaScript, Ruby."""
    if '"' in text and "'" not in text and "\\" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def _backtick(text: str) -> str:
    """A literal of Go: raw where that saves escapes."""
    return f"`{text}`" if '"' in text and "`" not in text else json.dumps(text)


def _single(text: str) -> str:
    """A literal in single quotes with no escapes but those two: PHP, Ruby, nginx."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _shell(text: str) -> str:
    """A word of the shell in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def _apache(text: str) -> str:
    """A word in double quotes as Apache's configuration reads it: backslash before quote and backslash."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _inline(content: dict[str, str]) -> str:
    """The body as one line of JSON."""
    return json.dumps(content, separators=_SEPARATORS["compact"])


def _mapping(entries: dict[str, str], indent: int, pad: str = "") -> str:
    """A mapping of Python, or of JavaScript with ``pad`` a space: on one line where that is short."""
    pairs = [f"{json.dumps(name)}: {_gentle(value)}" for name, value in entries.items()]
    line = "{" + pad + ", ".join(pairs) + pad + "}"
    if len(line) <= _SHORT_CHARACTERS:
        return line
    step = 2 if pad else 4
    return "{\n" + "".join(f"{' ' * (indent + step)}{pair},\n" for pair in pairs) + " " * indent + "}"


def _bare(text: str) -> str:
    """A word of nginx's configuration, in quotes only where it needs them."""
    return text if re.fullmatch(r"[\w./:*=%?&-]+", text) else _single(text)


def _object(content: dict[str, str]) -> str:
    """The body as an object of JavaScript."""
    return "{ " + ", ".join(f"{key}: {json.dumps(value)}" for key, value in content.items()) + " }"


@functools.cache
def _environment() -> Environment:
    """What the templates are compiled by; its library is loaded with the first of them."""
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the templates make programs, not pages; pages escape what they show
    )
    environment.filters.update(
        apache=_apache,
        backtick=_backtick,
        bare=_bare,
        double=_double,
        gentle=_gentle,
        inline=_inline,
        mapping=_mapping,
        object=_object,
        shell=_shell,
        single=_single,
    )
    return environment
