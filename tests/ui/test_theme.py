"""The themes' colours can be told apart: WCAG contrasts, computed."""

import itertools
import string

import numpy as np
import pytest
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QApplication

from bmgui.base import places
from bmgui.imaging.square import Square
from bmgui.reading.evidence import overlay
from bmgui.ui import colour_vision, theme
from bmgui.ui.theme import contrast, load

THEMES = ("dark", "light")


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("role", ["text", "quiet", "attention", "accent"])
@pytest.mark.parametrize("ground", ["ground", "raised"])
def test_words_stand_out(name: str, role: str, ground: str) -> None:
    colours = load(name)
    assert contrast(getattr(colours, role), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_words_stand_out_elsewhere(name: str) -> None:
    colours = load(name)
    assert contrast(colours.text, colours.selection) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.on_picture, colours.picture) >= 4.5
    assert contrast(colours.quiet_on_picture, colours.picture) >= 4.5


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("role", ["edge", "accent"])
@pytest.mark.parametrize("ground", ["ground", "raised"])
def test_controls_stand_out(name: str, role: str, ground: str) -> None:
    colours = load(name)
    assert contrast(getattr(colours, role), getattr(colours, ground)) >= 3
    assert contrast(colours.square, colours.picture) >= 3


@pytest.mark.parametrize("name", THEMES)
def test_no_red_and_no_green(name: str) -> None:
    """No colour of the window is a verdict's: none is mostly red or mostly green."""
    colours = load(name)
    for role, value in vars(colours).items():
        if role != "name":
            red, green, blue = (int(value[i : i + 2], 16) for i in (1, 3, 5))
            assert not (red > 150 and max(green, blue) < red * 0.45), role
            assert not (green > 150 and max(red, blue) < green * 0.6), role


@pytest.mark.parametrize("name", THEMES)
def test_the_sheet_is_filled_in_whole(name: str) -> None:
    text = theme.sheet(load(name))
    assert "$" not in text
    assert load(name).accent in text


def test_the_sheet_names_only_roles_and_pictures_that_exist() -> None:
    template = (places.resources() / "themes" / "sheet.qss").read_text("utf-8")
    names = set(string.Template(template).get_identifiers())
    assert names - {"folder"} <= set(vars(load("dark")))
    for picture, name in itertools.product(("check", "down", "up"), THEMES):
        assert (places.resources() / "themes" / f"{picture}-{name}.svg").is_file()


def test_applying_changes_the_palette(qapp: QApplication) -> None:
    for name in ("light", "dark"):
        assert theme.apply(qapp, name) == theme.current() == load(name)
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == load(name).ground


def test_a_chinese_face_is_named_on_every_platform(qapp: QApplication) -> None:
    for platform, face in (("linux", "Noto Sans CJK SC"), ("win32", "Microsoft YaHei"), ("darwin", "PingFang SC")):
        font = theme.body_font(QFont(), platform)
        assert face in font.families()
        assert font.pixelSize() == 13


@pytest.mark.parametrize("kind", colour_vision.KINDS)
def test_both_sides_of_the_evidence_are_told_apart_by_colour_blind_eyes(kind: str) -> None:
    """Full malignant, full benign and no evidence on grey tissue: each pair stays clearly different."""
    frame = np.full((64, 64), 110, np.uint8)
    evidence = np.zeros((4, 4), np.float32)
    evidence[:, 0], evidence[:, 3] = 5.0, -5.0
    seen = colour_vision.simulated(overlay(frame, Square(0, 0, 64), evidence, 5.0, 0.6), kind).astype(int)
    warm, none, cool = seen[32, 4], seen[32, 32], seen[32, 60]
    for one, other in itertools.combinations((warm, none, cool), 2):
        assert np.abs(one - other).sum() > 60, (kind, warm, none, cool)


def test_grey_stays_grey_for_all_eyes() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    for kind in colour_vision.KINDS:
        assert np.abs(colour_vision.simulated(grey, kind).astype(int) - grey).max() <= 2
