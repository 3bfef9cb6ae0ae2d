"""Commands whose work is done by a process of its own: it says its error in one line, and the caller words it.

The line on standard error is `bmgui-error {"code": …, "fields": {…}}`; every other line passes through as it is.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from bmgui.base.errors import KnownError
from bmgui.base.processes import module_command

_MARK = "bmgui-error "


def report(error: KnownError) -> int:
    """Say the error on standard error for whoever started this process; the exit code, 1."""
    line = json.dumps({"code": error.code, "fields": error.fields})  # ASCII: it passes through every terminal
    print(_MARK + line, file=sys.stderr, flush=True)  # noqa: T201 - this is how it is said
    return 1


def run_command(module: str, arguments: Sequence[str]) -> int:
    """Run `python -m module` with this process's input and output; its exit code.

    Raises the KnownError that it reported, and "process-not-started". Ctrl+C reaches both processes; this one waits.
    """
    environment = dict(os.environ)
    if not getattr(sys, "frozen", False):
        environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p and os.path.isdir(p))
    try:
        process = subprocess.Popen(module_command(module, *arguments), stderr=subprocess.PIPE, env=environment)
    except OSError as error:
        raise KnownError("process-not-started", reason=error.strerror or str(error)) from error
    reported: KnownError | None = None
    with process:
        assert process.stderr is not None
        while True:
            try:
                for raw in process.stderr:
                    line = raw.decode("utf-8", "surrogateescape")
                    reported = _reported(line) or reported
                    if not line.startswith(_MARK):
                        sys.stderr.write(line)
                        sys.stderr.flush()
                code = process.wait()
                break
            except KeyboardInterrupt:
                continue  # the process heard it, too, and ends in its own way
    if reported is not None:
        raise reported
    return 130 if code == -2 else code


def _reported(line: str) -> KnownError | None:
    if not line.startswith(_MARK):
        return None
    said = json.loads(line.removeprefix(_MARK))
    return KnownError(said["code"], **said["fields"])
