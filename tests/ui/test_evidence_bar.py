import re

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bmgui.ui.evidence_bar import EvidenceBar, ScaleLegend, signed
from tests.ui.reading_values import evidence, further

# The offscreen platform says so of every window with a least size
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints", extend=True)


@pytest.fixture
def bar(qtbot: QtBot) -> EvidenceBar:
    made = EvidenceBar()
    qtbot.addWidget(made)
    made.resize(272, 200)
    made.show()
    return made


def test_every_choice_is_told_once(bar: EvidenceBar, qtbot: QtBot) -> None:
    told: list[tuple[bool, float, bool]] = []
    bar.changed.connect(lambda: told.append((bar.on, bar.opacity, bar.as_contours)))
    bar.set_contours(True)
    bar.set_opacity(0.25)
    bar.set_on(False)
    bar.set_on(False)
    bar.set_contours(False)
    assert told == [(True, 0.6, True), (True, 0.25, True), (False, 0.25, True), (False, 0.25, False)]


def test_its_parts_work_by_key(bar: EvidenceBar, qtbot: QtBot) -> None:
    qtbot.keyClick(bar._opacity, Qt.Key.Key_Right)
    assert bar.opacity == 0.61
    qtbot.keyClick(bar._on, Qt.Key.Key_Space)
    assert not bar.on
    assert not bar._opacity.isEnabled()


def test_it_says_what_the_map_adds_up_to_with_the_numbers(bar: EvidenceBar) -> None:
    bar.show_evidence(evidence(margin=2.3, bias=-0.2), 2.3, 20.0)
    assert bar.adds_up_to() == (
        "The map adds up to the score: its mean +2.50 + the model's bias −0.20 = the margin +2.30."
    )
    mean, bias, margin = (float(figure.replace("−", "-")) for figure in re.findall(r"[+−]\d+\.\d+", bar.adds_up_to()))
    assert mean + bias == pytest.approx(margin)
    assert bar._scale.toolTip() == bar.adds_up_to()
    assert bar._scale.accessibleDescription() == bar.adds_up_to()


def test_a_map_that_does_not_add_up_never_claims_it(bar: EvidenceBar) -> None:
    bar.show_evidence(further(evidence()), 2.3, 20.0)
    assert bar.adds_up_to() == ""
    assert bar._method.isVisibleTo(bar)
    assert bar._method.text().startswith("Occlusion: ")
    assert "does not add up" in bar._scale.toolTip()
    bar.show_evidence(None, None, 20.0)
    assert bar.adds_up_to() == ""
    assert not bar._method.isVisibleTo(bar)


def test_it_is_named_for_what_it_is_not(bar: EvidenceBar) -> None:
    assert bar._says.text() == "Where the score comes from, not the lesion's outline"


def test_the_scale_is_warm_to_the_malignant_side_and_the_same_for_every_map(bar: EvidenceBar) -> None:
    legend = bar.findChild(ScaleLegend)
    assert legend is not None
    bar.show_evidence(evidence(), 2.3, 20.0)
    legend.clearFocus()
    image = legend.grab().toImage()
    row = image.height() // 2
    cool, warm = image.pixelColor(8, row), image.pixelColor(image.width() - 8, row)
    assert cool.blue() > cool.red()
    assert warm.red() > warm.blue()
    bar.show_evidence(evidence(margin=-9.0), -9.0, 20.0)
    assert legend.grab().toImage() == image


def test_a_figure_has_a_sign_and_zero_has_none() -> None:
    assert [signed(value) for value in (2.0, -0.126, 0.001, -0.001)] == ["+2.00", "−0.13", "0.00", "0.00"]
