"""Commands whose work is done by a process of its own: it says its error in one line, and the caller words it.

The line on standard error is `bmgui-error {"code": …, "fields": {…}}`; every other line passes through as it is.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

from bmgui.base.errors import KnownError
from bmgui.base.processes import module_command, module_environment

MARK = "bmgui-error "


def report(error: KnownError) -> int:
    """Say the error on standard error for whoever started this process; the exit code, 1."""
    line = json.dumps({"code": error.code, "fields": error.fields})  # ASCII: it passes through every terminal
    print(MARK + line, file=sys.stderr, flush=True)  # noqa: T201 - this is how it is said
    return 1


def run_command(module: str, arguments: Sequence[str]) -> int:
    """Run `python -m module` with this process's input and output; its exit code.

    Ctrl+C reaches both processes: this one waits for the other's end, says nothing more of it, and gives 130.
    Raises the KnownError that it reported, ("process-not-started", reason), ("process-killed", signal).
    """
    try:
        process = subprocess.Popen(module_command(module, *arguments), stderr=subprocess.PIPE, env=module_environment())
    except OSError as error:
        raise KnownError("process-not-started", reason=error.strerror or str(error)) from error
    reported: KnownError | None = None
    interrupted = False
    with process:
        while process.poll() is None:
            try:
                reported = _passed_on(process, interrupted) or reported
            except KeyboardInterrupt:
                interrupted = True
    if interrupted:
        return 130
    if reported is not None:
        raise reported
    if process.returncode < 0:
        raise KnownError("process-killed", signal=-process.returncode)
    return process.returncode


def _passed_on(process: "subprocess.Popen[bytes]", quiet: bool) -> KnownError | None:
    """Pass on what the process says until it ends; the error that it reported."""
    assert process.stderr is not None
    reported: KnownError | None = None
    for raw in process.stderr:
        line = raw.decode("utf-8", "surrogateescape")
        found = told_error(line)
        if found is not None:
            reported = found
        elif not quiet:
            sys.stderr.write(line)
            sys.stderr.flush()
    process.wait()
    return reported


def told_error(line: str) -> KnownError | None:
    """The error that a line of a process reports; None for every other line."""
    if not line.startswith(MARK):
        return None
    try:
        said = json.loads(line.removeprefix(MARK))
        return KnownError(str(said["code"]), **said["fields"])
    except (ValueError, KeyError, TypeError):  # a line that a kill cut off
        return None
