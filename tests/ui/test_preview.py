import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bmgui.ui.preview import SMALL_PX, Preview


@pytest.fixture
def preview(qtbot: QtBot) -> Preview:
    made = Preview()
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_shows_exactly_the_pixels_that_are_scored(preview: Preview) -> None:
    crop = np.random.default_rng(3).integers(0, 256, (224, 224), dtype=np.uint8)
    preview.show_crop(crop)
    preview.clearFocus()
    assert preview.caption() == "224 × 224 px"
    assert preview.sizeHint().width() == SMALL_PX
    preview.click()
    preview.resize(preview.sizeHint())
    shown = preview.grab().toImage()
    assert (shown.width(), shown.height()) == (224, 224)
    for x, y in [(1, 1), (100, 50), (222, 10), (7, 222)]:
        assert shown.pixelColor(x, y).red() == crop[y, x]


def test_three_equal_channels_are_shown_grey(preview: Preview) -> None:
    grey = np.random.default_rng(3).integers(0, 256, (64, 64), dtype=np.uint8)
    preview.show_crop(np.repeat(grey[:, :, None], 3, axis=2))
    assert preview.image is not None
    assert preview.image.pixelColor(5, 9).getRgb()[:3] == (grey[9, 5],) * 3


def test_it_works_by_key_and_only_with_a_crop(preview: Preview, qtbot: QtBot) -> None:
    assert not preview.isEnabled()
    assert preview.accessibleDescription() == "Nothing yet."
    preview.show_crop(np.zeros((128, 128), np.uint8))
    qtbot.keyClick(preview, Qt.Key.Key_Space)
    assert preview.sizeHint().width() == 128
    preview.show_crop(None)
    assert preview.sizeHint().width() == SMALL_PX
    assert preview.caption() == ""
