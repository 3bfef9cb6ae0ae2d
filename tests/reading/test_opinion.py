import math
from dataclasses import replace

import pytest

from bmgui.imaging.square import Square
from bmgui.reading.opinion import Subject, make_opinion, range_of
from bmgui.scoring.card import Card


def subject_of(card: Card, prior: float | None = None) -> Subject:
    return Subject(
        "ab", 1, Square(10, 20, 100), card.id, card.calibration.prior if prior is None else prior, card.sha256
    )


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


def test_a_range_of_half_the_scale_is_a_doubt(card: Card) -> None:
    wide = make_opinion(card, subject_of(card), 0.0, nudged=(-9.0, 9.0), doubts=("colour",))
    assert wide.doubts == ("colour", "unsteady")
    assert make_opinion(card, subject_of(card), 0.0, nudged=(-0.01, 0.01), doubts=("colour",)).doubts == ("colour",)
    assert make_opinion(card, subject_of(card), 0.0).doubts == ()
    assert make_opinion(card, subject_of(card), 0.0, nudged=(-9.0, 9.0), doubts=wide.doubts).doubts == wide.doubts
