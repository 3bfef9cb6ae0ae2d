"""A finished job becomes a model that the program can use."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.evaluation.calibration import fit_scaling
from bmgui.learning.assessing.__main__ import main, usual_factor
from bmgui.learning.assessing.assess import Request, assess, check_splits, with_collections
from bmgui.learning.assessing.cards import Facts, data, licence
from bmgui.learning.assessing.figures_known import Known
from bmgui.learning.assessing.material import gather
from bmgui.learning.assessing.scoring import Wanted
from bmgui.learning.assessing.shipping import learnt_json, without_folders
from bmgui.learning.assessing.subjects import Subject, learnt_by, run_subjects
from bmgui.learning.collections.adding import new_section
from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.learning.collections.corrections import relabel
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.collections.learnt_pictures import told
from bmgui.learning.collections.splits import cut, place_new, store_split
from bmgui.learning.plans.plan import Given, Job, Start, Teacher, jobs
from bmgui.learning.plans.reading import read_plan
from bmgui.learning.plans.writing import write_plan
from bmgui.learning.runs.run import Run, data_of, make_run, open_run
from bmgui.scoring.card import Card, read_card
from bmgui.scoring.engines.choose import open_engine
from bmgui.scoring.library import installed
from tests.learning.assessing.conftest import MODEL, SETTINGS, SIDE, Made, quiet
from tests.learning.collection_stand import draft

PLAN = """
schema = 1
name = "small"
networks = ["resnet50", "vgg16"]
seeds = [0]
side = {side}
flip_average = false

[collections]
us = ["{us}", "{more}"]

[start.imagenet]
resnet50 = {{ absent = "its weights are not at hand" }}
vgg16 = {{ absent = "neither are these" }}

[[chains]]
name = "scratch→us"
start = "scratch"
stages = ["us"]

[[chains]]
name = "imagenet→us"
start = "imagenet"
stages = ["us"]

[stages.us]
collections = "us"
epochs = 3
"""
JOB = "resnet50-scratch-us-s0"
RECIPE = {
    "architecture": "resnet50",
    "side": SIDE,
    "channels": "grey",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "resample": "bilinear",
    "flip_average": False,
}


@pytest.fixture
def run(tmp_path: Path, made: Made) -> Path:
    """A run of four cells: two have nothing to start from, one has not finished, one has the first model's weights."""
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.format(side=SIDE, us=made.us.as_posix(), more=made.more.as_posix()), "utf-8")
    opened = make_run(plan, tmp_path / "run", Given())
    assert [job.name for job in jobs(opened.plan)] == [JOB, "vgg16-scratch-us-s0"]
    folder = opened.folder / "jobs" / JOB
    folder.mkdir(parents=True)
    weights = places.shipped_models() / MODEL / "weights.safetensors"
    (folder / "weights.safetensors").symlink_to(weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    squares = {"least_side_px": 36, "greatest_side_px": 150, "least_ratio": 1.12, "greatest_ratio": 2.87}
    result = {"schema": 1, "finished": True, "recipe": RECIPE, "weights_sha256": digest, "squares": squares}
    (folder / "result.json").write_text(json.dumps(result), "utf-8")
    return opened.folder


@pytest.fixture
def assessed(run: Path, made: Made, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The run measured on everything; its margins are those of `made`: the same weights on the same crops."""
    output = _copy_of_margins(made, tmp_path)
    request = Request(
        output=output,
        runs=(run,),
        collections=(made.us, made.more, made.outside),
        locked_test=True,
        wanted=Wanted(nudges=False),
        settings=SETTINGS,
    )
    return output, assess(request, quiet).results


def test_a_finished_job_ships(run: Path, assessed: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    output, results = assessed
    target = tmp_path / "models" / "resnet50-us"
    order = ["card", str(run), JOB, "--id", "resnet50-us", "--title", "ResNet-50", "--output", str(target)]
    assert main([*order, "--results", str(output), "--limit", "A limit of its own."]) == 0

    card = read_card(target)
    scaling = results["subjects"][0]["scale"]["scaling"]
    assert (card.calibration.slope, card.calibration.intercept) == (scaling["slope"], scaling["intercept"])
    assert card.calibration.prior == pytest.approx(6 / 16)
    assert [point.name for point in card.operating_points] == ["Youden", "sensitivity 0.95", "sensitivity 0.98"]
    assert "16 pictures of 8" in card.operating_points[0].measured_on
    assert (card.geometry.least_ratio, card.geometry.greatest_ratio) == (1.12, 2.87)
    assert card.limits[-1] == "A limit of its own."
    assert card.evidence_scale is not None
    measured = {figures.measured_on: figures for figures in card.figures}
    assert set(measured) == {"internal validation: us + more", "internal test: us", "external test: outside"}
    assert not measured["internal validation: us + more"].locked
    assert measured["external test: outside"].locked
    assert measured["external test: outside"].pictures == 8
    used = {one.name: one.used_for for one in card.data}
    assert used["us"].startswith("training: 4 pictures; validation: 10; locked test: 8; test pictures looked at ")
    assert used["outside"].startswith("external test only; test pictures looked at")

    crop = np.asarray(Image.open(target / card.reference.file))
    margin, _ = open_engine(target, card, "cpu").score(crop[None])
    assert abs(margin[0] - card.reference.margin) <= card.reference.tolerance
    learnt = json.loads((target / "learnt.json").read_text("utf-8"))
    assert set(learnt["collections"]) == {"us", "more"}
    assert len(learnt["looks"]["outside"]) >= 1
    assert learnt["plan_sha256"] == hashlib.sha256((run / "plan.toml").read_bytes()).hexdigest()
    here = str(open_run(run).collections["us"][0].parent)  # where it was trained is nobody's business
    assert here in (run / "plan.toml").read_text("utf-8")
    for name in ("card.json", "learnt.json", "plan.toml"):
        text = (target / name).read_text("utf-8")
        assert here not in text
        assert str(tmp_path) not in text
    shipped = read_plan(target / "plan.toml", Given())
    assert [Path(folder).name for folder in shipped.collections["us"]] == ["us", "more"]
    assert jobs(shipped) == jobs(open_run(run).plan)


def test_an_id_that_no_model_can_have_is_refused_before_the_work(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["card", str(run), JOB, "--id", "library.json", "--title", "A title", "--output", str(tmp_path / "new")]
    assert main(order) != 0
    assert "bad-model-id" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
    assert not (run / "margins").exists()  # nothing was scored


def test_a_plan_keeps_everything_but_where_things_lay(tmp_path: Path) -> None:
    folder = tmp_path / "jane" / "plan.toml"
    folder.parent.mkdir()
    folder.write_text(
        PLAN.format(side=SIDE, us="a/us", more="b/us").replace("seeds", 'external = ["/c/us", "d/other"]\nseeds')
        + f'''
[stages.taught]
collections = "us"
epochs = 1
kind = "teach"
teacher = {{ model = "./models/theirs" }}

[start.own]
resnet50 = {{ file = "w.safetensors", sha256 = "{64 * "0"}" }}
vgg16 = {{ model = "active" }}
''',
        "utf-8",
    )
    plan = read_plan(folder, Given())
    bare = without_folders(plan)
    write_plan(bare, tmp_path / "plan.toml")
    text = (tmp_path / "plan.toml").read_text("utf-8")
    assert str(tmp_path) not in text
    assert "/" not in text
    assert (bare.collections, bare.external) == ({"us": ("us", "us-2")}, ("us-3", "other"))
    assert bare.starts["own"]["resnet50"] == Start(file="w.safetensors", sha256=64 * "0")
    assert bare.starts["own"]["vgg16"] == Start(model=installed().default_id)
    assert bare.stages["taught"].teacher == Teacher(model="theirs")
    again = read_plan(tmp_path / "plan.toml", Given())  # it can be read, and says the same
    assert without_folders(again) == replace(bare, sha256=again.sha256)
    assert replace(
        bare, collections=plan.collections, external=plan.external, starts=plan.starts, stages={}
    ) == replace(plan, stages={})


def test_the_table_says_why_a_cell_is_empty(assessed: tuple[Path, dict[str, Any]]) -> None:
    output, results = assessed
    assert [(cell["network"], cell["chain"], cell["reason"]) for cell in results["empty"]] == [
        ("resnet50", "imagenet→us", "its weights are not at hand"),
        ("vgg16", "imagenet→us", "neither are these"),
        ("vgg16", "scratch→us", "it has not finished training"),
    ]
    assert "neither are these" in (output / "table.csv").read_text("utf-8")


def test_a_collection_that_no_job_learnt_from_is_external(assessed: tuple[Path, dict[str, Any]]) -> None:
    _, results = assessed
    assert {one["name"]: one["external"] for one in results["collections"]} == {
        "us": False,
        "more": False,
        "outside": True,
    }


def test_a_run_brings_its_own_collections(run: Path, made: Made, tmp_path: Path) -> None:
    request = Request(
        output=_copy_of_margins(made, tmp_path), runs=(run,), wanted=Wanted(2.0, False, False), settings=SETTINGS
    )
    done = assess(request, quiet)
    assert set(done.material.collections) == {"us", "more"}
    scale = done.results["subjects"][0]["scale"]
    assert (scale["origin"], scale["scaling"]["prior"]) == ("fitted", 6 / 16)
    margins = [done.assessed[0][0].main(group) for group in done.material.groups]
    wanted = fit_scaling(done.material.groups[0].labels, margins[0])
    assert (scale["scaling"]["slope"], scale["scaling"]["intercept"]) == (wanted.slope, wanted.intercept)


TRANSFER = """
schema = 1
name = "transfer"
networks = ["resnet50"]
seeds = [0]
side = {side}
factor = 2.3

[collections]
before = ["{more}"]
us = ["{us}"]

[start.mine]
resnet50 = {{ model = "{model}" }}

[[chains]]
name = "scratch→before→us"
start = "scratch"
stages = ["before", "us"]

[[chains]]
name = "scratch→before"
start = "scratch"
stages = ["before"]

[[chains]]
name = "mine→us"
start = "mine"
stages = ["us"]

[stages.before]
collections = "before"
epochs = 1

[stages.us]
collections = "us"
epochs = 1
"""


@pytest.fixture
def transfer(tmp_path: Path, made: Made) -> Run:
    """Through one collection to another, to that one alone, and from a model."""
    mine = tmp_path / "mine"
    shutil.copytree(made.model, mine, symlinks=True)
    plan = tmp_path / "transfer.toml"
    folders = {"us": made.us, "more": made.more, "model": mine}
    plan.write_text(TRANSFER.format(side=SIDE, **{k: v.as_posix() for k, v in folders.items()}), "utf-8")
    return make_run(plan, tmp_path / "transfer", Given())


def test_what_was_only_passed_through_chooses_no_threshold(transfer: Run, made: Made, tmp_path: Path) -> None:
    found = with_collections(Request(output=tmp_path / "o", runs=(transfer.folder,)))
    assert found.collections == (made.us,)
    outside = Request(output=tmp_path / "o", runs=(transfer.folder,), external=(made.outside,))
    assert with_collections(outside).collections == (made.us,)  # an external test needs the thresholds, too
    assert with_collections(outside).external == (made.outside,)


def test_the_squares_are_those_of_the_plan(transfer: Run, run: Path) -> None:
    said: list[str] = []
    assert usual_factor([transfer.folder], said.append) == 2.3
    assert usual_factor([], said.append) == 2.0
    assert not said
    assert usual_factor([transfer.folder, run], said.append) == 2.0
    assert len(said) == 1


def test_a_job_has_learnt_from_its_own_stages_and_from_what_the_models_behind_it_did(transfer: Run, made: Made) -> None:
    through, before, mine = jobs(transfer.plan)
    assert [set(learnt_by(transfer, job)[0]) for job in (through, before)] == [{"us", "more"}, {"more"}]
    assert learnt_by(transfer, mine)[1] == ("mine",)  # nobody wrote down what it learnt from
    assert mine.start is not None
    entry = {"version": open_collection(made.outside).version, "split": "0" * 64}
    (Path(mine.start.model) / "learnt.json").write_text(json.dumps({"collections": {"outside": entry}}), "utf-8")
    learnt, unsaid = learnt_by(transfer, mine)
    assert ({one["name"] for one in learnt.values()}, unsaid) == ({"us", "outside"}, ())
    subject = replace(made.done.assessed[0][0].subject, learnt=learnt)
    with pytest.raises(KnownError, match="external-was-learnt"):  # what the model behind it saw is no external test
        check_splits([subject], gather((made.us,), (made.outside,), locked_test=True))


def test_a_card_names_what_the_job_and_the_models_behind_it_learnt_from(transfer: Run, made: Made) -> None:
    through, before, mine = jobs(transfer.plan)
    card = read_card(made.model)

    def facts(job: Job, *behind: Card) -> Facts:
        subject = replace(made.done.assessed[0][0].subject, learnt=learnt_by(transfer, job)[0])
        group = made.done.material.groups[1]
        known, scale = Known((), (), {}, {}), made.done.assessed[0][1]
        return Facts(transfer, job, subject, scale, group, (), {}, {}, (1.0, 3.0), known, behind, 1.0)

    assert [[row["name"] for row in data(facts(job))] for job in (through, before)] == [["more", "us"], ["more"]]
    assert "trained on more;" in licence(facts(before))
    rows = data(facts(mine, card))
    assert [row["name"] for row in rows] == ["us", *(one.name for one in card.data if "training" in one.used_for)]
    assert all(row["used_for"].startswith("by way of small: training") for row in rows[1:])
    assert all(row["licence"] != "not stated" for row in rows[1:])
    assert "what small learnt from" in licence(facts(mine, card))


def test_nothing_is_external_by_itself_where_a_model_behind_it_says_nothing(made: Made, tmp_path: Path) -> None:
    """Its training pictures could be among what would then be scored."""
    model = tmp_path / "silent"
    shutil.copytree(made.model, model, symlinks=True)
    learnt = {"us": data_of(open_collection(made.us))}
    for unsaid, role in ((["first"], "internal validation"), ([], "external test")):
        (model / "learnt.json").write_text(json.dumps({"collections": learnt, "unsaid": unsaid}), "utf-8")
        request = Request(
            output=_copy_of_margins(made, tmp_path / str(len(unsaid))),
            models=(str(model),),
            collections=(made.us, made.more),
            locked_test=True,
            wanted=Wanted(2.0, False, False),
            settings=SETTINGS,
        )
        roles = {one["role"] for one in assess(request, quiet).results["measured"] if one["collections"] == ["more"]}
        assert roles == {role}


def test_a_collection_that_was_learnt_from_is_never_external(run: Path, made: Made, tmp_path: Path) -> None:
    renamed = Path(shutil.copytree(made.us, tmp_path / "renamed"))
    header = json.loads((renamed / "collection.json").read_text("utf-8"))
    (renamed / "collection.json").write_text(json.dumps({**header, "name": "renamed"}), "utf-8")
    for folder in (made.us, renamed):
        request = Request(output=tmp_path / "o", runs=(run,), external=(folder,), locked_test=True)
        with pytest.raises(KnownError, match="external-was-learnt"):
            assess(request, quiet)


def test_another_split_than_the_run_s_is_refused(run: Path, made: Made, tmp_path: Path) -> None:
    (run / "prints.json").unlink()  # a run of an older program: nothing says from which pictures
    made_from = json.loads((run / "run.json").read_text("utf-8"))
    for entry in made_from["collections"]:
        entry["split"] = "0" * 64
    (run / "run.json").write_text(json.dumps(made_from), "utf-8")
    with pytest.raises(KnownError, match="split-differs"):
        assess(Request(output=tmp_path / "o", runs=(run,), collections=(made.us,)), quiet)


def test_a_test_picture_that_the_run_learnt_from_is_found_whatever_the_split_is_now(
    run: Path, made: Made, tmp_path: Path
) -> None:
    us = Path(shutil.copytree(made.us, tmp_path / "us"))
    learnt, tested = (open_collection(us).part(part)[0] for part in ("train", "test"))
    parts = {**open_collection(us).parts, learnt.id: "test", tested.id: "train"}
    (us / "split.json").write_text(json.dumps({"schema": 1, "parts": parts}), "utf-8")
    with pytest.raises(KnownError, match="test-was-learnt") as caught:
        assess(Request(output=tmp_path / "o", runs=(run,), collections=(us,), locked_test=True), quiet)
    assert (caught.value.fields["count"], caught.value.fields["first"]) == (1, learnt.file)


@pytest.mark.parametrize("kept", [True, False])
def test_a_model_says_its_pictures_though_its_collection_was_added_to(
    run: Path, made: Made, tmp_path: Path, *, kept: bool
) -> None:
    """kept: the run wrote prints down; else they are made when the card is, by the split that only grew since."""
    us = Path(shutil.copytree(made.us, tmp_path / "us"))
    opened = open_collection(us)
    exclude(opened, [opened.part("train")[0].id], "blurred")
    relabel(opened, [opened.part("train")[1].id], "malignant", "the report was misread")
    new_section(us, draft(99, patient="somebody new", id="new"))
    store_split(open_collection(us), place_new(open_collection(us), 1, 0.0))
    if not kept:
        (run / "prints.json").unlink()
    ((subject,), _) = run_subjects(run)
    facts = _facts(run, subject, made, (open_collection(us), open_collection(made.more)))
    prints = learnt_json(facts)["collections"]["us"]["prints"]
    assert prints["validation"] == told(opened)["validation"]
    assert prints["train"] == told(opened if kept else open_collection(us))["train"]


def test_a_redrawn_split_says_nothing_of_what_an_older_run_learnt(run: Path, made: Made, tmp_path: Path) -> None:
    (run / "prints.json").unlink()
    us = Path(shutil.copytree(made.us, tmp_path / "us"))
    store_split(open_collection(us), cut(open_collection(us), 5, 0.3, 0.3), discard_locked_test=True)
    ((subject,), _) = run_subjects(run)
    facts = _facts(run, subject, made, (open_collection(us),))
    assert "prints" not in learnt_json(facts)["collections"]["us"]


def _facts(run: Path, subject: Subject, made: Made, collections: tuple[Collection, ...]) -> Facts:
    opened = open_run(run)
    group, known = made.done.material.groups[1], Known((), (), {}, {})
    scale = made.done.assessed[0][1]
    job = jobs(opened.plan)[0]
    return Facts(opened, job, subject, scale, group, collections, {}, {}, (1.0, 3.0), known, (), 1.0)


def test_corrected_and_added_to_it_is_the_same_locked_test(run: Path, made: Made, tmp_path: Path) -> None:
    us = Path(shutil.copytree(made.us, tmp_path / "us"))
    opened = open_collection(us)
    first = opened.part("test")[0]
    relabel(opened, [first.id], "benign" if first.label == "malignant" else "malignant", "the report was misread")
    new_section(us, draft(99, patient=first.patient, id="new"))
    now = open_collection(us)
    assert (now.version == opened.version, now.origin, now.parts["new"]) == (False, opened.version, "test")
    assess(Request(output=tmp_path / "o", runs=(run,), collections=(us,)), quiet)


def test_figures_of_other_weights_never_come_onto_a_card(run: Path, made: Made, tmp_path: Path) -> None:
    target = tmp_path / "models" / "x"
    order = ["card", str(run), JOB, "--id", "x", "--title", "X", "--output", str(target)]
    assert main([*order, "--results", str(made.request.output)]) == 1  # the library's model: its card's calibration
    assert not target.exists()


def test_a_job_that_was_given_up_is_no_model_and_no_cell(run: Path, tmp_path: Path) -> None:
    file = run / "jobs" / JOB / "result.json"
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "finished": False}), "utf-8")
    assert main(["card", str(run), JOB, "--id", "x", "--title", "X", "--output", str(tmp_path / "x")]) == 1
    with pytest.raises(KnownError, match="run-without-finished-jobs"):
        run_subjects(run)


@pytest.mark.parametrize(
    ("job", "code"), [("no-such-job-s0", "no-such-job"), ("vgg16-scratch-us-s0", "job-not-finished")]
)
def test_what_is_not_there_does_not_ship(
    run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], job: str, code: str
) -> None:
    order = ["card", str(run), job, "--id", "x", "--title", "X", "--output", str(tmp_path / "x")]
    assert main(order) == 1
    mark, told = capfd.readouterr().err.split(" ", 1)
    assert mark == "bmgui-error"
    assert json.loads(told)["code"] == code


def _copy_of_margins(made: Made, tmp_path: Path) -> Path:
    output = tmp_path / "assessed"
    shutil.copytree(made.request.output / "margins", output / "margins")
    return output


def test_by_its_prints_a_model_is_measured_beside_what_it_learnt_from_and_never_on_it(
    made: Made, tmp_path: Path
) -> None:
    """Another version of the collection, other parts: what counts is which pictures were learnt from."""
    subject = replace(
        made.done.assessed[0][0].subject,
        learnt={"us": {"name": "us", "version": "old", "split": "old", "prints": told(open_collection(made.us))}},
    )
    check_splits([subject], gather((made.us,), (made.outside,), locked_test=True))
    turned = Path(shutil.copytree(made.us, tmp_path / "turned"))
    parts = json.loads((turned / "split.json").read_text("utf-8"))["parts"]
    other = {"train": "test", "test": "train", "validation": "validation"}
    split = {"schema": 1, "seed": 0, "parts": {section: other[part] for section, part in parts.items()}}
    (turned / "split.json").write_text(json.dumps(split), "utf-8")
    with pytest.raises(KnownError, match="test-was-learnt"):
        check_splits([subject], gather((turned,), (), locked_test=True))


def test_one_job_is_measured_alone(run: Path, made: Made, tmp_path: Path) -> None:
    output = _copy_of_margins(made, tmp_path)
    request = Request(
        output=output, runs=(run,), jobs=(JOB,), wanted=Wanted(sizes=False, nudges=False), settings=SETTINGS
    )
    results = assess(request, quiet).results
    assert [subject["name"] for subject in results["subjects"]] == [JOB]
    assert results["empty"] == []
    with pytest.raises(KnownError) as caught:
        assess(replace(request, jobs=("vgg16-scratch-us-s0",)), quiet)
    assert caught.value.code == "no-such-finished-job"
    assert caught.value.fields["job"] == "vgg16-scratch-us-s0"
