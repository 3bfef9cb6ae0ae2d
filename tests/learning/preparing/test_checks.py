"""What is said of a plan before it starts: from real collections, each remark by what brings it about."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bmgui.learning.collections.collection import Part, open_collection
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.collections.learnt_pictures import told
from bmgui.learning.collections.splits import Split, store_split
from bmgui.learning.plans.plan import Plan, Start
from bmgui.learning.preparing.checks import (
    Amount,
    Here,
    Known,
    Remark,
    known,
    leaks_of,
    learnt_tests,
    mixed,
    remarks,
    unusual,
)
from bmgui.learning.preparing.costs import Disk
from bmgui.learning.preparing.planning import chains_offered, preset, with_chains, with_networks, with_start
from bmgui.learning.preparing.start_weights import offered
from tests.learning.collection_stand import collection, draft

ENOUGH: dict[Part, Amount] = {part: Amount(30, 30, 12, 12) for part in ("train", "validation", "test")}
HERE = Here(card=True)


def _plan(*folders: Path) -> Plan:
    plan = with_chains(with_networks(preset("recommended"), ["resnet50"], None, None), (), None, None)
    scratch = next(chain for chain in chains_offered(plan) if chain.name == "scratch→us")
    plan = with_chains(plan, (scratch,), None, None)
    return replace(plan, collections={**plan.collections, "us": tuple(map(str, folders))})


def _said(plan: Plan, *ones: Known, here: Here = HERE) -> list[str]:
    return [remark.code for remark in remarks(plan, {one.folder: one for one in ones}, here)]


@pytest.fixture
def good(tmp_path: Path) -> Known:
    return Known(tmp_path / "us", "us", "csv", 90, ENOUGH)


def test_a_sound_plan_has_nothing_against_it(good: Known) -> None:
    assert _said(_plan(good.folder), good) == []


def test_patients_and_pictures_are_counted_by_part_and_label(tmp_path: Path) -> None:
    """Two pictures of a patient, one excluded picture, one whose patient is not known."""
    drafts = [
        draft(i, "malignant" if i % 3 == 0 else "benign", patient=f"p{i // 2}" if i < 10 else "") for i in range(12)
    ]
    made = collection(tmp_path / "us", drafts)
    assert known(made.folder).parts == {}
    parts: dict[str, Part] = {s.id: "train" if i < 6 else "test" for i, s in enumerate(made.sections)}
    store_split(made, Split(parts, "by hand"))
    exclude(open_collection(made.folder), ["s1"], "blurred")
    found = known(made.folder)
    # train: s0 m p0, s2 b p1, s3 m p1, s4 b p2, s5 b p2; s1 is excluded
    assert found.part("train") == Amount(3, 2, 2, 2)
    assert found.part("test") == Amount(4, 2, 4, 2)  # s10 and s11 stand for themselves
    assert found.part("validation") == Amount()
    assert (found.sections, found.unplaced, found.kind) == (11, 0, "csv")


@pytest.mark.parametrize(
    ("train", "validation", "test", "codes"),
    [
        (Amount(30, 30, 9, 12), ENOUGH["validation"], ENOUGH["test"], ["few-patients"]),
        (Amount(30, 30, 12, 9), ENOUGH["validation"], ENOUGH["test"], ["few-patients"]),
        (ENOUGH["train"], Amount(19, 40, 12, 12), ENOUGH["test"], ["few-validation"]),
        (ENOUGH["train"], Amount(20, 40, 12, 12), ENOUGH["test"], []),
        (ENOUGH["train"], Amount(), ENOUGH["test"], ["no-validation-part"]),
        (Amount(), ENOUGH["validation"], ENOUGH["test"], ["no-training-part"]),
        (ENOUGH["train"], ENOUGH["validation"], Amount(), ["no-test"]),
    ],
)
def test_few_patients_and_parts_that_are_missing_are_said(
    good: Known, train: Amount, validation: Amount, test: Amount, codes: list[str]
) -> None:
    one = replace(good, parts={"train": train, "validation": validation, "test": test})
    assert _said(_plan(one.folder), one) == codes


def test_a_warm_up_that_the_trainer_cuts_is_said(good: Known) -> None:
    """60 training pictures in batches of 20 for 10 epochs: 30 steps."""
    plan = replace(_plan(good.folder), batch=20)
    us = replace(plan.stages["us"], epochs=10, steps=None, repeats=1, steps_an_epoch=None, warmup_steps=30)
    assert _said(replace(plan, stages={**plan.stages, "us": us}), good) == []
    us = replace(us, warmup_steps=31)
    found = remarks(replace(plan, stages={**plan.stages, "us": us}), {good.folder: good}, HERE)
    assert found == (Remark("warm-up-long", False, {"stage": "us", "warmup": 31, "steps": 30, "cut": 15}),)


def test_a_picture_that_tests_in_one_and_teaches_in_another_stops(tmp_path: Path, good: Known) -> None:
    one, other, apart = (
        collection(tmp_path / name, [draft(seed, "benign", patient=f"{name}{seed}") for seed in seeds])
        for name, seeds in (("one", (1, 2)), ("other", (2, 3)), ("apart", (4, 5)))
    )
    for made, where in ((one, "train"), (other, "test"), (apart, "test")):
        parts: dict[str, Part] = {s.id: "test" if where == "test" else "train" for s in made.sections}
        store_split(made, Split(parts, "by hand"))
    plan = _plan(one.folder, other.folder)
    found = leaks_of(mixed(plan))
    assert [(leak.learnt[0], leak.tested[0], leak.why) for leak in found] == [("one", "other", "same-picture")]
    told = [r for r in remarks(plan, {good.folder: good}, replace(HERE, leaks=found)) if r.code == "split-leaks"]
    assert told == [Remark("split-leaks", True, {"count": 1, "learnt": "one s2", "tested": "other s2"})]
    # all of an external one tests
    assert len(leaks_of(mixed(replace(_plan(one.folder), external=(str(other.folder),))))) == 1
    assert leaks_of(mixed(_plan(one.folder, apart.folder))) == ()
    assert leaks_of(mixed(_plan(one.folder, tmp_path / "gone"))) == ()


def test_mammograms_need_no_test_part(good: Known) -> None:
    """What comes of the plan is compared on ultrasound."""
    parts = {part: amount for part, amount in ENOUGH.items() if part != "test"}
    mammograms = replace(good, folder=good.folder.with_name("cbis"), parts=parts)
    plan = with_chains(_plan(good.folder), [c for c in chains_offered(_plan()) if c.start == "imagenet"], None, None)
    plan = replace(plan, collections={**plan.collections, "cbis": (str(mammograms.folder),)})
    assert [code for code in _said(plan, good, mammograms) if code not in ("weights-not-here", "warm-up-long")] == []


def test_collections_of_one_role_count_together(good: Known) -> None:
    half: dict[Part, Amount] = {part: Amount(15, 15, 6, 6) for part in ENOUGH}
    one, other = replace(good, parts=half), replace(good, folder=good.folder.with_name("other"), parts=half)
    assert _said(_plan(one.folder, other.folder), one, other) == []
    assert _said(_plan(one.folder), one, other) == ["few-patients", "few-validation", "warm-up-long"]


def test_what_is_not_chosen_not_split_or_both_stops(good: Known) -> None:
    plan = _plan(good.folder)
    assert _said(_plan()) == ["role-empty"]
    assert _said(plan, replace(good, parts={})) == ["not-split"]
    assert _said(replace(plan, external=(str(good.folder),)), good) == ["trained-and-external"]
    assert _said(replace(plan, networks=()), good) == ["no-network"]
    assert _said(replace(plan, chains=()), good) == ["no-chain"]
    assert _said(replace(plan, seeds=()), good) == ["no-seed"]
    assert _said(plan, replace(good, unplaced=3)) == ["unplaced"]
    gone = known(good.folder)
    assert gone.trouble is not None
    assert _said(plan, gone) == ["collection-unreadable"]
    stops = remarks(plan, {good.folder: replace(good, parts={}, unplaced=3)}, HERE)
    assert [remark.stops for remark in stops] == [True]


def test_weights_must_be_here(good: Known, own_home: Path, tmp_path: Path) -> None:
    plan = _plan(good.folder)
    plan = with_chains(plan, [c for c in chains_offered(plan) if c.name == "imagenet→us"], None, None)
    assert remarks(plan, {good.folder: good}, HERE) == (Remark("weights-not-here", True, {"networks": ("resnet50",)}),)
    weights = offered("resnet50", "IMAGENET1K_V2")
    assert weights is not None
    weights.path.parent.mkdir()
    weights.path.write_bytes(b"x")
    assert _said(plan, good) == []
    own = with_start(plan, "imagenet", "resnet50", Start(file=str(tmp_path / "own.pth")))
    assert _said(own, good) == ["weights-file-gone"]
    (tmp_path / "own.pth").write_bytes(b"x")
    assert _said(own, good) == []


def test_the_machine_must_have_what_it_takes(good: Known) -> None:
    plan = _plan(good.folder)
    assert _said(plan, good, here=Here()) == ["cpu"]
    assert _said(replace(plan, device="cpu"), good, here=Here()) == []
    assert _said(replace(plan, device="cuda"), good, here=Here()) == ["no-card"]
    assert _said(plan, good, here=replace(HERE, missing=("torch",))) == ["packages-missing"]
    assert _said(plan, good, here=replace(HERE, disk=Disk(1, 100, 100))) == ["disk-full"]
    assert _said(plan, good, here=replace(HERE, disk=Disk(1, 99, 100))) == []


def test_a_start_that_learnt_the_test_is_said(good: Known) -> None:
    plan = _plan(good.folder)
    plan = with_chains(plan, [c for c in chains_offered(plan) if c.name == "active→us"], None, Path("/models/mine"))
    here = replace(HERE, learnt={("/models/mine", good.folder): 4})
    assert remarks(plan, {good.folder: good}, here) == (
        Remark("start-learnt-test", False, {"model": "mine", "count": 4}),
    )
    assert _said(plan, good, here=replace(here, learnt={("/models/other", good.folder): 4})) == []
    assert learnt_tests(["/models/gone"], [good.folder]) == {}


def test_what_a_model_learnt_is_found_by_its_pictures(tmp_path: Path) -> None:
    """Its learnt.json has prints of pictures that test in another collection here."""
    made = [
        collection(tmp_path / name, [draft(i, "malignant" if i % 2 else "benign") for i in range(6)]) for name in "ab"
    ]
    for one, part in zip(made, ("train", "test"), strict=True):
        store_split(one, Split({s.id: part for s in one.sections}, "by hand"))  # type: ignore[misc]
    learnt, tested = (open_collection(one.folder) for one in made)
    entry = {"name": "a", "version": learnt.version, "split": "x", "prints": told(learnt)}
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "learnt.json").write_text(json.dumps({"schema": 1, "collections": {"a": entry}}), "utf-8")
    model = str(tmp_path / "model")
    assert learnt_tests([model], [tested.folder, learnt.folder, tmp_path / "gone"]) == {
        (model, tested.folder): 6,
        (model, learnt.folder): 0,
    }
    assert learnt_tests([model], [learnt.folder], [learnt.folder]) == {(model, learnt.folder): 6}  # all of it tests


def test_values_that_seldom_go_well_are_named(good: Known) -> None:
    plan = _plan(good.folder)
    stage = plan.stages["us"]
    changed = replace(stage, rate=0.1, augmentation=replace(stage.augmentation, rotation_deg=90.0))
    plan = replace(plan, batch=2, stages={**plan.stages, "us": changed})
    assert unusual(plan) == ("batch", "stages.us.rate", "stages.us.augmentation.rotation_deg")
    assert _said(plan, good) == ["unusual"]
    assert unusual(replace(plan, stages={**plan.stages, "cbis": replace(stage, rate=0.1)})) == unusual(plan)  # not used


def test_chains_and_networks_that_miss_each_other_are_said(good: Known) -> None:
    plan = _plan(good.folder)
    narrowed = replace(plan, chains=(replace(plan.chains[0], networks=("vgg16",)),))
    assert _said(narrowed, good) == ["nothing-to-train", "chain-without-network", "network-without-chain"]
    both = replace(narrowed, networks=("resnet50", "vgg16"))
    assert _said(both, good) == ["network-without-chain"]
