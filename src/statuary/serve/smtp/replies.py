"""Reply texts and enhanced codes from the catalogue."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, TypeAlias

from statuary.catalog.enhanced import NO_ENHANCED_STAGES, template_identity
from statuary.scenario.script import Answer
from statuary.serve.session import Shared
from statuary.wire.smtp import format_reply

__all__ = ["Reply", "ReplyBook", "Written", "written"]


class Reply(NamedTuple):
    """A reply before it is written out.

    Args:
        code: the reply code.
        lines: the text, line by line; none for a bare code.
        enhanced: the enhanced status code; empty for none.
    """

    code: int
    lines: tuple[str, ...]
    enhanced: str


Written: TypeAlias = tuple[int, bytes, str]
"""A reply ready to be sent again and again: its code, its octets, and the code as the journal has it."""


def written(reply: Reply, *, utf8: bool = False) -> Written:
    """Write a reply out.

    Args:
        reply: the reply.
        utf8: whether its text may go beyond ASCII.
    """
    return reply.code, format_reply(reply.code, reply.lines, reply.enhanced, utf8=utf8), str(reply.code)


class ReplyBook:
    """Looks replies up; each once.

    Args:
        shared: the catalogue and how the server calls itself.
    """

    def __init__(self, shared: Shared) -> None:
        self._catalogue = shared.catalogue
        self._hostname = shared.hostname
        self._texts: dict[tuple[str, str], tuple[str, str]] = {}
        self._ordinary = {
            stage: self._parse(text) for stage, text in shared.catalogue.protocols["smtp"].ordinary.items()
        }

    @property
    def stages(self) -> Collection[str]:
        """The stages, and other occasions, for which there is an ordinary reply."""
        return self._ordinary.keys()

    def ordinary(self, stage: str) -> Reply:
        """What the mock replies by itself at a stage."""
        return self._ordinary.get(stage) or self._ordinary["other"]

    def scripted(self, answer: Answer, stage: str, domain: str) -> Reply:
        """What a script's answer replies.

        Args:
            answer: a code, perhaps with an enhanced code.
            stage: where it is given.
            domain: the domain of the address at hand; a forward path is made in it.
        """
        text, enhanced = self._text(answer.value, answer.enhanced)
        if not answer.enhanced and stage in NO_ENHANCED_STAGES:
            enhanced = ""
        return Reply(int(answer.value), self._fill(text, domain), enhanced)

    def error(self, code: int, enhanced: str) -> Reply:
        """What the protocol wants said to a mistake of the client's."""
        text, _ = self._text(str(code), "")
        return Reply(code, self._fill(text, ""), enhanced)

    def _parse(self, text: str) -> Reply:
        value, _, rest = text.partition(" ")
        enhanced, _, words = rest.partition(" ")
        if template_identity(enhanced) is None:
            enhanced, words = "", rest
        if not words:
            words, default = self._text(value, "")
            enhanced = enhanced or default
        return Reply(int(value), self._fill(words, ""), enhanced)

    def _text(self, value: str, enhanced: str) -> tuple[str, str]:
        """The text and enhanced code that go with what was asked for."""
        key = (value, enhanced)
        if key not in self._texts:
            self._texts[key] = self._look_up(value, enhanced)
        return self._texts[key]

    def _look_up(self, value: str, enhanced: str) -> tuple[str, str]:
        code = self._catalogue.get(f"smtp/{value}")
        identity = template_identity(enhanced)
        if identity is not None and not (code is not None and code.answer.machine_read):
            template = self._catalogue.get(identity)
            if template is not None:
                return template.answer.text or template.name, enhanced
        if code is not None:
            return code.answer.text or code.title, enhanced or code.answer.enhanced
        class_code = self._catalogue.get(f"smtp/{value[0]}.XXX.YYY")
        return class_code.name if class_code is not None else "", enhanced

    def _fill(self, text: str, domain: str) -> tuple[str, ...]:
        if not text:
            return ()
        forward_path = f"new@{domain}" if domain else "new@example.net"
        return (text.replace("{domain}", self._hostname).replace("{forward_path}", forward_path),)
