"""A whole run: from a plan and a collection to weights that ship. On a real ResNet-50 of two steps."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from bmgui.base.errors import KnownError
from bmgui.learning.collections.adding import new_section
from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.learning.collections.corrections import relabel, set_square
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.collections.learnt_pictures import told
from bmgui.learning.collections.splits import Split, place_new, store_split
from bmgui.learning.plans.plan import Job, jobs
from bmgui.learning.runs.estimate import TIMING_FILE
from bmgui.learning.runs.progress import Progress, read_events
from bmgui.learning.runs.run import (
    CONTROL_FILE,
    Opened,
    Run,
    check_unchanged,
    data_of,
    open_run,
    open_sources,
    prints_kept,
)
from bmgui.learning.runs.trainers import DONE, KNOWN, Stopped, Trainer, as_trainer
from bmgui.learning.training import train as training
from bmgui.learning.training.building import Builder
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.margins import margins_of_sections
from bmgui.learning.training.material import Entry
from bmgui.learning.training.networks import Normalisation, new_network, state_of
from bmgui.learning.training.obeying import Obedience
from bmgui.learning.training.timing import time_steps, time_steps_on
from bmgui.learning.training.train import train
from bmgui.learning.training.validating import log_loss
from bmgui.scoring.engines.vision import load_network
from tests.learning.collection_stand import draft
from tests.learning.training.training_stand import PLAN, make_small_run, pretend_begun

TWO_CHAINS = (
    PLAN.replace(
        "[[chains]]",
        """[[chains]]
name = "scratch→us→more"
start = "scratch"
stages = ["us", "more"]

[[chains]]""",
    )
    + """
[stages.more]
collections = "us"
steps = 1
rate = 1e-3
"""
)
CPU = Machine(torch.device("cpu"), None)


def trainer(run: Run) -> Trainer:
    return Trainer(**vars(run), rank=0, world=1, progress=Progress(run.folder))


def events(run: Run, name: str) -> list[dict[str, Any]]:
    return [event for event in read_events(run.folder)[0] if event["event"] == name]


def test_a_plan_of_two_chains_comes_to_weights_that_ship(tmp_path: Path) -> None:
    run = make_small_run(tmp_path, "steps = 1\nrate = 1e-3", TWO_CHAINS, train=2, validation=4)
    (run.folder / TIMING_FILE).write_text("{}")  # timed before
    assert as_trainer(run.folder, train) == DONE
    started = [(event["job"], event["stage"]) for event in events(run, "stage-start")]
    short, long = "resnet50-scratch-us-s0", "resnet50-scratch-us-more-s0"
    assert started == [(long, 1), (long, 2)]  # what they share was trained once: the short one trains nothing
    results = {name: json.loads((run.folder / "jobs" / name / "result.json").read_bytes()) for name in (short, long)}
    assert [len(result["stages"]) for result in results.values()] == [1, 2]
    assert results[short]["weights_sha256"] != results[long]["weights_sha256"]
    assert all(result["finished"] for result in results.values())

    weights = run.folder / "jobs" / long / "weights.safetensors"
    tensors = load_file(weights)
    assert tensors["layer4.2.conv3.weight"].dtype == tensors["fc.weight"].dtype == torch.float16
    assert tensors["bn1.running_var"].dtype == tensors["fc.bias"].dtype == torch.float32

    # the figures belong to the rounded weights, read as scoring reads them, on crops that scoring makes
    recipe = results[long]["recipe"]
    network = load_network("resnet50", {name: value.float().numpy() for name, value in tensors.items()}, "w")
    collection = open_collection(tmp_path / "collection")
    entries = [Entry("us", collection, section) for section in collection.part("validation")]
    usual = Normalisation(tuple(recipe["mean"]), tuple(recipe["std"]))
    margins = margins_of_sections(network, usual, entries, recipe["side"], CPU, flip_average=recipe["flip_average"])
    labels = torch.tensor([entry.section.label == "malignant" for entry in entries]).long().numpy()
    assert results[long]["validation_loss"] == pytest.approx(log_loss(labels, margins), rel=1e-5)
    assert results[long]["squares"] == {
        "least_side_px": 66,
        "greatest_side_px": 180,
        "least_ratio": 1.1,
        "greatest_ratio": 3.0,
    }
    assert as_trainer(run.folder, train) == DONE  # once more: there is nothing left to do
    assert len(events(run, "stage-start")) == 2


@pytest.mark.parametrize("quiet", [False, True])
def test_what_a_start_lacks_is_told_but_for_the_new_head(tmp_path: Path, quiet: bool) -> None:
    state = {name: value.clone() for name, value in state_of(new_network("vgg16", 9)).items() if "fc." not in name}
    for name, tensors in (("whole", state), ("part", {n: v for n, v in state.items() if "features.28" not in n})):
        save_file(tensors, tmp_path / f"{name}.safetensors")
        start = f'vgg16 = {{ file = "{(tmp_path / name).as_posix()}.safetensors", partial = true }}'
        plan = PLAN.replace('["resnet50"]', '["vgg16"]').replace('"scratch"', '"it"') + f"\n[start.it]\n{start}\n"
        run = make_small_run(
            tmp_path, "steps = 1", plan.replace(start, start.replace("{", "{{").replace("}", "}}")), name
        )
        (job,) = jobs(run.plan)
        Builder(trainer(run), CPU, Obedience(trainer(run), CPU), job, open_sources(run), quiet).start(job.stages[0])
        told = [(note["code"], note["names"]) for note in events(run, "note")]
        lacking = ["features.28.weight", "features.28.bias"]
        assert told == ([("start-partial", lacking)] if name == "part" and not quiet else [])


def test_steps_are_timed_before_a_plan_starts(tmp_path: Path) -> None:
    run = make_small_run(tmp_path, "steps = 1", train=3, validation=2)
    assert as_trainer(run.folder, time_steps) == DONE
    timing = json.loads((run.folder / TIMING_FILE).read_bytes())
    assert timing["sections"] == {"us": {"train": 3, "validation": 2}}
    assert 0.01 < timing["resnet50/classify"]["seconds_a_step"] < 60
    assert (timing["resnet50/classify"]["batch"], timing["resnet50/classify"]["side"]) == (2, 75)
    assert 0.001 < timing["validation"]["resnet50"] < 30
    assert not (run.folder / "jobs" / "resnet50-scratch-us-s0" / "stage-1" / "checkpoint.safetensors").exists()


def test_timing_ends_when_the_run_is_cancelled(tmp_path: Path) -> None:
    run = make_small_run(tmp_path, "steps = 1", train=3, validation=2)
    obey = Obedience(trainer(run), CPU)
    with obey.signals():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Stopped):
            time_steps_on(trainer(run), CPU, obey, open_sources(run))
    assert not (run.folder / TIMING_FILE).exists()


def test_a_job_whose_loss_is_no_number_does_not_take_the_others_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_small_run(tmp_path, "steps = 1", TWO_CHAINS)
    (run.folder / TIMING_FILE).write_text("{}")
    tried: list[str] = []

    def one(_run: Trainer, _machine: Machine, _obey: Obedience, job: Job, _collections: object) -> None:
        tried.append(job.name)
        if len(tried) == 1:
            raise KnownError("loss-not-finite", stage="us", step=3)

    monkeypatch.setattr(training, "train_job", one)
    with pytest.raises(KnownError) as caught:
        train(trainer(run))
    assert caught.value.code == "loss-not-finite"
    assert tried == [job.name for job in jobs(run.plan)]


def test_what_changes_while_a_run_is_at_work_is_not_learnt_by_its_next_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its seeds would be of different data, and `run.json` would say of both what is true of one."""
    run = make_small_run(tmp_path, "steps = 1", PLAN.replace("seeds = [0]", "seeds = [0, 1]"))
    (run.folder / TIMING_FILE).write_text("{}")
    seen: list[tuple[str, list[str]]] = []

    def one(run: Trainer, machine: Machine, obey: Obedience, job: Job, collections: Opened) -> None:
        entries = Builder(run, machine, obey, job, collections).entries(job.stages[0].stage, "train")
        seen.append((entries[0].collection.version, [entry.section.label for entry in entries]))
        if len(seen) == 1:
            relabel(open_collection(tmp_path / "collection"), ["s0", "s2"], "malignant", "seen in the browser")
            exclude(open_collection(tmp_path / "collection"), ["s4"], "blurred")

    monkeypatch.setattr(training, "train_job", one)
    train(trainer(run))
    assert seen[0] == seen[1]
    assert seen[0][0] == run.made["collections"][0]["version"]


CHANGES: dict[str, Callable[[Collection], None]] = {
    "label": lambda one: relabel(one, ["s0"], "malignant", "the report was misread"),
    "square": lambda one: set_square(one, "s0", replace(one.sections[0].square, side=40), "too wide"),
    "exclusion": lambda one: exclude(one, ["s0"], "blurred"),
    "split": lambda one: store_split(one, Split({**one.parts, "s0": "test"}, "another")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_since_it_began_is_not_gone_on_with(tmp_path: Path, what: str) -> None:
    """Whoever starts the trainer, be it again after a kill."""
    run = make_small_run(tmp_path, "steps = 1")
    collection = open_collection(tmp_path / "collection")
    pretend_begun(run)
    CHANGES[what](collection)
    with pytest.raises(KnownError, match="run-sources-changed"):
        check_unchanged(run)
    for do in (train, time_steps):
        assert as_trainer(run.folder, do) == KNOWN
        assert events(run, "error")[-1]["code"] == "run-sources-changed"
        assert str(collection.folder) in events(run, "error")[-1]["fields"]["changed"]
    assert [path.name for path in (run.folder / "jobs").iterdir()] == ["a-job"]


@pytest.mark.parametrize("what", CHANGES)
def test_a_run_that_has_not_begun_takes_its_collections_as_they_are_when_it_begins(tmp_path: Path, what: str) -> None:
    run = make_small_run(tmp_path, "steps = 1")
    CHANGES[what](open_collection(tmp_path / "collection"))
    check_unchanged(run)
    now = open_collection(tmp_path / "collection")
    (opened,) = open_sources(trainer(run)).values()
    assert opened.part("train") == now.part("train")
    again = open_run(run.folder)
    (entry,) = again.made["collections"]
    assert {name: entry[name] for name in data_of(now)} == data_of(now)
    assert prints_kept(again)[str(now.folder)] == told(now)


def test_masses_that_were_added_since_it_began_are_for_other_runs(tmp_path: Path) -> None:
    run = make_small_run(tmp_path, "steps = 1")
    pretend_begun(run)
    before = open_collection(tmp_path / "collection")
    new_section(before.folder, draft(20, patient="p0"))  # its patient is learnt from
    new_section(before.folder, draft(21, patient="somebody new"))
    now = open_collection(before.folder)
    store_split(now, place_new(now, 1, 0.0))
    assert len(open_collection(before.folder).part("train")) == len(before.part("train")) + 2
    check_unchanged(run)
    (opened,) = open_sources(trainer(run)).values()
    for part in ("train", "validation"):
        assert [one.id for one in opened.part(part)] == [one.id for one in before.part(part)]
    assert open_run(run.folder).made == run.made


def test_a_run_that_was_stopped_in_its_first_epoch_has_not_begun_and_says_that_it_learns_from_other_data(
    tmp_path: Path,
) -> None:
    run = make_small_run(tmp_path, "steps = 1")
    trainer(run).progress.tell("stage-start", "a job", 1)
    relabel(open_collection(tmp_path / "collection"), ["s0"], "malignant", "the report was misread")
    check_unchanged(run)
    assert as_trainer(run.folder, train) == DONE
    assert [note["code"] for note in events(run, "note")] == ["sources-anew"]
    kept = open_run(run.folder).made["collections"]
    relabel(open_collection(tmp_path / "collection"), ["s2"], "malignant", "that one, too")
    assert as_trainer(run.folder, train) == KNOWN  # now it has: it would have to begin anew
    assert open_run(run.folder).made["collections"] == kept


# --- what it is told meanwhile ---


@pytest.fixture
def obey(tmp_path: Path) -> Callable[[bool], None]:
    return Obedience(trainer(make_small_run(tmp_path, "steps = 1")), CPU)


def events_of(tmp_path: Path) -> list[str]:
    return [event["event"] for event in read_events(tmp_path / "run")[0]]


def say(tmp_path: Path, word: str) -> None:
    (tmp_path / "run" / CONTROL_FILE).write_text(word)


def test_a_word_is_obeyed_when_it_is_due(tmp_path: Path, obey: Callable[[bool], None]) -> None:
    obey(False)
    say(tmp_path, "stop-after-epoch")
    obey(False)
    with pytest.raises(Stopped, match="stop-after-epoch"):
        obey(True)
    say(tmp_path, "cancel")
    with pytest.raises(Stopped, match="cancel"):
        obey(False)


def test_a_pause_lasts_until_another_word_stands_there(tmp_path: Path, obey: Callable[[bool], None]) -> None:
    say(tmp_path, "pause")
    went_on = threading.Event()

    def step() -> None:
        obey(False)
        went_on.set()

    thread = threading.Thread(target=step)
    thread.start()
    until = time.monotonic() + 10
    while not events_of(tmp_path) and time.monotonic() < until:
        time.sleep(0.01)
    assert events_of(tmp_path) == ["paused"]
    assert not went_on.is_set()
    say(tmp_path, "resume")
    thread.join(10)
    assert went_on.is_set()
    assert events_of(tmp_path) == ["paused", "resumed"]


def test_a_signal_to_end_cancels_between_two_steps(tmp_path: Path) -> None:
    obey = Obedience(trainer(make_small_run(tmp_path, "steps = 1")), CPU)
    before = signal.getsignal(signal.SIGTERM)
    with obey.signals():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped, match="cancel"):
            obey(False)
    assert signal.getsignal(signal.SIGTERM) == before
