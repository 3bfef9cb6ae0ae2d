"""The tiles of an audit's findings: what each picture is, and what was decided on it."""

from collections.abc import Callable, Iterable

import numpy as np

from bmgui.imaging.crop import Frame
from bmgui.learning.collections.audit import Finding, Named
from bmgui.learning.collections.collection import Collection, Section
from bmgui.learning.collections.settling import SINGLE
from bmgui.ui.retrain.collections.auditing import Audited
from bmgui.ui.retrain.collections.pieces import PARTS
from bmgui.ui.retrain.collections.tiles import Tile, section_tile, words_of
from bmgui.wording import tr


def tiles_of(found: Audited, findings: Iterable[Finding]) -> list[Tile]:
    """One a picture, in the findings' order."""
    sections: dict[str, dict[str, Section]] = {
        collection.name: {section.id: section for section in collection.sections} for collection in found.collections
    }
    several = len(found.collections) > 1
    tiles = []
    for finding in findings:
        kept = found.reason_kept(finding) if finding.code in SINGLE else ""
        for named in finding.pictures:
            section = sections[named.collection].get(named.id)
            caption = " · ".join(_caption(named, section, finding, several))
            excluded = found.reasons.get((named.collection, named.id), "")
            note = tr("excluded: {reason}", reason=excluded) if excluded else ""
            if kept and not note:
                note = tr("kept: {reason}", reason=kept)
            collection = found.collection(named.collection)
            if section is None:
                tiles.append(_normal_tile(collection, named, caption))
            else:
                tiles.append(section_tile(collection, section, caption=caption, note=note, calm=not excluded))
    return tiles


def _caption(named: Named, section: Section | None, finding: Finding, several: bool) -> list[str]:
    words = [named.collection] if several else []
    words.append(named.id or named.file)
    if finding.code not in SINGLE:
        if section is not None and section.patient:
            words.append(tr("patient {patient}", patient=section.patient))
        if named.part:
            words.append(tr(PARTS[named.part]))
    return words


def _normal_tile(collection: Collection, named: Named, caption: str) -> Tile:
    """A picture without a mass: only its thumbnail was kept, and there is nothing to decide on it."""
    return Tile(
        key=("", f"{collection.name}/{named.file}"),
        picture=_thumbnail(collection, named),
        label=words_of("normal"),
        caption=caption,
    )


def _thumbnail(collection: Collection, named: Named) -> Callable[[], Frame]:
    def read() -> Frame:
        found, small = collection.normals()
        at = next((number for number, one in enumerate(found) if one.file == named.file), None)
        return small[at] if at is not None else np.zeros((32, 32), np.uint8)

    return read
