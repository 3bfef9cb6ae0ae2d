"""A process that somebody waits for in a thread, and may stop: fetching weights, installing packages, timing steps."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from bmgui.base.commands import told_error
from bmgui.base.errors import KnownError
from bmgui.base.processes import module_command, module_environment

_POLL_S = 0.1
_KEPT_LINES = 200


def run_errand(
    command: Sequence[str],
    stop: threading.Event,
    on_line: Callable[[str], None] = lambda _line: None,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, tuple[str, ...]]:
    """Run a command until it ends: its exit code and its last lines, of both streams. on_line: in another thread.

    Raises KnownError("errand-cancelled") after `stop` was set and the process ended, ("process-not-started", reason).
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            creationflags=flags,
            start_new_session=True,  # what it starts itself ends with it
        )
    except OSError as error:
        raise KnownError("process-not-started", reason=error.strerror or str(error)) from error
    last: deque[str] = deque(maxlen=_KEPT_LINES)

    def read() -> None:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            if line:
                last.append(line)
                on_line(line)

    reader = threading.Thread(target=read, name="errand", daemon=True)
    reader.start()
    try:
        code = wait_or_stop(process, stop)
    finally:
        reader.join()
        if process.stdout is not None:
            process.stdout.close()
    return code, tuple(last)


def run_module(
    module: str, *arguments: str, stop: threading.Event, on_line: Callable[[str], None] = lambda _line: None
) -> tuple[str, ...]:
    """Run one of the program's own modules as an errand; its last lines.

    Raises the KnownError that it reported, ("errand-crashed", reason), and what `run_errand` raises.
    """
    reported: list[KnownError] = []

    def heard(line: str) -> None:
        error = told_error(line)
        if error is None:
            on_line(line)
        else:
            reported.append(error)

    code, last = run_errand(module_command(module, *arguments), stop, heard, module_environment())
    if reported:
        raise reported[0]
    if code != 0:
        raise KnownError("errand-crashed", reason=last[-1][:300] if last else f"exit code {code}")
    return last


def wait_or_stop(process: "subprocess.Popen[bytes]", stop: threading.Event) -> int:
    """Its exit code. Once `stop` is set it is killed, and KnownError("errand-cancelled") raised."""
    while process.poll() is None:
        if stop.wait(_POLL_S):
            _kill(process)
            process.wait()
            raise KnownError("errand-cancelled")
    return process.returncode


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """The process, and on POSIX all of its session: pip starts others."""
    with contextlib.suppress(OSError):
        if sys.platform != "win32" and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
