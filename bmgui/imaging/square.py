"""The square round a mass, and the one rule that keeps it inside the picture.

Window, command line, training and evaluation all use this rule and no other.
"""

from dataclasses import dataclass

from bmgui.base.errors import KnownError

MIN_SIDE_PX = 32
NUDGES = 27
MIDDLE = 13
"""Which of `nudged_squares` is the square itself."""


@dataclass(frozen=True, order=True)
class Square:
    """left, top, side in frame pixels; pixel (0, 0) is the frame's top left one."""

    left: int
    top: int
    side: int

    @property
    def right(self) -> int:
        """The first column beyond the square."""
        return self.left + self.side

    @property
    def bottom(self) -> int:
        """The first row below the square."""
        return self.top + self.side

    def overlap(self, other: "Square") -> float:
        """The shared area ÷ that of both together: 1 for the same square, 0 for two apart."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(across, 0) * max(down, 0)
        return shared / (self.side**2 + other.side**2 - shared)

    def moved(self, dx_px: int, dy_px: int) -> "Square":
        return Square(self.left + dx_px, self.top + dy_px, self.side)

    def resized(self, side_px: int) -> "Square":
        """The same centre (to half a pixel), another side."""
        shift = (self.side - side_px) // 2
        return Square(self.left + shift, self.top + shift, side_px)


def fit_square(square: Square, width_px: int, height_px: int) -> Square:
    """The square as it is used on a picture of this size.

    Its side becomes at least 32 px and at most the picture's shorter side (about its centre); then it is moved inside.
    Raises KnownError("picture-too-small") where the picture's shorter side is under 32 px.
    """
    shorter = min(width_px, height_px)
    if shorter < MIN_SIDE_PX:
        raise KnownError("picture-too-small", width=width_px, height=height_px, least=MIN_SIDE_PX)
    side = min(max(square.side, MIN_SIDE_PX), shorter)
    sized = square.resized(side)
    return Square(min(max(sized.left, 0), width_px - side), min(max(sized.top, 0), height_px - side), side)


def nudged_squares(square: Square, width_px: int, height_px: int) -> tuple[Square, ...]:
    """The 27 squares whose scores give the range: side × 0.9, 1, 1.1 and centre −10 %, 0, +10 % of the side, each way.

    Each is fitted by the one rule, so near an edge several can be the same; number `MIDDLE` is the fitted square.
    Raises KnownError("picture-too-small").
    """
    step = round(square.side * 0.1)
    sides = (round(square.side * 0.9), square.side, round(square.side * 1.1))
    return tuple(
        fit_square(square.resized(side).moved(dx, dy), width_px, height_px)
        for side in sides
        for dy in (-step, 0, step)
        for dx in (-step, 0, step)
    )
