"""What a layout lists before any picture is opened: items to take, pictures without a mass, complaints."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Box, Label


@dataclass(frozen=True)
class Complaint:
    """Something wrong with one file (relative to the source, or a line of the list). taken: it is taken anyhow.

    line: where the list names the file; None where there is no list, or it is about all of it.
    """

    file: str
    error: KnownError
    taken: bool = False
    line: int | None = None


@dataclass(frozen=True)
class Item:
    """One picture of one mass, as listed. Where it is told by nothing else, the proposal gives the square.

    masks: one file a mass. mask_channel: 0 red, 1 green where colours tell the label, None: whatever is bright.
    size_px: width, height that a table claims; box, square: in frame pixels, not yet looked at.
    """

    path: Path
    file: str
    label: Label
    id: str
    frame: int = 1
    patient: str = ""
    mass: str = ""
    group: str = ""
    official: str = ""
    square: Square | None = None
    masks: tuple[Path, ...] = ()
    mask_channel: int | None = None
    mask_any_shape: bool = False  # a mask of another shape is stretched: known to be right for one published set
    box: Box | None = None
    size_px: tuple[int, int] | None = None
    age: float | None = None
    birads: str = ""
    scanner: str = ""
    size_mm: float | None = None
    mm_per_px: tuple[float, float] | None = None  # across, down; where the table says it and the file does not
    line: int | None = None  # of the list


@dataclass(frozen=True)
class NormalItem:
    """A picture that shows no mass: it is no section, but the audit knows it."""

    path: Path
    file: str
    frame: int = 1
    patient: str = ""
    line: int | None = None


@dataclass
class Listing:
    """What a layout lists, before any picture is opened."""

    kind: str
    name: str
    licence: str = ""
    items: list[Item] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    normals: list[NormalItem] = field(default_factory=list)

    def tell_apart(self) -> None:
        """Sections of one name are told apart by their mass, else by a number."""
        often = Counter(item.id for item in self.items)
        taken = {name for name, count in often.items() if count == 1}
        for at, item in enumerate(self.items):
            if often[item.id] > 1:
                stem = name = f"{item.id} {item.mass}" if item.mass else item.id
                number = 1
                while name in taken:
                    number += 1
                    name = f"{stem} ({number})"
                taken.add(name)
                self.items[at] = replace(item, id=name)

    def complain(
        self, file: str, code: str, *, taken: bool = False, at_line: int | None = None, **fields: str | int | float
    ) -> None:
        self.complaints.append(Complaint(file, KnownError(code, **fields), taken, at_line))


def label_of(text: str) -> Label | None:
    """benign or malignant, by the words and numbers that tables use; None for anything else."""
    word = text.strip().casefold()
    if word in ("benign", "b", "0", "benign_without_callback", "benign without callback"):
        return "benign"
    if word in ("malignant", "m", "1"):
        return "malignant"
    return None
