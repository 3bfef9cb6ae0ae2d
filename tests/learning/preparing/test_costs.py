"""What a plan takes: disk by what the trainer really writes, time by real timed steps; timing can be cancelled."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Plan, jobs
from bmgui.learning.preparing import costs
from bmgui.learning.preparing.planning import chains_offered, preset, trimmed, with_chains, with_networks
from bmgui.learning.preparing.starting import start_run
from bmgui.learning.runs.estimate import TIMING_FILE
from bmgui.learning.runs.run import open_run
from bmgui.scoring.card import ARCHITECTURES
from tests.learning.training.training_stand import make_collection


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """ResNet-50 from scratch and from ImageNet, small crops, one thread."""
    make_collection(tmp_path / "us", train=8, validation=4)
    made = with_networks(preset("recommended"), ["resnet50"], None, None)
    chosen = [chain for chain in chains_offered(made) if chain.name in ("scratch→us", "imagenet→us")]
    made = with_chains(made, chosen, None, None)
    made = replace(made, collections={"us": (str(tmp_path / "us"),)}, side=75, batch=2, threads=1, device="cpu")
    return trimmed(made)


def test_a_networks_values_are_counted_as_they_are() -> None:
    from bmgui.learning.training.networks import state_of
    from bmgui.scoring.engines.vision import blank_network

    counted = {name: sum(v.numel() for v in state_of(blank_network(name)).values()) for name in ARCHITECTURES}
    assert counted == costs.PARAMETERS


def test_disk_is_that_of_stages_jobs_and_the_largest_checkpoint(plan: Plan) -> None:
    resnet = costs.PARAMETERS["resnet50"]
    disk = costs.disk_of(plan)
    assert len(jobs(plan)) == 2
    assert disk.kept == 2 * (4 * resnet + 2 * resnet) + 2 * costs._BESIDE_JOB
    assert disk.most - disk.kept == 2 * 4 * 4 * resnet  # network, average and AdamW's two; the new beside the old
    stage = replace(plan.stages["us"], optimiser="sgd", average=0.0)
    assert costs.copies(stage) == 2
    assert disk.free > 0
    seeds = costs.disk_of(replace(plan, seeds=(0, 1, 2)))
    assert seeds.kept == 3 * disk.kept
    assert seeds.most - seeds.kept == disk.most - disk.kept


def test_time_is_that_of_real_steps_and_follows_the_plan(plan: Plan, own_home: Path) -> None:
    """The ImageNet weights are not here, and need not be."""
    time = costs.time_of(plan, threading.Event())
    assert set(time.by_job) == {job.name for job in jobs(plan)}
    assert time.seconds == pytest.approx(sum(time.by_job.values()))
    assert time.seconds > 0
    longer = replace(plan, stages={"us": replace(plan.stages["us"], epochs=2 * (plan.stages["us"].epochs or 0))})
    again = costs.retimed(longer, time)
    assert again is not None
    assert again.seconds == pytest.approx(2 * time.seconds)
    assert costs.timing_key(longer) == costs.timing_key(plan)
    assert costs.timing_key(replace(plan, side=96)) != costs.timing_key(plan)
    assert costs.timing_key(replace(plan, collections={"us": ("/other",)})) != costs.timing_key(plan)
    assert costs.retimed(with_networks(plan, ["vgg16"], None, None), time) is None  # never timed
    assert not (own_home / "runs").exists()


def test_timing_is_cancelled_with_its_process(plan: Plan) -> None:
    stop = threading.Event()
    with pytest.raises(KnownError) as caught:
        costs.time_of(plan, stop, started=stop.set)
    assert caught.value.code == "errand-cancelled"


def test_what_cannot_be_trained_cannot_be_timed(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        costs.time_of(replace(plan, collections={"us": (str(tmp_path / "gone"),)}), threading.Event())
    assert caught.value.code == "collection-missing"


def test_a_start_makes_a_run_with_its_timing_and_queues_it(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[Path] = []
    monkeypatch.setattr("bmgui.learning.runs.queue.add", added.append)
    folder, second = start_run(plan, b"{}"), start_run(plan)
    assert added == [folder, second]
    assert (folder.name, second.name) == ("recommended", "recommended-2")
    run = open_run(folder)
    assert replace(run.plan, sha256="") == replace(plan, sha256="")
    assert (folder / TIMING_FILE).read_bytes() == b"{}"
    assert not (second / TIMING_FILE).exists()


def test_a_queue_that_cannot_be_written_leaves_no_folder(
    plan: Plan, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_home / "queue.json").mkdir()
    with pytest.raises(KnownError) as caught:
        start_run(plan)
    assert caught.value.code == "file-not-written"
    assert list((own_home / "runs").iterdir()) == []


def test_what_cannot_start_leaves_no_folder(plan: Plan, own_home: Path) -> None:
    with pytest.raises(KnownError):
        start_run(replace(plan, collections={"us": ("/gone",)}))
    assert list((own_home / "runs").iterdir()) == []
