"""One change of a collection at a time: of two windows or commands, each would lose what the other one wrote."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.base.locks import holding

LOCK = ".changing"
PATIENCE_S = 5.0


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Hold the collection's lock. Raises KnownError("collection-busy", "file-not-written")."""
    with holding(folder / LOCK, PATIENCE_S) as had:
        if not had:
            raise KnownError("collection-busy", file=str(folder))
        yield
