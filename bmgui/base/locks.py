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


def try_lock(descriptor: int) -> bool:
    """Lock the open file for this handle alone, without waiting; False where another has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
