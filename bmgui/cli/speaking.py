"""What the command line says: answers, notes, errors and a count that moves."""

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.wording import sentence, tr

_TICK_S = 0.1


def speak_utf8() -> None:
    """Names of files are in any script, whatever the locale says; bytes that are no UTF-8 pass as they are."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def say(text: str) -> None:
    """To standard output, at once: what fails is found out here. Raises BrokenPipeError, or "output-not-written"."""
    try:
        print(text, end="", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains when it flushes at the end
        if isinstance(error, BrokenPipeError):
            raise
        raise KnownError("output-not-written", reason=error.strerror or str(error)) from error


def note(text: str) -> None:
    """To standard error."""
    print(text, file=sys.stderr)


def complain(error: KnownError, file: Path | None = None) -> None:
    """One sentence, which names the file."""
    said = sentence(error)
    note(said if file is None or str(file) in said else f"{file}: {said}")


def count_failed(failed: int, rows: int, output: Path) -> int:
    """Say how many rows failed; the exit code."""
    if failed:
        note(
            tr(
                "{failed} of {rows} rows failed; the column error of {file} says why.",
                failed=failed,
                rows=rows,
                file=output,
            )
        )
    return int(failed > 0)


@contextlib.contextmanager
def counting() -> Iterator[Callable[[int, int], None]]:
    """Counts rows on a terminal, at most ten times a second; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    last = 0.0

    def show(done: int, rows: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == rows or now - last >= _TICK_S:
            last = now
            print("\r" + tr("{done} of {rows}", done=done, rows=rows), end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if last:
            print(file=sys.stderr)
