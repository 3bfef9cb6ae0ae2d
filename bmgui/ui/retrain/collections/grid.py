"""The grid of a collection's sections: a small picture each, its square, label, part and state, in words and shapes.

Made for ten thousand: a tile is painted from what is there, pictures come from the background, and nothing is asked of
a section that is not on the screen.
"""

from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Collection, Context, Section
from bmgui.ui import theme
from bmgui.ui.retrain.collections.grid_pictures import GridPictures
from bmgui.ui.retrain.collections.pieces import PARTS
from bmgui.ui.retrain.collections.tiles import words_of
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr

PICTURE_PX = 144
GAP_PX = 12
LINE_PX = 16
TILE = QSize(PICTURE_PX + GAP_PX, PICTURE_PX + GAP_PX + 4 + 3 * LINE_PX)
_FADED = 0.35

Index = QModelIndex | QPersistentModelIndex
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class Sections(QStringListModel):
    """The sections of a collection that pass the filter. Its rows are Qt's own: laying out ten thousand tiles asks for
    their number ten thousand times, and would do so in Python."""

    def __init__(self) -> None:
        super().__init__()
        self.collection: Collection | None = None
        self.places: tuple[int, ...] = ()

    def show(self, collection: Collection | None, places: Sequence[int]) -> None:
        self.collection, self.places = collection, tuple(places)
        self.setStringList([""] * len(self.places))

    def section(self, row: int) -> Section:
        assert self.collection is not None
        return self.collection.sections[self.places[row]]

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) & ~(Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words for screen readers and the tooltip; the delegate paints from the section itself."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(self._in_words(self.section(index.row())))
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(self._in_words(self.section(index.row())))
        return None

    def _in_words(self, section: Section) -> list[str]:
        assert self.collection is not None
        said = [section.id, words_of(section.label), part_words(self.collection, section)]
        if section.patient:
            said.append(tr("patient {patient}", patient=section.patient))
        reason = self.collection.excluded.get(section.id)
        if reason is not None:
            said.append(tr("excluded: {reason}", reason=reason))
        if section.id in self.collection.corrected:
            said.append(tr("corrected"))
        return [one for one in said if one]


def part_words(collection: Collection, section: Section) -> str:
    """Its part in the reader's language; "" where there is no split."""
    if not collection.parts:
        return ""
    part = collection.parts.get(section.id)
    return tr("in no part") if part is None else tr(PARTS[part])


def square_on(context: Context, square: Square, picture: QRectF) -> QRectF:
    """Where a square of frame pixels lies on a picture of the whole context."""
    across, down = picture.width() / context.width, picture.height() / context.height
    left, top = (square.left - context.left) * across, (square.top - context.top) * down
    return QRectF(picture.left() + left, picture.top() + top, square.side * across, square.side * down)


def outline(painter: QPainter, rect: QRectF, colours: theme.Theme, *, dashed: bool, faint: bool) -> None:
    """A thin square with a dark line beneath it. Filled strips: Qt strokes see-through lines ten times as slowly."""
    beneath, colour = QColor(0, 0, 0, 110), QColor(colours.square)
    colour.setAlpha(120 if faint else 255)
    for one, reach in ((beneath, 1.5), (colour, 0.5)):
        around, width = rect.adjusted(-reach, -reach, reach, reach), 2 * reach
        if dashed and one is colour:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
            painter.drawRect(rect)
            return
        painter.fillRect(QRectF(around.left(), around.top(), around.width(), width), one)
        painter.fillRect(QRectF(around.left(), around.bottom() - width, around.width(), width), one)
        inner = around.height() - 2 * width
        painter.fillRect(QRectF(around.left(), around.top() + width, width, inner), one)
        painter.fillRect(QRectF(around.right() - width, around.top() + width, width, inner), one)


class _Painter(QStyledItemDelegate):
    def __init__(self, grid: "Grid") -> None:
        super().__init__(grid)
        self._grid = grid
        self.corrected: frozenset[str] = frozenset()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return self._grid.tile

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        collection, colours = self._grid.sections.collection, theme.current()
        assert collection is not None
        section = self._grid.sections.section(index.row())
        excluded = section.id in collection.excluded
        state: QStyle.StateFlag = option.state
        room = option.rect.adjusted(GAP_PX // 2, GAP_PX // 2, -GAP_PX // 2, -GAP_PX // 2)
        area = QRect(room.left() + (room.width() - PICTURE_PX) // 2, room.top(), PICTURE_PX, PICTURE_PX)
        painter.save()
        painter.fillRect(area, QColor(colours.picture))
        self._paint_picture(painter, section, QRectF(area), colours, excluded)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(
                QRect(area.left() - 3, area.bottom() + 1, PICTURE_PX + 6, 4 + 3 * LINE_PX), QColor(colours.selection)
            )
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRect(area.left() - 3, area.top() - 3, PICTURE_PX + 6, PICTURE_PX + 8 + 3 * LINE_PX))
        if state & QStyle.StateFlag.State_HasFocus and self._grid.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.on_picture), 1, Qt.PenStyle.DashLine))
            painter.drawRect(area.adjusted(2, 2, -3, -3))
        words = QRect(area.left() + 2, area.bottom() + 4, PICTURE_PX - 4, 3 * LINE_PX)
        self._paint_words(painter, option.font, collection, section, words, colours)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, section: Section, area: QRectF, colours: theme.Theme, excluded: bool
    ) -> None:
        context = section.context
        scale = min(area.width() / context.width, area.height() / context.height)
        place = QRectF(0, 0, context.width * scale, context.height * scale)
        place.moveCenter(area.center())
        image = self._grid.pictures.picture(section)
        if image is not None:
            painter.setOpacity(_FADED if excluded else 1.0)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, image)
            painter.setOpacity(1.0)
        square = square_on(context, section.square, place).intersected(area.adjusted(1, 1, -1, -1))
        outline(painter, square, colours, dashed=section.square_from == "proposal", faint=excluded)
        if excluded:  # by a shape, not only by a fainter picture
            painter.setPen(QPen(QColor(colours.quiet_on_picture), 1.5))
            painter.drawLine(area.topLeft(), area.bottomRight())
            painter.drawLine(area.topRight(), area.bottomLeft())

    def _paint_words(
        self,
        painter: QPainter,
        font: QFont,
        collection: Collection,
        section: Section,
        room: QRect,
        colours: theme.Theme,
    ) -> None:
        small = QFont(font)
        small.setPixelSize(11)
        painter.setFont(small)
        metrics = QFontMetrics(small)
        malignant = section.label == "malignant"
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.text), 1.25))
        painter.setBrush(QColor(colours.text) if malignant else Qt.BrushStyle.NoBrush)  # filled, hollow: by shape
        painter.drawEllipse(QRectF(room.left() + 1, room.top() + 4, 8, 8))
        line = QRect(room.left() + 15, room.top(), room.width() - 15, LINE_PX)
        painter.drawText(line, _LEFT, words_of(section.label))
        painter.setPen(QColor(colours.quiet))
        tested = collection.parts.get(section.id) == "test"  # in full it is too long beside a label
        painter.drawText(line, _RIGHT, tr("test") if tested else part_words(collection, section))
        line = QRect(room.left(), room.top() + LINE_PX, room.width(), LINE_PX)
        painter.drawText(line, _LEFT, metrics.elidedText(section.id, Qt.TextElideMode.ElideMiddle, line.width()))
        state = self._state(collection, section)
        if state:
            painter.setPen(QColor(colours.attention))
            line.translate(0, LINE_PX)
            painter.drawText(line, _LEFT, metrics.elidedText(state, Qt.TextElideMode.ElideRight, line.width()))

    def _state(self, collection: Collection, section: Section) -> str:
        reason = collection.excluded.get(section.id)
        if reason is not None:
            return tr("excluded: {reason}", reason=reason)
        if section.id in self.corrected:
            return tr("corrected")
        return tr("square proposed") if section.square_from == "proposal" else ""


class Grid(QListView):
    """Signals: opened(int row); the keys' wishes: relabel_wanted("benign" | "malignant"), exclude_wanted(),
    include_wanted(), undo_wanted(), search_wanted(), left(); chosen_changed().

    Arrows move; Space, Shift and Ctrl choose as in any list. B, M: its label is another one. X: exclude; I: include
    it again. Ctrl+Z: undo the last correction. Enter opens. Escape lets go of what is chosen, then leaves.
    """

    opened = Signal(int)
    relabel_wanted = Signal(str)
    exclude_wanted = Signal()
    include_wanted = Signal()
    undo_wanted = Signal()
    search_wanted = Signal()
    left = Signal()
    chosen_changed = Signal()

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self.setObjectName("section-grid")
        self.sections, self.pictures = Sections(), GridPictures(workshop, PICTURE_PX)
        self.sections.setParent(self)
        self.pictures.setParent(self)
        self.tile = TILE
        self._painter = _Painter(self)
        self.setModel(self.sections)
        self.setItemDelegate(self._painter)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)  # in list mode: in icon mode Qt keeps a tree of all tiles, and is slow with many
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.verticalScrollBar().setSingleStep(40)
        self.pictures.arrived.connect(self._arrived)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen_changed.emit())
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Sections"))
        self.viewport().update()

    def show_sections(self, collection: Collection | None, places: Sequence[int]) -> None:
        """Other sections; what is chosen, and where it is scrolled to, stays as far as it is still there."""
        before = set(self.chosen_ids())
        current = self.current_id()
        scrolled = self.verticalScrollBar().value()
        self.pictures.show_collection(collection)
        self._painter.corrected = collection.corrected if collection is not None else frozenset()
        self.sections.show(collection, places)
        self.choose(before, current)
        self.verticalScrollBar().setValue(scrolled)
        self.chosen_changed.emit()

    # --- what is chosen ---

    def choose(self, ids: Iterable[str], current: str = "") -> None:
        """Choose these, as far as they are shown; `current` gets the keys, else the first one."""
        wanted, selection, at = set(ids), QItemSelection(), 0
        rows = [row for row, one in enumerate(self._ids()) if one in wanted] if wanted else []
        for first, last in _ranges(rows):
            selection.select(self.sections.index(first), self.sections.index(last))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if current or rows:
            at = next((row for row, one in enumerate(self._ids()) if one == current), rows[0] if rows else 0)
        if self.sections.rowCount():
            self.selectionModel().setCurrentIndex(self.sections.index(at), QItemSelectionModel.SelectionFlag.NoUpdate)

    def chosen_ids(self) -> tuple[str, ...]:
        """The ids of the chosen sections, in order."""
        rows = sorted(row for first, last in self._chosen_ranges() for row in range(first, last + 1))
        return tuple(self.sections.section(row).id for row in rows)

    def chosen_count(self) -> int:
        return sum(last - first + 1 for first, last in self._chosen_ranges())

    def _chosen_ranges(self) -> list[tuple[int, int]]:
        selection = self.selectionModel().selection()
        return [(part.top(), part.bottom()) for part in (selection.at(at) for at in range(selection.count()))]

    def _ids(self) -> Iterator[str]:
        collection = self.sections.collection
        return (collection.sections[at].id for at in self.sections.places) if collection is not None else iter(())

    def current_id(self) -> str:
        """The section that the keys are at; "" where there is none."""
        row = self.currentIndex().row()
        return self.sections.section(row).id if 0 <= row < self.sections.rowCount() else ""

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.pictures.want(self.seen())

    def _arrived(self, hashes: object) -> None:
        """Paint only the tiles whose pictures have come."""
        assert isinstance(hashes, set)
        for row in self._seen_rows():
            if self.sections.section(row).sha256 in hashes:
                self.update(self.sections.index(row))

    def seen(self) -> list[Section]:
        """The sections on the screen, and a row of tiles beyond them each way: those come last."""
        return [self.sections.section(row) for row in self._seen_rows()]

    def _seen_rows(self) -> list[int]:
        count, width, height = self.sections.rowCount(), self.viewport().width(), self.viewport().height()
        if not count or not height:
            return []
        across, top = max(1, width // self.tile.width()), self.verticalOffset()
        first = min(top // TILE.height() * across, count)
        last = min(((top + height) // TILE.height() + 1) * across, count)
        return [*range(first, last), *range(last, min(last + across, count)), *range(max(0, first - across), first)]

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.pictures.set_side(round(PICTURE_PX * self.devicePixelRatioF()))
        width = self.viewport().width() - 1  # Qt's list breaks the line where a tile would touch the edge
        across = max(1, width // TILE.width())
        if self.tile.width() != width // across:
            self.tile = QSize(width // across, TILE.height())  # what is left over is shared out between them
            self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)

    # --- keys ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = Qt.Key(event.key()), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        row = self.currentIndex().row()
        if plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if row >= 0:
                self.opened.emit(row)
        elif plain and key in (Qt.Key.Key_B, Qt.Key.Key_M):
            self.relabel_wanted.emit("benign" if key == Qt.Key.Key_B else "malignant")
        elif plain and key in (Qt.Key.Key_X, Qt.Key.Key_Delete):
            self.exclude_wanted.emit()
        elif plain and key == Qt.Key.Key_I:
            self.include_wanted.emit()
        elif event.modifiers() == Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_Z:
            self.undo_wanted.emit()
        elif plain and key == Qt.Key.Key_Slash:
            self.search_wanted.emit()
        elif key == Qt.Key.Key_Escape:
            if self.selectionModel().hasSelection():
                self.clearSelection()
            else:
                self.left.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, _search: str) -> None:
        """Letters are wishes here: typing does not jump to a section's name."""


def _ranges(rows: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of every run of rows that follow each other; rows in order."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
