"""The picture with its squares and its evidence map. Shows state and reports wishes; decides nothing.

NOTE TO NEIGHBOURS (skeleton: bodies follow within minutes; names and signatures stand).

The canvas owns the keys whose meaning depends on itself: arrows (nudge or step), B (held), Space, Escape. Every other
key is an action's of the window, with the canvas' focus as its context.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square


class Canvas(QWidget):
    """Signals (squares are `Square`, already fitted to the frame):

    square_changed(Square, bool): the selected square is being dragged (False), and once when it is let go (True).
        Escape in mid-drag reports the square as it was before, with True.
    square_drawn(Square): a new square was drawn and let go.
    mass_selected(int): another mass was clicked.
    proposal_chosen(int): the numbered mark of another proposal was clicked (index from 0).
    nudged(int dx, int dy): an arrow while the square is selected, in frame px (Shift: 10).
    frame_stepped(int): -1 or 1: an arrow while it is not, or the wheel over a loop.
    play_toggled(): Space.
    pointer_at(int x, int y, object): frame pixel under the pointer and its value (int, (r, g, b), or None outside).
    selection_changed(bool): `square_selected` has changed.
    bare_changed(bool), drawing_changed(bool), display_changed(), zoom_changed(float).
    """

    square_changed = Signal(object, bool)
    square_drawn = Signal(object)
    mass_selected = Signal(int)
    proposal_chosen = Signal(int)
    nudged = Signal(int, int)
    frame_stepped = Signal(int)
    play_toggled = Signal()
    pointer_at = Signal(int, int, object)
    selection_changed = Signal(bool)
    bare_changed = Signal(bool)
    drawing_changed = Signal(bool)
    display_changed = Signal()
    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None: ...

    # what is shown
    def show_frame(self, frame: Frame | None, *, loop: bool = False, keep_view: bool = False) -> None:
        """Another picture (None: none). keep_view: the zoom stays (another frame of the same scan). loop: the wheel steps."""

    def show_masses(self, masses: Sequence[object], selected: int | None) -> None:
        """The frame's masses (`.square`, `.confirmed`); an unconfirmed one is drawn dashed."""

    def show_proposals(self, proposals: Sequence[Square], index: int | None) -> None:
        """All proposals, hinted faintly with their numbers; `index` is the one that stands as the unconfirmed mass."""

    def show_evidence(
        self, evidence: NDArray[np.float32] | None, square: Square | None = None, *, scale: float = 1.0, opacity: float = 0.6, as_contours: bool = False
    ) -> None:
        """The signed map made from `square` (drawn only while that is the selected mass's square); None: no map."""

    def set_caption(self, text: str) -> None:
        """One quiet line under the square: its side in mm and px."""

    # how it is shown
    def set_bare(self, bare: bool) -> None: ...
    def set_display(self, brightness: float, contrast: float, inverted: bool) -> None:
        """Of the display only: brightness -1…1 (0 as is), contrast 0.2…5 (1 as is)."""
    @property
    def display(self) -> tuple[float, float, bool]: ...
    def reset_display(self) -> None: ...
    def invert_display(self) -> None: ...
    def fit(self) -> None: ...
    def zoom_by(self, factor: float) -> None:
        """About the middle of the view."""

    # what the hand does
    def start_drawing(self) -> None:
        """The next drag draws a new square; Escape leaves."""
    @property
    def drawing(self) -> bool: ...
    @property
    def square_selected(self) -> bool:
        """Whether arrows nudge: the selected mass is confirmed and was not let go (Escape, or a click beside it)."""
        return False
    def select_square(self, on: bool = True) -> None: ...
    def retranslate(self) -> None: ...
