import pytest

from bmgui.ui.percent import percent, percent_range


@pytest.mark.parametrize(
    ("probability", "written"),
    [
        (0.0, "<1 %"),
        (0.0099, "<1 %"),
        (0.01, "1 %"),
        (0.0149, "1 %"),
        (0.015, "2 %"),
        (0.5, "50 %"),
        (0.724, "72 %"),
        (0.99, "99 %"),
        (0.9901, ">99 %"),
        (1.0, ">99 %"),
    ],
)
def test_whole_percent_and_never_certain(probability: float, written: str) -> None:
    assert percent(probability) == written


def test_a_range_is_written_by_the_same_rule() -> None:
    assert percent_range(0.68, 0.75) == "68–75 %"
    assert percent_range(0.001, 0.024) == "<1–2 %"
    assert percent_range(0.721, 0.724) == "72 %"


@pytest.mark.parametrize("wrong", [-0.01, 1.01, float("nan")])
def test_what_is_not_a_probability_is_never_written(wrong: float) -> None:
    with pytest.raises(ValueError, match="not a probability"):
        percent(wrong)
