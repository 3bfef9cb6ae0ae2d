"""The shots: one combination through the real worker, in a process of its own."""

import os
import subprocess
from pathlib import Path

from PIL import Image
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from bmgui.base.processes import module_command
from bmgui.ui import shot_states
from tests.conftest import REPOSITORY


def test_a_state_is_rendered_in_another_language_theme_and_scale(tmp_path: Path) -> None:
    command = module_command("bmgui.ui.shots", str(tmp_path), "--one", "zh_CN", "light", "1.5")
    command += ["--only", "empty"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    subprocess.run(command, check=True, env=environment, timeout=120, capture_output=True)
    with Image.open(tmp_path / "zh_CN-light-150-empty.png") as image:
        assert image.size == (1920, 1200)
        assert image.convert("RGB").getpixel((5, 900)) == (0xF6, 0xF7, 0xF9)


def test_pixels_of_a_picture_outlive_it(qapp: QApplication) -> None:
    image = QImage(31, 7, QImage.Format.Format_RGB32)
    image.fill(QColor("#102030"))
    pixels = shot_states._pixels(image)
    del image
    assert pixels.shape == (7, 31, 3)
    assert (pixels == (0x10, 0x20, 0x30)).all()


def test_every_state_that_was_asked_for_has_a_name() -> None:
    wanted = {"empty", "starting", "proposal", "scored", "contours", "several_masses", "several_frames", "unread"}
    assert wanted | {"learnt", "withheld", "pages", "save", "crashed", "trouble", "menus"} <= set(shot_states.STATES)
