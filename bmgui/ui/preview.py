"""The crop exactly as the network sees it. (Skeleton; names stand.)"""

from PySide6.QtWidgets import QWidget

from bmgui.imaging.crop import Frame


class Preview(QWidget):
    def show_crop(self, crop: Frame | None) -> None:
        """The pixels that are scored, uint8 (side, side) or (side, side, 3); None: nothing."""

    def retranslate(self) -> None: ...
