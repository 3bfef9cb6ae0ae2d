"""The differences with their intervals as lines, the 0 and the margins: at one look what is shown and what is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bmgui.learning.results.values import Figure
from bmgui.ui import theme

_ROW_PX, _AXIS_PX, _LEAST_REACH = 28, 20, 0.12
_DOT_PX, _TICK_PX = 4.0, 5.0


@dataclass(frozen=True)
class Line:
    """name: in words. figure: candidate − model in use. margin: how far below 0 still counts as not worse."""

    name: str
    figure: Figure
    margin: float


class DifferencePlot(QWidget):
    """worse ← 0 → better. Nothing in it is told by colour alone; its words stand in the table beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("promotion-plot")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._lines: tuple[Line, ...] = ()
        self._ends = ("", "")
        self.show_lines((), ("", ""))

    def show_lines(self, lines: Sequence[Line], ends: tuple[str, str]) -> None:
        """ends: the words at the left and the right end of the axis."""
        self._lines, self._ends = tuple(lines), ends
        self.setFixedHeight(_ROW_PX * max(1, len(self._lines)) + _AXIS_PX)
        self.setAccessibleDescription(", ".join(line.name for line in self._lines))
        self.update()

    def _reach(self) -> float:
        values = [
            abs(v) for line in self._lines for v in (line.figure.low, line.figure.high, line.margin) if v is not None
        ]
        return max(_LEAST_REACH, *values) * 1.08 if values else _LEAST_REACH

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = self.font()
        small.setPixelSize(11)
        painter.setFont(small)
        metrics = painter.fontMetrics()
        left = max((metrics.horizontalAdvance(line.name) for line in self._lines), default=0) + 16
        room = QRectF(left, 0, self.width() - left - 8, self.height() - _AXIS_PX)
        reach = self._reach()

        def across(value: float) -> float:
            return room.center().x() + value / reach * room.width() / 2

        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(QPointF(across(0), room.top()), QPointF(across(0), room.bottom()))
        for row, line in enumerate(self._lines):
            middle = room.top() + _ROW_PX * (row + 0.5)
            self._paint_line(painter, line, middle, across, colours)
        painter.setPen(QColor(colours.quiet))
        axis = QRectF(room.left(), room.bottom(), room.width(), _AXIS_PX)
        painter.drawText(axis, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self._ends[0])
        painter.drawText(axis, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self._ends[1])
        painter.drawText(axis, int(Qt.AlignmentFlag.AlignCenter), "0")
        painter.end()

    def _paint_line(self, painter: QPainter, line: Line, middle: float, across, colours: theme.Theme) -> None:  # type: ignore[no-untyped-def]
        painter.setPen(QColor(colours.text))
        words = QRectF(0, middle - _ROW_PX / 2, self.width(), _ROW_PX)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), line.name)
        edge = QPen(QColor(colours.attention), 1.5, Qt.PenStyle.DashLine)
        painter.setPen(edge)
        painter.drawLine(QPointF(across(-line.margin), middle - 9), QPointF(across(-line.margin), middle + 9))
        figure = line.figure
        if figure.value is None:
            return
        painter.setPen(QPen(QColor(colours.accent), 2))
        if figure.low is not None and figure.high is not None:
            painter.drawLine(QPointF(across(figure.low), middle), QPointF(across(figure.high), middle))
            for end in (figure.low, figure.high):
                painter.drawLine(QPointF(across(end), middle - _TICK_PX), QPointF(across(end), middle + _TICK_PX))
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(QPointF(across(figure.value), middle), _DOT_PX, _DOT_PX)
