"""The picture with its squares and its evidence map. Shows state and reports wishes; decides nothing.

The canvas owns the keys whose meaning depends on itself: arrows (nudge or step), B (held), Space, Escape. Every other
key is an action's of the window. While a square is dragged, what is drawn is what `show_masses` says, so that square,
number and map always belong together.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import MIN_SIDE_PX, Square
from bmgui.ui import theme
from bmgui.ui.hit import Drag, Hit, cursor, dealt_with, dragged, hit
from bmgui.ui.painting import Lines, Scene, contour_lines, draw_note, evidence_image, paint_scene
from bmgui.ui.picture_view import PictureView
from bmgui.ui.telling import proposed_by
from bmgui.wording import tr

GRAB_PX = 12.0  # how far from its corner a handle can be grabbed, on the screen, whatever the zoom
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class ShownMass(Protocol):
    """What the canvas needs of a mass (`bmgui.reading.desk.Mass` has it)."""

    @property
    def square(self) -> Square: ...
    @property
    def confirmed(self) -> bool: ...


class Canvas(PictureView):
    """Signals beside those of `PictureView` (squares are `Square`, already fitted to the frame):

    pressed(): the hand is on the picture, whatever becomes of it.
    square_changed(Square, bool): the selected square is being dragged (False), and once when it is let go (True).
        Escape in mid-drag reports the square as it was before, with True.
    square_drawn(Square): a new square was drawn and let go.
    mass_selected(int): another mass was clicked. proposal_chosen(int): the numbered mark of another proposal was.
    nudged(int dx, int dy): an arrow while the square is selected, in frame px (Shift: 10).
    frame_stepped(int): also a left or right arrow while it is not. play_toggled(): Space.
    selection_changed(bool): `square_selected`. bare_changed(bool), drawing_changed(bool).
    """

    pressed = Signal()
    square_changed = Signal(object, bool)
    square_drawn = Signal(object)
    mass_selected = Signal(int)
    proposal_chosen = Signal(int)
    nudged = Signal(int, int)
    play_toggled = Signal()
    selection_changed = Signal(bool)
    bare_changed = Signal(bool)
    drawing_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bare = self._drawing = False
        self._masses: tuple[ShownMass, ...] = ()
        self._selected: int | None = None
        self._proposals: tuple[Square, ...] = ()
        self._proposal: int | None = None
        self._learnt = False
        self._let_go = False
        self._selection_told = False
        self._evidence: tuple[NDArray[np.float32], Square, float, float, bool] | None = None
        self._evidence_drawn: QImage | Lines | None = None
        self._caption = ""
        self._drag: Drag | None = None
        self._reported: Square | None = None  # the last square of this drag; None until it moved
        self.retranslate()

    # --- what is shown ---

    def show_frame(self, frame: Frame | None, *, loop: bool = False, keep_view: bool = False) -> None:
        """Another picture (None: none); its masses, proposals and evidence are told after it.

        keep_view: the zoom stays, for another frame of the same scan.
        loop: there are more frames; wheel and arrows step them, so the square of a frame that is stepped to is not
        selected: an arrow too many would move it.
        """
        if frame is self._frame:
            self._loop = loop
            return
        self._end_hand()
        self._masses, self._selected, self._proposals, self._proposal = (), None, (), None
        self._evidence = self._evidence_drawn = None
        self._caption, self._let_go = "", loop
        self._show_picture(frame, loop, keep_view)
        self._changed()

    def show_masses(self, masses: Sequence[ShownMass], selected: int | None) -> None:
        """The frame's masses. The selected one has handles; an unconfirmed one is dashed, others are thin."""
        before, was_confirmed = len(self._masses), self._is_confirmed()
        known = bool(self._masses)
        self._masses, self._selected = tuple(masses), selected
        if known and self._is_confirmed() and (not was_confirmed or len(self._masses) > before):
            self._let_go = False  # just accepted or drawn: arrows fit it
        self._changed()

    def show_proposals(self, proposals: Sequence[Square], index: int | None, *, learnt: bool = False) -> None:
        """All proposals; those that are not `index` are hinted faintly with their numbers until one is confirmed.

        learnt: the finder's, which are masses of their own: each is hinted at until a confirmed square holds it.
        """
        self._proposals, self._proposal = tuple(proposals), index
        self.update()
        if learnt != self._learnt:
            self._learnt = learnt
            self._changed()

    def show_evidence(
        self,
        evidence: NDArray[np.float32] | None,
        square: Square | None = None,
        *,
        scale: float = 1.0,
        opacity: float = 0.6,
        as_contours: bool = False,
    ) -> None:
        """The signed map made from `square`, drawn only while that is the selected mass's square; None: no map."""
        told = None if evidence is None or square is None else (evidence, square, scale, opacity, as_contours)
        self._evidence, self._evidence_drawn = told, None
        self._changed()

    def set_caption(self, text: str) -> None:
        """One quiet line under the selected square: its size."""
        self._caption = text
        self.update()

    def set_bare(self, bare: bool) -> None:
        """Only the picture, nothing over it (while B is held)."""
        if bare != self._bare:
            self._bare = bare
            self.bare_changed.emit(bare)
            self.update()

    # --- what the hand does ---

    @property
    def drawing(self) -> bool:
        return self._drawing

    def start_drawing(self) -> None:
        """The next drag draws a new square; Escape leaves."""
        if self._can_draw():
            self._set_drawing(True)

    def _can_draw(self) -> bool:
        return self._frame is not None and min(self._picture_size()) >= MIN_SIDE_PX

    def _set_drawing(self, on: bool) -> None:
        if on != self._drawing:
            self._drawing = on
            self._set_cursor("cross" if on else "arrow")
            self.drawing_changed.emit(on)
            self.update()

    @property
    def square_selected(self) -> bool:
        """Whether arrows nudge: the selected mass is confirmed and was not let go (Escape, or a click beside it)."""
        return self._is_confirmed() and not self._let_go

    def select_square(self, on: bool = True) -> None:
        """Let arrows nudge the selected mass's square, if it is confirmed; or let it go."""
        self._let_go = not on
        self._changed()

    def _is_confirmed(self) -> bool:
        return self._selected is not None and self._masses[self._selected].confirmed

    def retranslate(self) -> None:
        """Say everything again, in the language that is spoken now."""
        self.setAccessibleName(tr("Picture"))
        self._changed()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def _changed(self) -> None:
        if self._hand != "square":  # a screen reader need not follow every pixel of a drag
            self.setAccessibleDescription(self._in_words())
        if self.square_selected != self._selection_told:
            self._selection_told = self.square_selected
            self.selection_changed.emit(self._selection_told)
        self.update()

    def _in_words(self) -> str:
        if self._frame is None:
            return tr("No picture.")
        width, height = self._picture_size()
        zoom = round(100 * self._view.zoom)
        said = [tr("Picture of {width} × {height} px at {zoom} %.", width=width, height=height, zoom=zoom)]
        if self._selected is None:
            said.append(tr("No square."))
        else:
            square = self._masses[self._selected].square
            where = {"left": square.left, "top": square.top, "side": square.side}
            if not self._masses[self._selected].confirmed:
                said.append(tr("Proposed square: left {left}, top {top}, side {side} px. Enter accepts it.", **where))
                said.append(proposed_by(self._learnt))
            elif self.square_selected:
                said.append(tr("Square selected: left {left}, top {top}, side {side} px. Arrows move it.", **where))
            else:
                said.append(tr("Square: left {left}, top {top}, side {side} px.", **where))
            if len(self._masses) > 1:
                said.append(tr("Mass {number} of {count}.", number=self._selected + 1, count=len(self._masses)))
        if self._evidence_fits():
            said.append(tr("The evidence map is shown."))
        return " ".join(said)

    # --- painting ---

    def _evidence_fits(self) -> bool:
        return (
            self._evidence is not None
            and self._selected is not None
            and self._evidence[1] == self._masses[self._selected].square
        )

    def scene(self) -> Scene:
        """What is drawn over the picture now."""
        if self._evidence_fits() and self._evidence_drawn is None:
            assert self._evidence is not None
            values, _, scale, opacity, lines = self._evidence
            self._evidence_drawn = contour_lines(values, scale) if lines else evidence_image(values, scale, opacity)
        width, height = self._picture_size()
        hinted = self._proposals if self._learnt or not self._is_confirmed() else ()
        marked = [mass.square for mass in self._masses if mass.confirmed] if self._learnt else []
        drawn = self._drag is not None and self._drag.grip == "draw"
        shown = None if self._selected is None else self._masses[self._selected].square
        return Scene(
            view=self._view,
            width=width,
            height=height,
            squares=tuple((mass.square, mass.confirmed) for mass in self._masses),
            selected=self._selected,
            keyed=self.square_selected,
            proposals=hinted,
            proposal=self._proposal,
            dealt_with=dealt_with(hinted, marked),
            draft=self._reported if drawn else None,
            ahead=None if drawn or self._reported == shown else self._reported,
            evidence=self._evidence_drawn if self._evidence_fits() else None,
            opacity=self._evidence[3] if self._evidence else 1.0,
            caption=self._caption,
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.drawPixmap(
            0, 0, self._picture.pixmap(self._view, self.size(), self.devicePixelRatioF(), colours.picture)
        )
        canvas = QRectF(self.rect())
        if self._frame is not None and not self._bare:
            paint_scene(painter, self.scene(), canvas, colours)
        if self._drawing:
            note = tr("Drag to draw a square round the mass. Esc leaves.")
            draw_note(painter, canvas, canvas.center().x(), canvas.bottom(), note, colours)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.square), 2))
            painter.drawRect(canvas.adjusted(1, 1, -1, -1))
        painter.end()

    # --- mouse ---

    def _under(self, at: QPointF) -> Hit:
        squares = [mass.square for mass in self._masses]
        return hit(self._frame_point(at), squares, self._selected, GRAB_PX / self._view.zoom)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._frame is not None and not self._hand and event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()
            self._pressed = self._last = event.position()
            self._press(event.position(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        else:
            super().mousePressEvent(event)

    def _press(self, at: QPointF, control: bool) -> None:
        point = self._frame_point(at)
        if self._drawing or (control and self._can_draw()):
            self._hand, self._drag = "square", Drag("draw", point, Square(0, 0, MIN_SIDE_PX))
            return
        for index, rect in self.scene().badges():
            if rect.contains(at):
                self.proposal_chosen.emit(index)
                return
        under = self._under(at)
        if under.part == "nothing":
            self.select_square(False)
        elif under.index != self._selected:
            assert under.index is not None
            self._let_go = False
            self.mass_selected.emit(under.index)
        else:
            assert self._selected is not None
            self.select_square(True)
            self._hand, self._drag = "square", Drag(under.part, point, self._masses[self._selected].square)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._hand == "square":
            self._drag_to(event.position())
        elif self._frame is not None and not self._hand:
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._set_cursor(cursor(self._under(event.position()), self._drawing or control))
        super().mouseMoveEvent(event)

    def _drag_to(self, at: QPointF) -> None:
        assert self._drag is not None
        if self._reported is None and self._is_still(at):
            return
        square = dragged(self._drag, self._frame_point(at), *self._picture_size())
        if square == self._reported:
            return
        self._reported = square
        if self._drag.grip != "draw":
            self.square_changed.emit(square, False)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._hand != "square" or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        drag, square = self._drag, self._reported
        self._end_hand()
        if drag is None or square is None:
            return
        if drag.grip == "draw":
            self._set_drawing(False)
            self._let_go = False
            self.square_drawn.emit(square)
        else:
            self.square_changed.emit(square, True)

    def _end_hand(self) -> None:
        self._hand, self._drag, self._reported = "", None, None
        self._changed()

    def _escape(self) -> bool:
        """Leave what is going on; False where nothing is."""
        if self._hand == "square" and self._drag is not None:
            drag, reported = self._drag, self._reported
            self._end_hand()
            if drag.grip != "draw":
                if reported is not None:
                    self.square_changed.emit(drag.square, True)
                return True
        if self._drawing:
            self._set_drawing(False)
            return True
        if self.square_selected:
            self.select_square(False)
            return True
        return False

    # --- keys ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_B and not event.modifiers():
            self.set_bare(True)
        elif key == Qt.Key.Key_Escape and self._escape():
            return
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.play_toggled.emit()
        elif key in _ARROWS and self.square_selected:
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self.nudged.emit(_ARROWS[key][0] * far, _ARROWS[key][1] * far)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.frame_stepped.emit(_ARROWS[key][0])
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_B and not event.isAutoRepeat():
            self.set_bare(False)
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.set_bare(False)  # the key may be let go where it is not heard
        self.update()
        super().focusOutEvent(event)
