"""Findings of the audit that somebody looked at and kept on purpose, with the reason: `kept.json` beside every
collection that the finding names. A finding that later concerns other pictures is another one, and undecided."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bmgui.base.clock import utc_now
from bmgui.base.errors import KnownError
from bmgui.base.files import write_json
from bmgui.learning.collections.audit import Finding
from bmgui.learning.collections.changing import changing
from bmgui.learning.collections.collection import Collection, read_object

KEPT = "kept.json"


@dataclass(frozen=True)
class Kept:
    """A decision. when: ISO 8601, UTC."""

    reason: str
    by: str
    when: str


def finding_key(finding: Finding) -> str:
    """The same for the same finding about the same pictures, in whatever order and part they are."""
    named = sorted((one.collection, one.id, one.file, one.label) for one in finding.pictures)
    value = "" if finding.pictures else finding.value
    return hashlib.sha256(json.dumps([finding.code, named, value]).encode()).hexdigest()[:32]


def keep_finding(collections: Sequence[Collection], finding: Finding, reason: str, by: str = "") -> None:
    """This finding is looked at, and nothing is to be changed. Raises as `keep_findings`."""
    keep_findings(collections, [finding], reason, by)


def keep_findings(collections: Sequence[Collection], findings: Iterable[Finding], reason: str, by: str = "") -> None:
    """These findings are looked at, and nothing is to be changed.

    Raises KnownError("kept-without-reason", "collection-unreadable", "collection-busy", "file-not-written").
    """
    if not reason.strip():
        raise KnownError("kept-without-reason")
    decided = Kept(reason.strip(), by, utc_now())
    for folder, keys in _keys_by_folder(collections, findings).items():
        with changing(folder):
            _write(folder, _read(folder) | dict.fromkeys(keys, decided))


def unkeep_finding(collections: Sequence[Collection], finding: Finding) -> None:
    """It is undecided again. Raises as `keep_finding`."""
    unkeep_findings(collections, [finding])


def unkeep_findings(collections: Sequence[Collection], findings: Iterable[Finding]) -> None:
    """They are undecided again. Raises as `keep_finding`."""
    for folder, keys in _keys_by_folder(collections, findings).items():
        with changing(folder):
            entries = _read(folder)
            left = {key: entry for key, entry in entries.items() if key not in keys}
            if left != entries:
                _write(folder, left)


def kept(collections: Iterable[Collection]) -> dict[str, Kept]:
    """`finding_key` → decision, of all these collections. Raises KnownError("collection-unreadable")."""
    found: dict[str, Kept] = {}
    for collection in collections:
        found |= _read(collection.folder)
    return found


def _keys_by_folder(collections: Sequence[Collection], findings: Iterable[Finding]) -> dict[Path, set[str]]:
    """The findings' keys by the folders of the collections that they name; all, where a finding names none."""
    found: dict[Path, set[str]] = {}
    for finding in findings:
        names = {one.collection for one in finding.pictures}
        for collection in collections:
            if collection.name in names or not names:
                found.setdefault(collection.folder, set()).add(finding_key(finding))
    return found


def _read(folder: Path) -> dict[str, Kept]:
    path = folder / KEPT
    if not path.exists():
        return {}
    try:
        entries = read_object(path)["kept"].items()
        return {key: Kept(*(str(entry.get(name, "")) for name in ("reason", "by", "when"))) for key, entry in entries}
    except (KeyError, AttributeError, TypeError) as error:
        raise KnownError("collection-unreadable", file=str(path), reason="it is no list of decisions") from error


def _write(folder: Path, entries: dict[str, Kept]) -> None:
    write_json(folder / KEPT, {"schema": 1, "kept": {key: asdict(entry) for key, entry in entries.items()}})
