"""The masses marked on one frame, and the steps that led there. Pure state: no frames, no scores, no threads."""

from dataclasses import dataclass, replace

from bmgui.imaging.square import Square

MOST_STEPS = 200


@dataclass(frozen=True)
class Marked:
    """One mass as it is marked; unconfirmed: it is still a proposal."""

    square: Square
    confirmed: bool


@dataclass(frozen=True)
class Marks:
    """The masses of a frame and which of them is selected (an index; None only where there are none)."""

    masses: tuple[Marked, ...] = ()
    selected: int | None = None

    @property
    def current(self) -> Marked | None:
        """The selected mass."""
        return None if self.selected is None else self.masses[self.selected]

    def changed(self, mass: Marked) -> "Marks":
        """The selected mass replaced."""
        assert self.selected is not None
        before, after = self.masses[: self.selected], self.masses[self.selected + 1 :]
        return replace(self, masses=(*before, mass, *after))

    def added(self, mass: Marked) -> "Marks":
        """One more mass, selected."""
        return Marks((*self.masses, mass), len(self.masses))

    def removed(self) -> "Marks":
        """Without the selected mass; the one that takes its place is selected, else the last."""
        assert self.selected is not None
        left = self.masses[: self.selected] + self.masses[self.selected + 1 :]
        return Marks(left, min(self.selected, len(left) - 1) if left else None)


class History:
    """The marks of one frame, with undo and redo.

    touched: the hand was here. Until then the marks are what the frame began with, and may `begin` as others.

    `do` is a whole step. `move` is a part of one (a drag, keys held down) that ends with `rest`, with any other step,
    or with undo; a step that ends where it began is none.
    """

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self._before: list[Marks] = []
        self._after: list[Marks] = []
        self._after_aside: list[Marks] = []
        self._moving = False
        self.touched = False

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        return bool(self._after)

    def do(self, marks: Marks) -> None:
        self.rest()
        self.move(marks)
        self.rest()

    def begin(self, marks: Marks) -> None:
        """Begin with other marks: no step, and nothing is moved under the hand."""
        assert not self.touched
        self.marks = marks

    def move(self, marks: Marks) -> None:
        self.touched = True
        if not self._moving:
            self._moving = True
            self._before = [*self._before, self.marks][-MOST_STEPS:]
            self._after_aside, self._after = self._after, []
        self.marks = marks

    def rest(self) -> None:
        if not self._moving:
            return
        self._moving = False
        if self._before[-1] == self.marks:
            self._before.pop()
            self._after = self._after_aside

    def select(self, index: int) -> None:
        """Select a mass; not a step."""
        self.marks = replace(self.marks, selected=index)

    def undo(self) -> bool:
        """Back by a step; False where there is none."""
        self.rest()
        return self._step(self._before, self._after)

    def redo(self) -> bool:
        """Forward again; False where nothing was taken back."""
        self.rest()
        return self._step(self._after, self._before)

    def _step(self, source: list[Marks], target: list[Marks]) -> bool:
        if not source:
            return False
        target.append(self.marks)
        self.marks = source.pop()
        return True
