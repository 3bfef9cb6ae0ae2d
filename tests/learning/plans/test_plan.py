"""Plans: what is read, what is refused and how it is named, which jobs come of it, and the plans that ship."""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Augmentation, Given, Plan, absent, jobs
from bmgui.learning.plans.reading import read_plan
from bmgui.scoring.library import Library
from bmgui.wording import english

SHIPPED = sorted((places.resources() / "plans").glob("*.toml"))

PLAN = """
schema = 1
name = "two networks"
networks = ["resnet50", "vgg16"]
seeds = [0, 7]
side = 96
sides = { vgg16 = 80 }

[collections]
us = ["us/one", "us/two"]
cbis = []

[start.imagenet]
vgg16 = { file = "weights/vgg.safetensors" }
resnet50 = { absent = "none at hand" }

[[chains]]
name = "scratch→us"
start = "scratch"
stages = ["us"]

[[chains]]
name = "imagenet→cbis→us"
start = "imagenet"
stages = ["cbis", "us"]

[[chains]]
name = "imagenet→cbis"
start = "imagenet"
stages = ["cbis"]

[stages.us]
collections = "us"
epochs = 3
augmentation = { flip = false, square_factor = [2, 2] }

[stages.cbis]
collections = ["cbis", "us"]
steps = 100
"""


def _read(folder: Path, text: str, given: Given | None = None) -> Plan:
    file = folder / "plan.toml"
    file.write_text(text, "utf-8")
    return read_plan(file, given or Given())


def _refusal(folder: Path, text: str) -> str:
    with pytest.raises(KnownError) as caught:
        _read(folder, text)
    assert caught.value.code == "plan-unreadable"
    assert str(folder / "plan.toml") in english(caught.value)
    return str(caught.value.fields["reason"])


def test_what_is_written_is_read_and_the_rest_has_its_default(tmp_path: Path) -> None:
    plan = _read(tmp_path, PLAN)
    assert plan.collections["us"] == (str(tmp_path / "us/one"), str(tmp_path / "us/two"))
    assert plan.starts["imagenet"]["vgg16"].file == str(tmp_path / "weights/vgg.safetensors")
    assert (plan.side_of("resnet50"), plan.side_of("vgg16")) == (96, 80)
    assert plan.stages["us"].augmentation == Augmentation(flip=False, square_factor=(2.0, 2.0))
    assert plan.stages["cbis"].collections == ("cbis", "us")
    assert (plan.stages["cbis"].steps, plan.stages["cbis"].epochs) == (100, None)
    assert plan.sha256 == read_plan(tmp_path / "plan.toml").sha256 != _read(tmp_path, PLAN + "# a word more\n").sha256


def test_a_job_is_a_network_a_chain_and_a_seed_and_shared_beginnings_are_trained_once(tmp_path: Path) -> None:
    plan = _read(tmp_path, PLAN)
    found = {job.name: job for job in jobs(plan)}
    assert list(found) == [
        *(f"resnet50-scratch-us-s{seed}" for seed in (0, 7)),
        *(f"vgg16-scratch-us-s{seed}" for seed in (0, 7)),
        *(f"vgg16-imagenet-cbis-us-s{seed}" for seed in (0, 7)),
        *(f"vgg16-imagenet-cbis-s{seed}" for seed in (0, 7)),
    ]
    long, short, other = (found[f"vgg16-imagenet-cbis{end}"] for end in ("-us-s7", "-s7", "-s0"))
    assert short.stages[0].folder == long.stages[0].folder == "jobs/vgg16-imagenet-cbis-us-s7/stage-1"
    assert (short.own, len(long.own)) == ((), 2)
    assert other.stages[0].folder != short.stages[0].folder  # another seed shares nothing
    # the same stage after another start is another stage
    assert found["vgg16-scratch-us-s0"].stages[0].owner == "vgg16-scratch-us-s0"
    assert [(cell.network, cell.chain, cell.reason) for cell in absent(plan)] == [
        ("resnet50", "imagenet→cbis→us", "none at hand"),
        ("resnet50", "imagenet→cbis", "none at hand"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("schema = 1", "schema = 2", "schema: 2"),
        ('name = "two networks"', "", "name: missing"),
        ("side = 96", "side = 96.0", "side: not a whole number"),
        ("side = 96", "side = 20", "side: 20 is not within 75 to 1024"),
        ("side = 96", "batch = true", "batch: not a whole number"),
        ("side = 96", "factor = nan", "factor: nan"),
        ("side = 96", "factor = 4", "factor: 4 is not within 1 to 3.3"),  # contexts hold no more
        ("[2, 2]", "[2, 4]", "stages.us.augmentation.square_factor: 4 is not within 1 to 3.3"),
        ("side = 96", 'device = "gpu"', "device: 'gpu' is none of auto, cpu, cuda"),
        ("side = 96", "sied = 96", "sied: unknown key (is side meant?)"),
        ('"vgg16"]', '"vgg19"]', "networks: 'vgg19' is none of"),
        ('"vgg16"]', '"vgg16", "vgg16"]', "networks: a name stands there twice"),
        ('"vgg16"]', '"active"]', "networks: 'active' stands alone"),
        ("[0, 7]", "[0, 0]", "seeds: one stands there twice"),
        ("[0, 7]", "[-1]", "seeds: -1 is not within"),
        ("epochs = 3", "", "stages.us.epochs: name either epochs or steps"),
        ("epochs = 3", "epochs = 3\nsteps = 3", "stages.us.epochs: name either epochs or steps"),
        ("epochs = 3", "epochs = 3\nrate = 3", "stages.us.rate: 3 is not within"),
        ("epochs = 3", "epochs = 3\nepoch = 3", "stages.us.epoch: unknown key (is epochs meant?)"),
        ("epochs = 3", 'epochs = 3\nkind = "teach"', "stages.us.teacher: missing"),
        ("epochs = 3", "epochs = 3\nanywhere = 0.5", "stages.us.anywhere: goes with"),
        ("epochs = 3", "epochs = 3\nteacher = {}", "stages.us.teacher.model: name either a model or a start"),
        ("epochs = 3", 'epochs = 3\nteacher = { start = "imagenet" }', "stages.us.teacher.network: goes with start"),
        ("flip = false", "flip = 0", "stages.us.augmentation.flip: not true or false"),
        ("[2, 2]", "[3, 2]", "stages.us.augmentation.square_factor: the first number is the greater one"),
        ('collections = "us"', 'collections = "uss"', "stages.us.collections: there is no 'uss'; there is us, cbis"),
        ('stages = ["us"]', 'stages = ["su"]', "chains[0].stages: there is no 'su'"),
        ('stages = ["us"]', "stages = []", "chains[0].stages: not a list of names"),
        ('start = "scratch"', 'start = "nothing"', "chains[0].start: there is no 'nothing'"),
        ('resnet50 = { absent = "none at hand" }', "", "start.imagenet: there is no 'resnet50'"),
        ('absent = "none at hand"', 'absent = "x", file = "y"', "start.imagenet.resnet50.file: name one of"),
        ('absent = "none at hand"', 'file = "y", sha256 = "XYZ"', "start.imagenet.resnet50.sha256: not a SHA-256"),
        ("imagenet→cbis→us", "scratch us", "chains: two names would share the folder 'scratch-us'"),
        ("imagenet→cbis→us", "→", "chains[1].name: '→' has no ASCII letter or digit"),
        ("sides = { vgg16 = 80 }", "sides = { inception_v3 = 80 }", "sides: there is no 'inception_v3'"),
        ("sides = { vgg16 = 80 }", 'external = ["us/one"]', "external: "),
        ("schema = 1", "schema = ", "at line 2"),
    ],
)
def test_what_is_wrong_is_refused_and_its_key_named(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert PLAN.count(old) >= 1
    assert reason in _refusal(tmp_path, PLAN.replace(old, new, 1))


def test_a_chain_with_a_stage_that_teaches_says_so(tmp_path: Path) -> None:
    taught = PLAN.replace("steps = 100", 'steps = 100\nkind = "teach"\nteacher = { model = "vgg16-first" }')
    assert "chains[1].name: a chain with a stage that teaches says so" in _refusal(tmp_path, taught)
    named = taught.replace("imagenet→cbis→us", "taught-by-vgg16→us").replace("imagenet→cbis", "taught-by-vgg16")
    assert _read(tmp_path, named).stages["cbis"].teacher is not None


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a" * (2 << 20), b"a = " + b"[" * 5000])
def test_what_is_no_toml_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "plan.toml"
    file.write_bytes(data)
    with pytest.raises(KnownError, match="plan-unreadable"):
        read_plan(file)
    with pytest.raises(KnownError, match="plan-unreadable"):
        read_plan(tmp_path / "missing.toml")


def test_what_the_user_gives_goes_before_the_plan(tmp_path: Path) -> None:
    given = Given(folder=str(tmp_path / "x"), collections={"cbis": ("/a", "/b")}, device="cpu", at_once=2, threads=3)
    plan = _read(tmp_path, PLAN, given)
    assert plan.collections == {"us": (str(tmp_path / "x/us/one"), str(tmp_path / "x/us/two")), "cbis": ("/a", "/b")}
    assert (plan.device, plan.at_once, plan.threads) == ("cpu", 2, 3)
    with pytest.raises(KnownError, match="no such name"):
        _read(tmp_path, PLAN, Given(collections={"mammography": ("/a",)}))


# --- the plans that ship ---


def test_three_plans_ship() -> None:
    assert [file.stem for file in SHIPPED] == ["active", "paper-2022", "recommended"]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_plan_is_read_and_has_jobs(file: Path) -> None:
    plan = read_plan(file)
    assert plan.name == file.stem
    assert jobs(plan)
    assert all(folders == () for folders in plan.collections.values())  # nobody's folders ship


def test_the_papers_plan_has_the_papers_values() -> None:
    """The table of Yu 2022, value by value."""
    file = next(file for file in SHIPPED if file.stem == "paper-2022")
    plan = read_plan(file)
    assert set(plan.networks) == {"vgg16", "inception_v3", "resnet50"}
    assert {chain.name for chain in plan.chains} >= {"scratch→us", "imagenet→us", "imagenet→cbis→us"}
    assert {plan.side_of(network) for network in plan.networks} == {256}
    assert plan.batch == 16
    for stage in plan.stages.values():
        assert (stage.optimiser, stage.rate, stage.epochs, stage.stop_after) == ("sgd", 1e-4, 200, 10)
        assert (stage.keep, stage.frozen, stage.frozen_batchnorm, stage.repeats) == ("best-loss", 0, False, 4)
        assert (stage.kind, stage.teacher, stage.label_smoothing) == ("classify", None, 0)
        named = {name for name, value in asdict(stage.augmentation).items() if value and name != "square_factor"}
        assert named == {"flip", "rotation_deg", "translation", "contrast"}
    assert (plan.stages["us"].sections_a_mass, plan.stages["us"].masses_a_patient) == (4, 2)
    text = file.read_text("utf-8")
    for value in ("300 patients", "582 pictures", "304 benign", "278 malignant", "200 patients", "204 masses", "482"):
        assert value in text
    for value in ("48 benign", "52 malignant", "70 % train", "845 benign", "745 malignant", "EPIQ 7C", "3-12 MHz"):
        assert value in text


def test_the_papers_plan_names_every_key_so_that_no_default_of_ours_slips_in() -> None:
    table: dict[str, Any] = tomllib.loads(next(f for f in SHIPPED if f.stem == "paper-2022").read_text("utf-8"))
    for stage in table["stages"].values():
        assert set(stage["augmentation"]) == set(asdict(Augmentation()))
        assert {"momentum", "weight_decay", "schedule", "warmup_steps", "clip", "dropout", "average"} <= set(stage)


def test_the_active_plan_takes_the_network_and_side_of_the_model_in_use() -> None:
    file = next(file for file in SHIPPED if file.stem == "active")
    for card in Library([places.shipped_models()]).cards():
        plan = read_plan(file, Given(model=card.id))
        assert (plan.networks, plan.side) == ((card.architecture,), card.side)
        assert plan.starts["active"][card.architecture].model == str(places.shipped_models() / card.id)
