"""The application of every code, mounted below the code's own path."""

import importlib
import json
import sys
from pathlib import Path

from aiohttp import web

CODES = json.loads(Path("codes.json").read_text())
root = web.Application()
for code, each in CODES.items():
    root.add_subapp(f"/{code}", importlib.import_module(each["module"]).app)
web.run_app(root, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
