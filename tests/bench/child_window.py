"""The real program, watched: python -m tests.bench.child_window answered|scored|drag SECONDS (see `watching`)."""

import importlib
import os
import sys
from typing import Any

from bmgui.ui import app

real_run = app.run


def run(*arguments: Any) -> int:
    """Watch from here on: the worker was started before Qt is imported, as it is unwatched."""
    importlib.import_module("tests.bench.watching")
    return real_run(*arguments)


app.run = run
code = app.main([])
sys.stdout.flush()
os._exit(code)
