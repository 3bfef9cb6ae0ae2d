"""Which model is in use: one small file of this user's, `models/library.json`. Replacing it is the switch.

It holds the models that were in use before, and the history's entry of this switch: one rename changes all three, so
that no crash parts them.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import write_json
from bmgui.scoring.checks import Fields, Refused

LIBRARY_FILE = "library.json"
_SCHEMA = 1
_MOST_BYTES = 1 << 20
_MOST_BEFORE = 50


@dataclass(frozen=True)
class Pointer:
    """model: an id. before: those in use before it, the newest first. entry: the history's, as it is written there."""

    model: str
    before: tuple[str, ...] = ()
    entry: dict[str, Any] = field(default_factory=dict)


def pointer_file() -> Path:
    """This user's pointer; need not exist."""
    return places.user_models() / LIBRARY_FILE


def read_pointer(path: Path) -> Pointer | None:
    """What the file says; None where there is none. Raises KnownError("model-choice-unreadable", file, reason)."""
    try:
        with path.open("rb") as stream:
            fields = Fields.of(json.loads(stream.read(_MOST_BYTES)))
        if fields.whole("schema") != _SCHEMA:
            raise Refused(f"schema {fields.whole('schema')}, not {_SCHEMA}")
        before = fields.texts("before") if "before" in fields.values else ()
        entry = fields.inner("entry").values if "entry" in fields.values else {}
        return Pointer(fields.text("default"), before, entry)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (Refused, ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error


def write_pointer(pointer: Pointer) -> None:
    """The switch. The folder exists. Raises KnownError("file-not-written"): then nothing changed."""
    told = {"schema": _SCHEMA, "default": pointer.model, "before": list(pointer.before[:_MOST_BEFORE])}
    write_json(pointer_file(), {**told, "entry": pointer.entry})


def _unreadable(path: Path, reason: str) -> KnownError:
    return KnownError("model-choice-unreadable", file=str(path), reason=reason)
