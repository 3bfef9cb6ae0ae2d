"""What is under the pointer, and what a drag makes of a square: pure rules, no Qt.

A point is (x, y) in frame pixels as real numbers: frame pixel (0, 0) covers 0 ≤ x < 1, 0 ≤ y < 1. Every square that
comes out has gone through `fit_square`, so a drag can never make one that scoring would refuse or change.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bmgui.imaging.square import MIN_SIDE_PX, Square, fit_square

Point = tuple[float, float]
Corner = Literal["nw", "ne", "sw", "se"]
CORNERS: tuple[Corner, ...] = ("nw", "ne", "sw", "se")
Cursor = Literal["arrow", "move", "nwse", "nesw", "cross"]


@dataclass(frozen=True)
class Hit:
    """What lies under a point: a corner handle or the inside of square `index`, or nothing (index None)."""

    part: Literal["nothing", "inside", "nw", "ne", "sw", "se"] = "nothing"
    index: int | None = None


NOTHING = Hit()


@dataclass(frozen=True)
class Drag:
    """A drag as it began. grip "draw": from `start`, whatever lies there; else what was hit of `square`."""

    grip: Literal["draw", "inside", "nw", "ne", "sw", "se"]
    start: Point
    square: Square


def corner_point(square: Square, corner: Corner) -> Point:
    """Where a corner lies, in frame pixels (on the square's outline)."""
    return (
        float(square.left if corner[1] == "w" else square.right),
        float(square.top if corner[0] == "n" else square.bottom),
    )


def hit(point: Point, squares: Sequence[Square], selected: int | None, grab_px: float) -> Hit:
    """What `point` is on. `grab_px`: how far from its corner a handle reaches, in frame pixels.

    Only the selected square has handles; it goes before the others, and of those the smallest goes first. The middle
    third of the selected square is never a handle, so that a square which looks tiny can still be moved.
    """
    if selected is not None:
        corner = _handle(point, squares[selected], grab_px)
        if corner is not None:
            return Hit(corner, selected)
        if _inside(point, squares[selected]):
            return Hit("inside", selected)
    under = [index for index, square in enumerate(squares) if _inside(point, square)]
    return Hit("inside", min(under, key=lambda index: squares[index].side)) if under else NOTHING


def dragged(drag: Drag, point: Point, width_px: int, height_px: int) -> Square:
    """The square that `drag` has made once the pointer is at `point`, on a picture of this size.

    Moved: by as much as the pointer. A corner: the opposite one stays where it is, the square stays square and the
    pointer on its outline; it stops at the picture's edge and at the least side. Drawn: from `drag.start` towards the
    pointer likewise.
    """
    dx, dy = point[0] - drag.start[0], point[1] - drag.start[1]
    if drag.grip == "inside":
        return fit_square(drag.square.moved(_whole(dx), _whole(dy)), width_px, height_px)
    if drag.grip == "draw":
        anchor = (
            min(max(_whole(drag.start[0]), 0), width_px),
            min(max(_whole(drag.start[1]), 0), height_px),
        )
        return _from_anchor(anchor, (-1 if dx < 0 else 1, -1 if dy < 0 else 1), abs(dx), abs(dy), width_px, height_px)
    fixed = corner_point(drag.square, _opposite(drag.grip))
    towards = (-1 if drag.grip[1] == "w" else 1, -1 if drag.grip[0] == "n" else 1)
    across = drag.square.side + dx * towards[0]
    down = drag.square.side + dy * towards[1]
    return _from_anchor((_whole(fixed[0]), _whole(fixed[1])), towards, across, down, width_px, height_px)


def cursor(under: Hit, drawing: bool) -> Cursor:
    """The pointer's shape: "cross" while drawing, the corner's diagonal, "move" inside, else "arrow"."""
    if drawing:
        return "cross"
    if under.part == "nothing":
        return "arrow"
    if under.part == "inside":
        return "move"
    return "nwse" if under.part in ("nw", "se") else "nesw"


def dealt_with(proposals: Sequence[Square], marked: Sequence[Square]) -> frozenset[int]:
    """Which proposals need not be hinted at: those whose middle lies in a marked square."""
    middles = [(square.left + square.side / 2, square.top + square.side / 2) for square in proposals]
    return frozenset(i for i, middle in enumerate(middles) if any(_inside(middle, square) for square in marked))


def _from_anchor(
    anchor: tuple[int, int], towards: tuple[int, int], across: float, down: float, width_px: int, height_px: int
) -> Square:
    room_x = width_px - anchor[0] if towards[0] > 0 else anchor[0]
    room_y = height_px - anchor[1] if towards[1] > 0 else anchor[1]
    side = max(MIN_SIDE_PX, min(_whole(max(across, down)), room_x, room_y))
    left = anchor[0] if towards[0] > 0 else anchor[0] - side
    top = anchor[1] if towards[1] > 0 else anchor[1] - side
    return fit_square(Square(left, top, side), width_px, height_px)


def _handle(point: Point, square: Square, grab_px: float) -> Corner | None:
    middle_x, middle_y = square.left + square.side / 2, square.top + square.side / 2
    if max(abs(point[0] - middle_x), abs(point[1] - middle_y)) < square.side / 6:
        return None
    reach = {corner: _reach(point, corner_point(square, corner)) for corner in CORNERS}
    nearest = min(CORNERS, key=lambda corner: reach[corner])
    return nearest if reach[nearest] <= grab_px else None


def _reach(one: Point, other: Point) -> float:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def _inside(point: Point, square: Square) -> bool:
    return square.left <= point[0] < square.right and square.top <= point[1] < square.bottom


def _opposite(corner: Corner) -> Corner:
    opposites: dict[Corner, Corner] = {"nw": "se", "ne": "sw", "sw": "ne", "se": "nw"}
    return opposites[corner]


def _whole(value: float) -> int:
    return math.floor(value + 0.5)
