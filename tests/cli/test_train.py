"""`bmgui train` and `evaluate` without a training: usage, what is named and refused, and what is said of a run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bmgui.base import commands, places
from bmgui.base.errors import KnownError
from bmgui.cli import evaluate, inputs, main, train
from bmgui.cli.live import Live, estimate_lines, moving_line, result_lines, status_lines
from bmgui.learning.plans.plan import Chain, Start
from bmgui.learning.runs.progress import Progress
from bmgui.learning.runs.run import Run
from bmgui.learning.runs.state import Follower
from bmgui.learning.runs.trainers import locked
from bmgui.wording import NOTES
from bmgui.wording.run_words import duration, event_lines
from tests.conftest import REPOSITORY
from tests.learning.training.training_stand import make_small_run

JOB = "resnet50-scratch-us-s0"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_small_run(tmp_path, "epochs = 4")


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["train", "recommended"],
        ["train", "--run", "r"],
        ["train", "recommended", "--run", "r", "--pause"],
        ["train", "--pause"],
        ["train", "--run", "r", "--pause", "--cancel"],
        ["train", "--run", "r", "--resume", "--estimate"],
        ["train", "recommended", "--run", "r", "--collection", "us"],
        ["train", "recommended", "--run", "r", "--threads", "0"],
        ["train", "recommended", "--run", "r", "--at-once", "many"],
        ["evaluate", "--output", "o"],
        ["evaluate", "--output", "o", "--model", "m"],
        ["evaluate", "--model", "m", "--collection", "c"],
    ],
)
def test_wrong_usage_is_told_as_such(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert f"usage: bmgui {arguments[0]}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []  # nothing was begun


def test_a_plan_is_a_file_or_the_name_of_one_that_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.plan_file("paper-2022") == places.resources() / "plans" / "paper-2022.toml"
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").touch()
    assert train.plan_file("mine.toml") == Path("mine.toml")
    assert main(["train", "paper-2023", "--run", "r"]) == 1
    said = capsys.readouterr().err
    assert "paper-2023" in said
    assert "paper-2022, recommended" in said


def test_a_shipped_plan_asks_for_the_collections(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["train", "active", "--run", str(tmp_path / "r")]) == 1
    assert "--collection us=DIR" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_without_torch_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(inputs, "find_spec", lambda _name: None)
    assert main(["train", "active", "--run", str(tmp_path / "r")]) == 1
    assert "python3 dev.py cli train" in capsys.readouterr().err
    assert main(["evaluate", "--model", "m", "--collection", "c", "--output", "o"]) == 1
    assert "scipy, matplotlib" in capsys.readouterr().err


def test_a_run_that_is_at_work_is_left_alone_and_steered(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(run.folder)
    assert main(["train", "--run", folder, "--cancel"]) == 1
    assert "No training is at work" in capsys.readouterr().err
    with locked(run.folder):
        assert main(["train", "--run", folder, "--resume"]) == 1
        assert "at work" in capsys.readouterr().err
        for option, word in (
            ("--pause", "pause"),
            ("--continue", "resume"),
            ("--stop-after-epoch", "stop-after-epoch"),
            ("--cancel", "cancel"),
        ):
            assert main(["train", "--run", folder, option]) == 0
            assert (run.folder / "control").read_text() == word
            assert capsys.readouterr().err.strip()


def test_a_run_is_not_gone_on_with_under_another_plan(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "recommended", "--run", str(run.folder), "--resume"]) == 1
    assert "another plan" in capsys.readouterr().err
    assert main(["train", "--run", str(run.folder / "no"), "--resume"]) == 1
    assert "no run" in capsys.readouterr().err


# --- what is said ---


def _tell(run: Run) -> None:
    progress = Progress(run.folder)
    progress.tell("trainer", pid=1)
    progress.tell("device", described="CPU, float32")
    progress.tell("stage-start", JOB, 1, name="us", epochs=4, epoch_steps=3, resumed_epoch=1)
    progress.tell("epoch", JOB, 1, epoch=2, loss=0.51234, validation_loss=0.6, validation_auc=0.8765, kept=True)
    progress.tell("step", JOB, 1, epoch=3, step=8, steps=12, loss=0.4, crops_s=7.25)


def test_everything_that_is_done_has_a_line_and_what_is_going_on_another(run: Run) -> None:
    follower = Follower(run)
    _tell(run)
    lines = [line for event in follower.taken() for line in event_lines(event)]
    assert lines == [
        "Trains on CPU, float32",
        f"{JOB}, stage 1 (us): 4 epochs of 3 steps",
        "  goes on after epoch 1",
        "  epoch 2: loss 0.5123, validation loss 0.6000, AUC 0.876, kept",
    ]
    timing = {
        "resnet50/classify": {"seconds_a_step": 900.0},
        "validation": {"resnet50": 15.0},
        "sections": {"us": {"train": 6, "validation": 4}},
    }
    moving = moving_line(follower, follower.state())
    assert moving == (
        "job 1 of 1 · stage 1 of 1 (us) · epoch 3 of 4 · step 8 of 12 · loss 0.4000 · AUC 0.876 · 7.2 crops/s · – left"
    )
    (run.folder / "timing.json").write_text(json.dumps(timing), "utf-8")
    # 4 steps of 900 s; 2 epochs' validations of 60 s
    assert moving_line(follower, follower.state()).endswith("· 1:02:00 left")
    assert list(estimate_lines(follower)) == [
        f"3:04:00  {JOB}",
        "3:04:00  in all, at most: early stopping makes it shorter",
    ]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ({"event": "note", "code": "a-code-that-has-no-words"}, "a-code-that-has-no-words"),
        ({"event": "epoch", "epoch": 1, "loss": None, "kept": False}, "  epoch 1: loss –, validation loss –, AUC –"),
        ({"event": "stage-end", "early": True}, "  ended early: the validation loss did not fall any more"),
        ({"event": "job-end", "job": "j", "validation_auc": None}, "j is done: validation AUC –"),
    ],
)
def test_events_with_little_in_them(event: dict[str, Any], line: str) -> None:
    assert list(event_lines({"job": "", "stage": 0, **event})) == [line]


def test_notes_that_the_trainer_writes_have_words() -> None:
    written = {"batch-halved", "loss-not-finite", "sources-anew", "start-partial"}
    assert written <= set(NOTES)


@pytest.mark.parametrize(("seconds", "text"), [(None, "–"), (0.4, "0:00:00"), (59.6, "0:01:00"), (3661, "1:01:01")])
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


class _Terminal:
    def __init__(self, is_terminal: bool) -> None:
        self.text = ""
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...


def test_on_a_terminal_one_line_is_redrawn_and_cleared_at_the_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal(True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    with locked(run.folder), Live(Follower(run)) as live:
        _tell(run)
        live.show()
        assert terminal.text.splitlines()[-1] == "job 1 of 1 · stage 1 of 1 (us) · epoch 3 of 4 · step 8 of 1"  # cut
        assert "\r" not in terminal.text
    assert terminal.text.endswith("\r\x1b[K")


def test_elsewhere_nothing_is_redrawn(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _Terminal(False)
    monkeypatch.setattr(sys, "stderr", stream)
    with locked(run.folder), Live(Follower(run)) as live:
        _tell(run)
        live.show()
        live.show()
    assert "\r" not in stream.text
    assert stream.text.count("step 8 of 12") == 1
    assert stream.text.endswith("\n")


def test_the_status_and_the_results_name_every_job_and_every_empty_cell(run: Run) -> None:
    follower = Follower(run)
    assert list(status_lines(follower, follower.state())) == ["Nothing has been trained yet."]
    progress = Progress(run.folder)
    _tell(run)
    assert next(status_lines(follower, follower.state())) == "It was killed; it can be gone on with."
    progress.tell("job-end", JOB, validation_auc=0.9)
    progress.tell("end")
    assert list(status_lines(follower, follower.state())) == [
        "It is finished.",
        f"{JOB}: validation AUC 0.900, {run.folder / 'jobs' / JOB}",
    ]
    plan = replace(
        run.plan,
        chains=(*run.plan.chains, Chain("imagenet→us", "imagenet", ("us",))),
        starts={"imagenet": {"resnet50": Start(absent="none at hand")}},
    )
    assert list(result_lines(replace(run, plan=plan), follower.state()))[-1] == (
        "resnet50, imagenet→us: not trained (none at hand)"
    )


# --- commands that are processes ---


def _stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    (tmp_path / "stand_in.py").write_text(body, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(evaluate, "_MODULE", "stand_in")


def _evaluated(*more: str) -> Sequence[str]:
    return ["evaluate", "--model", "m 1", "--collection", "c", "--output", "o", *more]


def test_arguments_streams_and_exit_code_pass_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    body = "import sys; print(sys.argv[1:]); print('slow', file=sys.stderr); sys.exit(7)"
    _stands_in(tmp_path, monkeypatch, body)
    assert main(_evaluated("--locked-test")) == 7
    out, err = capfd.readouterr()
    assert out.strip() == str([*_evaluated("--locked-test")])
    assert err == "slow\n"


def test_the_error_of_a_process_is_worded_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    error = KnownError("collection-missing", file="an absent 乳腺 folder")
    body = (
        "import sys; from bmgui.base.commands import report; from bmgui.base.errors import KnownError\n"
        f"sys.exit(report(KnownError({error.code!r}, **{error.fields!r})))"
    )
    _stands_in(tmp_path, monkeypatch, body)
    assert main(_evaluated()) == 1
    said = capfd.readouterr().err
    assert "an absent 乳腺 folder" in said
    assert commands.MARK not in said


def test_a_process_that_was_killed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _stands_in(tmp_path, monkeypatch, "import os; os.kill(os.getpid(), 9)")
    assert main(_evaluated()) == 1
    assert "signal 9" in capfd.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="Ctrl+C goes to a process group")
def test_ctrl_c_ends_both_processes_quietly(tmp_path: Path) -> None:
    (tmp_path / "stand_in.py").write_text("print('here', flush=True)\nimport time\ntime.sleep(60)", "utf-8")
    code = (
        "import sys\nfrom bmgui.cli import evaluate, main\nevaluate._MODULE = 'stand_in'\nsys.exit(main(sys.argv[1:]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, *_evaluated()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(tmp_path)])},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, b"")


# --- the audit before a run ---


def _started(run: Run, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(train, "watch", lambda _run: 0)
    return main(["train", "--run", str(run.folder), "--resume"])


def test_before_a_run_its_collections_are_looked_at_once_more(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _started(run, monkeypatch) == 0
    assert str(run.folder / "audit.csv") in capsys.readouterr().err
    assert (run.folder / "audit.csv").read_text("utf-8").startswith("number,finding,")


def test_pixels_that_were_changed_are_not_learnt_from(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "collection" / "crops.u8").open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"\0" * 50)
    assert _started(run, monkeypatch) == 1
    assert "1 pictures" in capsys.readouterr().err
    plan, other = str(tmp_path / "run.toml"), tmp_path / "other"
    assert main(["train", plan, "--run", str(other)]) == 1
    assert not other.exists()  # nothing was begun
