"""One section: its square on the stored part of the frame, fitted by mouse and keys as in the reading window, and all
that is known of it. Decides nothing: it says what is wanted, and the browser asks why."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import MIN_SIDE_PX, Square
from bmgui.learning.collections.collection import Collection, Section
from bmgui.learning.collections.corrections import Correction, held, history
from bmgui.ui.canvas import Canvas
from bmgui.ui.doings import GROWTH
from bmgui.ui.preview import Preview
from bmgui.ui.retrain.collections.pieces import button, label, say
from bmgui.ui.retrain.collections.section_words import corrections_html, facts_html
from bmgui.wording import tr

PREVIEW_PX = 128  # the crop's side: what most of our networks see
_PANEL_PX = 296


@dataclass(frozen=True)
class _Mass:
    square: Square
    confirmed: bool = True


class SectionCanvas(Canvas):
    """The canvas, but B is a label here: held Space shows the bare picture."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_B:
            event.ignore()
        elif event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.set_bare(True)
        elif event.key() == Qt.Key.Key_Escape and self._hand != "square" and not self.drawing:
            event.ignore()  # the square stays selected: there is nothing else here that arrows could move
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.set_bare(False)
        else:
            super().keyReleaseEvent(event)


def stored_picture(collection: Collection, section: Section) -> Frame:
    """The context with one pixel a frame pixel: enlarged again where it was stored reduced."""
    pixels, here = collection.context(section), section.context
    if (here.columns, here.rows) == (here.width, here.height):
        return np.array(pixels)
    return np.asarray(Image.fromarray(pixels).resize((here.width, here.height), Image.Resampling.BILINEAR))


def _line(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    for widget in widgets:
        line.addWidget(widget, 1)
    return line


class SectionPage(QWidget):
    """Signals: relabel_wanted("benign" | "malignant"), exclude_wanted(), include_wanted(), undo_wanted(),
    square_wanted(Square): keep the square; stepped(int): the next or previous section; left(); open_wanted(): in the
    reading window.

    Arrows move the square (Shift: 10 px), + and − resize it, Enter keeps it. B, M, X, I, Ctrl+Z as in
    the grid; N draws a new one, F fits the picture, O opens; Page Down and Page Up for the next and the previous one;
    Escape lets the change go, then leaves.
    """

    relabel_wanted = Signal(str)
    exclude_wanted = Signal()
    include_wanted = Signal()
    undo_wanted = Signal()
    square_wanted = Signal(object)
    stepped = Signal(int)
    left = Signal()
    open_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("section-page")
        self._collection: Collection | None = None
        self._section: Section | None = None
        self._history: tuple[Correction, ...] = ()
        self._square: Square | None = None  # of the hand, in frame pixels; kept only once it is said why
        self._position = (0, 0)
        self.canvas = SectionCanvas()
        self.preview = Preview()
        self._preview_says, self._facts, self._where = label("quiet"), QLabel(), label("quiet")
        self._changed_says = label("attention")
        self._corrections = QLabel()
        for text in (self._facts, self._corrections):
            text.setWordWrap(True)
            text.setTextFormat(Qt.TextFormat.RichText)
            text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._make_buttons()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.canvas, 1)
        row.addWidget(self._panel())
        for signal, wanted in (
            (self.canvas.square_changed, lambda square, _let_go: self._hand(square)),
            (self.canvas.square_drawn, self._hand),
            (self.canvas.nudged, self._nudge),
            (self.canvas.frame_stepped, self.stepped.emit),
        ):
            signal.connect(wanted)
        self._keys = self._keys_of()
        self.retranslate()

    def _make_buttons(self) -> None:
        self.keep = button("square-keep", self._keep)
        self.reset = button("square-reset", self.put_back)
        self.benign = button("section-benign", lambda: self.relabel_wanted.emit("benign"))
        self.malignant = button("section-malignant", lambda: self.relabel_wanted.emit("malignant"))
        self.exclude = button("section-exclude", self.exclude_wanted.emit)
        self.include = button("section-include", self.include_wanted.emit)
        self.undo = button("section-undo", self.undo_wanted.emit)
        self.open = button("section-open", self.open_wanted.emit)
        self.previous = button("section-previous", lambda: self.stepped.emit(-1))
        self.next = button("section-next", lambda: self.stepped.emit(1))
        for one in (self.previous, self.next):
            one.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def _panel(self) -> QWidget:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(self._facts)
        seen = QHBoxLayout()
        seen.setSpacing(12)
        seen.addWidget(self.preview)
        seen.addWidget(self._preview_says, 1)
        column.addLayout(seen)
        column.addWidget(self._corrections)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        inner.setAutoFillBackground(False)
        area.viewport().setAutoFillBackground(False)
        whole = QWidget()
        whole.setFixedWidth(_PANEL_PX)
        panel = QVBoxLayout(whole)
        panel.setContentsMargins(0, 0, 0, 0)
        panel.setSpacing(8)
        panel.addLayout(_line(self._where, self.previous, self.next))
        panel.addWidget(area, 1)
        panel.addWidget(self._changed_says)
        panel.addLayout(_line(self.keep, self.reset))
        panel.addLayout(_line(self.benign, self.malignant))
        panel.addLayout(_line(self.exclude, self.include, self.undo))
        panel.addLayout(_line(self.open))
        return whole

    # --- what is shown ---

    def show_section(
        self, collection: Collection, section: Section, number: int, count: int, *, keep_hand: bool = False
    ) -> None:
        """Show it as number `number` (from 1) of `count`. keep_hand: what the hand made of its square stays.

        Raises KnownError("collection-unreadable") where its history cannot be read.
        """
        edited = keep_hand and self.changed
        same = self._section is not None and self._collection is not None
        same = same and (self._section.id, self._collection.folder) == (section.id, collection.folder)  # type: ignore[union-attr]
        self._history = history(collection, section.id)
        self._collection, self._section, self._position = collection, section, (number, count)
        if not same:
            self.canvas.show_frame(stored_picture(collection, section))
        if not (same and edited):
            self._square = section.square
        self._draw()
        self.canvas.select_square(True)
        self._tell()

    @property
    def section(self) -> Section | None:
        return self._section

    @property
    def square(self) -> Square | None:
        """The square as the hand has it, in frame pixels."""
        return self._square

    @property
    def changed(self) -> bool:
        """Whether the hand's square is another one than is kept."""
        return self._section is not None and self._square != self._section.square

    def _draw(self) -> None:
        if self._section is None or self._square is None or self._collection is None:
            return
        here, square = self._section.context, self._square
        self.canvas.show_masses([_Mass(square.moved(-here.left, -here.top))], 0)
        self.canvas.set_caption(tr("{side} × {side} px", side=square.side))
        inside = self._section.inside(square)
        self.preview.show_crop(self._collection.crop(self._section, inside, PREVIEW_PX))
        changed = self.changed
        self.keep.setEnabled(changed)
        self.reset.setEnabled(changed)
        self._changed_says.setText(tr("The square was changed and is not kept yet.") if changed else "")
        self._changed_says.setVisible(changed)

    def _tell(self) -> None:
        if self._section is None or self._collection is None:
            return
        number, count = self._position
        self._where.setText(tr("{number} of {count}", number=number, count=count))
        self._facts.setText(facts_html(self._collection, self._section))
        self._corrections.setText(corrections_html(self._history))
        self._corrections.setVisible(bool(self._history))
        excluded = self._section.id in self._collection.excluded
        self.exclude.setVisible(not excluded)
        self.include.setVisible(excluded)
        self.benign.setEnabled(self._section.label != "benign")
        self.malignant.setEnabled(self._section.label != "malignant")
        self.undo.setEnabled(self._section.id in self._collection.corrected)
        self.previous.setEnabled(number > 1)
        self.next.setEnabled(number < count)

    # --- the hand ---

    def _hand(self, on_picture: Square) -> None:
        """The square that a hand made, in the picture's pixels."""
        if self._section is not None:
            here = self._section.context
            self._take(on_picture.moved(here.left, here.top))

    def _take(self, square: Square) -> None:
        assert self._section is not None
        # an imported square may reach beyond what is stored: as long as nobody moves it, it stays
        self._square = square if square == self._section.square else held(self._section, square)
        self._draw()

    def _nudge(self, dx_px: int, dy_px: int) -> None:
        if self._square is not None:
            self._take(self._square.moved(dx_px, dy_px))

    def _grow(self, factor: float) -> None:
        if self._square is not None:
            side = round(self._square.side * factor)
            if side == self._square.side:
                side += 1 if factor > 1 else -1
            self._take(self._square.resized(max(side, MIN_SIDE_PX)))

    def put_back(self) -> None:
        """The square as it is kept."""
        if self._section is not None:
            self._square = self._section.square
            self._draw()

    def _keep(self) -> None:
        if self.changed:
            self.square_wanted.emit(self._square)

    # --- keys ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        modifiers = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        call = self._keys.get((key, modifiers))
        if call is not None:
            call()
        elif not modifiers and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.accept()  # the square is let go: they are nobody's
        else:
            super().keyPressEvent(event)

    def _escape(self) -> None:
        if self.changed:
            self.put_back()
        else:
            self.left.emit()

    def _take_back(self) -> None:
        if self.changed:
            self.put_back()
        else:
            self.undo_wanted.emit()

    def _keys_of(self) -> dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[], object]]:
        key, plain = Qt.Key, Qt.KeyboardModifier.NoModifier
        calls: dict[Qt.Key, Callable[[], object]] = {
            key.Key_Plus: lambda: self._grow(GROWTH),
            key.Key_Equal: lambda: self._grow(GROWTH),
            key.Key_Minus: lambda: self._grow(1 / GROWTH),
            key.Key_Return: self._keep,
            key.Key_Enter: self._keep,
            key.Key_Escape: self._escape,
            key.Key_B: lambda: self.relabel_wanted.emit("benign"),
            key.Key_M: lambda: self.relabel_wanted.emit("malignant"),
            key.Key_X: self.exclude_wanted.emit,
            key.Key_Delete: self.exclude_wanted.emit,
            key.Key_I: self.include_wanted.emit,
            key.Key_O: self.open_wanted.emit,
            key.Key_N: self.canvas.start_drawing,
            key.Key_F: self.canvas.fit,
            key.Key_R: self.canvas.reset_display,
            key.Key_PageDown: lambda: self.stepped.emit(1),
            key.Key_PageUp: lambda: self.stepped.emit(-1),
        }
        return {(one, plain): call for one, call in calls.items()} | {
            (key.Key_Z, Qt.KeyboardModifier.ControlModifier): self._take_back
        }

    def retranslate(self) -> None:
        say(self.keep, tr("Keep the square…"), tr("Keep this square, with the reason."), "Enter")
        say(self.reset, tr("Put it back"), tr("The square as it was."), "Esc")
        say(self.benign, tr("Benign…"), tr("Its pathology is benign: relabel it, with the reason."), "B")
        say(self.malignant, tr("Malignant…"), tr("Its pathology is malignant: relabel it, with the reason."), "M")
        say(self.exclude, tr("Exclude…"), tr("Leave it out of every part, with the reason."), "X")
        say(self.include, tr("Include again"), tr("It is no longer excluded."), "I")
        say(self.undo, tr("Undo correction"), tr("The label or square as it was before."), "Ctrl+Z")
        say(self.open, tr("Open in the reading window"), tr("Score it with the model in use."), "O")
        say(self.previous, "‹", tr("Previous section"), "Page Up")
        say(self.next, "›", tr("Next section"), "Page Down")
        self.previous.setAccessibleName(tr("Previous section"))
        self.next.setAccessibleName(tr("Next section"))
        self._preview_says.setText(
            tr(
                "What a network would see at {side} px. Arrows move the square, + and − resize it; Space: without it.",
                side=PREVIEW_PX,
            )
        )
        self._tell()
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        elif event.type() == QEvent.Type.PaletteChange and hasattr(self, "_keys"):
            self._tell()  # its words are coloured
