"""How the program starts its own other processes: by `-m`, from source, from a wheel and from a frozen bundle."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

RUN_MODULE = "--run-module"  # what the frozen program's entry point understands instead of `python -m`


def module_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs `module` with this interpreter (or this frozen program)."""
    if getattr(sys, "frozen", False):
        return [sys.executable, RUN_MODULE, module, *arguments]
    # -P: a helper must import what this process imports, wherever it was started
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment() -> dict[str, str]:
    """This process's environment, and in it the way to what this process imports."""
    environment = dict(os.environ)
    if not getattr(sys, "frozen", False):
        environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p and os.path.isdir(p))
    return environment


def start_module(module: str, *arguments: str, stderr: IO[bytes] | int | None = None) -> subprocess.Popen[bytes]:
    """Start `module` with pipes on its standard input and output. It ends when its input closes."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW  # no console flashes up beside the window
    return subprocess.Popen(
        module_command(module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=module_environment(),
        creationflags=flags,
    )


_detached: list[subprocess.Popen[bytes]] = []


def start_detached(module: str, *arguments: str, log: Path, own_session: bool = True) -> subprocess.Popen[bytes]:
    """Start `module` in a session of its own: it outlives whoever started it, and its terminal.

    What it prints is appended to `log`. Raises OSError.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    with log.open("ab") as stream:
        process = subprocess.Popen(
            module_command(module, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=module_environment(),
            creationflags=flags,
            start_new_session=own_session,
        )
    # nobody waits for it: it is kept until it has ended, and asked then, so that no zombie stays
    _detached[:] = [*(one for one in _detached if one.poll() is None), process]
    return process
