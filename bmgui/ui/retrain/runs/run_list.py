"""The runs in a list: name, where each stands, how much is done; with the queue's order in one's hands."""

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from bmgui.learning.runs.watch import Look
from bmgui.ui import theme
from bmgui.ui.retrain.runs import words
from bmgui.wording import tr

_ROW_PX, _PAD_PX = 48, 12
_LOOK = Qt.ItemDataRole.UserRole


class RunList(QListWidget):
    """chosen(folder): another run is to be shown. moved(folder, step), removed(folder): wishes for the queue."""

    chosen = Signal(object)
    moved = Signal(object, int)
    removed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("runs_list")
        self.setItemDelegate(_Row(self))
        self.setUniformItemSizes(True)
        self.currentRowChanged.connect(self._row_changed)

    @property
    def looks(self) -> list[Look]:
        return [self.item(row).data(_LOOK) for row in range(self.count())]

    @property
    def look(self) -> Look | None:
        """Of the chosen run."""
        row = self.currentRow()
        return self.looks[row] if row >= 0 else None

    def show_looks(self, looks: tuple[Look, ...], chosen: Path | None) -> None:
        """Say them anew; the chosen run stays chosen wherever it stands now."""
        if list(looks) == self.looks and (self.look.folder if self.look else None) == chosen:
            return
        self.blockSignals(True)
        while self.count() > len(looks):
            self.takeItem(self.count() - 1)
        for row, look in enumerate(looks):
            if row == self.count():
                self.addItem(QListWidgetItem())
            item = self.item(row)
            item.setData(_LOOK, look)
            item.setText(look.name)
            item.setToolTip(f"{look.folder}\n{words.short(look)}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{look.name}, {words.short(look)}")
        folders = [look.folder for look in looks]
        self.setCurrentRow(folders.index(chosen) if chosen in folders else -1)
        self.blockSignals(False)
        self.viewport().update()

    def _row_changed(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(self.item(row).data(_LOOK).folder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        look = self.look
        is_waiting = look is not None and look.place is not None
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if look is not None and is_waiting and alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(look.folder, -1 if event.key() == Qt.Key.Key_Up else 1)
        elif look is not None and is_waiting and event.key() == Qt.Key.Key_Delete:
            self.removed.emit(look.folder)
        else:
            super().keyPressEvent(event)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Runs"))
        looks, chosen = tuple(self.looks), self.look.folder if self.look else None
        self.show_looks((), None)
        self.show_looks(looks, chosen)


class _Row(QStyledItemDelegate):
    """Two lines: the name, and quietly where it stands. A bar at the edge marks the one at work."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, _ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        look: Look = index.data(_LOOK)
        colours = theme.current()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(rect.adjusted(0, 1, -1, -1), 6, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0, 1, -1, -2), 6, 6)
        if look.is_at_work or look.doing:
            painter.fillRect(rect.left(), rect.top() + 8, 3, rect.height() - 16, QColor(colours.accent))
        line = rect.adjusted(_PAD_PX, 6, -8, -6)
        half = line.height() // 2
        self._write(painter, QRect(line.left(), line.top(), line.width(), half), look.name, colours.text, 13)
        colour = colours.attention if words.is_trouble(look) else colours.quiet
        below = QRect(line.left(), line.top() + half, line.width(), half)
        self._write(painter, below, words.short(look), colour, 11)
        painter.restore()

    def _write(self, painter: QPainter, where: QRect, text: str, colour: str, px: int) -> None:
        font = QFont(painter.font())
        font.setPixelSize(px)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        fitted = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, where.width())
        painter.drawText(where, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), fitted)
