"""A number in a spin box stands where a line edit's text does."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox, QWidget

from bmgui.ui.spin_boxes import with_room
from tests.ui.window_stand import open_window


def first_ink_px(widget: QWidget) -> int:
    """The first column inside the edge in which something is written."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    middle: NDArray[np.int16] = rows[8:-8, 2:90].astype(np.int16)
    return int(np.flatnonzero(abs(middle - middle[0, 40]).max(0) > 60)[0]) + 2


def test_its_number_stands_where_a_line_edit_s_text_does() -> None:
    with open_window() as (window, _):
        room, bare, line = with_room(QSpinBox(window)), QSpinBox(window), QLineEdit(window)
        line.setText("0")
        for widget in (room, bare, line):
            widget.resize(120, 30)
            widget.show()
        QApplication.processEvents()
        assert abs(first_ink_px(room) - first_ink_px(line)) <= 1
        assert first_ink_px(bare) < 6  # Qt leaves the padding out still
