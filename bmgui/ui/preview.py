"""The crop exactly as the network sees it: small, or pixel for pixel once it is pressed."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from bmgui.imaging.crop import Frame
from bmgui.ui import theme
from bmgui.ui.painting import to_image
from bmgui.wording import tr

SMALL_PX = 80
LARGEST_PX = 256  # what the panel has room for; larger crops are shown reduced


class Preview(QAbstractButton):
    """Pressed (mouse or Space) it shows the crop at one crop pixel a screen pixel if there is room; again: small."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._image: QImage | None = None
        self.toggled.connect(lambda _on: self.updateGeometry())
        self.setEnabled(False)
        self.retranslate()

    def show_crop(self, crop: Frame | None) -> None:
        """The pixels that are scored, uint8 (side, side) or (side, side, 3); None: nothing."""
        before = self.sizeHint()
        self._image = None if crop is None else to_image(crop)
        self.setEnabled(crop is not None)
        if self.sizeHint() != before:
            self.updateGeometry()
        self._told()

    @property
    def image(self) -> QImage | None:
        """What is shown, pixel for pixel the crop."""
        return self._image

    def caption(self) -> str:
        """The crop's size in words; "" where there is none."""
        if self._image is None:
            return ""
        return tr("{width} × {height} px", width=self._image.width(), height=self._image.height())

    def retranslate(self) -> None:
        """Say everything again, in the language that is spoken now."""
        self.setAccessibleName(tr("What the network sees"))
        self.setToolTip(tr("Exactly the pixels that are scored. Press to see them larger."))
        self._told()

    def _told(self) -> None:
        self.setAccessibleDescription(self.caption() or tr("Nothing yet."))
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        if self.isChecked() and self._image is not None:
            side = min(round(self._image.width() / self.devicePixelRatioF()), LARGEST_PX)
            return QSize(side, side)
        return QSize(SMALL_PX, SMALL_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(SMALL_PX, SMALL_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        side = min(self.width(), self.height())
        where = QRect(0, 0, side, side)
        painter.fillRect(where, QColor(colours.picture))
        if self._image is not None:
            ratio = self.devicePixelRatioF()
            device = round(side * ratio)
            shown = self._image
            if device < shown.width():  # smaller than it is: averaged, not skipped
                smooth = Qt.TransformationMode.SmoothTransformation
                shown = shown.scaled(device, device, Qt.AspectRatioMode.KeepAspectRatio, smooth)
            painter.drawImage(where, shown)
        painter.setPen(QPen(QColor(colours.accent if self.hasFocus() else colours.line), 2 if self.hasFocus() else 1))
        painter.drawRect(where.adjusted(0, 0, -1, -1))
        painter.end()
