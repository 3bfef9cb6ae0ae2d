"""A frame must come from the file that was opened, not from one that was put in its place since."""

from pathlib import Path

from bmgui.base.errors import KnownError

Stamp = tuple[int, int]
"""Size in bytes, time of the last change in ns."""


def stamp(path: Path) -> Stamp:
    """Raises KnownError("file-unreadable")."""
    try:
        stat = path.stat()
    except OSError as error:
        raise KnownError("file-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    return stat.st_size, stat.st_mtime_ns


def check_unchanged(path: Path, mark: Stamp) -> None:
    """Raises KnownError("file-changed") where the file is not what it was at `mark`."""
    if stamp(path) != mark:
        raise KnownError("file-changed", file=str(path))
