"""What a request for a run says, and where it is sent."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["RUN_MEDIA", "RUN_PATH", "RunBody"]

RUN_PATH = "/api/run"
"""Where a run is asked for."""
RUN_MEDIA = "application/x-ndjson"
"""What it answers with."""


class RunBody(Struct, forbid_unknown_fields=True):
    """A script to perform, at a stage; or a code that an HTTP target alone stands for, such as ``http/499-nginx``.

    ``connections`` is how many are opened, one after another; 0 for as many as show the script whole.
    """

    protocol: str = "http"
    script: str = ""
    stage: str = ""
    code: str = ""
    connections: int = 0
