"""A grid of small pictures, each with its square, its label and a line of words; drawn when they come into view."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from bmgui.imaging.crop import Frame
from bmgui.learning.collections.collection import Collection, Section
from bmgui.ui import theme
from bmgui.ui.painting import draw_square, to_image
from bmgui.wording import tr

_INSET_PX = 6
_LINE_PX = 16
_MOST_KEPT = 1500  # reduced pictures, some 25 kB each

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Tile:
    """picture: gives the pixels when the tile is first drawn. square: left, top, side in these pixels.

    label: in the reader's words; caption: which picture it is; note: what is to be seen at once (excluded, proposed),
    calm where it needs no attention. faded: it does not count. dashed: nobody has looked at the square.
    """

    key: tuple[str, str]
    picture: Callable[[], Frame] = field(compare=False, repr=False)
    square: tuple[float, float, float] | None = None
    malignant: bool = False
    label: str = ""
    caption: str = ""
    note: str = ""
    calm: bool = False
    faded: bool = False
    dashed: bool = False


def words_of(label: str) -> str:
    """A label in the reader's language."""
    words = {"benign": tr("benign"), "malignant": tr("malignant"), "normal": tr("no mass")}
    return words.get(label, label)


def section_tile(
    collection: Collection, section: Section, *, caption: str = "", note: str = "", calm: bool = False
) -> Tile:
    """A section of an opened collection: its context with its square. Excluded ones are faded."""
    here, square = section.context, section.square
    scale = here.scale
    return Tile(
        key=(collection.name, section.id),
        picture=lambda: collection.context(section),
        square=((square.left - here.left) * scale, (square.top - here.top) * scale, square.side * scale),
        malignant=section.label == "malignant",
        label=words_of(section.label),
        caption=caption or section.id,
        note=note,
        calm=calm,
        faded=section.id in collection.excluded,
        dashed=section.square_from == "proposal",
    )


class _Tiles(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.tiles: list[Tile] = []
        self._images: OrderedDict[tuple[tuple[str, str], int], tuple[QImage, float]] = OrderedDict()

    def show(self, tiles: Sequence[Tile]) -> None:
        self.beginResetModel()
        self.tiles = list(tiles)
        self.endResetModel()

    def add(self, tiles: Sequence[Tile]) -> None:
        if tiles:
            self.beginInsertRows(QModelIndex(), len(self.tiles), len(self.tiles) + len(tiles) - 1)
            self.tiles += tiles
            self.endInsertRows()

    def forget_pictures(self) -> None:
        self._images.clear()

    def image(self, tile: Tile, side_px: int) -> tuple[QImage, float]:
        """The picture with its longer side `side_px`, and how much it was scaled."""
        key = tile.key, side_px
        if key not in self._images:
            image = to_image(tile.picture())
            scale = side_px / max(image.width(), image.height(), 1)
            size = QSize(max(1, round(image.width() * scale)), max(1, round(image.height() * scale)))
            small = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
            self._images[key] = small.convertToFormat(image.format()), scale
            while len(self._images) > _MOST_KEPT:
                self._images.popitem(last=False)
        self._images.move_to_end(key)
        return self._images[key]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.tiles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words for screen readers and the tooltip; the delegate paints from the tile itself."""
        tile = self.tiles[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return ", ".join(part for part in (tile.caption, tile.label, tile.note) if part)
        return None


class _Painter(QStyledItemDelegate):
    def __init__(self, view: "TileView") -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return self._view.tile_size()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tile, colours = self._view.tiles[index.row()], theme.current()
        state: QStyle.StateFlag = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        card = QRectF(option.rect.adjusted(1, 1, -2, -2))
        area = QRect(option.rect.left() + _INSET_PX, option.rect.top() + _INSET_PX, *[self._view.side_px] * 2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(card, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card, 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(area, QColor(colours.picture))
        self._paint_picture(painter, tile, area, colours)
        self._paint_words(painter, option.font, tile, QRect(area.left(), area.bottom() + 5, area.width(), 3 * _LINE_PX))
        painter.restore()

    def _paint_picture(self, painter: QPainter, tile: Tile, area: QRect, colours: theme.Theme) -> None:
        ratio = self._view.devicePixelRatioF()
        image, scale = self._view.model_.image(tile, round(min(area.width(), area.height()) * ratio))
        size = image.size() / ratio
        left = area.left() + (area.width() - size.width()) / 2
        top = area.top() + (area.height() - size.height()) / 2
        place = QRectF(left, top, size.width(), size.height())
        painter.setOpacity(0.35 if tile.faded else 1.0)
        painter.drawImage(place, image)
        painter.setOpacity(1.0)
        if tile.square is not None:
            shown = [value * scale / ratio for value in tile.square]
            square = QRectF(place.topLeft() + QPointF(shown[0], shown[1]), place.size())
            square.setSize(QRectF(0, 0, shown[2], shown[2]).size())
            alpha = 110 if tile.faded else 255
            draw_square(painter, square.intersected(QRectF(area)), colours, width=1.25, dashed=tile.dashed, alpha=alpha)

    def _paint_words(self, painter: QPainter, font: QFont, tile: Tile, room: QRect) -> None:
        colours = theme.current()
        small = QFont(font)
        small.setPixelSize(11)
        painter.setFont(small)
        metrics = QFontMetrics(small)
        left = room.left()
        if tile.label:
            mark = QRectF(left + 1, room.top() + 4, 8, 8)  # filled or hollow: told by shape, not by colour
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colours.text), 1.25))
            painter.setBrush(QColor(colours.text) if tile.malignant else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(mark)
            left += 14
        painter.setPen(QColor(colours.text))
        painter.drawText(QRect(left, room.top(), room.right() - left, _LINE_PX), _middle(), tile.label)
        painter.setPen(QColor(colours.quiet))
        caption = metrics.elidedText(tile.caption, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(QRect(room.left(), room.top() + _LINE_PX, room.width(), _LINE_PX), _middle(), caption)
        painter.setPen(QColor(colours.quiet if tile.calm else colours.attention))
        note = metrics.elidedText(tile.note, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(QRect(room.left(), room.top() + 2 * _LINE_PX, room.width(), _LINE_PX), _middle(), note)


def _middle() -> int:
    return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class TileView(QListView):
    """Arrows move, Space and Shift choose; `chosen()` are the keys of the chosen tiles."""

    def __init__(self, side_px: int = 152) -> None:
        super().__init__()
        self.side_px = side_px
        self.model_ = _Tiles(self)
        self.setModel(self.model_)
        self.setItemDelegate(_Painter(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.verticalScrollBar().setSingleStep(32)

    @property
    def tiles(self) -> list[Tile]:
        return self.model_.tiles

    def tile_size(self) -> QSize:
        lines = 3 if any(tile.note for tile in self.tiles) else 2
        return QSize(self.side_px + 2 * _INSET_PX, self.side_px + 2 * _INSET_PX + 4 + lines * _LINE_PX)

    def set_side(self, side_px: int) -> None:
        if side_px != self.side_px:
            self.side_px = side_px
            self.scheduleDelayedItemsLayout()

    def show_tiles(self, tiles: Sequence[Tile], chosen: Iterable[tuple[str, str]] = ()) -> None:
        """Other tiles; pictures of keys that stay are kept, and where it was scrolled to."""
        where = self.verticalScrollBar().value()
        height = self.tile_size().height()
        self.model_.show(tiles)
        if self.tile_size().height() != height:
            self.scheduleDelayedItemsLayout()
        wanted = set(chosen)
        rows = [row for row, tile in enumerate(tiles) if tile.key in wanted]
        selection, flag = QItemSelection(), QItemSelectionModel.SelectionFlag
        for row in rows:
            selection.select(self.model_.index(row), self.model_.index(row))
        self.selectionModel().select(selection, flag.Select)  # at once: each change is told to everybody
        if tiles:
            self.selectionModel().setCurrentIndex(self.model_.index(rows[0] if rows else 0), flag.NoUpdate)
        self.verticalScrollBar().setValue(where)

    def add_tiles(self, tiles: Sequence[Tile]) -> None:
        height = self.tile_size().height()
        self.model_.add(tiles)
        if self.tile_size().height() != height:
            self.scheduleDelayedItemsLayout()

    def forget_pictures(self) -> None:
        """Keys mean other pictures from now on."""
        self.model_.forget_pictures()

    def chosen(self) -> list[tuple[str, str]]:
        """The keys of the chosen tiles, in order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.tiles[row].key for row in rows]
