"""Looks at a collection's test part: each is written down, for good, in `looks.jsonl`. A test that is looked at often
is no test any more, so every table that uses it shows how often that was.

One look is one set of weights on the test part as it is. Measuring the same weights on it again shows nothing new and
is no further look; after its labels, squares or pictures changed, or another one was drawn, it is one.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bmgui.base.clock import utc_now
from bmgui.base.errors import KnownError
from bmgui.base.files import append_whole
from bmgui.learning.collections.collection import LOOKS, Section


def print_of_test(sections: Iterable[Section]) -> str:
    """SHA-256 of a test part as it is measured: its pictures, and what they are labelled and cropped by."""
    told = sorted((s.id, s.sha256, s.label, s.square.left, s.square.top, s.square.side, s.edited) for s in sections)
    return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()


def seen_by(looks: Iterable[Mapping[str, Any]], test: str) -> frozenset[str]:
    """The weights that have looked at the test part of this `print_of_test`. Looks of older versions of this program do
    not say at which; they count as ones at this."""
    return frozenset(str(look.get("weights", "")) for look in looks if look.get("test", test) == test)


def record(
    folder: Path, *, model: str, weights: str, version: str, what: str, plan: str = "", test: str | None = None
) -> None:
    """One look at the test part of the collection at `folder`: which model (its weights' SHA-256) of which plan
    (SHA-256), at which version and `print_of_test`, for what.

    Raises KnownError("file-not-written"): then there must be no look."""
    now = utc_now()
    look = {"time": now, "model": model, "weights": weights, "plan": plan, "version": version, "what": what}
    append(folder, [look if test is None else {**look, "test": test}])


def append(folder: Path, looks: Sequence[Mapping[str, Any]]) -> None:
    """Add whole lines in one write, so that two processes never mix theirs. Raises KnownError("file-not-written")."""
    data = "".join(json.dumps(look, ensure_ascii=False) + "\n" for look in looks).encode("utf-8", "backslashreplace")
    append_whole(folder / LOOKS, data)


def read(folder: Path) -> tuple[dict[str, Any], ...]:
    """Every look, oldest first. Raises KnownError("collection-unreadable")."""
    path = folder / LOOKS
    try:
        looks = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise KnownError("collection-unreadable", file=str(path), reason=str(error)) from error
    if not all(isinstance(look, dict) for look in looks):
        raise KnownError("collection-unreadable", file=str(path), reason="a line is no look")
    return tuple(looks)
