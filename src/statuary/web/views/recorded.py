"""What the HTTP mock answers with a code, recorded by running it."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from statuary.catalog.model import Code
from statuary.errors import StatuaryError
from statuary.serve.record import record_http
from statuary.web.highlight import example
from statuary.web.site import Visit

__all__ = ["HttpResponse", "http_response"]


class HttpResponse(NamedTuple):
    """How the HTTP mock answers with a code.

    Args:
        target: what to request.
        url: the same with the address of this process's mock.
        scripted: whether a script may follow the number; a code with its owner stands alone.
        text: what was answered, its lines ended by LF.
    """

    target: str
    url: str
    scripted: bool
    text: str

    @property
    def highlighted(self) -> Markup:
        """The response with its colours."""
        return example("http", self.text)


def http_response(visit: Visit, code: Code) -> HttpResponse | None:
    """Record the answer of the HTTP mock; None where it has none.

    Args:
        visit: the site whose mock it is.
        code: of HTTP, or of a protocol whose number an HTTP API might carry.
    """
    plain = code.protocol == "http" and code.value == code.id.partition("/")[2]
    target = f"/status/{code.value}" if plain else f"/{code.id}"
    try:
        transcript = record_http(visit.site.shared, target)
    except StatuaryError:
        return None
    text = transcript.raw.decode("latin-1").replace("\r\n", "\n")
    return HttpResponse(target, f"{visit.site.http_url}{target}", plain, text)
