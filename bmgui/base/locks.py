"""A lock that is a file: an open handle holds it, so it goes with the process that had it, however that ends."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bmgui.base.files import not_written

_POLL_S = 0.02


@contextlib.contextmanager
def holding(path: Path, patience_s: float) -> Iterator[bool]:
    """Whether the lock was had within `patience_s`; it is held while the block runs. The file itself stays.

    Raises KnownError("file-not-written").
    """
    try:
        stream = path.open("a+b")
    except OSError as error:
        raise not_written(path, error) from error
    with stream:
        until = time.monotonic() + patience_s
        while not (had := try_lock(stream.fileno())) and time.monotonic() < until:
            time.sleep(_POLL_S)
        yield had


def is_held(path: Path) -> bool:
    """Whether a process holds this lock alone. Where the system can, those who only ask do not see one another."""
    try:
        with path.open("r+b") as stream:
            return not try_lock(stream.fileno(), alone=False)
    except OSError:
        return False


def try_lock(descriptor: int, *, alone: bool = True) -> bool:
    """Lock the open file for this handle, without waiting; False where another has it.

    alone: else together with others who ask so (Windows has no such lock: alone there, too).
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
