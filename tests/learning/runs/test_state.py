"""What a run's folder says: lines that a crash cut off, epochs that were done again, and how long is left."""

import json
from pathlib import Path
from typing import Any

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Stage, jobs
from bmgui.learning.runs.estimate import Pace, StageTime, plan_times, remaining_s, stage_remaining_s, stage_steps
from bmgui.learning.runs.progress import PROGRESS_FILE, Progress, read_events
from bmgui.learning.runs.run import Run
from bmgui.learning.runs.state import Follower, RunState, fold, state_of
from bmgui.learning.runs.trainers import locked
from tests.learning.training.training_stand import make_small_run

JOB = "resnet50-scratch-us-s0"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_small_run(tmp_path, "epochs = 4")


def event(kind: str, at: float = 0.0, **fields: Any) -> dict[str, Any]:
    return {"time": at, "event": kind, "job": JOB, "stage": 1, **fields}


def started(at: float = 0.0, resumed: int = 0, epochs: int = 4, epoch_steps: int = 10) -> dict[str, Any]:
    return event("stage-start", at, name="us", epochs=epochs, epoch_steps=epoch_steps, resumed_epoch=resumed)


def step(at: float, number: int, steps: int = 40) -> dict[str, Any]:
    return event("step", at, epoch=1 + (number - 1) // 10, step=number, steps=steps, loss=0.5, crops_s=8.0)


def epoch(at: float, number: int, auc: float | None = 0.8) -> dict[str, Any]:
    return event("epoch", at, epoch=number, loss=0.5, validation_loss=0.6, validation_auc=auc, kept=True, seconds=9)


# --- progress ---


def test_a_line_that_was_cut_off_is_skipped_and_the_next_one_is_whole(tmp_path: Path) -> None:
    Progress(tmp_path).tell("note", code="first")
    with (tmp_path / PROGRESS_FILE).open("ab") as stream:
        stream.write(b'{"time": 1, "event": "no')
    events, offset = read_events(tmp_path)
    assert [e["code"] for e in events] == ["first"]
    Progress(tmp_path).tell("note", code="second")
    events, _ = read_events(tmp_path, offset)
    assert [e["code"] for e in events] == ["second"]


def test_steps_are_thinned_but_the_last_one_is_told(tmp_path: Path) -> None:
    now = [100.0]
    progress = Progress(tmp_path, clock=lambda: now[0])
    for number in range(1, 41):
        progress.tell("step", JOB, 1, step=number, steps=40, loss=float("nan"))
        now[0] += 0.25
    told = [(e["step"], e["loss"]) for e in read_events(tmp_path)[0]]
    assert [number for number, _ in told] == [*range(1, 41, 4), 40]
    assert {loss for _, loss in told} == {None}  # JSON has no NaN


def test_a_line_that_the_disk_does_not_take_is_an_error(tmp_path: Path) -> None:
    (tmp_path / PROGRESS_FILE).mkdir()
    with pytest.raises(KnownError, match="file-not-written"):
        Progress(tmp_path).tell("note")


# --- state ---


def test_the_state_is_in_the_folder_alone(run: Run) -> None:
    assert state_of(run.folder).phase == "new"
    progress = Progress(run.folder)
    with locked(run.folder):
        progress.tell("trainer", pid=1)
        progress.tell("device", device="cpu")
        progress.tell("stage-start", JOB, 1, name="us", epochs=4, epoch_steps=3, resumed_epoch=0)
        progress.tell("step", JOB, 1, epoch=1, step=2, steps=12, loss=0.7, crops_s=5.5)
        state = state_of(run.folder)
        assert (state.phase, state.device, state.stage_name) == ("at work", "cpu", "us")
        assert (state.epoch, state.epochs, state.step, state.steps, state.loss) == (1, 4, 2, 12, 0.7)
        progress.tell("paused")
        assert state_of(run.folder).phase == "paused"
        progress.tell("resumed")
        progress.tell("epoch", JOB, 1, epoch=1, loss=0.6, validation_loss=0.5, validation_auc=0.9, kept=True)
        assert state_of(run.folder).auc == 0.9
    assert state_of(run.folder).phase == "killed"  # it said nothing, and its lock is free
    progress.tell("error", code="file-not-written", fields={"file": "x", "reason": "full"})
    failed = state_of(run.folder)
    assert failed.phase == "failed"
    assert failed.error is not None
    assert failed.error.fields == {"file": "x", "reason": "full"}
    progress.tell("job-end", JOB, validation_auc=0.9)
    progress.tell("end")
    assert (state_of(run.folder).phase, state_of(run.folder).finished) == ("finished", {JOB: 0.9})


def test_a_run_that_was_only_timed_is_new(run: Run) -> None:
    progress = Progress(run.folder)
    progress.tell("trainer", pid=1)
    progress.tell("end")
    assert state_of(run.folder).phase == "new"


def test_epochs_that_are_done_again_count_once() -> None:
    first = [started(), epoch(1, 1, 0.1), epoch(2, 2, 0.2), epoch(3, 3, 0.3)]
    again = [started(resumed=2), epoch(4, 3, 0.4)]
    state = fold(RunState(), [*first, *again])
    assert [(e.epoch, e.validation_auc) for e in state.epochs_done] == [(1, 0.1), (2, 0.2), (3, 0.4)]


def test_another_trainers_error_is_past_when_one_begins(run: Run) -> None:
    Progress(run.folder).tell("error", code="run-disk", fields={"file": "x"})
    follower = Follower(run)
    assert follower.state().error is not None
    follower.begin()
    assert (follower.state().error, follower.taken()) == (None, [])
    Progress(run.folder).tell("note", code="a")
    assert [e["code"] for e in follower.taken()] == ["a"]
    assert follower.taken() == []


@pytest.mark.parametrize(
    "line", ["[]", "{}", '{"event": 3, "time": 1}', '{"event": "step"}', '{"event": "?", "time": 1}']
)
def test_a_line_that_says_nothing_known_changes_nothing(run: Run, line: str) -> None:
    (run.folder / PROGRESS_FILE).write_text(line + "\n", "utf-8")
    assert state_of(run.folder) == RunState()


# --- how long ---

KEY = (JOB, 1)
LATER = (JOB, 2)
TIMES = {KEY: StageTime(40, 1.0, 4, 5.0), LATER: StageTime(100, 1.0, 2, 5.0)}


def test_before_anything_ran_it_is_steps_and_validations() -> None:
    assert remaining_s(TIMES, Pace()) == 40 + 4 * 5 + 100 + 2 * 5


def test_a_slow_step_and_a_pause_do_not_count_and_a_slow_machine_does() -> None:
    """Twice as slow as timed, with one nap of ten minutes inside an epoch and a pause between two steps."""
    now, events = 0.0, [started()]
    for number in range(1, 11):
        now += 2.0 if number != 5 else 600.0
        events.append(step(now, number))
        if number == 7:
            events.append(event("paused", now))
            now += 4000.0
            events.append(event("resumed", now))
    pace = fold(RunState(), events).pace
    left = remaining_s(TIMES, pace)
    assert left == 30 * 2 + 4 * 10 + 2 * (100 + 2 * 5)
    now += 6.0  # the validation took 6 s, and was estimated at 5
    pace = fold(RunState(pace=pace), [epoch(now, 1)]).pace
    assert remaining_s(TIMES, pace) == 30 * 2 + 3 * 6 + 2 * (100 + 2 * 5)


def test_it_falls_to_nothing_as_the_plan_is_done() -> None:
    now, events, seen = 0.0, [started()], []
    state = fold(RunState(), events)
    for number in range(1, 41):
        now += 1.0
        state = fold(state, [step(now, number)])
        if number % 10 == 0:
            now += 5.0
            state = fold(state, [epoch(now, number // 10)])
        seen.append(remaining_s(TIMES, state.pace))
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 110.0
    state = fold(state, [event("stage-end", now, seconds=60, early=False)])
    assert remaining_s(TIMES, state.pace) == 110.0
    assert remaining_s(TIMES, state.pace, done={LATER}) == 0.0


def test_a_stage_that_ended_early_is_over() -> None:
    state = fold(RunState(), [started(), step(1, 1), step(2, 2), event("stage-end", 3, seconds=3, early=True)])
    assert remaining_s(TIMES, state.pace) == 110.0


def test_a_resumed_stage_has_the_rest_to_do() -> None:
    pace = fold(RunState(), [started(resumed=3)]).pace
    assert remaining_s(TIMES, pace) == 10 * 1.0 + 1 * 5.0 + 110.0


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage("us", ("us",), epochs=3), (3 * 7, 3)),  # 100 sections, 16 at once: the last batch is filled up
        (Stage("us", ("us",), epochs=3, repeats=4), (3 * 25, 3)),
        (Stage("us", ("us",), steps=50, steps_an_epoch=20), (50, 3)),
        (Stage("us", ("us",), steps=50), (50, 8)),
    ],
)
def test_steps_of_a_stage(stage: Stage, expected: tuple[int, int]) -> None:
    assert stage_steps(stage, 100, 16) == expected


def test_the_plan_is_estimated_from_the_timed_steps(run: Run) -> None:
    timing = {
        "resnet50/classify": {"seconds_a_step": 0.5, "batch": 2, "side": 75},
        "validation": {"resnet50": 0.1},
        "sections": {"us": {"train": 6, "validation": 4}},
    }
    (run.folder / "timing.json").write_text(json.dumps(timing), "utf-8")
    assert plan_times(run.plan, jobs(run.plan), run.folder) == {KEY: StageTime(12, 0.5, 4, 0.4)}
    assert Follower(run).remaining_s() == pytest.approx(12 * 0.5 + 4 * 0.4)
    (run.folder / "timing.json").write_text("{}", "utf-8")
    assert plan_times(run.plan, jobs(run.plan), run.folder) == {}
    assert Follower(run).remaining_s() is None


# --- a machine that sleeps ---

NAP_S = 8 * 3600.0


def test_a_nap_after_the_first_step_or_in_the_first_validation_is_no_pace() -> None:
    state = fold(RunState(), [started(), step(0, 1), step(NAP_S, 2)])
    assert remaining_s(TIMES, state.pace) == 38 * 1.0 + 4 * 5.0 + 110.0
    assert stage_remaining_s(TIMES, state.pace) == 38 * 1.0 + 4 * 5.0
    now = NAP_S
    for number in range(3, 11):
        now += 1.0
        state = fold(state, [step(now, number)])
    state = fold(state, [epoch(now + NAP_S, 1)])
    assert stage_remaining_s(TIMES, state.pace) == 30 * 1.0 + 3 * 5.0


def test_the_rest_of_a_stage_needs_no_timing_once_it_runs() -> None:
    assert stage_remaining_s({}, Pace()) is None
    state = fold(RunState(), [started()])
    assert stage_remaining_s({}, state.pace) is None
    state = fold(state, [step(float(number), number) for number in range(1, 6)])
    assert stage_remaining_s({}, state.pace) == 35.0
    state = fold(state, [event("stage-end", 9.0, seconds=9, early=True)])
    assert stage_remaining_s(TIMES, state.pace) is None


def test_the_share_that_is_done_rises_to_one(run: Run) -> None:
    assert Follower(run).share_done() is None
    timing = {
        "resnet50/classify": {"seconds_a_step": 1.0, "batch": 2, "side": 75},
        "validation": {"resnet50": 0.25},
        "sections": {"us": {"train": 20, "validation": 4}},
    }
    (run.folder / "timing.json").write_text(json.dumps(timing), "utf-8")
    follower, progress, now = Follower(run), Progress(run.folder), 0.0
    assert follower.share_done() == 0.0
    told = [started()]
    shares = []
    for number in range(1, 41):
        now += 3.0  # three times as slow as timed
        told.append(step(now, number))
        if number % 10 == 0:
            now += 3.0
            told.append(epoch(now, number // 10))
        for one in told:
            progress._append(one)
        told.clear()
        follower.state()
        shares.append(follower.share_done() or 0.0)
    assert shares[4:] == sorted(shares[4:])
    assert shares[19] == pytest.approx(0.5, abs=0.03)
    assert shares[-1] == 1.0


def test_rate_memory_and_train_auc_are_kept() -> None:
    told = event("step", 1.0, epoch=1, step=1, steps=4, loss=0.5, rate=3e-4, memory_mb=1500, card_mb=9000)
    state = fold(RunState(), [started(), told])
    assert (state.rate, state.memory_mb, state.card_mb) == (3e-4, 1500.0, 9000.0)
    done = event("epoch", 2.0, epoch=1, loss=0.5, train_auc=0.7, validation_loss=0.6, validation_auc=0.8, kept=True)
    assert fold(state, [done]).epochs_done[0].train_auc == 0.7
    assert fold(state, [event("epoch", 2.0, epoch=1)]).epochs_done[0].train_auc is None  # of an older trainer


def test_an_end_is_told_until_another_trainer_begins() -> None:
    begin, stop = event("trainer", 1.0, pid=1), event("stopped", 5.0, word="cancel")
    state = fold(RunState(), [begin, stop])
    assert (state.phase, state.ended) == ("stopped", 5.0)
    assert fold(state, [event("trainer", 9.0, pid=2)]).ended == 0.0
