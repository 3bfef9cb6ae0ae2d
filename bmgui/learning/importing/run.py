"""Import: list, look at every file, tell every complaint, and only then put the collection in its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.learning.importing.bus_bra import list_bus_bra
from bmgui.learning.importing.bus_uclm import list_bus_uclm
from bmgui.learning.importing.busi import list_busi
from bmgui.learning.importing.csv_list import list_csv
from bmgui.learning.importing.items import Complaint, Item, Listing
from bmgui.learning.importing.taking import Progress, take
from bmgui.learning.storing import Grouping, write_collection

LAYOUTS: Mapping[str, Callable[[Path], Listing]] = {
    "csv": list_csv,
    "bus-bra": list_bus_bra,
    "busi": list_busi,
    "bus-uclm": list_bus_uclm,
}


@dataclass(frozen=True)
class Survey:
    """What an import found. taken: sections; complaints: every one, in the order of the source."""

    kind: str
    taken: int
    normal: int
    complaints: tuple[Complaint, ...]


def list_source(kind: str, source: Path) -> Listing:
    """Raises KnownError("file-missing", "list-unreadable", …) where the source as a whole cannot be used."""
    if not source.exists():
        raise KnownError("file-missing", file=str(source))
    return LAYOUTS[kind](source)


def import_collection(
    kind: str,
    source: Path,
    into: Path | None,
    *,
    name: str = "",
    change: Callable[[Item], Item | None] = lambda item: item,
    group: Grouping | None = None,
    on_complaints: Callable[[Survey], None] = lambda survey: None,
    on_progress: Progress = lambda done, total: None,
) -> Survey:
    """Make a collection of `source` at `into`; `into` None: a dry run, nothing is written.

    on_complaints: called once, after every file was looked at and before the collection is in its place; what it
    raises undoes the import. change: a last word on each item; None leaves it out. group: near-duplicate groups, where
    the items bring none. Raises KnownError: `list_source`'s and `write_collection`'s.
    """
    listing = list_source(kind, source)
    changed = (change(item) for item in listing.items)
    listing.items = [item for item in changed if item is not None]
    taken = 0

    def survey() -> Survey:
        order = {item.file: at for at, item in enumerate(listing.items)}
        complaints = sorted(listing.complaints, key=lambda complaint: order.get(complaint.file, -1))
        return Survey(listing.kind, taken, listing.normal, tuple(complaints))

    with Codec() as codec:
        drafts = take(listing, codec, on_progress)
        if into is None:
            taken = sum(1 for _ in drafts)
            on_complaints(survey())
            return survey()

        def told() -> None:
            on_complaints(survey())

        def counted():  # type: ignore[no-untyped-def]
            nonlocal taken
            for draft in drafts:
                taken += 1
                yield draft

        write_collection(
            into,
            name=name or listing.name,
            kind=listing.kind,
            source=source.resolve().name,
            licence=listing.licence,
            drafts=counted(),
            group=group,
            before=told,
        )
    return survey()
