"""Who installed, used, rolled back or removed which model, when and why: `models/history.jsonl`.

An entry is written first with what it tells of (in the pointer, in the model's folder), and then here: where the
program ends between the two, the next reader finds it there.
"""

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import append_whole, sha256_of
from bmgui.base.user import user_name
from bmgui.scoring.card import CARD_FILE, Card
from bmgui.scoring.pointer import pointer_file, read_pointer

HISTORY_FILE = "history.jsonl"
INSTALLED_FILE = "installed.json"  # in a model's folder: its own entry
REMOVED_FILE = "removed.json"  # in the folder of a model that is being removed
GONE = ".gone"  # how the name of such a folder ends
LEARNT_FILE = "learnt.json"
_MOST_BYTES = 16 << 20

What = Literal["install", "use", "rollback", "remove"]
WHATS: tuple[What, ...] = ("install", "use", "rollback", "remove")


@dataclass(frozen=True)
class Entry:
    """One thing that was done.

    time: UTC, ISO 8601. before: the model that was in use until then, "" where that did not change. weights, card:
    SHA-256 of the files. data: the collections that it learnt from → their version and split (hashes); plan: the
    plan's SHA-256; both empty where nothing beside the card says. facts: what the caller wants kept.
    """

    time: str
    what: What
    model: str
    before: str = ""
    by: str = ""
    why: str = ""
    weights: str = ""
    card: str = ""
    data: dict[str, dict[str, str]] = field(default_factory=dict)
    plan: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    key: str = ""  # tells two entries apart

    def told(self) -> dict[str, Any]:
        """As it is written."""
        return asdict(self)


def entry_of(
    what: What, folder: Path, card: Card, *, before: str = "", by: str = "", why: str = "", facts: Any = None
) -> Entry:
    """An entry of now about the model in `folder`. by: "" this user. Raises KnownError("card-unreadable")."""
    data, plan = _learnt(folder / LEARNT_FILE)
    try:
        digest = sha256_of(folder / CARD_FILE)
    except OSError as error:
        raise KnownError("card-unreadable", file=str(folder / CARD_FILE), reason=str(error)) from error
    return Entry(
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        what=what,
        model=card.id,
        before=before,
        by=by or user_name(),
        why=why.strip(),
        weights=card.sha256,
        card=digest,
        data=data,
        plan=plan,
        facts=dict(facts or {}),
        key=secrets.token_hex(8),
    )


def history() -> tuple[Entry, ...]:
    """Everything that was done, oldest first. A line that a hand broke is passed over."""
    written = list(_written())
    keys = {entry.key for entry in written}
    return tuple(sorted([*written, *(e for e in _elsewhere() if e.key not in keys)], key=lambda entry: entry.time))


def append(*entries: Entry) -> None:
    """Add these, and what the file still lacks, each once. Raises KnownError("file-not-written")."""
    keys = {entry.key for entry in _written()}
    new = {e.key: e for e in (*_elsewhere(), *entries) if e.key not in keys}
    path = places.user_models() / HISTORY_FILE
    lines = "".join(json.dumps(e.told(), ensure_ascii=False) + "\n" for e in new.values())
    if not lines:
        return
    data = (("" if _ends_whole(path) else "\n") + lines).encode("utf-8", "backslashreplace")
    append_whole(path, data)


def _written() -> Iterator[Entry]:
    try:
        text = (places.user_models() / HISTORY_FILE).read_text("utf-8", "replace")
    except OSError:
        return
    seen: set[str] = set()
    for line in text.split("\n"):  # splitlines also parts at U+2028 and others, which a pasted reason may hold
        if line.strip() and (entry := _parsed(line)) is not None and entry.key not in seen:
            seen.add(entry.key)  # two processes may have found one that was missing
            yield entry


def _elsewhere() -> Iterator[Entry]:
    """The entries that stand with what they tell of."""
    root = places.user_models()
    try:
        pointer = read_pointer(pointer_file())
    except KnownError:
        pointer = None
    if pointer is not None and (entry := _parsed(json.dumps(pointer.entry))) is not None:
        yield entry
    for path in (*sorted(root.glob(f"[!.]*/{INSTALLED_FILE}")), *sorted(root.glob(f".*{GONE}/{REMOVED_FILE}"))):
        try:
            entry = _parsed(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if entry is not None:
            yield entry


def _parsed(line: str) -> Entry | None:
    try:
        told = json.loads(line)
        entry = Entry(**{one.name: told[one.name] for one in fields(Entry) if one.name in told})
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (
        entry.time,
        entry.model,
        entry.before,
        entry.by,
        entry.why,
        entry.weights,
        entry.card,
        entry.plan,
        entry.key,
    )
    sound = (
        all(isinstance(text, str) for text in texts) and isinstance(entry.data, dict) and isinstance(entry.facts, dict)
    )
    return entry if sound and entry.what in WHATS and entry.key else None


def _ends_whole(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"
    except OSError:
        return True  # none yet, or empty


def _learnt(path: Path) -> tuple[dict[str, dict[str, str]], str]:
    """The collections' hashes and the plan's, as `learnt.json` beside the card says them."""
    try:
        with path.open("rb") as stream:
            told = json.loads(stream.read(_MOST_BYTES))
        data = {
            str(name): {key: str(one[key]) for key in ("version", "split") if one.get(key)}
            for name, one in told.get("collections", {}).items()
        }
        return data, str(told.get("plan_sha256") or "")
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}, ""
