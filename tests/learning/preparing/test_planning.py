"""Choosing: every chain can be had from every preset, and what no job uses is not written into a plan."""

from dataclasses import replace
from pathlib import Path

import pytest

from bmgui.learning.plans.plan import Chain, Given, Plan, Start, Teacher, jobs
from bmgui.learning.plans.reading import read_plan
from bmgui.learning.plans.writing import write_plan
from bmgui.learning.preparing.planning import (
    CHAINS,
    PRESETS,
    chains_offered,
    fits,
    models_of,
    preset,
    trimmed,
    used_stages,
    used_starts,
    with_chains,
    with_networks,
    with_stage,
    with_start,
)
from bmgui.scoring.card import ARCHITECTURES, Card
from bmgui.scoring.library import installed


@pytest.fixture
def active() -> tuple[Card, Path]:
    library = installed()
    return library.card(library.default_id), library.folder(library.default_id)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("network", ARCHITECTURES)
def test_every_chain_of_every_network_can_be_chosen_from_every_preset(
    name: str, network: str, active: tuple[Card, Path], tmp_path: Path
) -> None:
    plan = with_chains(with_networks(preset(name), [network], *active), CHAINS, *active)  # type: ignore[list-item]
    write_plan(trimmed(plan), tmp_path / "plan.toml")
    read = read_plan(tmp_path / "plan.toml")
    chains = {job.chain.name for job in jobs(read)}
    assert chains == {chain.name for chain in CHAINS if chain.start != "active" or network == active[0].architecture}
    assert {job.network for job in jobs(read)} == {network}


def test_the_model_in_use_goes_on_as_its_own_network_alone(active: tuple[Card, Path]) -> None:
    plan = with_networks(preset("active"), ARCHITECTURES, *active)
    (job,) = jobs(plan)
    assert job.network == active[0].architecture
    assert job.start == Start(model=str(active[1]))
    others = [network for network in ARCHITECTURES if network != active[0].architecture]
    without = with_networks(plan, others, *active)
    assert not any(fits(chain, without) for chain in without.chains)
    assert jobs(without) == ()


def test_a_plan_keeps_what_its_own_stages_and_starts_say(active: tuple[Card, Path]) -> None:
    plan = preset("paper-2022")
    assert [chain.name for chain in chains_offered(plan)] == [chain.name for chain in CHAINS]
    chosen = with_chains(plan, plan.chains[:1], *active)
    again = with_chains(chosen, chains_offered(chosen), *active)
    assert again.stages == plan.stages
    assert again.starts["imagenet"] == plan.starts["imagenet"]
    assert again.stages["us"].optimiser == "sgd"


def test_what_no_job_uses_is_left_out(active: tuple[Card, Path]) -> None:
    plan = with_networks(preset("paper-2022"), ["vgg16"], *active)
    plan = trimmed(with_chains(plan, [c for c in plan.chains if c.name == "imagenet→us"], *active))
    assert list(plan.stages) == ["us"]
    assert list(plan.collections) == ["us"]
    assert {name: list(of) for name, of in plan.starts.items()} == {"imagenet": ["vgg16"]}
    assert trimmed(plan) == plan
    assert len(jobs(plan)) == 1


def test_stages_and_starts_are_told_in_the_order_of_the_work(active: tuple[Card, Path]) -> None:
    plan = with_networks(preset("recommended"), ["resnet50", "vgg16"], *active)
    assert [stage.name for stage in used_stages(plan)] == ["cbis", "us"]
    assert [(name, network) for name, network, _ in used_starts(plan)] == [
        ("imagenet", "resnet50"),
        ("imagenet", "vgg16"),
    ]
    own = with_start(plan, "imagenet", "vgg16", Start(file="/w.safetensors"))
    assert used_starts(own)[1][2].file == "/w.safetensors"
    assert used_starts(plan)[1][2].torchvision == "IMAGENET1K_V1"


def test_a_start_that_only_a_plan_by_hand_has_is_not_guessed() -> None:
    plan = preset("recommended")
    own = replace(plan, starts={"ours": {"resnet50": Start(file="/w.safetensors")}})
    own = with_chains(own, (Chain("ours→us", "ours", ("us",)),), None, None)
    both = with_networks(own, ["resnet50", "vgg16"], None, None)
    assert both.starts["ours"]["vgg16"].absent
    assert [job.network for job in jobs(both)] == ["resnet50"]


def test_teachers_count_among_the_models_of_a_plan(active: tuple[Card, Path]) -> None:
    plan = preset("active")
    assert models_of(plan) == (str(active[1]),)
    stage = replace(plan.stages["us"], kind="teach", teacher=Teacher(model="/models/teacher"))
    taught = with_stage(plan, stage)
    assert models_of(taught) == (str(active[1]), "/models/teacher")
    assert models_of(preset("recommended")) == ()


def test_another_networks_size_goes_with_it(active: tuple[Card, Path], tmp_path: Path) -> None:
    plan: Plan = read_plan(_sized(tmp_path), Given())
    assert plan.sides == {"inception_v3": 299}
    assert with_networks(plan, ["resnet50"], *active).sides == {}


def _sized(folder: Path) -> Path:
    plan = with_networks(preset("recommended"), ["resnet50", "inception_v3"], None, None)
    write_plan(plan, folder / "plan.toml")
    text = (
        (folder / "plan.toml")
        .read_text("utf-8")
        .replace("\n[collections]", "sides = { inception_v3 = 299 }\n[collections]")
    )
    (folder / "plan.toml").write_text(text, "utf-8")
    return folder / "plan.toml"
