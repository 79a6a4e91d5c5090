"""The application of every code, mounted below the code's own path; FastAPI and Starlette alike."""

import importlib
import json
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

CODES = json.loads(Path("codes.json").read_text())
application = Starlette(
    routes=[Mount(f"/{code}", app=importlib.import_module(each["module"]).app) for code, each in CODES.items()]
)
