"""Making and opening a run, what it is refused for, its lock and its words, and how a trainer's end is told."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.collections.adding import new_section
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.learnt_pictures import told
from bmgui.learning.collections.splits import Split, store_split
from bmgui.learning.plans.choosing import chosen
from bmgui.learning.plans.plan import Given, Stage
from bmgui.learning.results.measured_on import begun_on
from bmgui.learning.runs import trainers
from bmgui.learning.runs.progress import read_events
from bmgui.learning.runs.run import (
    Run,
    change_given,
    check_same_plan,
    check_unchanged,
    make_run,
    open_run,
    prints_kept,
)
from bmgui.learning.runs.state import state_of
from bmgui.learning.runs.trainers import Stopped, Trainer, as_trainer
from tests.conftest import REPOSITORY
from tests.learning.collection_stand import draft
from tests.learning.training.training_stand import PLAN, make_collection, make_small_run, pretend_begun

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux' own counters and limits")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_small_run(tmp_path, "epochs = 2")


def _code(do: Callable[[], object]) -> str:
    with pytest.raises(KnownError) as caught:
        do()
    return caught.value.code


# --- making ---


def test_a_run_says_what_it_was_made_from(run: Run, tmp_path: Path) -> None:
    made = json.loads((run.folder / "run.json").read_text("utf-8"))
    assert (run.folder / "plan.toml").read_bytes() == (tmp_path / "run.toml").read_bytes()
    (collection,) = made["collections"]
    opened = open_collection(tmp_path / "collection")
    assert (collection["version"], collection["folder"]) == (opened.version, str(opened.folder))
    assert collection["sections"] == {"train": 6, "validation": 4, "test": 0}
    assert made["plan_sha256"] == run.plan.sha256
    again = open_run(run.folder)
    assert (again.plan, again.given) == (run.plan, run.given)
    check_unchanged(again)


def test_relative_folders_are_the_plans_not_the_runs(tmp_path: Path) -> None:
    make_collection(tmp_path / "plans" / "us")
    plan = tmp_path / "plans" / "plan.toml"
    plan.write_text(PLAN.format(collection="us", stage="epochs = 1"), "utf-8")
    run = make_run(plan, tmp_path / "elsewhere" / "run", Given())
    plan.unlink()  # the run has its copy
    assert open_run(run.folder).collections["us"] == (tmp_path / "plans" / "us",)


def test_a_folder_that_is_taken_is_refused(run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "run.toml"
    assert _code(lambda: make_run(plan, run.folder, Given())) == "run-exists"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.odt").touch()
    assert _code(lambda: make_run(plan, tmp_path / "mine", Given())) == "folder-not-empty"
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "plan.toml").touch()  # a start that was interrupted
    assert make_run(plan, tmp_path / "cut", Given()).plan == run.plan


def test_a_start_of_another_network_is_refused_before_the_run_is_made(tmp_path: Path) -> None:
    make_collection(tmp_path / "us")
    plan = tmp_path / "plan.toml"
    started = PLAN.replace('"scratch"', '"active"') + '\n[start.active]\nresnet50 = {{ model = "active" }}\n'
    plan.write_text(started.format(collection="us", stage="epochs = 1"), "utf-8")
    refused = _code(lambda: make_run(plan, tmp_path / "run", Given(model="vgg16-first")))
    assert refused == "start-of-another-network"
    assert not (tmp_path / "run").exists()
    assert make_run(plan, tmp_path / "run", Given(model="resnet50-first")).plan.networks == ("resnet50",)


def test_what_changed_since_it_began_is_named(run: Run, tmp_path: Path) -> None:
    pretend_begun(run)
    collection = open_collection(tmp_path / "collection")
    parts = {**collection.parts, "s0": "left-out"}
    store_split(collection, Split(parts, "another"))  # type: ignore[arg-type]
    assert _code(lambda: check_unchanged(run)) == "run-sources-changed"


def test_who_has_begun_with_a_collection_is_told(run: Run, tmp_path: Path) -> None:
    other = make_small_run(tmp_path, "epochs = 2", name="other")
    every = (run.folder, other.folder, tmp_path / "gone")
    collection = tmp_path / "collection"
    assert begun_on(collection, every) == ()
    pretend_begun(other)
    assert begun_on(collection, every) == ("other",)
    assert begun_on(tmp_path / "another", every) == ()


def test_a_run_keeps_prints_of_what_it_learns_from(run: Run, tmp_path: Path) -> None:
    collection = open_collection(tmp_path / "collection")
    before = told(collection)
    parts = {**collection.parts, "s0": "left-out", "s1": "test"}
    store_split(collection, Split(parts, "another"))
    assert prints_kept(run) == {str(collection.folder): before}
    (run.folder / "prints.json").unlink()  # a run of an older program
    assert prints_kept(open_run(run.folder)) == {}


def test_a_run_of_an_older_program_is_compared_by_version_and_split(run: Run, tmp_path: Path) -> None:
    pretend_begun(run)
    (run.folder / "prints.json").unlink()
    made = json.loads((run.folder / "run.json").read_text("utf-8"))
    del made["collections"][0]["taught"]
    (run.folder / "run.json").write_text(json.dumps(made), "utf-8")
    check_unchanged(open_run(run.folder))
    new_section(tmp_path / "collection", draft(20, patient="somebody new"))
    assert _code(lambda: check_unchanged(open_run(run.folder))) == "run-sources-changed"


def test_going_on_with_another_plan_is_refused_and_another_micro_batch_is_not(run: Run, tmp_path: Path) -> None:
    check_same_plan(run, tmp_path / "run.toml")
    other = tmp_path / "other.toml"
    other.write_text((tmp_path / "run.toml").read_text("utf-8") + "# more\n", "utf-8")
    assert _code(lambda: check_same_plan(run, other)) == "run-of-another-plan"
    assert change_given(run, at_once=1, device=None).plan.at_once == 1
    assert open_run(run.folder).plan.at_once == 1


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({}, "collection-not-split"),
        (dict.fromkeys((f"s{i}" for i in range(10)), "test"), "collection-without-part"),
        (dict.fromkeys((f"s{i}" for i in range(10)), "train"), "collection-without-part"),  # nothing validates
    ],
)
def test_a_collection_that_cannot_be_learnt_from_is_refused(tmp_path: Path, parts: dict[str, Any], code: str) -> None:
    collection = make_collection(tmp_path / "collection")
    (collection.folder / "split.json").unlink()
    if parts:
        store_split(open_collection(collection.folder), Split(parts, "drawn"))
    assert _code(lambda: make_small_run(tmp_path, 'epochs = 1\nkeep = "best-loss"')) == code
    assert not (tmp_path / "run").exists()  # nothing was begun


def test_a_picture_that_is_learnt_from_and_locked_away_too_is_refused(tmp_path: Path) -> None:
    collection = make_collection(tmp_path / "collection")
    split = json.loads((collection.folder / "split.json").read_text("utf-8"))
    text = (collection.folder / "sections.csv").read_text("utf-8")
    split["parts"]["s9"] = "test"
    (collection.folder / "split.json").write_text(json.dumps(split), "utf-8")
    make_small_run(tmp_path, "epochs = 1", name="sound")  # a locked part is no reason
    changed = text.replace(",p9,", ",p0,")
    assert changed != text
    (collection.folder / "sections.csv").write_bytes(changed.encode())
    header = json.loads((collection.folder / "collection.json").read_text("utf-8"))
    header["files"]["sections.csv"]["sha256"] = hashlib.sha256(changed.encode()).hexdigest()
    (collection.folder / "collection.json").write_text(json.dumps(header), "utf-8")
    assert _code(lambda: make_small_run(tmp_path, "epochs = 1", name="leaking")) == "split-leaks"


def test_what_an_external_collection_tests_with_is_not_learnt_from(tmp_path: Path) -> None:
    make_collection(tmp_path / "collection")
    external = make_collection(tmp_path / "external")  # the same pictures once more
    plan = PLAN.replace("[collections]", 'external = ["external"]\n\n[collections]')
    every = [section.id for section in external.sections]
    assert set(external.parts.values()) == {"train", "validation"}  # but all of it will be measured on
    assert _code(lambda: make_small_run(tmp_path, "epochs = 1", plan, name="leaking")) == "split-leaks"
    path = external.folder / "split.json"
    split = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**split, "parts": dict.fromkeys(every, "left-out")}), "utf-8")
    make_small_run(tmp_path, "epochs = 1", plan, name="sound")
    path.unlink()
    assert _code(lambda: make_small_run(tmp_path, "epochs = 1", plan, name="undivided")) == "split-leaks"


def test_weights_that_are_missing_or_not_the_ones_meant_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "start.safetensors"
    start = '\n[start.mine]\nresnet50 = {{ file = "start.safetensors", sha256 = "' + "0" * 64 + '" }}\n'
    plan = PLAN.replace('start = "scratch"', 'start = "mine"') + start
    assert _code(lambda: make_small_run(tmp_path, "epochs = 1", plan)) == "weights-missing"
    file.touch()
    assert _code(lambda: make_small_run(tmp_path, "epochs = 1", plan)) == "weights-hash-differs"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "given": {"no": 1}}'])
def test_a_run_that_is_damaged_is_said(run: Run, text: str) -> None:
    (run.folder / "run.json").write_text(text, "utf-8")
    assert _code(lambda: open_run(run.folder)) == "run-unreadable"
    (run.folder / "run.json").unlink()
    assert _code(lambda: open_run(run.folder)) == "no-run"


def test_of_a_mass_and_a_patient_the_largest_are_chosen(tmp_path: Path) -> None:
    (section, *_) = make_collection(tmp_path / "collection").sections
    assert section.box is not None

    def drawn(identity: str, patient: str, mass: str, width: int) -> Any:
        assert section.box is not None
        return replace(section, id=identity, patient=patient, mass=mass, box=replace(section.box, width=width))

    sections = [
        drawn("a", "p", "1", 50),
        drawn("b", "p", "1", 70),
        drawn("c", "p", "1", 60),
        drawn("d", "p", "2", 90),
        drawn("e", "p", "3", 20),
        drawn("f", "", "1", 30),
        drawn("g", "", "1", 31),
    ]
    stage = Stage("us", ("us",), epochs=1, sections_a_mass=2, masses_a_patient=2)
    assert [one.id for one in chosen(sections, stage)] == ["b", "c", "d", "f", "g"]
    assert chosen(sections, Stage("us", ("us",), epochs=1)) == tuple(sections)


# --- being the trainer ---


def _raises(error: BaseException) -> Callable[[Trainer], None]:
    def train(_run: Trainer) -> None:
        raise error

    return train


@pytest.mark.parametrize(
    ("train", "code", "phase", "told"),
    [
        (lambda _run: None, trainers.DONE, "new", "end"),
        (_raises(KnownError("loss-not-finite", stage="us", step=3)), trainers.KNOWN, "failed", "error"),
        (_raises(KnownError("file-not-written", file="x", reason="full")), trainers.NOT_WRITTEN, "failed", "error"),
        (_raises(OSError(errno.ENOSPC, "No space left on device")), trainers.NOT_WRITTEN, "failed", "error"),
        (_raises(Stopped("cancel")), trainers.STOPPED, "stopped", "stopped"),
        (_raises(ZeroDivisionError("a bug")), trainers.CRASHED, "crashed", "crash"),
    ],
)
def test_however_training_ends_it_is_told(
    run: Run, train: Callable[[Trainer], None], code: int, phase: str, told: str
) -> None:
    assert as_trainer(run.folder, train) == code
    assert read_events(run.folder)[0][-1]["event"] == told
    assert state_of(run.folder).phase == phase
    assert not trainers.is_at_work(run.folder)


def test_where_even_that_cannot_be_told_the_exit_code_tells_it(run: Run) -> None:
    def train(trainer: Trainer) -> None:
        (trainer.folder / "progress.jsonl").unlink()
        (trainer.folder / "progress.jsonl").mkdir()  # as a full disk does
        trainer.progress.tell("step", step=1)

    assert as_trainer(run.folder, train) == trainers.NOT_WRITTEN
    ended = trainers.why_ended(run.folder, trainers.NOT_WRITTEN, memory_killed=False)
    assert ended is not None
    assert ended.code == "run-disk"


def test_two_trainers_never_share_a_folder(run: Run) -> None:
    with trainers.locked(run.folder):
        before = read_events(run.folder)[0]
        assert as_trainer(run.folder, _raises(AssertionError("it trains"))) == trainers.KNOWN
        assert read_events(run.folder)[0] == before  # nor does it speak into the other one's progress
        ended = trainers.why_ended(run.folder, trainers.KNOWN, memory_killed=False)
        assert ended is not None
        assert ended.code == "run-locked"
    assert as_trainer(run.folder, lambda _run: None) == trainers.DONE


def test_the_lock_is_held_against_another_process_and_free_when_it_is_killed(run: Run) -> None:
    code = (
        "import sys, time; from pathlib import Path; from bmgui.learning.runs.trainers import locked\n"
        "with locked(Path(sys.argv[1])): print('locked', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(run.folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        assert trainers.is_at_work(run.folder)
        process.kill()
    assert not trainers.is_at_work(run.folder)


def test_a_word_is_for_a_trainer_that_is_at_work(run: Run) -> None:
    assert _code(lambda: trainers.command(run.folder, "pause")) == "run-not-at-work"

    def train(trainer: Trainer) -> None:
        assert trainer.control() == ""  # a word for an earlier trainer is gone
        trainers.command(run.folder, "pause")
        assert trainer.control() == "pause"
        trainers.command(run.folder, "resume")
        assert trainer.wait_while_paused() == ""
        trainers.command(run.folder, "resume")
        assert trainer.control() == ""  # it is not paused
        trainers.command(run.folder, "cancel")
        assert trainer.wait_while_paused() == "cancel"
        raise Stopped("cancel")

    (run.folder / trainers.CONTROL_FILE).write_text("stop-after-epoch")
    assert as_trainer(run.folder, train) == trainers.STOPPED
    assert trainers.read_control(run.folder) == ""
    assert [e["event"] for e in read_events(run.folder)[0]][1:3] == ["paused", "resumed"]


@pytest.mark.parametrize("rubbish", [b"", b"halt", b"\xff", b"cancel now"])
def test_a_word_that_is_none_is_not_obeyed(run: Run, rubbish: bytes) -> None:
    (run.folder / trainers.CONTROL_FILE).write_bytes(rubbish)
    assert trainers.read_control(run.folder) == ""


# --- how it ended, for its parent ---


@pytest.mark.parametrize(
    ("code", "killed", "expected"),
    [
        (trainers.DONE, False, None),
        (trainers.KNOWN, False, None),
        (trainers.STOPPED, True, None),
        (-9, True, "run-killed-for-memory"),
        (-9, False, "run-killed"),
        (-15, True, "run-killed"),
        (1, False, "run-crashed"),
        (trainers.CRASHED, False, "run-crashed"),
    ],
)
def test_the_parent_names_what_the_trainer_could_not(run: Run, code: int, killed: bool, expected: str | None) -> None:
    (run.folder / "trainer.log").write_text("Traceback…\nValueError: what it was\n", "utf-8")
    ended = trainers.why_ended(run.folder, code, memory_killed=killed)
    assert (ended.code if ended else None) == expected
    if expected == "run-crashed":
        assert ended is not None
        assert ended.fields["reason"] == "ValueError: what it was"


def test_kills_for_memory_are_counted_as_the_kernel_says(tmp_path: Path) -> None:
    (tmp_path / "vmstat").write_text("nr_free_pages 12\noom_kill 3\nother 4\n")
    assert trainers.memory_kills(tmp_path / "vmstat") == 3
    assert trainers.memory_kills(tmp_path / "missing") == 0


@LINUX
def test_this_kernel_says_it() -> None:
    assert "oom_kill " in Path("/proc/vmstat").read_text("ascii")


def test_a_trainer_that_does_not_even_start_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers, "TRAINER_MODULE", "bmgui.there_is_no_such_module")
    process = trainers.start_trainer(run.folder)
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    ended = trainers.why_ended(run.folder, process.returncode, memory_killed=False)
    assert ended is not None
    assert ended.code == "run-crashed"
    assert "there_is_no_such_module" in str(ended.fields["reason"])
