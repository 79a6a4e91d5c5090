"""Assembles the site: pages, API, static files, and what every response carries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, quote

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from statuary.errors import CodeNotFound
from statuary.explain.reference import Reference
from statuary.serve.rulebook import Rulebook
from statuary.serve.session import Shared
from statuary.web.admin.base import Admin, error
from statuary.web.admin.chaos import put_triggers, read_environment
from statuary.web.admin.routes import routes_of
from statuary.web.api import Api, not_found
from statuary.web.guard import COOKIE, Guard, Refusal
from statuary.web.i18n import negotiate
from statuary.web.live import Streams
from statuary.web.render import Renderer
from statuary.web.routes import MAX_PATH_CHARACTERS, PAGES, canonical, match
from statuary.web.run.api import RunApi
from statuary.web.run.forms import places_of
from statuary.web.run.runner import Dial, Runner
from statuary.web.site import Page, Redirect, Site, Visit
from statuary.web.v1.app import PublicCatalogue
from statuary.web.views.errors import error_page

__all__ = ["create_app"]

MAX_FORM_OCTETS = 4096
"""The largest form that is read, in octets."""
MAX_ACTION_OCTETS = 512 * 1024
"""The largest form that changes something, such as a rule, in octets."""
MAX_QUERY_FIELDS = 50
"""The most fields of a query or a form."""

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: the forms of these pages would be sent with "Origin: null" (Fetch §3.2), as if from elsewhere.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FRAMING = f"{_POLICY}; frame-src 'self'"
"""The policy of pages that show another resource of this site in a frame."""
_REFUSED = {
    Refusal.TOKEN: HTTPStatus.UNAUTHORIZED,
    Refusal.HOST: HTTPStatus.FORBIDDEN,
    Refusal.ORIGIN: HTTPStatus.FORBIDDEN,
}
_UNPREFIXED = frozenset(
    {
        *(
            "search",
            "about",
            "journal",
            "concepts",
            "concept",
            "compare",
            "number",
            "login",
            "snippets",
            "map",
            "decide",
            "guides",
            "guide",
            "manual",
            "glossary",
            "coverage",
            "addresses",
            "rules",
        ),
    }
)
"""What may stand first in a path without a language; it leads to the reader's language."""


class _SafeHeaders:
    """Puts the headers that keep pages safe on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_safely)


class _Pages:
    """Answers for everything that a person reads."""

    def __init__(self, site: Site, guard: Guard) -> None:
        self._site = site
        self._guard = guard
        self._renderer = Renderer(site)
        self.static = self._renderer.static

    async def page(self, request: Request) -> Response:
        """A page below a language, or the way to it."""
        path: str = request.scope["path"]
        if len(path) > MAX_PATH_CHARACTERS:
            return self.failure(request, HTTPStatus.NOT_FOUND)
        spelled = canonical(path)
        tag, _, rest = spelled.removeprefix("/").partition("/")
        if tag in self._site.languages and not rest:
            spelled = f"/{tag}/"
        elif tag not in self._site.languages:
            return self._without_language(request, spelled, tag)
        if spelled != path:
            return _redirect(request, quote(spelled), permanent=True)
        found = match(rest)
        if found is None:
            return self.failure(request, HTTPStatus.NOT_FOUND)
        route, params = found
        if route.private and (refusal := self._guard.refuse(request)) is not None:
            if refusal is Refusal.TOKEN:
                return _redirect(request, f"/{tag}/login")
            return self._refused(request, refusal)
        key = f"{path}?{request.url.query}" if request.url.query else path
        content = self._renderer.cache.get(key)
        if content is not None:
            return _html(content, tag)
        visit = Visit(self._site, self._site.languages[tag], params, _query(request))
        try:
            result = await asyncio.to_thread(route.view, visit) if route.slow else route.view(visit)
        except CodeNotFound as missing:
            return self.failure(request, HTTPStatus.NOT_FOUND, missing.suggestions)
        if isinstance(result, Redirect):
            return _redirect(request, result.location, permanent=result.permanent, query=False)
        return self._send(visit, result, key)

    def _without_language(self, request: Request, spelled: str, first: str) -> Response:
        """Lead to the reader's language where the rest of the address is known."""
        if first and first not in _UNPREFIXED and first not in self._site.catalogue.protocols:
            return self.failure(request, HTTPStatus.NOT_FOUND)
        tag = self.wanted(request)
        response = _redirect(request, quote(f"/{tag}{spelled}" if first else f"/{tag}/"))
        response.headers["Vary"] = "Accept-Language"
        return response

    def _send(self, visit: Visit, page: Page, key: str = "") -> Response:
        content = self._renderer.render(visit, page)
        if key and page.cached and "?" not in key:
            self._renderer.cache.put(key, content)
        response = _html(content, visit.tag, page.status)
        if not page.cached:
            response.headers["Cache-Control"] = "no-store"
        if page.frames:
            response.headers["Content-Security-Policy"] = _FRAMING
        return response

    async def submit(self, request: Request) -> Response:
        """What a form of a page asks for; the page that follows, or the way to it."""
        tag, _, rest = request.scope["path"].removeprefix("/").partition("/")
        found = match(rest) if tag in self._site.languages else None
        action = found[0].action if found is not None else None
        if found is None or action is None:
            return self.failure(request, HTTPStatus.NOT_FOUND)
        refusal = self._guard.refuse(request, write=True)
        if refusal is not None:
            return _redirect(request, f"/{tag}/login") if refusal is Refusal.TOKEN else self._refused(request, refusal)
        fields = await _form(request, MAX_ACTION_OCTETS)
        visit = Visit(self._site, self._site.languages[tag], found[1], _query(request))
        try:
            acted = action(visit, fields)
            result = await acted if isinstance(acted, Awaitable) else acted
        except CodeNotFound as missing:
            return self.failure(request, HTTPStatus.NOT_FOUND, missing.suggestions)
        if isinstance(result, Redirect):
            return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": result.location})
        return self._send(visit, result)

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        return self.failure(request, _REFUSED[refusal], foreign=refusal is Refusal.ORIGIN)

    async def log_in(self, request: Request) -> Response:
        """Give a cookie to who knows the token."""
        tag = request.scope["path"].split("/")[1]
        refusal = self._guard.refuse(request, write=True)
        if refusal in (Refusal.HOST, Refusal.ORIGIN):
            return self._refused(request, refusal)
        form = await _form(request, MAX_FORM_OCTETS)
        if self._guard.knows(form.get("token", "")):
            response = RedirectResponse(f"/{tag}/journal", status_code=HTTPStatus.SEE_OTHER)
            response.set_cookie(COOKIE, self._guard.cookie, httponly=True, samesite="strict", path="/")
            return response
        visit = Visit(self._site, self._site.languages[tag])
        title = visit.gettext("Log in")
        return self._send(
            visit,
            Page(
                "login.html",
                title,
                "login",
                {"wrong": True},
                status=HTTPStatus.FORBIDDEN,
                indexed=False,
                cached=False,
            ),
        )

    def wanted(self, request: Request) -> str:
        """The tag of the language that the reader wants most."""
        return negotiate(request.headers.get("accept-language", ""), self._site.tags)

    def failure(
        self,
        request: Request,
        status: HTTPStatus,
        suggestions: tuple[str, ...] = (),
        *,
        allow: str = "",
        foreign: bool = False,
    ) -> Response:
        """A page, or JSON below ``/api/`` and ``/__admin/``, that says what went wrong."""
        if f"{request.scope['path']}/".startswith(("/api/", "/__admin/")):
            if status is HTTPStatus.NOT_FOUND:
                return not_found(self._site, request.scope["path"])
            response: Response = error(status, status.name.lower(), status.phrase)
        else:
            tag, _, rest = canonical(request.scope["path"]).removeprefix("/").partition("/")
            known = tag in self._site.languages
            visit = Visit(self._site, self._site.languages[tag if known else self.wanted(request)])
            if not known and match(rest) is not None and status is HTTPStatus.NOT_FOUND and rest:
                suggestions = (*suggestions, rest)
            response = self._send(visit, error_page(visit, status, suggestions, foreign=foreign))
            if not known:
                response.headers["Vary"] = "Accept-Language"
        if allow:
            response.headers["Allow"] = allow
        return response

    async def static_file(self, request: Request) -> Response:
        """A file of the design; for ever where the address names its version."""
        file = self.static.get(request.path_params["name"])
        if file is None:
            return self.failure(request, HTTPStatus.NOT_FOUND)
        fixed = request.query_params.get("v") == file.version
        tag = f'"{file.version}"'
        headers = {"ETag": tag, "Cache-Control": "public, max-age=31536000, immutable" if fixed else "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(file.content, media_type=file.media_type, headers=headers)

    async def missing(self, request: Request) -> Response:
        """What the API does not have, or only for another method (RFC 9110 §15.5.6)."""
        routes = (route for route in request.app.routes if isinstance(route, Route))
        others = [route for route in routes if route.matches(request.scope)[0] is Match.PARTIAL]
        if not others:
            return self.failure(request, HTTPStatus.NOT_FOUND)
        allow = ", ".join(sorted({method for route in others for method in route.methods or ()}))
        return self.failure(request, HTTPStatus.METHOD_NOT_ALLOWED, allow=allow)

    async def icon(self, request: Request) -> Response:
        """Where browsers look for an icon by themselves."""
        return RedirectResponse("/static/favicon.svg", status_code=HTTPStatus.MOVED_PERMANENTLY)

    async def robots(self, request: Request) -> Response:
        """What crawlers need not fetch."""
        return Response("User-agent: *\nDisallow: /api/\n", media_type="text/plain")

    async def on_http_error(self, request: Request, problem: Exception) -> Response:
        """Pages for what the router refuses."""
        assert isinstance(problem, HTTPException)
        allow = (problem.headers or {}).get("Allow", "")
        return self.failure(request, HTTPStatus(problem.status_code), allow=allow)

    async def on_fault(self, request: Request, problem: Exception) -> Response:
        """A page for faults of ours; what happened stays in the log."""
        response = self.failure(request, HTTPStatus.INTERNAL_SERVER_ERROR)
        response.headers.update(_HEADERS)  # this one is sent outside the middleware
        return response


def create_app(
    shared: Shared,
    *,
    http_url: str,
    smtp_url: str,
    token: str = "",
    loopback: bool = True,
    rulebook: Rulebook | None = None,
    chaos: str = "",
    urls: Mapping[str, str] | None = None,
    dial: Dial | None = None,
) -> Starlette:
    """The site as an ASGI application.

    ``app.state.streams.close()`` ends the open event streams, so that a server can shut down.

    Args:
        shared: what the mocks share: catalogue, journal, mailbox, the site's own address.
        http_url: where the HTTP mock listens: ``http://127.0.0.1:8081``.
        smtp_url: where the SMTP mock listens: ``smtp://127.0.0.1:1025``.
        token: what must be shown to read the journal and the mail where the process listens beyond loopback.
        loopback: whether it listens on loopback only.
        rulebook: the rules in force; None for those of ``shared`` alone.
        chaos: Mailpit's triggers, such as ``Sender:451:50``; empty for none.
        urls: where every mock listens, by its name.
        dial: opens connections to the mocks of this process, so that pages can run scripts; None where there are none.

    Raises:
        RuleError: the triggers are wrong.
    """
    rulebook = rulebook or Rulebook(shared)
    urls = urls or {}
    ports = {name: int(port) for name, url in urls.items() if (port := url.rpartition(":")[2]).isdigit()}
    runner = Runner(shared, rulebook, dial, ports) if dial is not None else None
    site = Site(shared, http_url, smtp_url, rulebook=rulebook, urls=urls, runner=runner)
    guard = Guard(token, loopback=loopback)
    streams = Streams(shared.journal)
    pages = _Pages(site, guard)
    api = Api(site, guard, streams)
    public = PublicCatalogue(Reference(site.catalogue), places_of(site))
    admin = Admin(shared, rulebook, guard, shared.seed)
    if chaos:
        put_triggers(admin.rulebook, read_environment(chaos))
    handlers: Mapping[object, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: pages.on_http_error,
        Exception: pages.on_fault,
    }
    written = [page.pattern for page in PAGES if page.action]
    app = Starlette(
        routes=[
            *api.routes(),
            *RunApi(site.catalogue, guard, runner).routes(),
            *public.routes(),
            *routes_of(admin),
            public.missing(),
            Route("/api/{path:path}", pages.missing),
            Route("/static/{name}", pages.static_file),
            Route("/favicon.ico", pages.icon),
            Route("/robots.txt", pages.robots),
            *(Route(f"/{tag}/login", pages.log_in, methods=["POST"]) for tag in site.languages),
            *(Route(f"/{tag}/{path}", pages.submit, methods=["POST"]) for tag in site.languages for path in written),
            Route("/{path:path}", pages.page),
        ],
        middleware=[Middleware(_SafeHeaders)],
        exception_handlers=handlers,
    )
    app.router.redirect_slashes = False
    app.state.streams = streams
    return app


async def _form(request: Request, max_octets: int) -> dict[str, str]:
    """The fields of a form, of a name given twice the last.

    Raises:
        HTTPException: it is too large, or none.
    """
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > max_octets:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        pieces.append(piece)
    try:
        text = b"".join(pieces).decode("ascii")
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS, errors="replace")
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    return {name: values[-1] for name, values in fields.items()}


def _query(request: Request) -> dict[str, str]:
    try:
        fields = parse_qs(request.url.query, max_num_fields=MAX_QUERY_FIELDS, errors="replace")
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    return {name: _printable(values[-1]) for name, values in fields.items()}


def _printable(text: str) -> str:
    """A text without what HTML does not allow: control characters and halves of surrogate pairs."""
    return "".join(character if character.isprintable() else " " for character in text)


def _redirect(request: Request, location: str, *, permanent: bool = False, query: bool = True) -> Response:
    if query and request.url.query:
        location = f"{location}?{request.url.query}"
    status = HTTPStatus.MOVED_PERMANENTLY if permanent else HTTPStatus.FOUND
    return Response(status_code=status, headers={"Location": location})


def _html(content: bytes, tag: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(
        content,
        status_code=status,
        media_type="text/html",
        headers={"Content-Language": tag, "Cache-Control": "no-cache"},
    )
