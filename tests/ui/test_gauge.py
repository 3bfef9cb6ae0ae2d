import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from bmgui.ui import theme
from bmgui.ui.gauge import TOP_PX, TRACK_PX, Gauge, placed
from tests.ui.reading_values import CARD


@pytest.fixture
def gauge(qtbot: QtBot) -> Gauge:
    made = Gauge()
    qtbot.addWidget(made)
    made.resize(272, 90)
    made.show_card(CARD, None)
    made.show()
    return made


@given(st.lists(st.tuples(st.floats(0, 270), st.just("word"), st.floats(5, 120)), max_size=5))
def test_labels_never_touch_and_stay_inside(wanted: list[tuple[float, str, float]]) -> None:
    widths = sorted(wanted)
    labels = placed(widths, 272)
    rects = [(label.left, label.left + width, label.line) for label, (_, _, width) in zip(labels, widths, strict=True)]
    for number, (left, right, line) in enumerate(rects):
        assert left >= 0
        assert right <= 272
        for other_left, other_right, other_line in rects[:number]:
            assert line != other_line or right < other_left or other_right < left


def _accents(gauge: Gauge, image: QImage) -> list[int]:
    """The columns of the track's middle line that are in the accent colour."""
    row, accent = int(TOP_PX + TRACK_PX / 2), QColor(theme.current().accent)
    return [x for x in range(gauge.width()) if image.pixelColor(x, row) == accent]


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_the_dot_stands_where_the_score_lies(gauge: Gauge, score: float) -> None:
    gauge.show_score(score)
    columns = _accents(gauge, gauge.grab().toImage())
    assert abs((columns[0] + columns[-1]) / 2 - gauge.x_of(score)) <= 1


def test_without_a_score_there_is_no_mark_and_no_old_range(gauge: Gauge) -> None:
    empty = gauge.grab().toImage()
    gauge.show_score(0.7, 0.6, 0.8)
    assert gauge.grab().toImage() != empty
    gauge.show_score(None, 0.6, 0.8)
    assert gauge.grab().toImage() == empty
    assert "%" in gauge.accessibleDescription()
    assert "Score" not in gauge.accessibleDescription()
    assert "Range" not in gauge.accessibleDescription()


def test_both_operating_points_are_told_with_the_side_that_the_score_is_on(gauge: Gauge) -> None:
    gauge.show_score(0.2, 0.15, 0.25)
    said = gauge.accessibleDescription()
    assert said == (
        "Score 20 %. Range 15–25 %. At or above operating point sensitive (12 %). "
        "Below operating point balanced (31 %)."
    )


def test_hovering_a_point_says_where_it_was_measured(gauge: Gauge) -> None:
    assert gauge.told_at(gauge.x_of(0.12)) == (
        "Operating point sensitive: 12 %. Measured on validation. Sensitivity 95 %, specificity 60 % there."
    )
    assert gauge.told_at(gauge.x_of(0.31)) == "Operating point balanced: 31 %. Measured on validation."
    assert gauge.told_at(gauge.x_of(0.9)) == gauge.accessibleDescription()


def test_the_points_move_with_the_departments_own_prior(gauge: Gauge) -> None:
    gauge.show_card(CARD, 0.05)
    thresholds = [threshold for _, threshold in gauge.points()]
    assert thresholds == [CARD.threshold(point, 0.05) for point in CARD.operating_points]
    assert thresholds[1] < 0.31


def test_it_is_high_enough_for_its_labels(gauge: Gauge) -> None:
    assert gauge.heightForWidth(160) > gauge.heightForWidth(2000), "where they would touch they take two lines"
