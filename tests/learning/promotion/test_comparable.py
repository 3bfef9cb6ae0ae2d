"""What stands against comparing a job with the model in use is told before anything is looked at."""

import json
import shutil
from pathlib import Path

import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.corrections import relabel
from bmgui.learning.collections.learnt_pictures import told
from bmgui.learning.promotion.candidates import CandidateOrder, make_candidate
from bmgui.learning.promotion.comparable import Outlook, outlook
from tests.learning import results_stand
from tests.learning.assessing.conftest import Parts, draw_collection
from tests.learning.results_stand import JOBS, finished_run

WHOLE: Parts = [("train", 2, 2), ("validation", 2, 2), ("test", 22, 22)]


def model_that_learnt(folder: Path, learnt: dict[str, object] | None, unsaid: tuple[str, ...] = ()) -> Path:
    """A shipped model under which stands that it learnt from this."""
    shipped = places.shipped_models() / "resnet50-us"
    folder.mkdir()
    shutil.copyfile(shipped / "card.json", folder / "card.json")
    if learnt is not None:
        (folder / "learnt.json").write_text(json.dumps({"collections": learnt, "unsaid": unsaid}), "utf-8")
    return folder


def looked(tmp_path: Path, parts: Parts, learnt: dict[str, object] | None = None) -> Outlook:
    run = finished_run(tmp_path / "run", draw_collection(tmp_path / "us", parts))
    return outlook(run, JOBS[0], model_that_learnt(tmp_path / "model", {} if learnt is None else learnt))


def codes(found: Outlook) -> list[str]:
    return [obstacle.code for obstacle in found.obstacles]


def test_nothing_stands_against_a_test_of_enough_patients(tmp_path: Path) -> None:
    found = looked(tmp_path, WHOLE)
    assert found.possible
    assert not found.obstacles
    (part,) = found.tests
    assert (part.name, part.pictures, part.patients) == ("us", 44, {"benign": 11, "malignant": 11})
    assert part.new_looks(found.weights) == 2
    for weights in found.weights:
        looks.record(tmp_path / "us", model="m", weights=weights, version="v", what="a test")
    again = outlook(found.run, JOBS[0], tmp_path / "model")
    assert again.tests[0].new_looks(again.weights) == 0
    order = found.order(tmp_path / "model")
    assert (order.locked_test, order.jobs, order.output) == (True, (JOBS[0],), found.folder)


@pytest.mark.parametrize(
    ("parts", "code", "possible"),
    [
        ([("train", 2, 2), ("validation", 2, 2)], "no-locked-test", False),
        ([("train", 2, 2), ("validation", 2, 2), ("test", 4, 0)], "one-class-test", False),
        ([("train", 2, 2), ("validation", 2, 2), ("test", 4, 4)], "few-patients", True),
    ],
)
def test_what_cannot_or_should_not_be_compared(tmp_path: Path, parts: Parts, code: str, possible: bool) -> None:
    found = looked(tmp_path, parts)
    assert (codes(found), found.possible) == ([code], possible)


def test_a_test_that_was_changed_since_is_looked_at_anew(tmp_path: Path) -> None:
    found = looked(tmp_path, WHOLE)
    us = open_collection(tmp_path / "us")
    for weights in found.weights:
        looks.record(
            us.folder,
            model="m",
            weights=weights,
            version=us.version,
            what="a test",
            test=looks.print_of_test(us.part("test")),
        )
    (part,) = outlook(found.run, JOBS[0], tmp_path / "model").tests
    assert (part.looks, part.new_looks(found.weights)) == (2, 0)
    relabel(us, [us.part("test")[0].id], "malignant", "excised since")
    (part,) = outlook(found.run, JOBS[0], tmp_path / "model").tests
    assert (part.looks, part.new_looks(found.weights)) == (2, 2)


def test_a_collection_that_is_only_passed_through_is_not_compared_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it matter whether the model in use learnt from its test pictures."""
    passed = draw_collection(tmp_path / "cbis", WHOLE, seed=7)
    plan = results_stand.PLAN.replace("[start.imagenet]", f'cbis = ["{passed.as_posix()}"]\n\n[start.imagenet]')
    plan = plan.replace('stages = ["us"]', 'stages = ["before", "us"]').replace('["us", "again"]', '["before", "us"]')
    plan = plan.replace('[stages.again]\ncollections = "us"', '[stages.before]\ncollections = "cbis"')
    monkeypatch.setattr(results_stand, "PLAN", plan)
    run = finished_run(tmp_path / "run", draw_collection(tmp_path / "us", WHOLE))
    entry = {"version": "1" * 64, "split": "2" * 64}
    found = outlook(run, JOBS[0], model_that_learnt(tmp_path / "model", {"cbis": entry}))
    assert [part.name for part in found.tests] == ["us"]
    assert not found.obstacles


def test_both_are_compared_at_the_plans_operating_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--points youden" in " ".join(looked(tmp_path, WHOLE).order(tmp_path / "model").arguments())
    at_98 = results_stand.PLAN.replace("seeds =", 'operating_point = "sensitivity-0.98"\nseeds =')
    monkeypatch.setattr(results_stand, "PLAN", at_98)
    run = finished_run(tmp_path / "another", tmp_path / "us")
    order = outlook(run, JOBS[0], tmp_path / "model").order(tmp_path / "model")
    assert "--points sensitivity-0.98" in " ".join(order.arguments())


def test_a_model_that_learnt_from_the_test_pictures_is_named_with_their_number(tmp_path: Path) -> None:
    """It learnt from the same pictures under another name, in other parts."""
    run = finished_run(tmp_path / "run", draw_collection(tmp_path / "us", WHOLE))
    turned = Path(shutil.copytree(tmp_path / "us", tmp_path / "turned"))
    parts = {
        s.id: "train" if open_collection(turned).parts[s.id] == "test" else "left-out"
        for s in open_collection(turned).sections
    }
    (turned / "split.json").write_text(json.dumps({"schema": 1, "parts": parts}), "utf-8")
    entry = {"version": "1" * 64, "split": "2" * 64, "prints": told(open_collection(turned))}
    found = outlook(run, JOBS[0], model_that_learnt(tmp_path / "model", {"brazil": entry}))
    (obstacle,) = found.obstacles
    assert (obstacle.code, obstacle.final) == ("learnt-from-test", True)
    assert (obstacle.fields["collection"], obstacle.fields["count"]) == ("us", 44)


def test_a_model_that_learnt_from_another_split_of_it_and_does_not_say_from_what(tmp_path: Path) -> None:
    entry = {"version": "1" * 64, "split": "2" * 64}
    found = looked(tmp_path, WHOLE, {"us": entry})
    assert (codes(found), found.possible) == (["learnt-another-split"], False)


def test_what_nobody_wrote_down_is_said_and_does_not_forbid(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run", draw_collection(tmp_path / "us", WHOLE))
    for name, model in (
        ("a", model_that_learnt(tmp_path / "a", None)),
        ("b", model_that_learnt(tmp_path / "b", {}, ("first",))),
    ):
        found = outlook(run, JOBS[0], model)
        assert (codes(found), found.possible) == (["learnt-not-known"], True), name


def test_a_job_of_the_same_weights_is_no_candidate(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run", draw_collection(tmp_path / "us", WHOLE))
    found = outlook(run, JOBS[0], places.shipped_models() / "resnet50-first")
    assert (codes(found), found.possible) == (["same-weights"], False)


def test_a_candidate_that_cannot_be_made_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run", draw_collection(tmp_path / "us", WHOLE))
    order = CandidateOrder(run, "resnet50-scratch-us-s1", "new", "New", tmp_path / "candidate")
    with pytest.raises(KnownError, match="job-not-finished"):
        make_candidate(order)
    assert not order.output.exists()
