"""The finder's answers at the desk: late, out of order or never. Nothing of them may move what the hand has touched."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.reading.desk import Desk
from bmgui.reading.store import Store
from bmgui.scoring.client import WorkerState
from tests.reading.desk_stand import Stand
from tests.reading.test_desk_order import PROPOSED, picture, proposer

MASS = (70.0, 50.0, 20.0, 10.0)
LEARNT = Square(60, 35, 40)
OTHER_MASS, OTHER = (20.0, 20.0, 16.0, 16.0), Square(12, 12, 32)
BROKEN = KnownError("finder-unusable", reason="broken")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path / "readings", proposer, finds=True) as stand:
        stand.open(picture(tmp_path, "a.png", 1))
        yield stand


def test_the_rule_proposes_at_once_and_the_finder_then(stand: Stand) -> None:
    desk = stand.desk
    assert (desk.proposals, desk.proposed_by) == (PROPOSED, "rule")
    ((frame, _),) = stand.client.looked_at
    assert desk.frame is not None
    np.testing.assert_array_equal(frame, desk.frame)
    assert (desk.doubts, desk.looking) == ((), True)
    stand.client.see(MASS, OTHER_MASS)
    stand.main.pump()
    assert not desk.looking
    assert (desk.proposals, desk.proposed_by) == ((LEARNT, OTHER), "learnt")
    assert desk.mass is not None
    assert (desk.mass.square, desk.mass.confirmed, desk.proposal_index) == (LEARNT, False, 0)
    assert "square" in stand.told[-1]
    assert not desk.can_undo, "it was no step of the reader's"
    assert stand.client.asked == []
    desk.choose_proposal(1)
    assert desk.mass.square == OTHER
    desk.accept()
    stand.settle()
    assert desk.opinion is not None
    assert desk.opinion.subject.square == OTHER


def test_the_finders_proposals_are_masses_of_their_own(stand: Stand) -> None:
    desk = stand.desk
    stand.client.see(MASS, OTHER_MASS)
    stand.main.pump()
    desk.accept()
    desk.choose_proposal(1)
    assert [(mass.square, mass.confirmed) for mass in desk.masses] == [(LEARNT, True), (OTHER, False)]
    desk.choose_proposal(0)
    assert (desk.selected, len(desk.masses)) == (0, 2), "it is marked already"
    desk.choose_proposal(1)
    desk.accept()
    assert [(mass.square, mass.confirmed) for mass in desk.masses] == [(LEARNT, True), (OTHER, True)]
    stand.settle()
    assert all(mass.opinion is not None for mass in desk.masses)


TOUCHES: dict[str, Callable[[Desk], None]] = {
    "accepted": lambda desk: desk.accept(),
    "another proposal": lambda desk: desk.choose_proposal(2),
    "the same proposal": lambda desk: desk.choose_proposal(0),
    "dragged": lambda desk: desk.set_square(Square(20, 20, 50), resting=False),
    "moved": lambda desk: desk.set_square(Square(20, 20, 50), resting=True),
    "nudged": lambda desk: desk.nudge(1, 0),
    "drawn": lambda desk: desk.draw(Square(40, 40, 40)),
    "removed": lambda desk: desk.remove_mass(),
    "undone": lambda desk: (desk.choose_proposal(2), desk.undo())[0],
    "held": lambda desk: desk.touch(),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_nothing_moves_under_the_hand(stand: Stand, touch: str) -> None:
    desk = stand.desk
    TOUCHES[touch](desk)
    squares, proposals, index = [mass.square for mass in desk.masses], desk.proposals, desk.proposal_index
    stand.client.see(MASS)
    stand.main.pump()
    assert [mass.square for mass in desk.masses] == squares
    assert (desk.proposals, desk.proposal_index, desk.proposed_by) == (proposals, index, "rule")
    stand.settle()
    assert LEARNT not in [mass.square for mass in desk.masses], "nor later"


def test_what_comes_after_the_frame_was_left_is_not_shown_on_another(tmp_path: Path) -> None:
    with Stand(tmp_path / "readings", proposer, finds=True) as stand:
        stand.open(picture(tmp_path, "loop.tif", 1, frames=2))
        desk = stand.desk
        desk.show_frame(2)
        stand.main.wait(stand.frame_is_there)
        stand.client.see(MASS, at=0)  # of frame 1
        stand.main.pump()
        assert (desk.proposals, desk.proposed_by) == (PROPOSED, "rule")
        assert desk.mass is not None
        assert desk.mass.square == PROPOSED[0]
        desk.accept()
        desk.show_frame(1)
        stand.main.pump()
        assert (desk.proposals, desk.proposed_by) == ((LEARNT,), "learnt"), "but it waits there"
        assert desk.mass.square == LEARNT
        assert len(stand.client.looked_at) == 2, "nothing is asked twice"
        desk.show_frame(2)
        stand.main.pump()
        assert desk.mass.square == PROPOSED[0]


def test_a_frame_that_was_touched_keeps_its_proposals_when_it_is_shown_again(tmp_path: Path) -> None:
    with Stand(tmp_path / "readings", proposer, finds=True) as stand:
        stand.open(picture(tmp_path, "loop.tif", 1, frames=2))
        desk = stand.desk
        desk.choose_proposal(1)
        desk.show_frame(2)
        stand.main.wait(stand.frame_is_there)
        stand.client.see(MASS, at=0)
        stand.main.pump()
        desk.show_frame(1)
        assert (desk.proposals, desk.proposal_index) == (PROPOSED, 1)


def test_kept_masses_stay_and_the_finders_squares_can_be_chosen_beside_them(tmp_path: Path) -> None:
    file = picture(tmp_path, "a.png", 1)
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(file)
        stand.desk.draw(Square(30, 30, 50))
        stand.settle()
    with Stand(tmp_path / "readings", proposer, finds=True) as stand:
        stand.open(file)
        desk = stand.desk
        stand.client.see(MASS)
        stand.settle()
        assert [(mass.square, mass.confirmed) for mass in desk.masses] == [(Square(30, 30, 50), True)]
        assert desk.proposals == (LEARNT,)
        desk.choose_proposal(0)
        assert [(mass.square, mass.confirmed) for mass in desk.masses][1:] == [(LEARNT, False)]


def test_where_no_mass_is_seen_the_rule_stays_and_every_square_is_doubted(stand: Stand) -> None:
    desk = stand.desk
    stand.client.see()
    stand.main.pump()
    assert (desk.proposals, desk.proposed_by) == (PROPOSED, "rule")
    assert desk.doubts == ("no-mass-seen",), "before a square is accepted"
    assert "opinion" in stand.told[-1]
    desk.draw(Square(40, 40, 60))
    stand.settle()
    assert desk.opinion is not None, "it is scored as ever"
    assert "no-mass-seen" in desk.opinion.doubts
    assert desk.doubts == desk.opinion.doubts


def test_the_doubts_of_a_square_that_was_scored_before_the_finder_answered(stand: Stand) -> None:
    desk = stand.desk
    desk.draw(Square(100, 60, 50))
    stand.settle()
    assert desk.opinion is not None
    before = desk.opinion
    assert "no-mass-seen" not in before.doubts, "nobody has looked"
    stand.client.see(MASS)
    stand.main.pump()
    assert "no-mass-seen" in desk.opinion.doubts, "the mass that was seen lies elsewhere"
    assert (desk.opinion.margin, desk.opinion.subject) == (before.margin, before.subject)
    desk.set_square(Square(50, 30, 50), resting=True)
    stand.settle()
    assert "no-mass-seen" not in desk.opinion.doubts


def test_a_finder_that_fails_is_said_once_and_the_rule_stays(tmp_path: Path) -> None:
    with Stand(tmp_path / "readings", proposer, finds=True) as stand:
        stand.open(picture(tmp_path, "loop.tif", 1, frames=3))
        desk = stand.desk
        for number in (1, 2, 3):
            desk.show_frame(number)
            stand.main.wait(lambda: desk.frame is not None)
            stand.client.looked_at[-1][1].set_exception(KnownError("finder-failed", reason=str(number)))
            stand.main.pump()
            assert (desk.proposals, desk.proposed_by, desk.doubts) == (PROPOSED, "rule", ())
            assert (desk.trouble is None) == (number > 1)
            desk.forget_trouble()
        desk.show_frame(1)
        assert len(stand.client.looked_at) == 3, "it is not asked again"
        desk.accept()
        stand.settle()
        assert desk.opinion is not None


def test_a_worker_without_a_finder_is_not_asked(tmp_path: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(picture(tmp_path, "a.png", 1))
        assert stand.client.looked_at == []
        assert (stand.desk.proposals, stand.desk.trouble) == (PROPOSED, None)


def test_a_worker_that_withholds_says_only_that(stand: Stand) -> None:
    withheld = KnownError("reference-mismatch", model="first", engine="e", margin="1", expected="2", tolerance="0.1")
    stand.client.show(WorkerState("withheld", "first", error=withheld))
    stand.client.looked_at[0][1].set_exception(withheld)
    stand.main.pump()
    assert stand.desk.trouble is withheld
    assert stand.desk.proposals == PROPOSED
    stand.desk.use_model("second")
    stand.client.looked_at[0][1].set_exception(BROKEN)
    stand.main.pump()
    assert stand.desk.trouble is BROKEN, "of the finder itself nothing was said before"


def test_another_worker_is_asked_what_the_one_before_did_not_answer(stand: Stand) -> None:
    old = stand.client
    stand.desk.use_model("second")
    assert stand.client is not old
    assert len(stand.client.looked_at) == 1
    stand.main.wait(lambda: old.closed)
    stand.main.pump()
    stand.client.see(MASS)
    stand.main.pump()
    assert stand.desk.proposals == (LEARNT,)
    stand.desk.use_model("first")
    assert stand.client.looked_at == [], "a finding does not depend on the model"


def test_a_loop_that_plays_is_looked_through_where_it_stops(tmp_path: Path) -> None:
    with Stand(tmp_path / "readings", proposer, finds=True) as stand:
        stand.open(picture(tmp_path, "loop.tif", 1, frames=3))
        desk = stand.desk
        for number in (2, 3):
            desk.show_frame(number, passing=True)
            stand.main.wait(lambda: desk.frame is not None)
        assert len(stand.client.looked_at) == 1, "frame 1, where it began"
        desk.stay()
        assert len(stand.client.looked_at) == 2
        stand.client.see(MASS)
        stand.main.pump()
        assert (desk.frame_number, desk.proposals) == (3, (LEARNT,))


def test_a_picture_that_is_too_small_is_not_looked_through(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (20, 20)).save(tmp_path / "small.png")

    def none_fits(frame: Frame) -> tuple[Square, ...]:
        raise KnownError("picture-too-small", width=20, height=20, least=32)

    with Stand(tmp_path / "readings", none_fits, finds=True) as stand:
        stand.open(tmp_path / "small.png")
        assert stand.client.looked_at == []


def test_closed_and_opened_again_a_frame_begins_anew(stand: Stand, tmp_path: Path) -> None:
    stand.client.see(MASS)
    stand.main.pump()
    stand.desk.close_exams()
    assert (stand.desk.proposals, stand.desk.doubts) == ((), ())
    stand.open(tmp_path / "a.png")
    assert stand.desk.proposals == (LEARNT,), "what was seen is known"
    assert stand.desk.mass is not None
    assert stand.desk.mass.square == LEARNT
    assert Store(tmp_path / "readings").load(stand.desk.scan.fingerprint) == {}  # type: ignore[union-attr]


def test_opened_behind_what_is_shown(stand: Stand, tmp_path: Path) -> None:
    shown = stand.desk.scan
    stand.desk.open_paths([picture(tmp_path, "b.png", 2)], show=False)
    stand.main.wait(lambda: not stand.desk.opening)
    assert len(stand.desk.scans) == 2
    assert stand.desk.scan is shown
    stand.desk.close_exams()
    stand.desk.open_paths([tmp_path / "b.png"], show=False)
    stand.main.wait(lambda: stand.desk.frame is not None)
    assert stand.desk.scan is not None, "where nothing is shown, it is"
