"""What header fields of a request ask for: those of httpstat.us (``X-HttpStatus-Sleep``), in terms of our effects."""

from __future__ import annotations

from statuary.scenario.aliases import Fault, with_fault
from statuary.scenario.script import Effect, Script
from statuary.serve.http.options import MAX_HEADER_OPTIONS, BadOption, Options, read_duration, read_header

__all__ = ["read_hints"]

DRIBBLE_SECONDS = 5.0
"""How long a body dribbles where the field names no time, in seconds."""

_PREFIX = "x-httpstatus-"
_RESPONSE = "x-httpstatus-response-"


def read_hints(headers: tuple[tuple[str, str], ...], script: Script, options: Options) -> tuple[Script, Options]:
    """A script and its options with what the header fields ask for.

    Args:
        headers: of the request, names in lower case.
        script: what the target asks for.
        options: what its query changes.

    Raises:
        BadOption: the value of such a field is wrong.
    """
    for name, value in headers:
        if name.startswith(_PREFIX):
            if name.startswith(_RESPONSE):
                if len(options.headers) >= MAX_HEADER_OPTIONS:
                    raise BadOption(name, f"at most {MAX_HEADER_OPTIONS} of them")
                field = read_header(f"{name[len(_RESPONSE) :]}:{value}")
                options = options._replace(headers=(*options.headers, field))
            elif name == "x-httpstatus-suppressbody":
                options = options._replace(body=b"") if _yes(value) else options
            else:
                script = with_fault(script, _fault(name, value))
    return script, options


def _yes(value: str) -> bool:
    return value.strip().lower() not in ("", "0", "false", "no")


def _fault(name: str, value: str) -> Fault:
    """What a field does to every answer."""
    match name.removeprefix(_PREFIX):
        case "sleep":
            return Fault(effects=(Effect("delay", read_duration(name, value, "ms")),))
        case "sleepafterheaders":
            return Fault(effects=(Effect("pause", read_duration(name, value, "ms")),))
        case "dribblebody" if _yes(value):
            return Fault(effects=(Effect("drip", DRIBBLE_SECONDS),))
        case "abortbeforeheaders" if _yes(value):
            return Fault("drop")
        case "abortafterheaders" if _yes(value):
            return Fault(effects=(Effect("truncate", 0.0),))
        case "abortduringbody" if _yes(value):
            return Fault(effects=(Effect("truncate", 0.5),))
    return Fault()
