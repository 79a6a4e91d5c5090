"""The routes of the HTTP mock that are not scripts: one table, from pattern to a pure function.

Paths and parameters are those of httpbin and go-httpbin, so that what was written against them runs here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from statuary.serve.http.routes.auth import AUTH_ROUTES
from statuary.serve.http.routes.base import ANY_METHOD, Asking, BadRequest, Reply, Route, text_reply
from statuary.serve.http.routes.conditional import CONDITIONAL_ROUTES
from statuary.serve.http.routes.echo import ECHO_ROUTES
from statuary.serve.http.routes.redirects import REDIRECT_ROUTES
from statuary.serve.http.routes.samples import SAMPLE_ROUTES
from statuary.serve.http.routes.sockets import SOCKET_ROUTES
from statuary.serve.http.routes.streams import STREAM_ROUTES

__all__ = ["ANY_METHOD", "ROUTES", "Asking", "BadRequest", "Place", "Reply", "Route", "find_route"]


class Place(NamedTuple):
    """The routes of a path.

    Args:
        routes: by method.
        parts: what stands in the pattern's places, unescaped.
        pattern: the pattern.
    """

    routes: dict[str, Route]
    parts: dict[str, str]
    pattern: str

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that the path takes, as an Allow field lists them."""
        named = dict.fromkeys(method for route in self.routes.values() for method in route.methods)
        return (*named, *(("HEAD",) if "GET" in named else ()), "OPTIONS")

    def route(self, method: str) -> Route | None:
        """The route of a method; None where the path does not take it.

        Args:
            method: as it came; HEAD is GET here.
        """
        return self.routes.get(method) or next(
            (each for each in self.routes.values() if each.methods is ANY_METHOD), None
        )


def index(asking: Asking) -> Reply:
    """What there is here."""
    lines = ["/status/{script}   503x2~200, 200:0.9,503:0.1, 503-reset", "/{protocol}/{value}"]
    lines += [f"{route.pattern}   {_taken(route)}" for route in ROUTES]
    return text_reply(asking.status["request"], "text/plain; charset=utf-8", "\n".join(lines) + "\n")


def _taken(route: Route) -> str:
    return "any method" if route.methods is ANY_METHOD else ", ".join(route.methods)


ROUTES: tuple[Route, ...] = (
    Route("/", index),
    *ECHO_ROUTES,
    *REDIRECT_ROUTES,
    *AUTH_ROUTES,
    *CONDITIONAL_ROUTES,
    *STREAM_ROUTES,
    *SAMPLE_ROUTES,
    *SOCKET_ROUTES,
)
"""Every route; a new one is a function and a line in its module's table."""


@lru_cache(maxsize=1)
def _by_shape() -> dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]]:
    """Routes by their first segment and number of segments; 0 where the pattern takes all that is left."""
    shapes: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = {}
    for route in ROUTES:
        segments = tuple(route.pattern.split("/")[1:])
        count = 0 if segments[-1].endswith("*}") else len(segments)
        shapes.setdefault((segments[0], count), []).append((segments, route))
    return shapes


def find_route(path: str) -> Place | None:
    """The routes of a path; None where there are none.

    Args:
        path: as it came, without the query.
    """
    given = path.split("/")[1:]
    if not given or not path.startswith("/"):
        return None
    shapes = _by_shape()
    for shape in ((given[0], len(given)), (given[0], 0)):
        routes: dict[str, Route] = {}
        parts: dict[str, str] = {}
        pattern = ""
        for segments, route in shapes.get(shape, ()):
            matched = _match(segments, given)
            if matched is not None and (not routes or route.pattern == pattern):
                routes.update(dict.fromkeys(route.methods, route))
                parts, pattern = matched, route.pattern
        if routes:
            return Place(routes, parts, pattern)
    return None


def _match(segments: tuple[str, ...], given: list[str]) -> dict[str, str] | None:
    """What stands in the places of a pattern; None where it does not fit. No place is empty."""
    parts: dict[str, str] = {}
    for number, segment in enumerate(segments):
        if segment.endswith("*}"):
            parts[segment[1:-2]] = unquote("/".join(given[number:]), errors="replace")
            return parts
        if segment.startswith("{"):
            if not given[number]:
                return None
            parts[segment[1:-1]] = unquote(given[number], errors="replace")
        elif segment != given[number]:
            return None
    return parts
