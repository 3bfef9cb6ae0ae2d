"""The picture scaled for the screen, kept between repaints: dragging a square costs no scaling."""

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from bmgui.imaging.crop import Frame
from bmgui.ui.display import Display
from bmgui.ui.painting import to_image
from bmgui.ui.view import View


class ScaledPicture:
    """Holds the display copy of a frame and two caches: the picture reduced, and what the canvas shows of it."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._display = Display()
        self._image: QImage | None = None
        self._reduced: tuple[float, QImage] | None = None
        self._shown: tuple[object, QPixmap] | None = None

    def show_frame(self, frame: Frame | None, display: Display) -> None:
        """Another frame or another display of it. The frame is only read: brightness goes into a copy."""
        if frame is self._frame and display == self._display:
            return
        self._frame, self._display = frame, display
        self._image = self._reduced = self._shown = None

    def pixmap(self, view: View, size: QSize, ratio: float, ground: str) -> QPixmap:
        """What a canvas of `size` (px before the device pixel ratio) shows, squares and evidence left out."""
        key = (view, size, ratio, ground)
        if self._shown is None or self._shown[0] != key:
            made = QPixmap(QSize(round(size.width() * ratio), round(size.height() * ratio)))
            made.setDevicePixelRatio(ratio)
            made.fill(QColor(ground))
            painter = QPainter(made)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self._paint(painter, view, size, ratio)
            painter.end()
            self._shown = (key, made)
        return self._shown[1]

    def _paint(self, painter: QPainter, view: View, size: QSize, ratio: float) -> None:
        if self._frame is None:
            return
        if self._image is None:
            self._image = to_image(self._display.applied(self._frame))
        image = self._image
        whole = QRectF(view.left, view.top, image.width() * view.zoom, image.height() * view.zoom)
        if view.zoom * ratio < 1:  # bilinear drawing alone would skip pixels, and speckle would flicker
            painter.drawImage(whole, self._reduce(image, view.zoom * ratio))
            return
        part = whole.intersected(QRectF(0, 0, size.width(), size.height()))
        x, y = view.to_frame(part.left(), part.top())
        source = QRectF(x, y, part.width() / view.zoom, part.height() / view.zoom)
        painter.drawImage(part, image, source)

    def _reduce(self, image: QImage, factor: float) -> QImage:
        if self._reduced is None or self._reduced[0] != factor:
            size = QSizeF(image.width() * factor, image.height() * factor).toSize().expandedTo(QSize(1, 1))
            smooth = Qt.TransformationMode.SmoothTransformation
            self._reduced = (factor, image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))
        return self._reduced[1]
