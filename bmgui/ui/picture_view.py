"""The picture alone: fitted, zoomed, panned, brightened for the eye. The canvas adds squares and evidence.

Wheel: zoom about the pointer (over a loop it steps the frames, and Ctrl+wheel zooms). Middle drag: pan. Right drag:
contrast across, brightness up and down, of the display only. The frame itself is only read.
"""

import math
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from bmgui.imaging.crop import Frame
from bmgui.ui.display import Display
from bmgui.ui.hit import Cursor
from bmgui.ui.scaled import ScaledPicture
from bmgui.ui.view import View, fitted

STILL_PX = 3.0  # a click that trembles is not a drag
LEAST_OF_FIT = 0.5
CONTRAST_PX = 250.0  # a right drag of so many px across multiplies the contrast by e
BRIGHTNESS_PX = 400.0  # and of so many px up brightens by the whole grey range
WHEEL_STEP = 120  # a notch, in Qt's unit of an eighth of a degree
_CURSORS = {
    "arrow": Qt.CursorShape.ArrowCursor,
    "move": Qt.CursorShape.SizeAllCursor,
    "nwse": Qt.CursorShape.SizeFDiagCursor,
    "nesw": Qt.CursorShape.SizeBDiagCursor,
    "cross": Qt.CursorShape.CrossCursor,
}


class PictureView(QWidget):
    """pointer_at(int x, int y, object): the frame pixel under the pointer and its value: int or (r, g, b), of the frame
        as it is scored; None outside (x, y are -1 once the pointer has left).
    frame_stepped(int): -1 or 1. zoom_changed(float). display_changed(): `display` has another value.
    menu_wanted(QPoint): a right click without a drag, in screen coordinates.
    """

    pointer_at = Signal(int, int, object)
    frame_stepped = Signal(int)
    zoom_changed = Signal(float)
    display_changed = Signal()
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setMinimumSize(200, 200)
        self._frame: Frame | None = None
        self._picture = ScaledPicture()
        self._display = Display()
        self._view, self._fits = View(), True
        self._loop = False
        self._hand: Literal["", "square", "pan", "display"] = ""
        self._pressed, self._last, self._display_before = QPointF(), QPointF(), Display()
        self._wheel = 0

    def sizeHint(self) -> QSize:
        return QSize(720, 560)

    def _show_picture(self, frame: Frame | None, loop: bool, keep_view: bool) -> None:
        same_size = frame is not None and self._frame is not None and frame.shape[:2] == self._frame.shape[:2]
        self._frame, self._loop = frame, loop
        self._picture.show_frame(frame, self._display)
        if not (keep_view and same_size):
            self.fit()

    def _changed(self) -> None:
        """Something that is seen has changed."""
        self.update()

    def _picture_size(self) -> tuple[int, int]:
        assert self._frame is not None
        return self._frame.shape[1], self._frame.shape[0]

    # --- display ---

    @property
    def display(self) -> Display:
        return self._display

    def set_display(self, brightness: float, contrast: float, inverted: bool) -> None:
        """Of the display only; see `Display` for the ranges."""
        wanted = Display(brightness, contrast, inverted).within_limits()
        if wanted != self._display:
            self._display = wanted
            self._picture.show_frame(self._frame, wanted)
            self.update()
            self.display_changed.emit()

    def reset_display(self) -> None:
        self.set_display(0.0, 1.0, False)

    def invert_display(self) -> None:
        self.set_display(self._display.brightness, self._display.contrast, not self._display.inverted)

    # --- zoom ---

    @property
    def zoom(self) -> float:
        """Canvas px a frame px (before the device pixel ratio)."""
        return self._view.zoom

    def fit(self) -> None:
        """The whole picture, and again after every change of size until it is zoomed or panned."""
        self._fits = True
        if self._frame is not None:
            self._set_view(fitted(self._picture_size(), (self.width(), self.height())))

    def zoom_by(self, factor: float) -> None:
        """About the middle of the canvas."""
        self._zoom_about(factor, QPointF(self.width() / 2, self.height() / 2))

    def _zoom_about(self, factor: float, at: QPointF) -> None:
        if self._frame is not None:
            least = LEAST_OF_FIT * fitted(self._picture_size(), (self.width(), self.height())).zoom
            self._set_free_view(self._view.zoomed(factor, (at.x(), at.y()), least))

    def _set_free_view(self, view: View) -> None:
        self._fits = False
        self._set_view(view.held(self._picture_size(), (self.width(), self.height())))

    def _set_view(self, view: View) -> None:
        if view != self._view:
            zoomed = view.zoom != self._view.zoom
            self._view = view
            if zoomed:
                self.zoom_changed.emit(view.zoom)
            self._changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fits:
            self.fit()
        elif self._frame is not None:
            self._set_free_view(self._view)
        super().resizeEvent(event)

    # --- mouse ---

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._frame is None or self._hand:
            return
        self._pressed = self._last = event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._hand = "pan"
        elif event.button() == Qt.MouseButton.RightButton:
            self._hand, self._display_before = "display", self._display

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._frame is None:
            return
        at = event.position()
        if self._hand == "pan":
            step = at - self._last
            self._set_free_view(self._view.panned(step.x(), step.y()))
        elif self._hand == "display" and not self._is_still(at):
            before, moved = self._display_before, at - self._pressed
            contrast = before.contrast * math.exp(moved.x() / CONTRAST_PX)
            self.set_display(before.brightness - moved.y() / BRIGHTNESS_PX, contrast, before.inverted)
        self._last = at
        self._tell_pointer(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._hand == "pan" and event.button() == Qt.MouseButton.MiddleButton:
            self._hand = ""
        elif self._hand == "display" and event.button() == Qt.MouseButton.RightButton:
            self._hand = ""
            if self._is_still(event.position()):
                self.menu_wanted.emit(event.globalPosition().toPoint())

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if self._frame is None or not delta:
            event.ignore()
        elif self._loop and not control:
            self._wheel += delta
            steps = int(self._wheel / WHEEL_STEP)
            self._wheel -= steps * WHEEL_STEP
            for _ in range(abs(steps)):
                self.frame_stepped.emit(-1 if steps > 0 else 1)
        else:
            self._zoom_about(1.25 ** (delta / WHEEL_STEP), event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self.pointer_at.emit(-1, -1, None)
        super().leaveEvent(event)

    def _is_still(self, at: QPointF) -> bool:
        return (at - self._pressed).manhattanLength() <= STILL_PX

    def _frame_point(self, at: QPointF) -> tuple[float, float]:
        return self._view.to_frame(at.x(), at.y())

    def _tell_pointer(self, at: QPointF) -> None:
        assert self._frame is not None
        x, y = (math.floor(v) for v in self._frame_point(at))
        width, height = self._picture_size()
        value: object = None
        if 0 <= x < width and 0 <= y < height:
            told = self._frame[y, x]
            value = int(told) if self._frame.ndim == 2 else tuple(int(v) for v in told)
        self.pointer_at.emit(x, y, value)

    def _set_cursor(self, name: Cursor) -> None:
        if self.cursor().shape() != _CURSORS[name]:
            self.setCursor(_CURSORS[name])
