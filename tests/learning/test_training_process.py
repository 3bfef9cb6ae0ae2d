"""`bmgui train` and the real trainer: watched, steered, killed, out of room, and gone on with. One small network."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bmgui.learning.runs.progress import read_events
from bmgui.learning.runs.state import state_of
from bmgui.learning.runs.trainers import command, is_at_work
from tests.conftest import REPOSITORY
from tests.learning.training.training_stand import PLAN, make_collection

resource = pytest.importorskip("resource", reason="signals and limits as POSIX has them")

STAGE = """epochs = 30
optimiser = "sgd"
momentum = 0
keep = "best-auc"
"""
WAIT_S = 90.0


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of 30 epochs of one step."""
    folder = tmp_path_factory.mktemp("learning")
    make_collection(folder / "collection", train=2, validation=2)
    (folder / "plan.toml").write_text(PLAN.format(collection="collection", stage=STAGE), "utf-8")
    return folder / "plan.toml"


class Watched:
    """`bmgui train …` as a process."""

    def __init__(self, *arguments: str | Path, most_bytes: int = 0) -> None:
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        self.process = subprocess.Popen(
            [sys.executable, "-m", "bmgui", "train", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
            preexec_fn=limit if most_bytes else None,
        )

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, out, err


@pytest.fixture
def watched() -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(*arguments: str | Path, most_bytes: int = 0) -> Watched:
        made.append(Watched(*arguments, most_bytes=most_bytes))
        return made[-1]

    yield make
    for one in made:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGINT)
            one.process.send_signal(signal.SIGINT)
            one.process.communicate(timeout=WAIT_S)


def _wait_for(folder: Path, is_it: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        events = read_events(folder)[0]
        if is_it(events):
            return events
        time.sleep(0.02)
    raise AssertionError([event["event"] for event in read_events(folder)[0]])


def _epochs(events: list[dict[str, Any]]) -> list[int]:
    return [event["epoch"] for event in events if event["event"] == "epoch"]


def test_killed_stopped_and_gone_on_with(plan: Path, tmp_path: Path, watched: Callable[..., Watched]) -> None:
    run = tmp_path / "run"

    # the trainer is killed: the one who watches says so, and the last epoch is kept
    first = watched(plan, "--run", run)
    events = _wait_for(run, lambda events: bool(_epochs(events)))
    assert state_of(run).phase == "at work"
    locked = watched("--run", run, "--resume").ended()
    assert (locked[0], "at work" in locked[2]) == (1, True)
    os.kill(next(event["pid"] for event in events if event["event"] == "trainer"), signal.SIGKILL)
    code, _, said = first.ended()
    assert code == 1
    assert "signal 9" in said
    assert "--resume" in said
    assert state_of(run).phase == "killed"
    kept = _epochs(read_events(run)[0])

    # it goes on after that epoch, pauses, goes on, and stops after an epoch
    second = watched("--run", run, "--resume")
    _wait_for(run, lambda events: len(_epochs(events)) > len(kept))
    command(run, "pause")
    _wait_for(run, lambda events: events[-1]["event"] == "paused")
    assert state_of(run).phase == "paused"
    still = len(read_events(run)[0])
    time.sleep(0.5)
    assert len(read_events(run)[0]) == still
    command(run, "stop-after-epoch")
    code, _, said = second.ended()
    assert code == 130
    assert "--resume" in said
    assert "epoch 1:" not in said  # what the first one did is no news
    events = read_events(run)[0]
    (resumed,) = [e["resumed_epoch"] for e in events if e["event"] == "stage-start" and e["resumed_epoch"]]
    assert resumed in (len(kept), len(kept) + 1)  # killed between saving and saying
    done = state_of(run).epochs_done
    assert [epoch.epoch for epoch in done] == list(range(1, len(done) + 1))

    # Ctrl+C ends it after its step, and says how to go on
    third = watched("--run", run, "--resume")
    _wait_for(run, lambda events: len(_epochs(events)) > len(done) + 1)
    third.process.send_signal(signal.SIGINT)
    code, _, said = third.ended()
    assert code == 130
    assert "Ending after this step" in said
    assert "Traceback" not in said
    assert not is_at_work(run)
    assert state_of(run).phase == "stopped"


def test_a_disk_that_takes_no_more_is_said_and_nothing_of_it_stays(
    plan: Path, tmp_path: Path, watched: Callable[..., Watched]
) -> None:
    """No file may grow beyond 20 MB; the weights are larger. It fails as a full disk does: with an error on writing."""
    run = tmp_path / "run"
    code, _, said = watched(plan, "--run", run, most_bytes=20_000_000).ended()
    assert code == 1
    assert "could not be written" in said
    assert "--resume" in said
    assert state_of(run).phase == "failed"
    assert not list(run.rglob("*.part"))
    assert not list(run.rglob("*.safetensors"))


def test_a_plan_is_timed_before_it_is_begun(plan: Path, tmp_path: Path, watched: Callable[..., Watched]) -> None:
    code, said, _ = watched(plan, "--estimate").ended()
    assert code == 0
    *each, whole = said.splitlines()
    assert [line.split()[1] for line in each] == ["resnet50-scratch-us-s0"]
    assert whole.startswith(each[0].split()[0])


def test_a_short_run_ends_with_its_figures(plan: Path, tmp_path: Path, watched: Callable[..., Watched]) -> None:
    short = plan.with_name("short.toml")
    short.write_text(plan.read_text("utf-8").replace("epochs = 30", "epochs = 1"), "utf-8")
    run = tmp_path / "run"
    code, said, _ = watched(short, "--run", run, "--threads", "1").ended()
    assert code == 0
    assert said.startswith("resnet50-scratch-us-s0: validation AUC ")
    assert json.loads((run / "run.json").read_text("utf-8"))["given"]["threads"] == 1
    assert (run / "jobs" / "resnet50-scratch-us-s0" / "weights.safetensors").is_file()
    status = watched("--run", run, "--status").ended()
    assert (status[0], status[1].splitlines()[0]) == (0, "It is finished.")
    word = watched("--run", run, "--pause").ended()
    assert (word[0], "No training is at work" in word[2]) == (1, True)


def test_the_trainer_outlives_a_closed_terminal_and_is_ended_from_another(plan: Path, tmp_path: Path) -> None:
    """The trainer here only waits and obeys: what outlives what is not the network's doing."""
    (tmp_path / "stand_in.py").write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from bmgui.learning.runs.trainers import Stopped, as_trainer\n"
        "def train(run):\n"
        "    while run.control() != 'cancel':\n"
        "        time.sleep(0.02)\n"
        "    raise Stopped('cancel')\n"
        "sys.exit(as_trainer(Path(sys.argv[1]), train))\n",
        "utf-8",
    )
    run = tmp_path / "run"
    code = (
        "import sys; from bmgui.learning.runs import trainers; trainers.TRAINER_MODULE = 'stand_in'\n"
        "from bmgui.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "train", str(plan), "--run", str(run)],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(tmp_path)])},
        start_new_session=True,
    ) as terminal:
        _wait_for(run, lambda events: bool(events))
        os.killpg(terminal.pid, signal.SIGHUP)
    assert terminal.returncode == -signal.SIGHUP
    time.sleep(0.2)
    assert state_of(run).phase == "at work"
    command(run, "cancel")
    _wait_for(run, lambda events: events[-1]["event"] == "stopped")
    until = time.monotonic() + WAIT_S
    while is_at_work(run) and time.monotonic() < until:
        time.sleep(0.02)
    assert state_of(run).phase == "stopped"
