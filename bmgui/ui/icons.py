"""The program's own line icons (resources/icons, 24 grid, 1.75 stroke), tinted from the theme, crisp at any scale."""

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from bmgui.base import places
from bmgui.ui import theme

_SIDES_PX = (16, 20, 24, 32, 48, 64)  # of the screen: 16 to 32 at 100, 150 and 200 %


def icon(name: str) -> QIcon:
    """The icon in the present theme's colours; ask again after the theme changed. Raises OSError for a wrong name."""
    made = QIcon()
    shown = theme.current()
    source = (places.resources() / "icons" / f"{name}.svg").read_text("utf-8")
    for mode, colour in ((QIcon.Mode.Normal, shown.text), (QIcon.Mode.Disabled, shown.edge)):
        for side in _SIDES_PX:
            made.addPixmap(drawn(source, colour, side), mode)
    return made


def drawn(source: str, colour: str, side_px: int) -> QPixmap:
    """An icon's SVG in one colour, `side_px` device pixels on each side."""
    renderer = QSvgRenderer(QByteArray(source.replace("currentColor", colour).encode()))
    pixmap = QPixmap(side_px, side_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side_px, side_px))
    painter.end()
    return pixmap


def app_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    made = QIcon()
    source = (places.resources() / "icons" / "bmgui.svg").read_text("utf-8")
    for side in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(drawn(source, "", side))
    return made
