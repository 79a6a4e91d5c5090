"""Makes concrete enhanced status codes (``4.2.2``) from registered templates (``X.2.2``); RFC 3463 §2."""

from __future__ import annotations

import re
from collections.abc import Mapping

from statuary.catalog.identity import named_in
from statuary.catalog.model import Code, Retry

__all__ = ["CLASS_IDENTITY", "NO_ENHANCED_STAGES", "concrete_code", "parse_enhanced", "template_identity"]

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")

CLASS_IDENTITY = "smtp/{digit}.XXX.YYY"
"""The identity of a class row."""

NO_ENHANCED_STAGES = frozenset({"connect", "ehlo"})
"""Stages whose replies have no enhanced status code: the greeting and the hello (RFC 2034 §4)."""


def parse_enhanced(text: str) -> tuple[str, str, str] | None:
    """Split ``4.2.2`` into class, subject and detail; None where it is not an enhanced status code."""
    match = _ENHANCED.fullmatch(text)
    return (match[1], match[2], match[3]) if match else None


def template_identity(text: str) -> str | None:
    """The identity of the template behind ``4.2.2``: ``smtp/X.2.2``; None where it is not an enhanced code."""
    parts = parse_enhanced(text)
    return f"smtp/X.{parts[1]}.{parts[2]}" if parts else None


def concrete_code(template: Code, class_code: Code, class_retry: Mapping[str, Retry]) -> Code:
    """Give a template the meaning of a class.

    Args:
        template: such as ``smtp/X.2.2``.
        class_code: the class row, such as ``smtp/4.XXX.YYY``.
        class_retry: the template's own advice by class digit, where it differs from the class's.
    """
    digit = class_code.value[0]
    value = f"{digit}{template.value[1:]}"
    basic = tuple(code for code in template.basic if code[0] in (digit, "a"))
    return template._replace(
        id=f"smtp/{value}",
        value=value,
        kind="code",
        class_=f"{digit}.X.X {class_code.name}",
        basic=basic,
        retry=class_retry.get(digit, class_code.retry),
        template=template.id,
        seen=tuple(item for item in template.seen if named_in(item.text, value)),
        hidden=template.hidden or digit not in template.classes,
        related=tuple(
            dict.fromkeys(
                [
                    *(f"smtp/{other}{template.value[1:]}" for other in template.classes if other != digit),
                    *template.related,
                ]
            )
        ),
    )
