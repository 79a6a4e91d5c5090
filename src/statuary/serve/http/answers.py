"""Builds answers from the catalogue: phrase, header fields, body, links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from statuary.catalog.model import Code
from statuary.scenario.script import Answer, Effect
from statuary.serve.http.bodies import Facts, choose_type, render_body
from statuary.serve.http.options import MARK, Options
from statuary.serve.http.origins import permissions
from statuary.serve.session import Shared

__all__ = ["MARK", "AnswerBook", "Built", "Interim", "mark_of"]

_FRAMING = frozenset({"content-length", "transfer-encoding"})


def mark_of(rule: str, step: int) -> str:
    """The value of the field that marks an answer, as a structured field's string (RFC 9651 §3.3.3).

    Args:
        rule: the script, or the rule's name; characters beyond ASCII are percent-encoded.
        step: the step of the script, from 1; 0 where it is used up.
    """
    if not rule.isascii() or '"' in rule or "\\" in rule:
        rule = quote(rule, safe=" !#$&'()*+,/:;<=>?@[]^`{|}~")
    return f'script="{rule}"; step={step}'


class Interim(NamedTuple):
    """An interim answer (RFC 9110 §15.2).

    Args:
        status: the status code.
        reason: the reason phrase.
        headers: the header fields.
        effects: what is done to it; only its delay counts.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    effects: tuple[Effect, ...] = ()

    @property
    def upgrades(self) -> bool:
        """Whether what follows is another protocol's."""
        return any(field.lower() == "upgrade" for field, _ in self.headers)


class Built(NamedTuple):
    """A final answer, all but its date.

    Args:
        status: the status code.
        reason: the reason phrase.
        headers: the header fields; Date comes last, when it is sent.
        body: the content; empty where none is allowed.
        interim: what is sent before it.
        code: the code as the journal has it.
        pieces: the content again, where it comes in pieces: the wait before each, in seconds, and its octets.
        chunked: whether its length is left open.
        trailers: the trailer fields; they go with chunks.
        wait: seconds before the answer.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    interim: tuple[Interim, ...]
    code: str
    pieces: tuple[tuple[float, bytes], ...] = ()
    chunked: bool = False
    trailers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether it can be sent at once and in one piece."""
        return not (self.pieces or self.chunked or self.wait)


class AnswerBook:
    """Builds answers for one listening address.

    Args:
        shared: the catalogue and where the site is.
    """

    def __init__(self, shared: Shared) -> None:
        self._catalogue = shared.catalogue
        self._site = shared.site_url
        self._ordinary = shared.catalogue.protocols["http"].ordinary
        self._meanings = {name: int(value) for name, value in self._ordinary.items()}
        self._codes: dict[tuple[str, str], Code | None] = {}

    def ordinary(self, name: str) -> Answer:
        """What the mock answers by itself at a stage."""
        return Answer("code", self._ordinary[name])

    @property
    def meanings(self) -> Mapping[str, int]:
        """Status codes by what they mean here: those that the mock answers with by itself."""
        return self._meanings

    def interim(self, answer: Answer, tongue: str = "http") -> Interim:
        """An interim answer, such as the one that tells a waiting client to send its body (RFC 9110 §10.1.1).

        Args:
            answer: its code.
            tongue: the protocol whose catalogue names it.
        """
        code = self._code(tongue, answer.value, "")
        headers = tuple(code.answer.headers.items()) if code else ()
        return Interim(int(answer.value), self.phrase(code), headers, answer.effects)

    def build(
        self,
        answer: Answer,
        tongue: str,
        identity: str,
        options: Options,
        accept: str,
        mark: str,
        interim: tuple[Interim, ...] = (),
    ) -> Built:
        """Build what a script's answer asks for.

        Args:
            answer: a code, or ``pass`` for the ordinary answer.
            tongue: the protocol whose catalogue names it.
            identity: the code with its owner, where one was named.
            options: what the query changes.
            accept: the client's Accept field.
            mark: the value of the header field that marks the answer.
            interim: what is sent before it.
        """
        if answer.kind == "pass":
            answer, tongue, identity = self.ordinary("request"), "http", ""
        code = self._code(tongue, answer.value, identity)
        name = answer.value
        if interim and answer == self.ordinary("request"):
            name = str(interim[-1].status)  # the journal names what was asked for
        return self._final(int(answer.value), code, options, accept, mark, interim, name)

    def error(self, name: str, message: str, accept: str, more: Mapping[str, object]) -> Built:
        """An answer of the mock's own: it was asked for something that it cannot do.

        Args:
            name: which: a key of the protocol's ordinary answers.
            message: what is wrong, in one sentence.
            accept: the client's Accept field.
            more: where it is wrong; further members of the body.
        """
        return self.refusal(int(self.ordinary(name).value), name, message, accept, more)

    def refusal(self, status: int, name: str, message: str, accept: str, more: Mapping[str, object]) -> Built:
        """An answer of the mock's own with a status that the engine hints at."""
        code = self._code("http", str(status), "")
        facts = Facts(status, message, message, self._page(code), failed=True, more={"status": status, **more})
        media, body = render_body(choose_type(accept), facts)
        if name and body.startswith(b'{"error": "'):
            body = re.sub(rb'^\{"error": "[^"]*"', b'{"error": "' + name.encode() + b'"', body, count=1)
        headers = (("Content-Type", media), ("Cache-Control", "no-store"), (MARK, f"error; name={name}"))
        return Built(status, self.phrase(code), headers, body, (), str(status))

    def reason(self, status: int) -> str:
        """The reason phrase that the catalogue has for a status code; empty where it has none."""
        return self.phrase(self._code("http", str(status), ""))

    def phrase(self, code: Code | None) -> str:
        """The reason phrase of a code; a name in brackets is a description, and an earlier name serves instead."""
        if code is None or code.kind != "code":
            return ""
        phrase = code.title if not code.title.startswith("(") else next(iter(code.aliases), "")
        return phrase if phrase.isascii() else ""

    def _final(
        self,
        status: int,
        code: Code | None,
        options: Options,
        accept: str,
        mark: str,
        interim: tuple[Interim, ...],
        name: str,
    ) -> Built:
        reason = self.phrase(code) if options.reason is None else options.reason
        facts = Facts(
            status, reason or f"Status {status}", code.summary if code else "", self._page(code), status >= 400
        )
        bodiless = code is not None and not code.answer.content
        media, body = ("", b"") if bodiless else render_body(choose_type(accept), facts)
        if options.body is not None and not bodiless:
            media, body = options.media, options.body
        headers = {"content-type": ("Content-Type", media)} if media else {}
        for field, value in code.answer.headers.items() if code else ():
            if field.lower() not in _FRAMING:
                headers[field.lower()] = (field, self._sample(field, value, len(body)))
        headers["cache-control"] = ("Cache-Control", "no-store")
        if facts.page:
            headers["link"] = ("Link", f'<{facts.page}>; rel="help"')
        if options.retry_after and status >= 300:  # RFC 9110 §10.2.3: with a redirect or a failure
            headers["retry-after"] = ("Retry-After", options.retry_after)
        headers[MARK.lower()] = (MARK, mark)
        if any(each.upgrades for each in interim):
            # A client takes what follows for another protocol; the end of the connection is the end of it.
            headers["connection"] = ("Connection", "close")
        replaced = {field.lower() for field, _ in options.headers}
        kept = [pair for field, pair in headers.items() if field not in replaced]
        fields = (*kept, *options.headers)
        if options.origin:
            fields = (*fields, *permissions(options.origin, fields))
        return Built(status, reason, fields, body, interim, name)

    def _sample(self, field: str, value: str, octets: int) -> str:
        """Sample values that must fit this answer: redirects stay on the mock, a range is that of this body."""
        match field.lower():
            case "location":
                return f"/status/{self.ordinary('request').value}"
            case "content-range" if "*/" not in value:
                return f"bytes 0-{max(octets - 1, 0)}/{octets}"
        return value

    def _page(self, code: Code | None) -> str:
        if code is None or not self._site:
            return ""
        return f"{self._site}/en/{code.id}"

    def _code(self, tongue: str, value: str, identity: str) -> Code | None:
        """The one code that gives its name to a number: the named owner's, the registered one, or the only one sent."""
        key = (tongue, identity or value)
        if key not in self._codes:
            found: Code | None = None
            if identity:
                found = self._catalogue.get(identity)
            if found is None:
                codes = [code for code in self._catalogue.with_value(value, tongue) if code.kind == "code"]
                exact = [code for code in codes if code.id == f"{tongue}/{value}"]
                sent = [code for code in codes if code.wire == "sent" and not code.hidden]
                found = exact[0] if exact else sent[0] if len(sent) == 1 else None
            self._codes[key] = found
        return self._codes[key]
