"""Which squares of a section are scored: of 2 × the mass, of other sizes, and nudged."""

from collections.abc import Iterable
from dataclasses import dataclass

from bmgui.imaging.square import MIDDLE, Square, nudged_squares
from bmgui.learning.collections.collection import Section

FACTORS = (1.1, 1.5, 2.0, 2.5, 3.0)
"""The square's side ÷ the mass's longer side."""


@dataclass(frozen=True)
class Asked:
    """One square of a section. factor: side ÷ mass before the rule fitted it; nudge: 1 … 27, or 0 for the plain one."""

    factor: float
    nudge: int
    square: Square


def main_square(section: Section, factor: float) -> Asked:
    return Asked(factor, 0, section.square_of(factor))


def sized_squares(section: Section, main: float) -> tuple[Asked, ...]:
    """The other sizes, without the main one; none where not all can be cropped (see `has_all_sizes`)."""
    asked = tuple(main_square(section, factor) for factor in FACTORS if factor != main)
    return asked if has_all_sizes(section) else ()


def nudged(section: Section, factor: float) -> tuple[Asked, ...]:
    """The other 26 of the 27 squares that a reading scores for its range; none where not all can be cropped."""
    squares = nudged_squares(section.square_of(factor), section.width, section.height)
    if not _can_be_cropped(section, squares):
        return ()
    return tuple(Asked(factor, at + 1, square) for at, square in enumerate(squares) if at != MIDDLE)


def never_shrunk(section: Section) -> bool:
    """Whether the picture holds squares of all FACTORS whole, so that their sizes are what they are called."""
    return max(FACTORS) * section.mass_side <= min(section.width, section.height) and has_all_sizes(section)


def has_all_sizes(section: Section) -> bool:
    """Whether squares of all FACTORS are cropped as they are."""
    return _can_be_cropped(section, [section.square_of(factor) for factor in FACTORS])


def _can_be_cropped(section: Section, squares: Iterable[Square]) -> bool:
    """Round a corrected or added square what is stored of the frame may end too early; a crop is then of a square moved
    inside it, which would pass for a score that hardly changes."""
    return section.box is not None or all(section.holds(square) for square in squares)
