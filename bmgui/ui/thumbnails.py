"""The column of scans: a small picture each, frame count, a dot where a square is confirmed, and what was not read."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QPixmap, QTextLayout, QTextOption
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.scan import Scan
from bmgui.ui import theme
from bmgui.ui.scan_rows import Heading, Row, ScanRow, UnreadRow
from bmgui.wording import tr

WIDTH_PX = 168
_PICTURE_PX = 96
_GAP_PX = 8

Index = QModelIndex | QPersistentModelIndex
Fetch = Callable[[Scan, Callable[[Frame | KnownError], None]], None]


class Rows(QAbstractListModel):
    """The rows, and the small pictures that have come. A picture is asked for when its row is first painted."""

    def __init__(self, fetch: Fetch) -> None:
        super().__init__()
        self._fetch = fetch
        self._rows: list[Row] = []
        self._pictures: dict[str, QPixmap | None] = {}  # by path; None: asked for
        self._confirmed: frozenset[str] = frozenset()

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Other rows; pictures of scans that stay are kept."""
        if list(rows) == self._rows:
            return
        self.beginResetModel()
        self._rows = list(rows)
        paths = {str(row.scan.path) for row in self._rows if isinstance(row, ScanRow)}
        self._pictures = {path: picture for path, picture in self._pictures.items() if path in paths}
        self.endResetModel()

    def set_confirmed(self, fingerprints: frozenset[str]) -> None:
        """The scans with a confirmed square."""
        if fingerprints != self._confirmed:
            self._confirmed = fingerprints
            self._all_changed()

    def row(self, index: Index) -> Row:
        return self._rows[index.row()]

    def row_of(self, scan_index: int | None) -> int | None:
        """Where a scan stands among the rows."""
        return next(
            (n for n, row in enumerate(self._rows) if isinstance(row, ScanRow) and row.index == scan_index), None
        )

    def is_confirmed(self, row: ScanRow) -> bool:
        return row.scan.fingerprint in self._confirmed

    def picture(self, row: ScanRow) -> QPixmap | None:
        """The scan's small picture; where there is none yet it is asked for."""
        path = str(row.scan.path)
        if path not in self._pictures:
            self._pictures[path] = None
            self._fetch(row.scan, lambda got: self._arrived(path, got))
        return self._pictures[path]

    def _arrived(self, path: str, got: Frame | KnownError) -> None:
        if not isinstance(got, KnownError) and path in self._pictures:
            self._pictures[path] = pixmap(got)
            self._all_changed()

    def _all_changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and isinstance(self.row(index), ScanRow):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words for the screen reader and the tooltip; the delegate paints from the row itself."""
        row = self.row(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return _in_words(row, isinstance(row, ScanRow) and self.is_confirmed(row))
        if role == Qt.ItemDataRole.ToolTipRole and not isinstance(row, Heading):
            return row.why if isinstance(row, UnreadRow) else row.text
        return None


def _in_words(row: Row, confirmed: bool) -> str:
    if isinstance(row, Heading):
        return row.text
    if isinstance(row, UnreadRow):
        return f"{row.text}: {row.why}"
    return ", ".join(part for part in (row.text, row.frames, tr("square confirmed") if confirmed else "") if part)


def pixmap(frame: Frame) -> QPixmap:
    """A frame as Qt draws it."""
    pixels = np.ascontiguousarray(frame)
    height, width = pixels.shape[:2]
    form = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    return QPixmap.fromImage(QImage(pixels.data, width, height, pixels.strides[0], form).copy())


class _Painter(QStyledItemDelegate):
    def __init__(self, rows: Rows, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = rows

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row = self._rows.row(index)
        view = self.parent()
        width = view.viewport().width() if isinstance(view, QListView) else WIDTH_PX
        if isinstance(row, ScanRow):
            return QSize(width, _PICTURE_PX + 2 * _GAP_PX + QFontMetrics(_small(option.font)).height() + 4)
        text = row.text if isinstance(row, Heading) else f"{row.text}\n{row.why}"
        return QSize(width, _height(text, _small(option.font), width - 2 * _GAP_PX) + 2 * _GAP_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, colours = self._rows.row(index), theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(_small(option.font))
        room = option.rect.adjusted(_GAP_PX, _GAP_PX, -_GAP_PX, -_GAP_PX)
        if isinstance(row, ScanRow):
            self._paint_scan(painter, option, room, row, colours)
        elif isinstance(row, Heading):
            painter.setPen(QColor(colours.quiet))
            painter.drawText(QRectF(room), row.text, _wrapped())
        else:
            painter.setPen(QColor(colours.text))
            height = _height(row.text, painter.font(), room.width())
            painter.drawText(QRectF(room), row.text, _wrapped())
            painter.setPen(QColor(colours.attention))
            painter.drawText(QRectF(room.adjusted(0, height, 0, 0)), row.why, _wrapped())
        painter.restore()

    def _paint_scan(
        self, painter: QPainter, option: QStyleOptionViewItem, room: QRect, row: ScanRow, colours: theme.Theme
    ) -> None:
        state: QStyle.StateFlag = option.state
        area = QRect(room.left(), room.top(), room.width(), _PICTURE_PX)
        painter.fillRect(area, QColor(colours.picture))
        picture = self._rows.picture(row)
        if picture is not None:
            size = picture.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(area.topLeft(), size)
            place.moveCenter(area.center())
            painter.drawPixmap(place, picture)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        if self._rows.is_confirmed(row):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colours.picture), 1.5))
            painter.setBrush(QColor(colours.square))
            painter.drawEllipse(area.right() - 14, area.top() + 5, 9, 9)
        line = QRect(area.left(), area.bottom() + 4, area.width(), room.bottom() - area.bottom() - 3)
        metrics = QFontMetrics(painter.font())
        frames_px = metrics.horizontalAdvance(row.frames) + 8 if row.frames else 0
        painter.setPen(QColor(colours.quiet))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), row.frames)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(QColor(colours.text if chosen else colours.quiet))
        text = metrics.elidedText(row.text, Qt.TextElideMode.ElideMiddle, line.width() - frames_px)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)


def _wrapped() -> QTextOption:
    option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)  # a file's name may be one long word
    return option


def _height(text: str, font: QFont, width: int) -> int:
    """How high `text` is when it is painted so."""
    layout = QTextLayout(text.replace("\n", "\u2028"), font)
    layout.setTextOption(_wrapped())
    layout.beginLayout()
    height = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        height += line.height()
    layout.endLayout()
    return math.ceil(height)


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(11)
    return small


class Thumbnails(QListView):
    """scan_wanted(int): a scan was chosen, by mouse or keys."""

    scan_wanted = Signal(int)

    def __init__(self, fetch: Fetch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._silent = False
        self._shown = Rows(fetch)
        self._shown.setParent(self)
        self.setModel(self._shown)
        self.setItemDelegate(_Painter(self._shown, self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMinimumWidth(128)
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Scans"))

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_PX, 400)

    def show_rows(self, rows: Sequence[Row], scan_index: int | None) -> None:
        self._silent = True  # a reset must not be taken for a wish
        self._shown.set_rows(rows)
        self._silent = False
        self.show_current(scan_index)

    def show_confirmed(self, fingerprints: frozenset[str]) -> None:
        self._shown.set_confirmed(fingerprints)

    def show_current(self, scan_index: int | None) -> None:
        row = self._shown.row_of(scan_index)
        if row is None:
            return
        index = self._shown.index(row)
        if index != self.currentIndex():
            self._silent = True
            self.setCurrentIndex(index)
            self._silent = False

    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and not self._silent:
            row = self._shown.row(current)
            if isinstance(row, ScanRow):
                self.scan_wanted.emit(row.index)
