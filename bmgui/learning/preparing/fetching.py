"""A file from a server, whole or not at all; only where the user asked for it.

As a process: python -m bmgui.learning.preparing.fetching URL TARGET. It tells "done size" in bytes, a line each time,
and can be killed at any moment.
"""

import contextlib
import hashlib
import re
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bmgui.base.commands import report
from bmgui.base.errands import run_module
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written

_MOST_BYTES = 1 << 30
_TIMEOUT_S = 30.0
_PIECE = 1 << 20
_TELL_S = 0.2
_OLD_S = 24 * 3600

Told = Callable[[int, int], None]  # bytes so far, bytes in all (0: not known)


def fetch(url: str, target: Path, told: Told | None = None) -> None:
    """Fetch a file whose name ends in the first digits of its SHA-256 ("…-0676ba61.pth"), whole or not at all.

    Raises KnownError("download-failed", "file-not-written").
    """
    match = re.search(r"-([0-9a-f]{8,64})\.\w+$", target.name)
    part = target.with_name(f".{secrets.token_hex(6)}.part")
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as stream, part.open("xb") as out:
            _copy(stream, out, digest, told)
        if match is None or not digest.hexdigest().startswith(match[1]):
            raise KnownError("download-failed", file=url, reason="what came is not what its name promises")
        part.replace(target)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise KnownError("download-failed", file=url, reason=str(error)) from error
    except OSError as error:
        raise not_written(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _copy(stream: Any, out: Any, digest: Any, told: Told | None) -> None:
    size, done = int(stream.headers.get("Content-Length") or 0), 0
    while piece := stream.read(_PIECE):
        done += len(piece)
        if done > _MOST_BYTES:
            raise KnownError("download-failed", file=stream.url, reason="it is too large")
        out.write(piece)
        digest.update(piece)
        if told:
            told(done, size)


def fetch_in_process(url: str, target: Path, stop: threading.Event, told: Told) -> Path:
    """`fetch` in a process that `stop` kills, so that no dead server holds anybody up; `told` in another thread.

    Raises KnownError("download-failed", "file-not-written"), and what `run_module` raises.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_old_parts(target.parent)
    except OSError as error:
        raise not_written(target, error) from error

    def heard(line: str) -> None:
        numbers = line.split()
        if len(numbers) == 2 and all(number.isdigit() for number in numbers):
            told(int(numbers[0]), int(numbers[1]))

    run_module("bmgui.learning.preparing.fetching", url, str(target), stop=stop, on_line=heard)
    return target


def _clear_old_parts(folder: Path) -> None:
    """What a fetching that was killed left; a young one may be another's at work."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _OLD_S:
                part.unlink()


def main() -> int:
    url, target = sys.argv[1:]
    last = [0.0]

    def told(done: int, size: int) -> None:
        if time.monotonic() - last[0] >= _TELL_S or done == size:
            last[0] = time.monotonic()
            print(done, size, flush=True)  # noqa: T201 - this is how it is told

    try:
        fetch(url, Path(target), told)
    except KnownError as error:
        return report(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
