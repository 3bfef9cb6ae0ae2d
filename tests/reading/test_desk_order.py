"""The desk under answers that come late, out of order or never: what the real worker cannot be made to do at will.

The client is a stand-in whose answers the test gives when it wants to. A margin says which crop it was made from, so a
number beside a square of which it was not made is always found out.
"""

import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame, make_crop
from bmgui.imaging.square import Square
from bmgui.reading import scorer as pacing
from bmgui.reading.doubts import held
from bmgui.reading.opinion import ACTIVATION
from bmgui.scoring.client import WorkerState
from tests.reading.desk_stand import Stand, StandInLibrary, make_card, margin_of

PROPOSED = (Square(10, 10, 60), Square(60, 20, 60), Square(90, 30, 60))


def proposer(frame: Frame) -> tuple[Square, ...]:
    return PROPOSED


def picture(folder: Path, name: str, seed: int, frames: int = 1) -> Path:
    noise = np.random.default_rng(seed)
    pages = [
        Image.fromarray(noise.integers(0, 255, (120, 160), np.uint8).cumsum(1).astype(np.uint8)) for _ in range(frames)
    ]
    path = folder / name
    if frames == 1:
        pages[0].save(path)
    else:
        pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(picture(tmp_path, "a.png", 1))
        yield stand


def right_margin(stand: Stand) -> float:
    """The margin that belongs to what is shown, worked out from the frame itself."""
    desk = stand.desk
    assert desk.frame is not None
    assert desk.mass is not None
    return margin_of(make_crop(desk.frame, desk.mass.square, desk.card.side), desk.card.id)


def check_shown(stand: Stand) -> None:
    """The invariant: number, range and map are of the square, frame, model and prior that are shown."""
    desk = stand.desk
    if desk.frame is not None:
        assert desk.scan is not None
        np.testing.assert_array_equal(desk.frame, desk.scan.frame(desk.frame_number))
    for mass in desk.masses:
        if mass.opinion is not None:
            assert mass.confirmed
            assert desk.frame is not None
            subject = mass.opinion.subject
            assert desk.scan is not None
            assert (subject.fingerprint, subject.frame) == (desk.scan.fingerprint, desk.frame_number)
            assert subject.square == mass.square
            assert (subject.model, subject.weights) == (desk.card.id, desk.card.sha256)
            assert subject.prior == (desk.prior or desk.card.calibration.prior)
            finding = desk._findings.shown
            unseen = finding is not None and held(finding, mass.square) is None
            assert ("no-mass-seen" in mass.opinion.doubts) is unseen
            margin = margin_of(make_crop(desk.frame, mass.square, desk.card.side), desk.card.id)
            assert mass.opinion.margin == margin
            assert mass.opinion.probability == desk.card.probability(margin, subject.prior)
            assert mass.opinion.low is None or mass.opinion.low <= mass.opinion.probability <= (mass.opinion.high or 0)
    if desk.evidence is not None and desk.evidence.method == ACTIVATION:
        assert desk.evidence.bias is not None
        assert desk.evidence.map.mean() + desk.evidence.bias == pytest.approx(right_margin(stand), abs=1e-5)
    if desk.evidence is not None:
        assert desk.mass is not None
        assert desk.evidence.subject.square == desk.mass.square
    if not desk.scan or desk.worker.phase in ("withheld", "stopped"):
        assert desk.opinion is None
        assert desk.evidence is None


def test_a_proposal_is_not_scored_until_it_is_accepted(stand: Stand) -> None:
    stand.main.pump()
    assert stand.desk.mass is not None
    assert (stand.desk.mass.square, stand.desk.mass.confirmed) == (PROPOSED[0], False)
    assert stand.desk.proposal_index == 0
    stand.desk.choose_proposal(2)
    assert stand.client.asked == []
    stand.desk.accept()
    assert len(stand.client.waiting("now")) == 1
    assert stand.desk.opinion is None
    stand.settle()
    check_shown(stand)
    assert stand.desk.opinion is not None
    assert stand.desk.opinion.low is not None


def test_the_range_is_of_the_27_crops(stand: Stand) -> None:
    stand.desk.accept()
    stand.settle()
    crops = [crop for batch, _, _ in stand.client.asked for crop in batch]
    margins = [margin_of(crop, "first") for crop in crops]
    assert len(crops) == 27
    opinion = stand.desk.opinion
    assert opinion is not None
    assert opinion.low == stand.desk.card.probability(min(margins))
    assert opinion.high == stand.desk.card.probability(max(margins))


def test_the_range_is_asked_for_in_small_pieces_one_at_a_time(stand: Stand) -> None:
    stand.desk.accept()
    stand.client.answer_all()
    stand.main.pump()
    while waiting := stand.client.waiting():
        assert len(waiting) == 1
        assert len(stand.client.asked[waiting[0]][0]) <= 4
        stand.client.answer_all()
        stand.main.pump()


def test_an_old_answer_never_stands_beside_a_new_square(stand: Stand) -> None:
    stand.desk.accept()
    (first,) = stand.client.waiting("now")
    stand.desk.set_square(Square(30, 30, 70), resting=True)
    stand.client.answer(first)
    stand.main.pump()
    assert stand.desk.opinion is None
    assert stand.desk.evidence is None
    stand.settle()
    check_shown(stand)
    assert stand.desk.opinion is not None


def test_dragging_shows_each_square_together_with_its_score(stand: Stand) -> None:
    """While the worker keeps pace, neither number nor map goes blank, and all three go on together."""
    stand.desk.accept()
    stand.settle()
    shown = []
    for left in range(11, 41):
        stand.desk.set_square(Square(left, 10, 60), resting=False)
        if left % 3 == 0:
            stand.client.answer(stand.client.waiting("now")[-1])
            stand.main.pump()
        check_shown(stand)
        assert stand.desk.opinion is not None
        assert stand.desk.mass is not None
        shown.append(stand.desk.mass.square.left)
        assert (stand.desk.hand or stand.desk.mass.square).left == left, "what is ahead can be seen"
    assert shown == sorted(shown)
    assert len(set(shown)) >= 10
    assert left - shown[-1] <= 4
    stand.desk.set_square(Square(40, 10, 60), resting=True)
    assert stand.desk.mass.square == Square(40, 10, 60), "where the hand let go, whether scored or not"
    check_shown(stand)
    stand.settle()
    assert stand.desk.opinion is not None
    stand.desk.undo()
    assert stand.desk.mass.square == PROPOSED[0], "a drag is one step"
    stand.desk.redo()
    assert stand.desk.mass.square == Square(40, 10, 60)
    check_shown(stand)
    assert stand.desk.opinion is not None, "scored before: no need to ask again"


def test_a_slow_worker_does_not_hold_the_square_back(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.desk.accept()
    stand.settle()
    monkeypatch.setattr(pacing, "PACE_S", -1.0)
    for left in range(11, 20):
        stand.desk.set_square(Square(left, 11, 60), resting=False)
        assert stand.desk.mass is not None
        assert stand.desk.mass.square.left == left
        assert stand.desk.opinion is None
    for index in stand.client.waiting():
        stand.client.answer(index)
        stand.main.pump()
        check_shown(stand)
    assert stand.desk.opinion is not None


def test_nothing_is_asked_for_the_range_while_the_square_moves(stand: Stand) -> None:
    stand.desk.accept()
    stand.client.answer_all()
    stand.main.pump()
    (rest,) = stand.client.waiting("rest")
    stand.desk.nudge(1, 0)
    assert stand.client.asked[rest][2].cancelled()
    stand.settle()
    assert not stand.client.waiting("rest")
    assert stand.desk.opinion is not None
    assert stand.desk.opinion.low is None
    stand.desk.rest()
    stand.settle()
    assert stand.desk.opinion.low is not None


def test_nudging_and_growing_until_rest_is_one_step(stand: Stand) -> None:
    stand.desk.accept()
    for _ in range(5):
        stand.desk.nudge(2, -1)
    stand.desk.grow(1.001)
    stand.desk.rest()
    assert stand.desk.mass is not None
    assert stand.desk.mass.square.side == 61, "at least one pixel"
    stand.desk.undo()
    assert stand.desk.mass.square == PROPOSED[0]
    assert stand.desk.mass.confirmed
    stand.desk.undo()
    assert not stand.desk.mass.confirmed
    assert not stand.desk.can_undo


def test_a_drawn_square_replaces_a_proposal_and_joins_a_mass(stand: Stand) -> None:
    stand.desk.draw(Square(20, 20, 50))
    stand.desk.draw(Square(-50, -50, 60))
    assert [(mass.square, mass.confirmed) for mass in stand.desk.masses] == [
        (Square(20, 20, 50), True),
        (Square(0, 0, 60), True),
    ]
    assert stand.desk.selected == 1
    stand.settle()
    check_shown(stand)
    assert all(mass.opinion is not None for mass in stand.desk.masses)
    stand.desk.select_mass(0)
    assert stand.desk.opinion is not None, "both were scored"
    stand.desk.remove_mass()
    assert [mass.square for mass in stand.desk.masses] == [Square(0, 0, 60)]
    stand.desk.undo()
    assert len(stand.desk.masses) == 2


def test_accepted_proposals_can_still_be_switched_and_moved_ones_are_kept(stand: Stand) -> None:
    stand.desk.accept()
    stand.desk.choose_proposal(1)
    assert [(mass.square, mass.confirmed) for mass in stand.desk.masses] == [(PROPOSED[1], True)]
    stand.desk.set_square(Square(0, 0, 70), resting=True)
    stand.desk.choose_proposal(1)
    assert [(mass.square, mass.confirmed) for mass in stand.desk.masses] == [
        (Square(0, 0, 70), True),
        (PROPOSED[1], False),
    ]


def test_another_model_s_answer_is_not_this_one_s(stand: Stand) -> None:
    stand.desk.accept()
    first = stand.client
    stand.desk.use_model("second")
    assert stand.desk.opinion is None
    for index in [i for i, (*_, future) in enumerate(first.asked) if not future.done()]:
        first.answer(index)
    stand.main.pump()
    assert stand.desk.opinion is None
    stand.settle()
    check_shown(stand)
    assert stand.desk.opinion is not None
    assert stand.desk.opinion.subject.model == "second"
    stand.main.wait(lambda: first.closed)
    with pytest.raises(KnownError, match="no-such-model"):
        stand.desk.use_model("third")
    assert stand.desk.card.id == "second"
    assert stand.desk.opinion is not None


def twins() -> StandInLibrary:
    """Two models of the same weights that want their crops at different sides."""
    library = StandInLibrary()
    library.cards["second"] = replace(library.cards["second"], sha256=library.cards["first"].sha256)
    return library


def test_two_models_of_the_same_weights_have_their_own_scores(tmp_path: Path) -> None:
    with Stand(tmp_path / "readings", proposer, library=twins()) as stand:
        stand.open(picture(tmp_path, "a.png", 1))
        stand.desk.accept()
        stand.settle()
        stand.desk.use_model("second")
        assert stand.desk.opinion is None
        assert stand.desk.evidence is None
        stand.settle()
        check_shown(stand)
        assert stand.desk.opinion is not None


def test_scores_of_files_that_were_replaced_meanwhile_are_not_shown(stand: Stand) -> None:
    stand.desk.accept()
    stand.client.recipe = replace(stand.desk.card, sha256="f" * 64).recipe
    stand.settle()
    assert stand.desk.opinion is None
    assert stand.desk.evidence is None
    assert stand.desk.trouble is not None
    assert stand.desk.trouble.code == "model-replaced"


def test_a_reading_that_could_not_be_written_is_written_later(stand: Stand, tmp_path: Path) -> None:
    blocked = tmp_path / "readings"
    blocked.write_bytes(b"a file where the folder should be")
    stand.desk.accept()
    stand.settle()
    stand.main.wait(lambda: stand.desk.trouble is not None)
    blocked.unlink()
    stand.main.wait(lambda: stand.desk.rest() or list(blocked.glob("*.json")))  # nothing is changed any more


def test_the_end_of_the_worker_that_was_left_concerns_nobody(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.desk.accept()
    first = stand.client
    monkeypatch.setattr(first, "close", lambda: None)
    stand.desk.use_model("second")
    first.asked[-1][2].set_exception(KnownError("worker-died", reason="r", details=""))
    stand.settle()
    assert stand.desk.trouble is None
    assert stand.desk.opinion is not None
    assert stand.desk.opinion.low is not None, "its range is asked for all the same"


def test_another_device_starts_another_worker(stand: Stand) -> None:
    stand.desk.use_device("cpu")
    assert [client.device for client in stand.clients] == ["auto", "cpu"]
    stand.main.wait(lambda: stand.clients[0].closed)


def test_the_prior_changes_the_probability_at_once_and_nothing_is_scored_again(stand: Stand) -> None:
    stand.desk.accept()
    stand.settle()
    before, asked = stand.desk.opinion, len(stand.client.asked)
    stand.desk.set_prior(0.05)
    after = stand.desk.opinion
    assert before is not None
    assert after is not None
    check_shown(stand)
    assert after.probability == stand.desk.card.probability(before.margin, 0.05) < before.probability
    assert after.low is not None
    stand.main.pump()
    assert len(stand.client.asked) == asked
    stand.desk.set_prior(None)
    assert stand.desk.opinion == before
    with pytest.raises(ValueError, match="prior"):
        stand.desk.set_prior(1.0)


@pytest.mark.parametrize("phase", ["withheld", "stopped"])
def test_a_worker_that_may_not_be_believed_takes_its_numbers_along(stand: Stand, phase: str) -> None:
    stand.desk.accept()
    stand.settle()
    error = KnownError("worker-died", reason="killed", details="")
    stand.client.show(WorkerState(phase, "first", error=error))  # type: ignore[arg-type]
    stand.main.pump()
    assert stand.desk.opinion is None
    assert stand.desk.masses[0].opinion is None
    assert stand.desk.evidence is None
    assert stand.desk.trouble is error
    asked = len(stand.client.asked)
    stand.desk.set_square(Square(3, 3, 50), resting=True)
    assert len(stand.client.asked) == asked
    stand.desk.forget_trouble()
    assert stand.desk.trouble is None


def test_a_failed_request_is_told_and_not_repeated_for_ever(stand: Stand) -> None:
    stand.desk.accept()
    stand.client.asked[-1][2].set_exception(KnownError("worker-died", reason="r", details=""))
    stand.main.pump()
    assert stand.desk.trouble is not None
    assert not stand.client.waiting()
    stand.client.show(WorkerState("ready", "first", "stand-in", "CPU"))
    stand.settle()
    assert stand.desk.opinion is not None, "asked again once the worker is ready"


def test_a_request_that_fails_in_mid_drag_lets_the_square_go_on(stand: Stand) -> None:
    stand.desk.accept()
    stand.settle()
    stand.desk.set_square(Square(20, 10, 60), resting=False)
    stand.desk.set_square(Square(22, 10, 60), resting=False)
    stand.client.asked[-1][2].set_exception(KnownError("worker-died", reason="r", details=""))
    stand.main.pump()
    assert stand.desk.mass is not None
    assert stand.desk.mass.square == Square(22, 10, 60)
    check_shown(stand)


def test_an_explanation_belongs_to_its_square(stand: Stand) -> None:
    stand.desk.accept()
    stand.settle()
    stand.desk.explain("occlusion")
    assert stand.desk.explanation_progress == 0.0
    _, _, progress, future = stand.client.explained[-1]
    progress(0.5)
    stand.main.pump()
    assert stand.desk.explanation_progress == 0.5
    assert stand.desk.evidence is not None
    assert stand.desk.evidence.method == ACTIVATION
    future.set_result(np.ones((9, 9), np.float32))
    stand.main.pump()
    assert stand.desk.explanation_progress is None
    evidence = stand.desk.evidence
    assert evidence is not None
    assert (evidence.method, evidence.bias, evidence.subject.square) == ("occlusion", None, PROPOSED[0])
    stand.desk.set_square(Square(30, 30, 50), resting=True)
    assert stand.desk.explanation_method is None
    stand.settle()
    assert stand.desk.evidence is not None
    assert stand.desk.evidence.method == ACTIVATION


def test_a_late_explanation_is_dropped(stand: Stand) -> None:
    stand.desk.accept()
    stand.settle()
    stand.desk.explain("occlusion")
    future: Future[np.ndarray] = stand.client.explained[-1][3]
    future.set_running_or_notify_cancel()  # as one that cannot be stopped any more
    stand.desk.nudge(1, 0)
    stand.settle()
    future.set_result(np.ones((9, 9), np.float32))
    stand.main.pump()
    assert stand.desk.evidence is not None
    assert stand.desk.evidence.method == ACTIVATION
    check_shown(stand)


def test_cancelling_and_failing_explanations_lead_back_to_the_usual_map(stand: Stand) -> None:
    stand.desk.accept()
    stand.settle()
    stand.desk.explain("occlusion")
    stand.desk.cancel_explanation()
    assert stand.client.explained[-1][3].cancelled()
    assert stand.desk.explanation_method is None
    stand.desk.explain("occlusion")
    stand.client.explained[-1][3].set_exception(KnownError("worker-died", reason="r", details=""))
    stand.main.pump()
    assert stand.desk.explanation_method is None
    assert stand.desk.trouble is not None
    assert stand.desk.evidence is not None


def test_a_frame_that_is_decoded_after_the_reader_moved_on_is_not_shown(tmp_path: Path) -> None:
    may_go_on, begun = threading.Event(), threading.Event()

    def slow_for_small(frame: Frame) -> tuple[Square, ...]:
        if frame.shape == (50, 50):
            begun.set()
            may_go_on.wait(20)
        return (Square(0, 0, 40),)

    Image.new("L", (50, 50)).save(tmp_path / "b.png")
    with Stand(tmp_path / "readings", slow_for_small) as stand:
        stand.open(picture(tmp_path, "a.png", 1), tmp_path / "b.png")
        stand.desk.next_scan()
        assert stand.desk.frame is None
        assert begun.wait(20)
        stand.desk.previous_scan()
        may_go_on.set()
        stand.desk.thumbnail(stand.desk.scans[0], lambda _: thumbnails.append(None))
        thumbnails: list[None] = []
        stand.main.wait(lambda: thumbnails)  # decoded behind the other, so that one has come too
        assert stand.desk.scan_index == 0
        check_shown(stand)
        assert stand.desk.frame is not None
        assert stand.desk.frame.shape == (120, 160)


class AnyOrder(RuleBasedStateMachine):
    """Random commands, with answers that come when they like: what is shown always belongs together."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.stand = Stand(folder / "readings", proposer, finds=True)
        self.stand.open(picture(folder, "b.tif", 2, frames=3), picture(folder, "a.png", 1))
        assert len(self.desk.scans) == 2

    @property
    def desk(self):  # type: ignore[no-untyped-def]
        return self.stand.desk

    def teardown(self) -> None:
        if hasattr(self, "stand"):
            self.desk.close()
            calls = self.stand.main.calls
            self.stand.main.pump()
            assert self.stand.main.calls == calls
            self.folder.cleanup()

    @rule(left=st.integers(-5, 120), top=st.integers(-5, 60), side=st.integers(20, 130), resting=st.booleans())
    def set_square(self, left: int, top: int, side: int, resting: bool) -> None:
        self.desk.set_square(Square(left, top, side), resting)

    @rule(dx=st.integers(-3, 3))
    def nudge(self, dx: int) -> None:
        self.desk.nudge(dx, 1)

    @rule(factor=st.sampled_from([0.95, 1.05]))
    def grow(self, factor: float) -> None:
        self.desk.grow(factor)

    @rule(left=st.integers(0, 90))
    def draw(self, left: int) -> None:
        self.desk.draw(Square(left, 10, 40))

    @rule(command=st.sampled_from(["accept", "remove_mass", "undo", "redo", "rest", "next_scan", "previous_scan"]))
    def command(self, command: str) -> None:
        getattr(self.desk, command)()

    @rule(number=st.integers(1, 3))
    def step_and_mark(self, number: int) -> None:
        self.desk.show_frame(number)
        self.stand.main.wait(self.stand.frame_is_there)
        self.desk.draw(Square(30, 10, 40))

    @rule(index=st.integers(0, 3), what=st.sampled_from(["choose_proposal", "select_mass", "show_frame"]))
    def choose(self, index: int, what: str) -> None:
        getattr(self.desk, what)(index)

    @rule(model=st.sampled_from(["first", "second"]))
    def use_model(self, model: str) -> None:
        self.desk.use_model(model)

    @rule(prior=st.sampled_from([None, 0.1, 0.5]))
    def set_prior(self, prior: float | None) -> None:
        self.desk.set_prior(prior)

    @rule()
    def explain(self) -> None:
        self.desk.explain("occlusion")

    @rule(data=st.data())
    def answer_one(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.stand.clients[-2:]))
        waiting = client.waiting()
        if waiting:
            client.answer(data.draw(st.sampled_from(waiting)))

    @rule(
        which=st.integers(0, 9),
        older=st.booleans(),
        seen=st.sampled_from([(), ((70.0, 50.0, 20.0, 10.0),), ((20.0, 20.0, 16.0, 16.0), (70.0, 50.0, 20.0, 20.0))]),
    )
    def finder_answers(self, which: int, older: bool, seen: tuple[tuple[float, float, float, float], ...]) -> None:
        client = self.stand.clients[-2:][0 if older else -1]
        waiting = [at for at, (_, future) in enumerate(client.looked_at) if not future.done()]
        if not waiting:
            return
        self.stand.main.pump()
        history = self.desk._marking.history
        touched = history is not None and history.touched
        before = self.desk.masses, self.desk.hand, self.desk.proposals, self.desk.proposal_index
        client.see(*seen, at=waiting[which % len(waiting)])
        self.stand.main.pump()
        after = self.desk.masses, self.desk.hand, self.desk.proposals, self.desk.proposal_index
        if touched:
            assert [mass.square for mass in after[0]] == [mass.square for mass in before[0]]
            assert after[1:] == before[1:]

    @rule()
    def frame_arrives(self) -> None:
        self.stand.main.wait(self.stand.frame_is_there)

    @rule()
    def pump(self) -> None:
        self.stand.main.pump()

    @precondition(lambda self: self.desk.frame is not None and self.desk.masses)
    @rule()
    def settled_everything_is_scored(self) -> None:
        self.desk.rest()
        self.stand.settle()
        for mass in self.desk.masses:
            assert not mass.confirmed or (mass.opinion is not None and mass.opinion.low is not None)
        assert not self.stand.client.waiting()

    @invariant()
    def belongs_together(self) -> None:
        if hasattr(self, "stand"):
            check_shown(self.stand)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_stand_in_s_cards_differ() -> None:
    assert make_card("first").sha256 != make_card("second").sha256
