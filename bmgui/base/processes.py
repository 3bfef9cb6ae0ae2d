"""How the program starts its own other processes: by `-m`, from source, from a wheel and from a frozen bundle."""

import os
import subprocess
import sys
from typing import IO

RUN_MODULE = "--run-module"  # what the frozen program's entry point understands instead of `python -m`


def module_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs `module` with this interpreter (or this frozen program)."""
    if getattr(sys, "frozen", False):
        return [sys.executable, RUN_MODULE, module, *arguments]
    # -P: a helper must import what this process imports, wherever it was started
    return [sys.executable, "-P", "-m", module, *arguments]


def start_module(module: str, *arguments: str, stderr: IO[bytes] | int | None = None) -> subprocess.Popen[bytes]:
    """Start `module` with pipes on its standard input and output. It ends when its input closes."""
    environment = dict(os.environ)
    if not getattr(sys, "frozen", False):
        environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p and os.path.isdir(p))
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW  # no console flashes up beside the window
    return subprocess.Popen(
        module_command(module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=environment,
        creationflags=flags,
    )
