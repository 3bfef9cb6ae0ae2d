"""Import: list, look at every file, tell every complaint, and only then put the collection in its place."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.unchanged import unreadable
from bmgui.learning.collections.deidentifying import disguised, disguised_normal
from bmgui.learning.collections.duplicates import near_duplicate_groups
from bmgui.learning.collections.importing.breast import list_breast
from bmgui.learning.collections.importing.bus_bra import list_bus_bra
from bmgui.learning.collections.importing.bus_uclm import list_bus_uclm
from bmgui.learning.collections.importing.busi import list_busi
from bmgui.learning.collections.importing.cbis_ddsm import list_cbis_ddsm
from bmgui.learning.collections.importing.csv_list import list_csv
from bmgui.learning.collections.importing.folders import list_folder
from bmgui.learning.collections.importing.items import Complaint, Item, Listing
from bmgui.learning.collections.importing.taking import take, take_normals
from bmgui.learning.collections.pseudonyms import key_print
from bmgui.learning.collections.storing import Draft, NormalDraft, check_free, write_collection

LAYOUTS: Mapping[str, Callable[[Path], Listing]] = {
    "csv": list_csv,
    "folder": list_folder,
    "bus-bra": list_bus_bra,
    "busi": list_busi,
    "bus-uclm": list_bus_uclm,
    "breast": list_breast,
    "cbis-ddsm": list_cbis_ddsm,
}


@dataclass(frozen=True)
class Survey:
    """What an import found. sections: how many were taken; normals: pictures without a mass; complaints: every one, in
    the order of the source."""

    kind: str
    sections: int
    normals: int
    complaints: tuple[Complaint, ...]


def list_source(kind: str, source: Path) -> Listing:
    """Raises KnownError("file-missing", "list-unreadable", …) where the source as a whole cannot be used."""
    if not source.exists():
        raise KnownError("file-missing", file=str(source))
    try:
        listing = LAYOUTS[kind](source)
    except OSError as error:  # a folder that may not be listed, a file where a folder should be
        raise unreadable(Path(error.filename or source), error) from error
    listing.tell_apart()
    return listing


def import_collection(
    kind: str,
    source: Path,
    into: Path | None,
    *,
    name: str = "",
    licence: str = "",
    change: Callable[[Item], Item] | None = None,
    pseudonyms: bool = False,
    on_complaints: Callable[[Survey], None] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_draft: Callable[[Draft], None] | None = None,
) -> Survey:
    """Make a collection of `source` at `into`; `into` None: a dry run, nothing is written.

    on_complaints: called once, when every file was looked at and before the collection is in its place; what it raises
    undoes the import. change: a last word on each item. pseudonyms: patients, groups, files and ids are stored under
    pseudonyms of this user's key; complaints and `on_draft` still have the real ones. on_progress: how many of how
    many files were looked at; it may raise to cancel, which undoes the import, too. on_draft: each one that is taken,
    for a preview. Near-duplicate groups are found unless every item brings one.
    Raises KnownError: `list_source`'s, `write_collection`'s and `pseudonym`'s.
    """
    if into is not None:
        check_free(into)
    listing = list_source(kind, source)
    if change is not None:
        listing.items = [change(item) for item in listing.items]
    sections, files = 0, len(listing.items) + len(listing.normals)
    progress = on_progress or (lambda *_: None)

    def counted(drafts: Iterator[Draft]) -> Iterator[Draft]:
        nonlocal sections
        for draft in drafts:
            sections += 1
            if on_draft is not None:
                on_draft(draft)
            yield disguised(draft) if pseudonyms else draft

    def looked_at(normals: Iterator[NormalDraft]) -> Iterator[NormalDraft]:
        for done, normal in enumerate(normals, start=len(listing.items) + 1):
            yield disguised_normal(normal) if pseudonyms else normal
            progress(done, files)

    progress(0, files)

    def tell() -> None:
        if on_complaints is not None:
            on_complaints(_survey(listing, sections))

    with Codec() as codec:
        drafts = counted(take(listing, codec, lambda done, _: progress(done, files)))
        normals = looked_at(take_normals(listing, codec))
        if into is None:
            for _ in drafts:
                pass
            for _ in normals:
                pass
            tell()
        else:
            write_collection(
                into,
                name=name or listing.name,
                kind=listing.kind,
                source="" if pseudonyms else source.resolve().name,  # its whole path would name this machine's people
                licence=licence or listing.licence,
                more={"pseudonyms": key_print()} if pseudonyms else None,
                drafts=drafts,
                normals=normals,
                group=near_duplicate_groups,
                before=tell,
            )
    return _survey(listing, sections)


def _survey(listing: Listing, sections: int) -> Survey:
    order = {item.file: at for at, item in enumerate(listing.items)}
    complaints = sorted(listing.complaints, key=lambda complaint: order.get(complaint.file, -1))
    return Survey(listing.kind, sections, len(listing.normals), tuple(complaints))
