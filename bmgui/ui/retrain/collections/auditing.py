"""An audit's findings and what was decided on them; without Qt. Everything here blocks: the view asks in the
background."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.base.user import user_name
from bmgui.learning.collections import corrections, exclusions
from bmgui.learning.collections.audit import CODES, Code, Finding, Named, audit
from bmgui.learning.collections.collection import Collection, Label, open_collection
from bmgui.learning.collections.kept import Kept, finding_key, keep_findings, kept, unkeep_findings
from bmgui.learning.collections.settling import TOLD, settled

Key = tuple[str, str]
"""Collection's name, section id."""


@dataclass(frozen=True)
class Audited:
    """The collections as they are now, and the findings of when they were audited, with the labels of now.

    reasons: (collection's name, id) → why it is excluded.
    """

    collections: tuple[Collection, ...]
    findings: tuple[Finding, ...]
    kept: dict[str, Kept]
    reasons: dict[Key, str]

    def of(self, code: Code) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.code == code)

    @property
    def codes(self) -> tuple[Code, ...]:
        """Those that have findings to decide on."""
        here = {finding.code for finding in self.findings} - TOLD
        return tuple(code for code in CODES if code in here)

    def reason_kept(self, finding: Finding) -> str:
        """Why it was kept on purpose; "" where it was not."""
        entry = self.kept.get(finding_key(finding))
        return entry.reason if entry else ""

    def decided(self, finding: Finding) -> bool:
        excluded = {collection.name: collection.excluded for collection in self.collections}
        return bool(self.reason_kept(finding)) or settled(finding, excluded)

    def collection(self, name: str) -> Collection:
        return next(collection for collection in self.collections if collection.name == name)


def audited(folders: Sequence[Path]) -> Audited:
    """Audit these collections, each and between them. Raises KnownError (also "collection-name-twice")."""
    collections = tuple(open_collection(folder) for folder in folders)
    names = [collection.name for collection in collections]
    for name in names:
        if names.count(name) > 1:
            raise KnownError("collection-name-twice", name=name)
    return _with_decisions(collections, audit(collections))


def again(before: Audited) -> Audited:
    """The same findings with what has been decided since."""
    collections = tuple(open_collection(one.folder) for one in before.collections)
    sections = {(one.name, s.id): s for one in collections for s in one.sections}
    parts = {one.name: one.parts for one in collections}

    def now(named: Named) -> Named:
        section = sections.get((named.collection, named.id))
        if section is None:
            return named
        return replace(named, label=section.label, part=parts[named.collection].get(named.id))

    findings = (replace(one, pictures=tuple(map(now, one.pictures))) for one in before.findings)
    return _with_decisions(collections, tuple(findings))


def exclude(before: Audited, keys: Sequence[Key], reason: str) -> Audited:
    """Raises KnownError("exclusion-without-reason", …)."""
    for collection, ids in _by_collection(before, keys):
        exclusions.exclude(collection, [one for one in ids if one not in collection.excluded], reason, user_name())
    return again(before)


def include(before: Audited, keys: Sequence[Key]) -> Audited:
    """Take back in what of these is excluded."""
    for collection, ids in _by_collection(before, keys):
        exclusions.include(collection, [one for one in ids if one in collection.excluded], by=user_name())
    return again(before)


def relabel(before: Audited, keys: Sequence[Key], label: Label, reason: str) -> Audited:
    """Raises KnownError("correction-without-reason", …)."""
    for collection, ids in _by_collection(before, keys):
        labels = {section.id: section.label for section in collection.sections}
        changed = [one for one in ids if labels[one] != label]
        if changed:
            corrections.relabel(collection, changed, label, reason, user_name())
    return again(before)


def keep(before: Audited, findings: Iterable[Finding], reason: str) -> Audited:
    """Raises KnownError("kept-without-reason", …)."""
    keep_findings(before.collections, findings, reason, user_name())
    return again(before)


def unkeep(before: Audited, findings: Iterable[Finding]) -> Audited:
    unkeep_findings(before.collections, findings)
    return again(before)


def _with_decisions(collections: tuple[Collection, ...], findings: tuple[Finding, ...]) -> Audited:
    reasons = {(one.name, identity): why for one in collections for identity, why in one.excluded.items()}
    return Audited(collections, findings, kept(collections), reasons)


def _by_collection(before: Audited, keys: Sequence[Key]) -> list[tuple[Collection, list[str]]]:
    found = []
    for collection in before.collections:
        ids = [identity for name, identity in keys if name == collection.name]
        if ids:
            found.append((collection, ids))
    return found
