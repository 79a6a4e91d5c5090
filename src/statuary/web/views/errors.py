"""Pages for what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from statuary.web.i18n import N_
from statuary.web.site import Page, Visit

__all__ = ["error_page"]

_TITLES = {
    HTTPStatus.BAD_REQUEST: N_("The request is malformed"),
    HTTPStatus.UNAUTHORIZED: N_("A token is needed"),
    HTTPStatus.FORBIDDEN: N_("Not from here"),
    HTTPStatus.NOT_FOUND: N_("There is no such page"),
    HTTPStatus.METHOD_NOT_ALLOWED: N_("This page can only be read"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_("The form is too large"),
}
_ADVICE = {
    HTTPStatus.BAD_REQUEST: N_("The address or the form holds something that cannot be read."),
    HTTPStatus.UNAUTHORIZED: N_(
        "This server listens beyond its own machine, so the journal is shown to those who have its token."
    ),
    HTTPStatus.FORBIDDEN: N_("The journal is shown only under a loopback address, such as 127.0.0.1 or localhost."),
    HTTPStatus.NOT_FOUND: N_("Nothing is kept under this address. Search for a number, a name or a symptom."),
    HTTPStatus.METHOD_NOT_ALLOWED: N_("The method of the request is not offered here."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_(
        "It holds more than this page takes. Many rules go into a file, or the API."
    ),
}
_FOREIGN = N_("The request comes from a page of another origin. Changes are made from these pages themselves.")
_OTHER_TITLE = N_("Something failed here")
_OTHER_ADVICE = N_("The fault is on this side. Try again, and report it if it stays.")


def error_page(
    visit: Visit,
    status: HTTPStatus,
    suggestions: Sequence[str] = (),
    path: str | None = None,
    *,
    foreign: bool = False,
) -> Page:
    """A page that says what went wrong and where to go on.

    Args:
        visit: the request.
        status: its status code.
        suggestions: identities of codes, or paths of pages, that were probably meant.
        path: the path without language, where it exists in other languages.
        foreign: whether it was refused because a page of another origin sent it.
    """
    return Page(
        "error.html",
        visit.gettext(_TITLES.get(status, _OTHER_TITLE)),
        path,
        {
            "status": status,
            "advice": visit.gettext(_FOREIGN if foreign else _ADVICE.get(status, _OTHER_ADVICE)),
            "codes": visit.resolve(list(suggestions)),
            "pages": [item for item in suggestions if item.startswith("concept/")],
        },
        status=status,
        indexed=False,
        cached=False,
    )
