"""Takes what a layout lists: opens pictures and masks, finds the bounds of each mass, and complains of every fault."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.crop import Frame
from bmgui.imaging.opening import open_scan
from bmgui.imaging.proposals import propose
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square, fit_square
from bmgui.learning.collections.collection import Box
from bmgui.learning.collections.importing.items import Complaint, Item, Listing
from bmgui.learning.collections.importing.masks import around, islands, marked
from bmgui.learning.collections.storing import Draft, NormalDraft

_SAME_SHAPE = 0.03  # a mask of another size but of this shape, to 3 %, is the picture's, scaled
_LEAST_INSIDE = 0.5  # of a given square's area
_SAME_BOUNDS = 0.1  # of the longer side: a table's bounds that differ more from the mask's are told

Progress = Callable[[int, int], None]
"""How many of how many items were looked at."""


def take(listing: Listing, codec: Codec, on_progress: Progress) -> Iterator[Draft]:
    """The drafts of all items that can be taken, in order; `listing.complaints` grows as they are asked for."""
    for done, item in enumerate(listing.items):
        draft = _taken(item, codec, listing.complaints)
        if draft is not None:
            yield draft
        on_progress(done + 1, len(listing.items))


def take_normals(listing: Listing, codec: Codec) -> Iterator[NormalDraft]:
    """The pictures without a mass that can be read."""
    for item in listing.normals:
        try:
            pixels = open_scan(item.path, codec).frame(item.frame)
        except KnownError as error:
            listing.complaints.append(Complaint(item.file, error, line=item.line))
            continue
        yield NormalDraft(item.file, item.frame, pixels, item.patient)


def _taken(item: Item, codec: Codec, complaints: list[Complaint]) -> Draft | None:
    told: list[KnownError] = []  # that it is taken in spite of
    try:
        scan = open_scan(item.path, codec)
        pixels = scan.frame(item.frame)
        height, width = pixels.shape[:2]
        fit_square(Square(0, 0, 1), width, height)
        if item.size_px is not None and item.size_px != (width, height):
            claimed = {"claimed_width": item.size_px[0], "claimed_height": item.size_px[1]}
            told.append(KnownError("import-size-differs", width=width, height=height, **claimed))
        box = _bounds(item, pixels, codec, told)
        if item.square is not None:
            _check_inside(item.square, width, height)
    except KnownError as error:
        complaints.append(Complaint(item.file, error, line=item.line))
        return None
    square = item.square
    proposed = square is None and box is None
    if proposed:
        square = propose(pixels)[0]
        told.append(KnownError("import-proposed"))
    complaints += [Complaint(item.file, error, taken=True, line=item.line) for error in told]
    origin = "proposal" if proposed else "given" if item.square else "mask" if item.masks else "box"
    return Draft(
        id=item.id,
        file=item.file,
        frame=item.frame,
        label=item.label,
        pixels=pixels,
        square_from=origin,  # type: ignore[arg-type]  # one of the four above
        square=square,
        box=box,
        patient=item.patient,
        mass=item.mass,
        group=item.group,
        official=item.official,
        age=item.age,
        birads=item.birads,
        scanner=item.scanner,
        size_mm=item.size_mm if item.size_mm is not None else _size_mm(item, scan, box),
    )


def _size_mm(item: Item, scan: Scan, box: Box | None) -> float | None:
    """The mass's longer extent, where its bounds and the size of a pixel are known."""
    if box is None:
        return None
    pixel = item.mm_per_px or scan.mm_per_px(Square(box.left, box.top, 1))
    return round(max(box.width * pixel[0], box.height * pixel[1]), 2) if pixel else None


def _bounds(item: Item, pixels: Frame, codec: Codec, told: list[KnownError]) -> Box | None:
    """The mass's bounds: of the masks where there are any, else the given box cut to the picture; None: neither."""
    height, width = pixels.shape[:2]
    given = _cut(item.box, width, height) if item.box is not None else None
    if not item.masks:
        return given
    masses = []
    for file in item.masks:
        mask = _mask(file, (width, height), item.mask_any_shape, codec, told)
        parts = islands(marked(mask, item.mask_channel)) if mask.any() else []
        if item.mask_channel is not None:
            masses += parts  # one file may hold several masses
        elif parts:
            masses.append((around([box for box, _ in parts]), sum(count for _, count in parts)))
    if not masses:
        raise KnownError("import-mask-empty", mask=item.masks[0].name)
    if len(masses) > 1:
        told.append(KnownError("import-several-masses", count=len(masses)))
    box = max(masses, key=lambda mass: mass[1])[0]
    if given is not None and _apart(given, box) > _SAME_BOUNDS * box.longer_side:
        told.append(KnownError("import-box-differs"))
    return box


def _mask(file: Path, size: tuple[int, int], any_shape: bool, codec: Codec, told: list[KnownError]) -> Frame:
    """The mask in the picture's size. Raises KnownError("import-mask-shape") where it cannot be this picture's."""
    mask = open_scan(file, codec).frame(1)
    height, width = mask.shape[:2]
    if (width, height) == size:
        return mask
    fields = {"mask": file.name, "mask_width": width, "mask_height": height, "width": size[0], "height": size[1]}
    if not any_shape and abs(width * size[1] / (height * size[0]) - 1) > _SAME_SHAPE:
        raise KnownError("import-mask-shape", **fields)
    told.append(KnownError("import-mask-size", **fields))
    return np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))


def _check_inside(square: Square, width: int, height: int) -> None:
    """A square that mostly lies beside its picture is another picture's: moved into this one it would teach tissue that
    nobody marked. Raises KnownError("import-square-outside")."""
    across = min(square.right, width) - max(square.left, 0)
    down = min(square.bottom, height) - max(square.top, 0)
    if across <= 0 or down <= 0 or across * down < _LEAST_INSIDE * square.side**2:
        fields = {"left": square.left, "top": square.top, "side": square.side}
        raise KnownError("import-square-outside", **fields, width=width, height=height)


def _cut(box: Box, width: int, height: int) -> Box:
    left, top = max(box.left, 0), max(box.top, 0)
    right, bottom = min(box.left + box.width, width), min(box.top + box.height, height)
    if right <= left or bottom <= top:
        raise KnownError("import-box-outside", left=box.left, top=box.top, width=box.width, height=box.height)
    return Box(left, top, right - left, bottom - top)


def _apart(one: Box, other: Box) -> int:
    return max(
        abs(one.left - other.left),
        abs(one.top - other.top),
        abs(one.left + one.width - other.left - other.width),
        abs(one.top + one.height - other.top - other.height),
    )
