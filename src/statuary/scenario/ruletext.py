"""A rule as a person writes it in a rule file: ``[[rule]]``, a line for each key, small tables on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

__all__ = ["rule_text"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile("[\x7f\ud800-\udfff]")


def rule_text(table: Mapping[str, object]) -> str:
    """A rule as TOML.

    Args:
        table: the rule as a table.
    """
    lines = [f"{_key(name)} = {_value(value)}" for name, value in table.items()]
    return "\n".join(["[[rule]]", *lines]) + "\n"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(name))} = {_value(each)}" for name, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)


def _string(text: str) -> str:
    """A basic string: that of JSON, whose escapes TOML understands, and with DEL escaped too."""
    return _ESCAPED.sub(
        lambda match: "\\u007f" if match[0] == "\x7f" else "\\ufffd", json.dumps(text, ensure_ascii=False)
    )
