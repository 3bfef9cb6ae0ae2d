"""The sheet of crops that a stage learns from: fitted on the page, and large in a dialog of its own."""

from pathlib import Path

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bmgui.ui import theme
from bmgui.ui.pages import Page
from bmgui.wording import tr

_LEAST_PX, _PAD_PX = 112, 8
_LARGE_PX = (1120, 520)


class Sheet(QWidget):
    """Fitted; a click or Enter shows it large. The picture itself is read elsewhere (`show_file`)."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("run_sheet")
        self.file: Path | None = None
        self.image: QImage | None = None
        self.setMinimumHeight(_LEAST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_file(self, file: Path | None, image: QImage | None) -> None:
        self.file, self.image = file, image
        self.setCursor(Qt.CursorShape.PointingHandCursor if self.is_shown else Qt.CursorShape.ArrowCursor)
        self.update()

    @property
    def is_shown(self) -> bool:
        return self.image is not None and not self.image.isNull()

    def open_large(self) -> None:
        """The same in a dialog, where there is one."""
        if self.image is not None and self.is_shown:
            SheetPage(self.window(), self.image).show()

    def sizeHint(self) -> QSize:
        return QSize(320, _LEAST_PX)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Crops as the network sees them while it learns"))
        self.setToolTip(
            tr(
                "The stage's first crops, with the random changes that keep the network from learning by heart. Click, "
                "or Enter: large."
            )
        )
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.open_large()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.open_large()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(colours.accent), 2) if focused else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.picture))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1) if focused else self.rect(), 6, 6)
        inside = self.rect().adjusted(_PAD_PX, _PAD_PX, -_PAD_PX, -_PAD_PX)
        if self.image is None or not self.is_shown:
            painter.setPen(QColor(colours.quiet_on_picture))
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(inside, flags, tr("They are here as soon as the stage begins."))
        else:
            _draw(painter, self.image, inside)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()


class SheetPage(Page):
    """The sheet, as large as the dialog."""

    def __init__(self, parent: QWidget | None, image: QImage) -> None:
        super().__init__(parent)
        self._picture = _Picture(image)
        self.column.addWidget(self._picture, 1)
        self.add_buttons()
        self.resize(*_LARGE_PX)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(tr("Crops as the network sees them while it learns"))
        self._picture.setAccessibleName(self.windowTitle())


class _Picture(QWidget):
    def __init__(self, image: QImage) -> None:
        super().__init__()
        self._image = image

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.current().picture))
        _draw(painter, self._image, self.rect().adjusted(_PAD_PX, _PAD_PX, -_PAD_PX, -_PAD_PX))
        painter.end()


def _draw(painter: QPainter, image: QImage, inside: QRect) -> None:
    where = QRect(inside.topLeft(), image.size().scaled(inside.size(), Qt.AspectRatioMode.KeepAspectRatio))
    where.moveCenter(inside.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(where, image)
