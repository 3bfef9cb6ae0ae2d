"""A plan that was written is read back equal: the shipped ones, any that the rules allow, and names of all kinds."""

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Augmentation, Chain, Plan, Stage, Start, Teacher
from bmgui.learning.plans.reading import read_plan
from bmgui.learning.plans.rules import OneOf, Range, Truth, rules_of
from bmgui.learning.plans.writing import plan_text, write_plan
from bmgui.learning.preparing.planning import PRESETS, preset
from bmgui.scoring.card import ARCHITECTURES


def _again(plan: Plan, folder: Path) -> Plan:
    file = folder / "written.toml"
    write_plan(plan, file)
    return replace(read_plan(file), sha256=plan.sha256)


@pytest.mark.parametrize("name", PRESETS)
def test_what_ships_is_read_back_equal(name: str, tmp_path: Path) -> None:
    plan = preset(name)
    assert _again(plan, tmp_path) == plan


def test_keys_at_their_default_are_written_too(tmp_path: Path) -> None:
    """A later program may have other defaults; the file still says what was trained."""
    table = tomllib.loads(plan_text(preset("active")))
    stage = table["stages"]["us"]
    nothing = {"steps", "steps_an_epoch", "sections_a_mass", "masses_a_patient", "stop_after", "teacher"}
    assert set(rules_of(Stage)) - set(stage) == nothing  # None has no word in TOML
    assert set(stage["augmentation"]) == set(rules_of(Augmentation))
    assert stage["momentum"] == 0.9


TEXTS = [
    'a "quoted" name',
    "back\\slash",
    "两行\nund mehr\t",
    "DEL \x7f and \x01",
    "ends in \\",
    "→ ' '''",
    "# no comment",
]


@pytest.mark.parametrize("text", TEXTS)
def test_names_of_all_kinds_come_back(text: str, tmp_path: Path) -> None:
    plan = Plan(
        name=text,
        networks=("vgg16",),
        chains=(Chain(f"x {text}", text, (text,)),),
        seeds=(0,),
        stages={text: Stage(text, (text,), epochs=1)},
        collections={text: (str(tmp_path / "a b"), str(tmp_path / "乳腺"))},
        starts={text: {"vgg16": Start(file=str(tmp_path / "w.safetensors"), partial=True)}},
        external=(str(tmp_path / text.replace("/", "")),),
        notes=text,
    )
    assert _again(plan, tmp_path) == plan


def test_a_folder_whose_name_is_no_text_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    plan = replace(preset("recommended"), collections={"cbis": (), "us": (str(tmp_path / "scans\udce9"),)})
    with pytest.raises(KnownError) as caught:
        write_plan(plan, tmp_path / "plan.toml")
    assert caught.value.code == "file-not-written"
    assert list(tmp_path.iterdir()) == []


# --- any plan that the rules allow ---


def _values(kind: type) -> st.SearchStrategy[dict[str, Any]]:
    """A value for each key whose rule says by itself what it may hold."""
    optional = {f.name for f in fields(kind) if f.default is None}
    found: dict[str, st.SearchStrategy[Any]] = {}
    for name, rule in rules_of(kind).items():
        match rule:
            case Range(whole=True):
                found[name] = st.integers(int(rule.least), int(rule.most))
            case Range(pair=True):
                found[name] = st.lists(st.floats(rule.least, rule.most), min_size=2, max_size=2).map(
                    lambda pair: tuple(sorted(pair))
                )
            case Range():
                found[name] = st.floats(rule.least, rule.most)
            case OneOf(names=False):
                found[name] = st.sampled_from(rule.words)
            case Truth():
                found[name] = st.booleans()
            case _:
                continue
        if name in optional:
            found[name] = st.none() | found[name]
    return st.fixed_dictionaries(found)


@st.composite
def _stages(draw: st.DrawFn, name: str) -> Stage:
    values = draw(_values(Stage)) | {"augmentation": Augmentation(**draw(_values(Augmentation)))}
    if draw(st.booleans()):
        values |= {"epochs": draw(st.integers(1, 100)), "steps": None}
    else:
        values |= {"steps": draw(st.integers(1, 100)), "epochs": None}
    teaches = values["kind"] == "teach"
    teacher = Teacher(**draw(_values(Teacher)) | {"model": "/models/x", "network": "", "labels_on": draw(_names(name))})
    values |= {"teacher": teacher if teaches else None}
    if not teaches:
        values["anywhere"] = 0.0
    return Stage(name, (name,), **values)


def _names(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from([(), (name,)])


@st.composite
def _plans(draw: st.DrawFn) -> Plan:
    networks = tuple(draw(st.lists(st.sampled_from(ARCHITECTURES), min_size=1, unique=True)))
    stages = {name: draw(_stages(name)) for name in ("us", "cbis")}
    return Plan(
        name=draw(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)),
        networks=networks,
        chains=(Chain("taught-by-any→us", "scratch", ("us", "cbis"), draw(st.sampled_from([(), networks[:1]]))),),
        seeds=tuple(draw(st.lists(st.integers(0, 2**31 - 1), min_size=1, unique=True))),
        stages=stages,
        collections={"us": ("/scans/a",), "cbis": ()},
        starts={},
        sides={network: draw(st.integers(75, 1024)) for network in networks[1:]},
        **draw(_values(Plan)),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(plan=_plans())
def test_whatever_the_rules_allow_comes_back(plan: Plan, tmp_path: Path) -> None:
    assert _again(plan, tmp_path) == plan
