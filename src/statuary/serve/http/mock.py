"""What a request to the HTTP mock asks for, before any octet is sent: found once, counted and decided each time."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate

from statuary.errors import LocalProtocolError, ScriptError
from statuary.scenario.counters import count_key
from statuary.scenario.decide import Dice, decide
from statuary.scenario.rules import Rule
from statuary.scenario.script import PASS, Answer, Effect, Script
from statuary.serve.fields import host_of, name_of_host, split_target
from statuary.serve.http.answers import AnswerBook, Built, Interim, mark_of
from statuary.serve.http.hints import read_hints
from statuary.serve.http.options import MARK, MAX_INTERIM, BadOption, Options, read_pairs
from statuary.serve.http.origins import is_preflight, permissions, preflight_fields
from statuary.serve.http.prepared import Decided, Known, Prepared, Ready
from statuary.serve.http.routes import ANY_METHOD, Asking, BadRequest, Place, Reply, find_route
from statuary.serve.http.routes.echo import MAX_QUERY_FIELDS
from statuary.serve.http.target import read_preference, read_target, script_problem
from statuary.serve.session import Shared, rule_count_key
from statuary.wire.http1 import HttpLimits, Request, RequestCache
from statuary.wire.http1.serializer import serialize_response

__all__ = ["KEY_HEADER", "MAX_JOURNAL_BODY_OCTETS", "MAX_KNOWN_OCTETS", "HttpCore"]

MAX_PREPARED = 1024
"""The most requests whose answers are kept ready; past it all are forgotten and made again."""
MAX_KNOWN_OCTETS = 1024
"""The longest request that is looked for among those whose answers are ready, in octets."""
MAX_JOURNAL_BODY_OCTETS = 65_536
"""How much of a request's and of an answer's body the journal keeps, in octets."""
MAX_KEY_CHARACTERS = 200
"""How much of a key counts, in characters."""
KEY_HEADER = "statuary-key"
"""The header field that keeps the counts of parallel tests apart."""
UNCACHED_FIELDS = frozenset({"body", "ip"})
"""Fields of rules that the head of a request does not tell."""


class HttpCore:
    """What the sessions of one listening address share: the part that knows no framing.

    Args:
        shared: what all protocols share.
        limits: of requests.
    """

    def __init__(self, shared: Shared, limits: HttpLimits | None = None) -> None:
        self.shared = shared
        self.limits = limits or HttpLimits()
        self.requests = RequestCache(self.limits)
        self.book = AnswerBook(shared)
        self.tongues = frozenset(shared.catalogue.protocols)
        self._prepared: dict[bytes, Prepared] = {}
        self.at_once: dict[bytes, Known] = {}
        """Requests that were met before and always have the same answer."""
        self._second = 0
        self._date = b""
        self._early = frozenset(str(self.book.meanings[name]) for name in ("content_too_large", "expectation_failed"))
        self.kept = True
        """Whether the head of a request tells all that its answer hangs on, so that it need be looked at once only."""
        self.wants_bodies = False
        """Whether a rule looks into the content of requests."""
        self._rules_changed()
        shared.subscribe(self._rules_changed)

    def _rules_changed(self) -> None:
        self._prepared.clear()
        self.at_once.clear()
        rules = self.shared.rules
        looked_at = rules.looks_at("http", "request")
        self.wants_bodies = "body" in looked_at
        self.kept = not (looked_at & UNCACHED_FIELDS or rules.conditional("http", "request"))

    def date(self, now: float) -> bytes:
        """The Date field's value at ``now``, made once a second."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._date = formatdate(second, usegmt=True).encode()
        return self._date

    def prepare(self, request: Request, body: bytes | bytearray = b"", ip: str = "") -> Prepared:
        """Find out what a request asks for; known requests are not looked at twice.

        Args:
            request: its head.
            body: its content, where a rule looks at it.
            ip: the client's address.
        """
        prepared = self._prepared.get(request.raw)
        if prepared is None:
            if not self.kept:
                return self._read(request, body, ip)
            if len(self._prepared) >= MAX_PREPARED:
                self._prepared.clear()
            prepared = self._prepared[request.raw] = self._read(request, body, ip)
        return prepared

    def know(self, request: Request, prepared: Prepared, ready: Ready) -> None:
        """Keep a request with its answer, where its head says all that the answer hangs on.

        Args:
            request: one without a body that lets the connection live on.
            prepared: what is known of it.
            ready: the answer, which does not close the connection.
        """
        script = prepared.script
        if self.kept and script is not None and script.constant is not None and len(request.raw) <= MAX_KNOWN_OCTETS:
            if len(self.at_once) >= MAX_PREPARED:
                self.at_once.clear()
            self.at_once[request.raw] = request, prepared, ready

    def peek(self, request: Request) -> Prepared | None:
        """What a request asks for by its head alone; None where its content or a count may tell otherwise."""
        return self.prepare(request) if self.kept else None

    def answers_early(self, prepared: Prepared) -> bool:
        """Whether a client that waits for leave to send its body is refused at once (RFC 9110 §10.1.1)."""
        if prepared.script is None or prepared.options.expect:
            return prepared.options.expect == "refuse"
        return all(choice.answer.value in self._early for step in prepared.script.steps for choice in step.choices)

    def fields(self, request: Request, body: bytes | bytearray = b"", ip: str = "") -> Mapping[str, str]:
        """The fields that rules may match."""
        path, query = split_target(request.target)
        fields: dict[str, str] = {}
        for name, value in request.headers:
            place = f"header.{name}"
            fields[place] = f"{fields[place]}, {value}" if place in fields else value
            if name == "cookie":
                for part in value.split(";"):
                    cookie, _, text = part.strip().partition("=")
                    fields.setdefault(f"cookie.{cookie}", text)
        for name, value in _pairs(query):
            fields.setdefault(f"query.{name}", value)
        fields |= {
            "method": request.method,
            "target": request.target,
            "path": path or request.target,
            "host": name_of_host(host_of(request.target, request.header("host"))),
            "body": bytes(body).decode("utf-8", "replace"),
            "ip": ip,
            "key": self._key(request, query),
        }
        return fields

    @staticmethod
    def _key(request: Request, query: str) -> str:
        key = request.header(KEY_HEADER)
        if key is None and "key=" in query:
            key = next((value for name, value in _pairs(query) if name == "key"), "")
        return (key or "").replace("\n", " ")[:MAX_KEY_CHARACTERS]

    def _read(self, request: Request, body: bytes | bytearray, ip: str) -> Prepared:
        accept = request.header("accept") or ""
        path, query = split_target(request.target)
        found = find_route(path)
        origin = request.header("origin") or ""
        key = self._key(request, query)
        preflight = is_preflight(request)
        if self.shared.rules.has("http", "request"):
            fields = self.fields(request, body, ip)
            rule = None if preflight and not self._names_method(fields) else self._find_rule(fields)
            if rule is not None:
                return self._by_rule(rule, fields, accept, origin, found)
        if preflight:
            return self._by_preflight(request, accept, key)
        try:
            asked = read_target(request.target, self.tongues, routed=found is not None)
            if asked is None:
                return self._by_place(request, accept, key, origin, found)
            script, options = read_hints(request.headers, asked.script, asked.options._replace(origin=origin))
        except ScriptError as error:
            return self._refused("bad_script", str(error), accept, script_problem(error), key, origin)
        except BadOption as error:
            return self._refused("bad_script", str(error), accept, {"option": error.option}, key, origin)
        prepared = Prepared(
            script,
            None,
            str(script),
            count_key(f"http {request.target}", "", key),
            asked.draw_key,
            self.shared.seed if options.seed is None else options.seed,
            asked.tongue,
            asked.identity,
            options,
            accept,
            key,
        )
        try:
            self._try(prepared)
        except LocalProtocolError as error:
            return self._refused("bad_script", f"header: {error}", accept, {"option": "header"}, key, origin)
        return prepared

    def _find_rule(self, fields: Mapping[str, str]) -> Rule | None:
        return self.shared.find_rule("http", "request", fields)

    def _names_method(self, fields: Mapping[str, str]) -> bool:
        """Whether a rule that matches says for which methods it is there."""
        return any("method" in rule.match for rule in self.shared.rules.matching("http", "request", fields))

    def _by_preflight(self, request: Request, accept: str, key: str) -> Prepared:
        """Leave for what is to follow, whatever is mocked here; no script is counted by it."""
        fields = (*permissions(request.header("origin") or "", ()), *preflight_fields(request), (MARK, "preflight"))
        return self._welcomed("preflight", fields, accept, key)

    def _welcomed(self, rule: str, fields: tuple[tuple[str, str], ...], accept: str, key: str) -> Prepared:
        status = self.book.meanings["request"]
        own = Built(status, self.book.reason(status), fields, b"", (), str(status))
        return Prepared(None, own, rule, "", "", 0, "http", "", Options(), accept, key)

    def _by_rule(
        self, rule: Rule, fields: Mapping[str, str], accept: str, origin: str, found: Place | None
    ) -> Prepared:
        reply = rule.reply
        options = Options(headers=reply.headers, reason=reply.reason, body=reply.body, origin=origin)
        return Prepared(
            rule.script,
            None,
            rule.name,
            rule_count_key(rule, fields),
            f"rule {rule.name}",
            self.shared.seed,
            "http",
            "",
            options,
            accept,
            fields["key"],
            found,
        )

    def _by_place(self, request: Request, accept: str, key: str, origin: str, found: Place | None) -> Prepared:
        """A route, or the preference that a client states."""
        counted = count_key(f"http {request.target}", "", key)
        draw_key, seed = request.target.partition("?")[0], self.shared.seed
        preferred = read_preference(request.header("prefer") or "")
        _, query = split_target(request.target)
        if preferred is None and "__code=" in query:
            preferred = read_preference("code=" + next((v for n, v in _pairs(query) if n == "__code"), ""))
        if preferred is not None:
            options = Options(origin=origin)
            return Prepared(
                preferred, None, str(preferred), counted, draw_key, seed, "http", "", options, accept, key, found
            )
        if request.target == "*":  # a client asks whether the server is there at all (RFC 9110 §9.3.7)
            fields = (("Allow", ", ".join((*ANY_METHOD, "HEAD", "OPTIONS"))), (MARK, "server"))
            return self._welcomed("server", fields, accept, key)
        if found is None:
            message = "nothing is mocked here; try /status/503x2~200, /http/507, /smtp/452, /anything"
            return self._refused("not_found", message, accept, {}, key, origin)
        return Prepared(None, None, "", counted, draw_key, seed, "http", "", Options(), accept, key, found)

    def _try(self, prepared: Prepared) -> None:
        """Serialize one answer of a script, so that none can fail later because of an option."""
        assert prepared.script is not None
        answers = (choice.answer for step in prepared.script.steps for choice in step.choices)
        answer = next((answer for answer in answers if answer.kind == "code" and answer.value[0] != "1"), PASS)
        built = self.book.build(answer, prepared.tongue, prepared.identity, prepared.options, prepared.accept, "")
        serialize_response(built.status, built.reason, built.headers, built.body, method="", connection="")

    def _refused(
        self, name: str, message: str, accept: str, more: Mapping[str, object], key: str, origin: str
    ) -> Prepared:
        own = _allow(self.book.error(name, message, accept, more), origin)
        return Prepared(None, own, "", "", "", 0, "http", "", Options(), accept, key)

    def decide(
        self,
        request: Request,
        prepared: Prepared,
        body: bytes | bytearray,
        ip: str,
        now: float,
        scheme: str,
        trailers: tuple[tuple[str, str], ...] = (),
    ) -> Decided:
        """Count, decide and build one answer.

        Args:
            request: its head.
            prepared: what is known of it.
            body: its content.
            ip: the client's address.
            now: seconds since the epoch.
            scheme: ``http`` or ``https``.
            trailers: the request's trailer fields.
        """
        if prepared.own is not None:
            return Decided(PASS, prepared.own, 0, 0, prepared.rule, "" if prepared.rule else "not mocked", Dice())
        counters = self.shared.counters
        if prepared.script is None:
            asked = counters.take(prepared.count_key) + 1
            answer, step = PASS, 0
            interims: tuple[Interim, ...] = ()
        else:
            answer, step, asked, interims = self._draw(prepared, prepared.script)
        seed = self._seed(prepared, request)
        dice = Dice(seed, prepared.draw_key, asked)
        if prepared.options.delay and not any(effect.name == "delay" for effect in answer.effects):
            answer = Answer(
                answer.kind, answer.value, answer.enhanced, (Effect("delay", prepared.options.delay), *answer.effects)
            )
        if answer.kind in ("drop", "reset", "hang"):
            return Decided(answer, None, step, asked, prepared.rule, "", dice)
        if answer.kind == "pass" and prepared.found is not None:
            return self._by_route(
                request, prepared, prepared.found, answer, step, asked, dice, body, ip, now, scheme, trailers
            )
        mark = mark_of(prepared.rule, step)
        options = prepared.options
        if options.retry_date is not None:
            options = options._replace(retry_after=formatdate(now + options.retry_date, usegmt=True))
        built = self.book.build(answer, prepared.tongue, prepared.identity, options, prepared.accept, mark, interims)
        return Decided(answer, built, step, asked, prepared.rule, "", dice)

    def _seed(self, prepared: Prepared, request: Request) -> int:
        """A route's seed may stand in its query, as a script's does."""
        if prepared.script is None and "seed=" in request.target:
            text = next((v for n, v in _pairs(split_target(request.target)[1]) if n == "seed"), "")
            if text.isascii() and text.isdigit() and len(text) <= 18:
                return int(text)
        return prepared.seed

    def _draw(self, prepared: Prepared, script: Script) -> tuple[Answer, int, int, tuple[Interim, ...]]:
        """The final answer, and the interim ones that stand before it: all in one exchange.

        A step that is an interim answer takes its turn and lets the next step follow at once; one that holds for ever
        is followed by the ordinary answer.
        """
        interims = [self.book.interim(answer) for answer in prepared.options.interim]
        while True:
            uses = self.shared.counters.take(prepared.count_key)
            answer, step, asked = decide(script, uses, prepared.seed, prepared.draw_key)
            if answer.kind != "code" or answer.value[0] != "1":
                return answer, step, asked, tuple(interims)
            interims.append(self.book.interim(answer, prepared.tongue))
            if script.steps[step - 1].count is None or len(interims) >= MAX_INTERIM:
                return PASS, step, asked, tuple(interims)

    def _by_route(
        self,
        request: Request,
        prepared: Prepared,
        found: Place,
        answer: Answer,
        step: int,
        asked: int,
        dice: Dice,
        body: bytes | bytearray,
        ip: str,
        now: float,
        scheme: str,
        trailers: tuple[tuple[str, str], ...],
    ) -> Decided:
        path, query = split_target(request.target)
        method = "GET" if request.method == "HEAD" else request.method
        name = f"route {found.pattern}"
        mark = f'route="{found.pattern}"'
        if method == "OPTIONS":
            return Decided(answer, self._reply(self._options(found), request, mark), step, asked, name, "", dice)
        route = found.route(method)
        if route is None:
            reply = Reply(self.book.meanings["method_not_allowed"], (("Allow", ", ".join(found.methods)),))
            return Decided(answer, self._reply(reply, request, mark), step, asked, name, "", dice)
        host = host_of(request.target, request.header("host"))
        for field, value in request.headers:
            if field == "x-forwarded-proto" and value in ("http", "https"):
                scheme = value
        try:
            pairs = tuple(read_pairs(query, MAX_QUERY_FIELDS)) if query else ()
            reply = route.handler(
                Asking(
                    request.method,
                    path,
                    found.parts,
                    query,
                    pairs,
                    request.headers,
                    bytes(body),
                    trailers,
                    ip,
                    f"{scheme}://{host}",
                    self.book.meanings,
                    dice,
                    asked,
                    now,
                )
            )
        except BadRequest as error:
            refused = self.book.error(error.meaning, str(error), prepared.accept, {"option": error.what})
        except BadOption as error:
            refused = self.book.error("bad_script", str(error), prepared.accept, {"option": error.option})
        else:
            return Decided(answer, self._reply(reply, request, mark), step, asked, name, "", dice, reply.socket)
        refused = _allow(refused, request.header("origin") or "")
        return Decided(answer, refused, step, asked, name, "refused", dice)

    def _options(self, found: Place) -> Reply:
        methods = ", ".join(found.methods)
        return Reply(self.book.meanings["request"], (("Allow", methods),))

    def _reply(self, reply: Reply, request: Request, mark: str) -> Built:
        """A route's answer with what every answer has: permissions for scripts of other origins, and the mark."""
        fields = (*reply.headers, (MARK, mark))
        allowed = permissions(request.header("origin") or "", fields)
        if request.method == "OPTIONS":
            allowed = (*allowed, *preflight_fields(request))
        fields = (*reply.headers, *allowed, (MARK, mark))
        return Built(
            reply.status,
            self.book.reason(reply.status),
            fields,
            reply.body,
            (),
            str(reply.status),
            reply.pieces,
            reply.chunked,
            reply.trailers,
            reply.wait,
        )


def _allow(built: Built, origin: str) -> Built:
    """An answer of the mock's own that a script of another origin may read too."""
    return built._replace(headers=(*built.headers, *permissions(origin, built.headers))) if origin else built


def _pairs(query: str) -> list[tuple[str, str]]:
    """Names and values of a query; none of one with too many."""
    try:
        return read_pairs(query, MAX_QUERY_FIELDS) if query else []
    except BadOption:
        return []
