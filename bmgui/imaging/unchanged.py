"""A frame must come from the file that was opened, not from one that was put in its place since."""

import os
import stat as kinds
from collections.abc import Callable
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame

Stamp = tuple[int, int]
"""Size in bytes, time of the last change in ns."""


def stamp(path: Path) -> Stamp:
    """Raises KnownError("file-missing", "file-unreadable"); the latter also for what is no file.

    A folder, or a pipe or device, from which a read might never come back.
    """
    try:
        stat = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise KnownError("file-missing", file=str(path)) from error
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:  # a name that no file can have
        raise KnownError("file-unreadable", file=str(path), reason=str(error)) from error
    if not kinds.S_ISREG(stat.st_mode):
        reason = "it is a folder" if kinds.S_ISDIR(stat.st_mode) else "it is no file"
        raise KnownError("file-unreadable", file=str(path), reason=reason)
    return stat.st_size, stat.st_mtime_ns


def check_unchanged(path: Path, mark: Stamp) -> None:
    """Raises KnownError("file-changed") where the file is not what it was at `mark`, and what `stamp` raises."""
    if stamp(path) != mark:
        raise KnownError("file-changed", file=str(path))


def unchanged(path: Path, mark: Stamp, decode: Callable[[int], Frame]) -> Callable[[int], Frame]:
    """`decode`, for as long as the file is what it was at `mark`, before and after the frame was read."""

    def checked(number: int) -> Frame:
        check_unchanged(path, mark)
        try:
            return decode(number)
        finally:
            check_unchanged(path, mark)  # also where that is why it could not be decoded

    return checked


def unreadable(path: Path, error: OSError) -> KnownError:
    """The disk's word on why `path` could not be read."""
    reason = error.strerror or (os.strerror(error.errno) if error.errno else str(error))
    return KnownError("file-unreadable", file=str(path), reason=reason)
