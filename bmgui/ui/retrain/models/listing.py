"""The list of models: two lines each, and which one is in use."""

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from bmgui.scoring.library import Library
from bmgui.ui import theme
from bmgui.wording import tr

_MODEL = Qt.ItemDataRole.UserRole
_ROW = Qt.ItemDataRole.UserRole + 1
_PAD_PX = 8
_ROW_PX = 52
_QUIET_PX = 11

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Row:
    """What the list says of one model."""

    model: str
    title: str
    own: bool
    in_use: bool

    @property
    def below(self) -> str:
        whose = tr("your own") if self.own else tr("came with the program")
        return f"{self.model} · {whose}"


class ModelList(QListWidget):
    """model_chosen(id): another row is current. use_wanted(): Enter or a double click; remove_wanted(): Delete."""

    model_chosen = Signal(str)
    use_wanted = Signal()
    remove_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("models-list")
        self.setItemDelegate(_Painter(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.currentItemChanged.connect(lambda now, _before: self._tell(now))
        self.itemDoubleClicked.connect(lambda _item: self.use_wanted.emit())

    def show_library(self, library: Library, model: str) -> None:
        """The library's models; `model` (or the one in use) is current."""
        self.blockSignals(True)
        self.clear()
        for card in library.cards():
            row = Row(card.id, card.title, library.is_own(card.id), card.id == library.default_id)
            item = QListWidgetItem(row.title)
            item.setData(_MODEL, row.model)
            item.setData(_ROW, row)
            said = ", ".join(filter(None, (row.title, row.below, tr("in use") if row.in_use else "")))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, said)
            item.setToolTip(said)
            self.addItem(item)
        self.blockSignals(False)
        self.choose(model) or self.choose(library.default_id)

    def choose(self, model: str) -> bool:
        """Make this model current; False where it is not in the list."""
        for row in range(self.count()):
            if self.item(row).data(_MODEL) == model:
                self.setCurrentRow(row)
                return True
        return False

    @property
    def chosen(self) -> str:
        """The current row's id; "" before the first."""
        item = self.currentItem()
        return "" if item is None else str(item.data(_MODEL))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.use_wanted.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _tell(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.model_chosen.emit(item.data(_MODEL))


class _Painter(QStyledItemDelegate):
    """Title, id and whose below it, and a mark on the model in use: a word as well as a colour."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(super().sizeHint(option, index).width(), _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, colours, place = index.data(_ROW), theme.current(), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            if option.state & QStyle.StateFlag.State_HasFocus:
                painter.setPen(QColor(colours.accent))
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 6, 6)
        inside = place.adjusted(_PAD_PX, 6, -_PAD_PX, -6)
        quiet = QFont(option.font)
        quiet.setPixelSize(_QUIET_PX)
        right = inside.right()
        if row.in_use:
            painter.setFont(quiet)
            words = tr("in use")
            width = painter.fontMetrics().horizontalAdvance(words) + 12
            pill = QRect(right - width, inside.top(), width, 18)
            painter.setPen(QColor(colours.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(pill, 9, 9)
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)
            right = pill.left() - _PAD_PX
        _line(
            painter, QRect(inside.left(), inside.top(), right - inside.left(), 20), row.title, option.font, colours.text
        )
        below = QRect(inside.left(), inside.top() + 20, inside.width(), 18)
        _line(painter, below, row.below, quiet, colours.quiet)
        painter.restore()


def _line(painter: QPainter, place: QRect, words: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
