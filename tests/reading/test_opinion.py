import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square, fit_square
from bmgui.reading.opinion import MIDDLE, NUDGES, Subject, make_opinion, nudged_squares, range_of
from bmgui.scoring.card import Card


def subject_of(card: Card, prior: float | None = None) -> Subject:
    return Subject(
        "ab", 1, Square(10, 20, 100), card.id, card.calibration.prior if prior is None else prior, card.sha256
    )


def test_nudges_far_from_any_edge_are_what_the_issue_says() -> None:
    square = Square(500, 400, 200)
    nudged = nudged_squares(square, 2000, 2000)
    assert len(nudged) == len(set(nudged)) == NUDGES
    assert nudged[MIDDLE] == square
    assert sorted({s.side for s in nudged}) == [180, 200, 220]
    centres = {(s.left + s.side / 2 - 600, s.top + s.side / 2 - 500) for s in nudged}
    assert centres == {(x, y) for x in (-20, 0, 20) for y in (-20, 0, 20)}


@given(
    st.integers(-300, 900),
    st.integers(-300, 900),
    st.integers(1, 1500),
    st.integers(32, 900),
    st.integers(32, 700),
)
def test_nudges_are_fitted_and_hold_the_fitted_square(left: int, top: int, side: int, width: int, height: int) -> None:
    square = fit_square(Square(left, top, side), width, height)
    nudged = nudged_squares(square, width, height)
    assert len(nudged) == NUDGES
    assert nudged[MIDDLE] == square
    for one in nudged:
        assert one == fit_square(one, width, height)


def test_nudges_of_a_picture_that_is_too_small_are_refused() -> None:
    with pytest.raises(KnownError, match="picture-too-small"):
        nudged_squares(Square(0, 0, 32), 31, 100)


def test_the_range_holds_the_square_s_own_score(card: Card) -> None:
    opinion = make_opinion(card, subject_of(card), 2.0, nudged=[-1.0, 0.5])
    assert opinion.probability == opinion.high == card.probability(2.0)
    assert opinion.low == card.probability(-1.0)
    assert range_of(card, [0.0, 3.0, -2.0]) == (card.probability(-2.0), card.probability(3.0))


def test_no_range_before_the_nudges_are_scored(card: Card) -> None:
    opinion = make_opinion(card, subject_of(card), 2.0)
    assert opinion.low is None
    assert opinion.high is None


def test_probability_band_and_prior_are_the_card_s(card: Card) -> None:
    for margin in (-9.0, -3.0, 0.0, 3.0, 9.0):
        own = make_opinion(card, subject_of(card), margin)
        assert own.probability == card.probability(margin) == 1 / (1 + math.exp(-(0.824 * margin - 0.724)))
        assert own.band == card.band(own.probability)
        other = make_opinion(card, subject_of(card, 0.1), margin, nudged=[margin - 1])
        assert other.probability == card.probability(margin, 0.1) < own.probability
        assert other.low == card.probability(margin - 1, 0.1)


def test_a_card_of_other_weights_cannot_read_the_margin(card: Card) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        make_opinion(replace(card, sha256="f" * 64), subject_of(card), 1.0)
