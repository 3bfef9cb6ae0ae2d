"""What collections are called: plans and findings name a collection by its name alone."""

import contextlib
import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.collections.collection import HEADER, read_object

PUBLISHED = {  # each layout's collection by its own name
    "bus-bra": "BUS-BRA",
    "busi": "BUSI",
    "bus-uclm": "BUS-UCLM",
    "breast": "BrEaST",
    "cbis-ddsm": "CBIS-DDSM",
}


def usual_name(kind: str, into: Path) -> str:
    """The name of a collection that nobody named: the published one's, else the folder's that it is stored in (every
    list may be called list.csv)."""
    return PUBLISHED.get(kind) or into.resolve().name


def check_name(name: str) -> None:
    """Raises KnownError("import-name-taken", name, free) where a collection on the shelf has this name."""
    taken = set()
    for folder in shelf.known("collections"):
        with contextlib.suppress(KnownError):  # one that is broken takes no name
            taken.add(str(read_object(folder / HEADER).get("name", "")))
    if name in taken:
        free = next(wish for number in itertools.count(2) if (wish := f"{name} {number}") not in taken)
        raise KnownError("import-name-taken", name=name, free=free)


def told_apart(named: Sequence[tuple[Path, str]]) -> tuple[str, ...]:
    """The names of these folders' collections; those that share one with their folder behind it."""
    count = Counter(name for _, name in named)
    return tuple(name if count[name] == 1 else f"{name} ({folder})" for folder, name in named)
