"""The queue and its foreman: real processes, runs of one step; asleep, killed, cancelled, gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.splits import Split, store_split
from bmgui.learning.runs import foreman, queue
from bmgui.learning.runs.estimate import Pace
from bmgui.learning.runs.foreman import Foreman, has_something_to_measure, is_to_be_trained
from bmgui.learning.runs.progress import Progress, read_events
from bmgui.learning.runs.run import Run
from bmgui.learning.runs.state import Follower, RunState, state_of
from bmgui.learning.runs.trainers import command, is_at_work, locked
from tests.learning.training.training_stand import make_small_run, pretend_begun

WAIT_S = 120.0
NAP_S = 3.0
SHORT = "epochs = 1"
LONG = 'epochs = 150\noptimiser = "sgd"\nmomentum = 0'


@pytest.fixture(autouse=True)
def nobody_left(own_home: Path) -> Iterator[None]:
    yield
    queue.end_foreman()


def small(tmp_path: Path, stage: str = SHORT, name: str = "run") -> Run:
    return make_small_run(tmp_path, stage, name=name, train=2, validation=4)


def wait(until: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not until():
        assert time.monotonic() < end, (queue.state(), log())
        time.sleep(0.02)


def log() -> str:
    path = shelf.folder_of("runs").parent / "foreman.log"
    return path.read_text("utf-8") if path.exists() else ""


def epochs(run: Run) -> list[int]:
    return [event["epoch"] for event in read_events(run.folder)[0] if event["event"] == "epoch"]


def trainers(run: Run) -> list[int]:
    return [event["pid"] for event in read_events(run.folder)[0] if event["event"] == "trainer"]


# --- the queue alone ---


@pytest.fixture
def no_foreman(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "wake", lambda: False)


def test_runs_wait_in_their_order_which_can_be_changed(tmp_path: Path, no_foreman: None) -> None:
    first, second, third = (small(tmp_path, name=name).folder for name in ("a", "b", "c"))
    for folder in (first, second, third, first):
        queue.add(folder)
    assert queue.waiting() == (first, second, third)
    assert set(shelf.known("runs")) == {first, second, third}
    queue.move(third, 0)
    queue.move(first, 99)
    assert queue.waiting() == (third, second, first)
    queue.remove(second)
    assert queue.waiting() == (third, first)
    with pytest.raises(KnownError, match="no-run"):
        queue.add(tmp_path / "nothing")


def test_a_file_that_a_hand_broke_is_an_empty_queue(tmp_path: Path, no_foreman: None, own_home: Path) -> None:
    run = small(tmp_path)
    queue.add(run.folder)
    (own_home / "queue.json").write_text("[1, 2", "utf-8")
    assert queue.state() == queue.Queue()
    assert not queue.wake()
    queue.add(run.folder)
    assert queue.waiting() == (run.folder,)


def test_a_run_that_was_left_is_taken_up_first_and_the_last_one_lets_go(tmp_path: Path, no_foreman: None) -> None:
    first, second = (small(tmp_path, name=name).folder for name in ("a", "b"))
    queue.add(first)
    queue.add(second)
    with queue.as_foreman() as hands:
        assert hands is not None
        taken = hands.take()
        assert taken is not None
        assert (taken.current, queue.waiting(), queue.is_working()) == (first, (second,), True)
        with queue.as_foreman() as another:
            assert another is None
    assert not queue.is_working()  # as if it had been killed
    with queue.as_foreman() as hands:
        assert hands is not None
        assert hands.take() == queue.state()
        assert (queue.state().current, queue.state().since) == (first, taken.since)
        hands.put_back()
        assert queue.waiting() == (first, second)
        for folder in (first, second):
            assert hands.take().current == folder  # type: ignore[union-attr]
            hands.done()
        assert hands.take() is None
        assert not queue.is_working()  # so that who adds now starts another one
    assert queue.state() == queue.Queue()


def test_a_run_that_ended_in_the_foremans_hands_and_is_gone_on_with_waits_again(
    tmp_path: Path, no_foreman: None
) -> None:
    """The foreman was killed, or has not yet seen the end: neither may pass over the wish."""
    run = small(tmp_path)
    queue.add(run.folder)
    with queue.as_foreman() as hands:
        assert hands is not None
        hands.take()
        Progress(run.folder).tell("trainer", pid=1)
        queue.add(run.folder)  # killed, or at work: it is the foreman's already
        assert queue.waiting() == ()
        Progress(run.folder).tell("stopped", word="cancel")
        assert queue.waiting() == ()
        queue.add(run.folder)
        queue.add(run.folder)  # once is enough
        assert queue.waiting() == (run.folder,)
        queue.remove(run.folder)
        Progress(run.folder).tell("trainer", pid=2)
        queue.add(run.folder)
        assert queue.waiting() == ()
        queue.cancel(run.folder)  # the trainer still starts
        queue.add(run.folder)
        assert queue.waiting() == (run.folder,)
        Progress(run.folder).tell("stopped", word="cancel")
    with queue.as_foreman() as hands:  # the next one
        assert hands is not None
        left = hands.take()
        assert left is not None
        assert not is_to_be_trained(state_of(run.folder), left.since)
        hands.done()
        taken = hands.take()
        assert taken is not None
        assert (taken.current, queue.waiting()) == (run.folder, ())
        assert is_to_be_trained(state_of(run.folder), taken.since)


@pytest.mark.parametrize(
    ("phase", "ended", "since", "expected"),
    [
        ("new", 0.0, 10.0, True),
        ("killed", 0.0, 10.0, True),
        ("stopped", 5.0, 10.0, True),  # put into the queue to go on
        ("stopped", 15.0, 10.0, False),  # cancelled while no foreman looked
        ("failed", 15.0, 10.0, False),
        ("finished", 15.0, 10.0, False),
        ("finished", 5.0, 10.0, False),
    ],
)
def test_what_a_taken_run_still_needs(phase: str, ended: float, since: float, expected: bool) -> None:
    assert is_to_be_trained(RunState(phase=phase, ended=ended), since) is expected  # type: ignore[arg-type]


def test_a_run_whose_trainer_still_starts_can_be_cancelled(
    tmp_path: Path, no_foreman: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    queue.cancel(run.folder)  # not at the foreman's hands: nothing to cancel
    queue.add(run.folder)
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, *_: str) -> "subprocess.Popen[bytes]":
        queue.cancel(folder)
        started.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"]))
        return started[0]

    monkeypatch.setattr(foreman, "start_trainer", start)
    with queue.as_foreman() as hands:
        assert hands is not None
        Foreman(hands).work()
    assert [process.poll() is None for process in started] == [False]
    state = state_of(run.folder)
    assert (state.phase, state.error) == ("stopped", None)
    assert queue.state() == queue.Queue()
    # cancelled while its sources were compared: no trainer is started at all
    queue.add(run.folder)
    monkeypatch.setattr(foreman, "check_unchanged", lambda run: queue.cancel(run.folder))
    with queue.as_foreman() as hands:
        assert hands is not None
        Foreman(hands).work()
    assert len(started) == 1
    assert queue.state() == queue.Queue()


def test_what_can_be_measured() -> None:
    lost = KnownError("loss-not-finite", stage="us", step=3)
    assert has_something_to_measure(RunState(phase="finished"))
    assert has_something_to_measure(RunState(phase="failed", error=lost, finished={"job": 0.8}))
    assert not has_something_to_measure(RunState(phase="failed", error=lost))
    assert not has_something_to_measure(RunState(phase="stopped", finished={"job": 0.8}))


# --- the foreman at work ---


def test_a_run_is_trained_and_measured_and_then_the_foreman_ends(tmp_path: Path) -> None:
    run = small(tmp_path)
    queue.add(run.folder)
    wait(lambda: queue.state().is_empty and not queue.is_working())
    assert state_of(run.folder).phase == "finished"
    assert json.loads((run.folder / "results" / "results.json").read_text("utf-8"))
    assert (run.folder / "evaluate.log").read_text("utf-8")
    assert (run.folder / "jobs" / "resnet50-scratch-us-s0" / "stage-1" / "sheet.png").is_file()
    (step,) = [e for e in read_events(run.folder)[0] if e["event"] == "step"]
    assert step["rate"] > 0
    assert step["memory_mb"] > 50
    assert not queue.wake()


def without_the_nap(run: Run, pace: Pace) -> float:
    """The most that may be left, by this run's own validations but the one that it may have slept in."""
    timed = json.loads((run.folder / "timing.json").read_text("utf-8"))["resnet50/classify"]["seconds_a_step"]
    return float((pace.steps - pace.step) * timed + pace.epochs_left * sorted(pace.epoch_end_s)[-2])


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="POSIX stops processes by signals")
def test_asleep_killed_cancelled_and_gone_on_with(tmp_path: Path) -> None:
    run, second, third = (small(tmp_path, LONG, name) for name in ("a", "b", "c"))
    for one in (run, second, third):
        queue.add(one.folder)
    wait(lambda: len(epochs(run)) > 3)
    assert os.getpriority(os.PRIO_PROCESS, trainers(run)[0]) >= 10

    # the computer sleeps for some ten steps: nothing is lost, and the estimates do not count it
    follower = Follower(run)
    pids = (queue.state().foreman, trainers(run)[0])
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    asleep_after = len(epochs(run))
    time.sleep(NAP_S)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    wait(lambda: len(epochs(run)) > asleep_after + 2)
    state, left = follower.state(), follower.stage_remaining_s()
    assert state.phase == "at work"
    assert epochs(run) == list(range(1, len(epochs(run)) + 1))
    assert left is not None
    assert left <= without_the_nap(run, state.pace) * (1 + 1e-9)

    # the foreman alone is killed: the trainer works on, and the next foreman waits for it
    os.kill(queue.state().foreman, signal.SIGKILL)
    wait(lambda: not queue.is_working())
    assert is_at_work(run.folder)
    assert queue.wake()
    wait(queue.is_working)
    seen = len(epochs(run))
    wait(lambda: len(epochs(run)) > seen and queue.state().foreman not in pids)
    assert len(trainers(run)) == 1

    # both, as a power cut does: the next one goes on after the last epoch
    for pid in (queue.state().foreman, trainers(run)[0]):
        os.kill(pid, signal.SIGKILL)
    wait(lambda: not queue.is_working() and not is_at_work(run.folder))
    assert state_of(run.folder).phase == "killed"
    kept = len(epochs(run))
    assert queue.wake()
    wait(lambda: len(epochs(run)) > kept + 1)
    resumed = [e["resumed_epoch"] for e in read_events(run.folder)[0] if e["event"] == "stage-start"]
    assert resumed[-1] in (kept, kept + 1)
    assert [one.epoch for one in follower.state().epochs_done] == list(range(1, follower.state().epoch + 1))

    # cancelled, it makes room for the next one; that one is killed, which is told, and makes room, too
    command(run.folder, "cancel")
    wait(lambda: epochs(second))
    assert state_of(run.folder).phase == "stopped"
    os.kill(trainers(second)[0], signal.SIGKILL)
    wait(lambda: queue.state().current == third.folder)
    killed = state_of(second.folder)
    assert killed.error is not None
    assert killed.error.code in ("run-killed", "run-killed-for-memory")

    # ended from outside, the foreman ends its trainer, and the run waits again
    queue.end_foreman()
    assert not is_at_work(third.folder)
    assert queue.waiting() == (third.folder,)


def test_what_changed_since_the_run_began_is_said(tmp_path: Path) -> None:
    run = small(tmp_path)
    pretend_begun(run)
    collection = open_collection(tmp_path / "collection")
    parts = {**collection.parts, "s0": "validation"}
    store_split(collection, Split(parts, "changed"))
    queue.add(run.folder)
    wait(lambda: queue.state().is_empty)
    state = state_of(run.folder)
    assert state.error is not None
    assert state.error.code == "run-sources-changed"
    assert not trainers(run)


def test_a_trainer_that_another_started_is_waited_for(tmp_path: Path) -> None:
    run = small(tmp_path)
    with locked(run.folder):
        queue.add(run.folder)
        wait(lambda: queue.state().current == run.folder)
        Progress(run.folder).tell("trainer", pid=os.getpid())
        time.sleep(0.5)
        assert queue.state().doing == "training"
        Progress(run.folder).tell("stopped", word="cancel")
    wait(lambda: queue.state().is_empty)
    assert [e["event"] for e in read_events(run.folder)[0]] == ["trainer", "stopped"]


def test_a_bug_of_one_run_is_told_there_and_the_next_one_is_done(
    tmp_path: Path, no_foreman: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (small(tmp_path, name=name) for name in ("a", "b"))
    for run in (first, second):
        queue.add(run.folder)
    seen = []

    def bug(self: Foreman, folder: Path, since: float) -> None:
        seen.append(folder)
        if folder == first.folder:
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Foreman, "_run", bug)
    with queue.as_foreman() as hands:
        assert hands is not None
        Foreman(hands).work()
    assert seen == [first.folder, second.folder]
    assert state_of(first.folder).reason == "ZeroDivisionError: a bug"
    assert "a bug" in capsys.readouterr().err
