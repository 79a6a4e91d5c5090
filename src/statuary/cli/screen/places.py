"""Where the site and the HTTP mock of this machine are, by the same settings as ``statuary serve`` reads."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

from statuary.cli.commands import by_name
from statuary.cli.settings import read_settings
from statuary.errors import RuleError, ServeError
from statuary.serve.assemble import url_at

__all__ = ["Places", "answers", "configured"]

ANSWER_SECONDS = 15.0
"""How long the site may take to answer before it counts as not running; it is made when it is first asked for."""


class Places(NamedTuple):
    """Addresses without a slash at their ends.

    Args:
        site: that of the site.
        http: that of the HTTP mock.
    """

    site: str
    http: str


def configured(environment: Mapping[str, str] = os.environ) -> Places:
    """Where ``statuary serve`` listens when it is started here; wrong settings leave the defaults.

    Args:
        environment: the process's environment.
    """
    serve = by_name("serve")
    assert serve is not None
    nothing = serve.parser().read([])
    try:
        settings = read_settings(nothing, environment)
    except (ServeError, RuleError):
        settings = read_settings(nothing, {"STATUARY_CONFIG": os.devnull})
    ports = (settings.site_port, settings.mocks.ports.get("http") or 0)
    return Places(*(f"http://{url_at(settings.host, port)}" for port in ports))


def answers(url: str) -> bool:
    """Whether a page is there: a site runs, and has it.

    Args:
        url: of the page; on this machine, so that no proxy is asked.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, method="HEAD"), timeout=ANSWER_SECONDS):  # noqa: S310
            return True  # whatever is no success raises
    except (OSError, ValueError, urllib.error.URLError):
        return False
