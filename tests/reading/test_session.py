from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bmgui.imaging.square import Square
from bmgui.reading.session import History, Marked, Marks

squares = st.builds(Square, st.integers(0, 3), st.integers(0, 3), st.integers(32, 34))


class Steps(RuleBasedStateMachine):
    """The history against the plainest model of one: a list of all states and a place in it."""

    @initialize(square=squares)
    def begin(self, square: Square) -> None:
        marks = Marks((Marked(square, confirmed=False),), 0)
        self.history = History(marks)
        self.states, self.at, self.moving = [marks], 0, False

    def now(self) -> Marks:
        return self.history.marks

    def whole_step(self, marks: Marks) -> None:
        self.settle()
        self.history.do(marks)
        if marks != self.states[self.at]:
            self.states = [*self.states[: self.at + 1], marks]
            self.at += 1

    def settle(self) -> None:
        if self.moving:
            self.moving = False
            if self.dragged != self.states[self.at]:
                self.states = [*self.states[: self.at + 1], self.dragged]
                self.at += 1

    @rule(square=squares)
    def add(self, square: Square) -> None:
        self.whole_step(self.now().added(Marked(square, confirmed=True)))

    @precondition(lambda self: self.history.marks.current is not None)
    @rule(square=squares)
    def drag(self, square: Square) -> None:
        self.dragged = self.now().changed(Marked(square, confirmed=True))
        self.moving = True
        self.history.move(self.dragged)

    @rule()
    def rest(self) -> None:
        self.settle()
        self.history.rest()

    @precondition(lambda self: self.history.marks.current is not None)
    @rule()
    def remove(self) -> None:
        self.whole_step(self.now().removed())

    @rule()
    def undo(self) -> None:
        self.settle()
        assert self.history.undo() is (self.at > 0)
        self.at = max(self.at - 1, 0)

    @rule()
    def redo(self) -> None:
        self.settle()
        assert self.history.redo() is (self.at < len(self.states) - 1)
        self.at = min(self.at + 1, len(self.states) - 1)

    @invariant()
    def the_same_marks(self) -> None:
        if hasattr(self, "history"):
            assert self.history.marks == (self.dragged if self.moving else self.states[self.at])

    @invariant()
    def a_mass_is_selected_where_there_is_one(self) -> None:
        if hasattr(self, "history"):
            marks = self.history.marks
            assert (marks.selected is None) == (not marks.masses)
            assert marks.selected is None or 0 <= marks.selected < len(marks.masses)


TestSteps = Steps.TestCase


def test_a_drag_is_one_step() -> None:
    start = Marks((Marked(Square(0, 0, 40), confirmed=True),), 0)
    history = History(start)
    for left in range(1, 30):
        history.move(start.changed(Marked(Square(left, 0, 40), confirmed=True)))
    history.rest()
    assert history.undo()
    assert history.marks == start
    assert not history.can_undo
    assert history.redo()
    assert history.marks.masses[0].square.left == 29


def test_a_drag_that_ends_where_it_began_is_no_step_and_costs_no_redo() -> None:
    start = Marks((Marked(Square(0, 0, 40), confirmed=True),), 0)
    history = History(start)
    history.do(start.added(Marked(Square(9, 9, 40), confirmed=True)))
    history.undo()
    history.move(start.changed(Marked(Square(5, 0, 40), confirmed=True)))
    history.move(start)
    history.rest()
    assert not history.can_undo
    assert history.can_redo


def test_selecting_is_not_a_step() -> None:
    two = Marks((Marked(Square(0, 0, 40), True), Marked(Square(9, 0, 40), True)), 0)
    history = History(two)
    history.select(1)
    assert not history.can_undo
    assert history.marks.current == two.masses[1]
