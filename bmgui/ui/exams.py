"""Which files an exam was opened from: how that is remembered, and where the sample exam lies. No Qt in here."""

import json
from collections.abc import Sequence
from pathlib import Path

from bmgui.base import places
from bmgui.base.errors import KnownError

SAMPLE = "sample:"
"""Stands for the sample exam among remembered paths: it moves with the program."""

Opened = tuple[str, ...]


def sample_files() -> list[Path]:
    """The sample exam's scans, the one to show first at the front. Raises KnownError("samples-missing")."""
    folder = places.resources() / "samples"
    try:
        told = json.loads((folder / "samples.json").read_text("utf-8"))
        names = [str(sample["file"]) for sample in told["samples"]]
        first = str(told["first"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KnownError("samples-missing", file=str(folder), reason=str(error)) from error
    return [folder / name for name in sorted(names, key=lambda name: name != first)]


def paths_of(opened: Sequence[str]) -> list[Path]:
    """The files and folders that these remembered paths mean."""
    return [path for one in opened for path in (sample_files() if one == SAMPLE else [Path(one)])]


def still_there(opened: Sequence[str]) -> bool:
    """Whether all of them can still be opened."""
    return bool(opened) and all(one == SAMPLE or Path(one).exists() for one in opened)


def remembered(paths: Sequence[Path]) -> Opened:
    """These paths as they are remembered: absolute, whatever folder the program is started in next."""
    return tuple(str(path.absolute()) for path in paths)
