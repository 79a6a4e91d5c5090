"""The application of every code, mounted below the code's own path."""

import importlib
import json
from pathlib import Path

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

CODES = json.loads(Path("codes.json").read_text())
application = DispatcherMiddleware(
    NotFound(), {f"/{code}": importlib.import_module(each["module"]).app for code, each in CODES.items()}
)
