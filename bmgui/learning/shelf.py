"""Where this user's collections and runs lie: two folders of their own, and a list of those that lie elsewhere."""

import contextlib
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import write_json
from bmgui.base.locks import holding

Kind = Literal["collections", "runs"]
_FILE, _LOCK = "shelf.json", "shelf.lock"
_SCHEMA = 1
_PATIENCE_S = 5.0  # a change takes a few milliseconds
_MOST_NAME = 60


MADE_OF: dict[Kind, str] = {"collections": "collection.json", "runs": "run.json"}
"""The file that makes a folder one of its kind (`collection.HEADER`, `run.RUN_FILE`); the shelf opens neither."""


def _is(kind: Kind, folder: Path) -> bool:
    return (folder / MADE_OF[kind]).is_file()


def folder_of(kind: Kind) -> Path:
    """The user's own folder of collections or runs; need not exist."""
    return places.user_data() / kind


def known(kind: Kind) -> tuple[Path, ...]:
    """Every collection or run: the user's own by name, then those that lie elsewhere and are still there."""
    own = folder_of(kind)
    here = sorted(own.iterdir()) if own.is_dir() else []
    others = [Path(name) for name in _elsewhere()[kind]]
    found = {folder.absolute(): None for folder in (*here, *others) if _is(kind, folder)}
    return tuple(found)


def remember(kind: Kind, folder: Path) -> None:
    """Keep a collection or run that lies elsewhere in the list. Raises KnownError("collection-missing", "no-run",
    "file-not-written")."""
    if not _is(kind, folder):
        raise KnownError("collection-missing" if kind == "collections" else "no-run", file=str(folder))
    if folder.absolute() in known(kind):
        return
    with _changing() as listed:
        if str(folder.absolute()) not in listed[kind]:
            listed[kind].append(str(folder.absolute()))


def forget(kind: Kind, folder: Path) -> None:
    """Take a folder that lies elsewhere off the list; the folder stays. Raises KnownError("file-not-written")."""
    if str(folder.absolute()) not in _elsewhere()[kind]:
        return
    with _changing() as listed:
        listed[kind] = [name for name in listed[kind] if name != str(folder.absolute())]


def free_folder(kind: Kind, name: str) -> Path:
    """A folder for a new collection or run of this name that is not there yet; its parent exists.

    Raises KnownError("file-not-written").
    """
    own = folder_of(kind)
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KnownError("file-not-written", file=str(own), reason=error.strerror or str(error)) from error
    plain = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", name)).strip("-.")[:_MOST_NAME] or kind[:-1]
    number, folder = 1, own / plain
    while folder.exists():
        number += 1
        folder = own / f"{plain}-{number}"
    return folder


def _elsewhere() -> dict[Kind, list[str]]:
    """What the list says; a list that a hand broke is an empty one: the folders themselves are what counts."""
    try:
        told = json.loads((places.user_data() / _FILE).read_bytes())
        return {kind: [str(Path(name)) for name in told.get(kind, [])] for kind in MADE_OF}
    except (OSError, ValueError, TypeError, AttributeError):
        return {kind: [] for kind in MADE_OF}


@contextlib.contextmanager
def _changing() -> Iterator[dict[Kind, list[str]]]:
    """The list as it stands, which nobody else changes meanwhile; written when the block is through."""
    with holding(places.user_data() / _LOCK, _PATIENCE_S) as had:
        if not had:
            raise KnownError(
                "file-not-written", file=str(places.user_data() / _FILE), reason="another process holds it"
            )
        listed = _elsewhere()
        yield listed
        write_json(places.user_data() / _FILE, {"schema": _SCHEMA, **listed})
