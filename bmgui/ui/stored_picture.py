"""The part of a frame that a collection stores, with the square on it: what the reader looks at before it is kept."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Context
from bmgui.ui import theme
from bmgui.ui.painting import draw_square, to_image

SIDE_PX = 320


class StoredPicture(QWidget):
    """Fitted, never cut, on the picture's ground."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._square = QRectF()
        self.setMinimumSize(SIDE_PX, SIDE_PX)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(SIDE_PX, SIDE_PX)

    def show_part(self, here: Context, pixels: Frame, square: Square) -> None:
        """pixels: uint8 (rows, columns) of `here`; square: in frame pixels."""
        self._image = to_image(pixels)
        left, top = (square.left - here.left) * here.scale, (square.top - here.top) * here.scale
        self._square = QRectF(left, top, square.side * here.scale, square.side * here.scale)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(colours.picture))
        if self._image is not None:
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
            painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)
            scale, held = size.width() / self._image.width(), self._square
            shown = QRectF(
                left + held.left() * scale, top + held.top() * scale, held.width() * scale, held.height() * scale
            )
            draw_square(painter, shown.adjusted(0.5, 0.5, -0.5, -0.5), colours, width=1.5, dashed=False)
        painter.end()
