"""Plans by choice: a preset, and what is added or left out for the networks, chains and collections that are chosen.

Pure: from a `Plan` to a `Plan`. What a chain needs and the plan lacks (a stage, weights to start from) is taken from
the presets, so that every chain can be had from every one of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bmgui.base import places
from bmgui.learning.plans.plan import ACTIVE, NOTHING_GIVEN, SCRATCH, Chain, Given, Plan, Stage, Start
from bmgui.learning.plans.reading import read_plan
from bmgui.scoring.card import ARCHITECTURES, Architecture, Card

PRESETS = ("recommended", "paper-2022", "active")
IMAGENET = "imagenet"
CBIS, US = "cbis", "us"
_TORCHVISION: dict[Architecture, str] = {
    "resnet50": "IMAGENET1K_V2",
    "vgg16": "IMAGENET1K_V1",
    "inception_v3": "IMAGENET1K_V1",
}
CHAINS = (
    Chain("imagenet→cbis→us", IMAGENET, (CBIS, US)),
    Chain("imagenet→us", IMAGENET, (US,)),
    Chain("active→us", ACTIVE, (US,)),
    Chain("scratch→us", SCRATCH, (US,)),
    Chain("imagenet→cbis", IMAGENET, (CBIS,)),
)
"""Those that are offered, whatever the preset."""


def preset(name: str, given: Given = NOTHING_GIVEN) -> Plan:
    """A plan that ships. Raises KnownError("plan-unreadable") and, for "active", what the library raises."""
    return read_plan(places.resources() / "plans" / f"{name}.toml", given)


def chains_offered(plan: Plan) -> tuple[Chain, ...]:
    """The plan's own chains and the usual ones, the usual ones in their order."""
    own = {chain.name: chain for chain in plan.chains}
    usual = {chain.name: own.get(chain.name, chain) for chain in CHAINS}
    return tuple({**usual, **own}.values())


def with_chains(plan: Plan, chains: Sequence[Chain], active: Card | None, active_folder: Path | None) -> Plan:
    """The plan with these chains, the stages and starts that they need, and each only where it can be trained.

    active: the card of the model in use, and its folder: a chain that starts from it is of its network alone.
    """
    stages, starts, collections = dict(plan.stages), dict(plan.starts), dict(plan.collections)
    narrowed = []
    for chain in chains:
        for name in chain.stages:
            stages.setdefault(name, _usual_stage(name))
            for collection in stages[name].collections:
                collections.setdefault(collection, ())
        if chain.start != SCRATCH:
            starts[chain.start] = _filled(starts.get(chain.start, {}), chain.start, plan.networks, active_folder)
        if chain.start == ACTIVE and active is not None:
            chain = replace(chain, networks=(active.architecture,))
        narrowed.append(chain)
    return replace(plan, chains=tuple(narrowed), stages=stages, starts=starts, collections=collections)


def with_networks(
    plan: Plan, networks: Sequence[Architecture], active: Card | None, active_folder: Path | None
) -> Plan:
    """The plan for these networks, in the order in which they are always named."""
    ordered = tuple(network for network in ARCHITECTURES if network in networks)
    sides = {network: side for network, side in plan.sides.items() if network in ordered}
    return with_chains(replace(plan, networks=ordered, sides=sides), plan.chains, active, active_folder)


def with_another_active(plan: Plan, active: Card, active_folder: Path) -> Plan:
    """Another model is in use now: what starts from it starts from that one."""
    starts = {name: of for name, of in plan.starts.items() if name != ACTIVE}
    return with_chains(replace(plan, starts=starts), plan.chains, active, active_folder)


def active_of(plan: Plan) -> str:
    """The model that "active" stands for in this plan: its folder (or id); "" where nothing starts from it."""
    return next((start.model for start in plan.starts.get(ACTIVE, {}).values() if start.model), "")


def fits(chain: Chain, plan: Plan) -> bool:
    """Whether a network of the plan goes through this chain."""
    return not chain.networks or bool(set(chain.networks) & set(plan.networks))


def trimmed(plan: Plan) -> Plan:
    """Without what no job uses: chains of other networks, stages, starts and collections that nothing names."""
    chains = tuple(
        replace(chain, networks=tuple(network for network in chain.networks if network in plan.networks))
        for chain in plan.chains
        if fits(chain, plan)
    )
    used = {name for chain in chains for name in chain.stages}
    stages = {name: stage for name, stage in plan.stages.items() if name in used}
    teachers = [stage.teacher for stage in stages.values() if stage.teacher is not None]
    begun = {chain.start for chain in chains} | {teacher.start for teacher in teachers}
    named = {name for stage in stages.values() for name in stage.collections}
    starts = {}
    for name, of in plan.starts.items():
        kept = {network for chain in chains if chain.start == name for network in chain.networks or plan.networks}
        kept |= {teacher.network for teacher in teachers if teacher.start == name and teacher.network}
        if name in begun:
            starts[name] = {network: start for network, start in of.items() if network in kept}
    return replace(
        plan,
        chains=chains,
        stages=stages,
        starts=starts,
        collections={name: folders for name, folders in plan.collections.items() if name in named},
    )


def used_stages(plan: Plan) -> tuple[Stage, ...]:
    """The stages that some job goes through, in the order of the work."""
    names = dict.fromkeys(name for chain in plan.chains if fits(chain, plan) for name in chain.stages)
    order = sorted(names, key=lambda name: (name == US, list(plan.stages).index(name)))
    return tuple(plan.stages[name] for name in order)


def models_of(plan: Plan) -> tuple[str, ...]:
    """Every model that a job of the plan begins with or is taught by: its folder or id."""
    begun = [start.model for _, _, start in used_starts(plan)]
    taught = [stage.teacher.model for stage in used_stages(plan) if stage.teacher is not None]
    return tuple(dict.fromkeys(model for model in (*begun, *taught) if model))


def folders_of(plan: Plan) -> tuple[Path, ...]:
    """Every collection that the plan names, the external tests too."""
    named = [*(folder for folders in plan.collections.values() for folder in folders), *plan.external]
    return tuple(map(Path, dict.fromkeys(named)))


def used_starts(plan: Plan) -> tuple[tuple[str, Architecture, Start], ...]:
    """(name, network, start) of every weight that some job starts from."""
    wanted = dict.fromkeys(
        (chain.start, network)
        for chain in plan.chains
        if chain.start != SCRATCH
        for network in plan.networks
        if not chain.networks or network in chain.networks
    )
    return tuple((name, network, plan.starts[name][network]) for name, network in wanted)


def with_start(plan: Plan, name: str, network: Architecture, start: Start) -> Plan:
    """Another weight to start that network from."""
    return replace(plan, starts={**plan.starts, name: {**plan.starts.get(name, {}), network: start}})


def with_stage(plan: Plan, stage: Stage) -> Plan:
    """The stage of that name as it is now."""
    return replace(plan, stages={**plan.stages, stage.name: stage})


def usual_start(name: str, network: Architecture, active_folder: Path | None = None) -> Start:
    """What a network starts from where nobody says otherwise; a start that only a plan by hand has is not guessed."""
    if name == ACTIVE:
        return Start(model=str(active_folder) if active_folder is not None else ACTIVE)
    return Start(torchvision=_TORCHVISION[network]) if name == IMAGENET else Start(absent="the plan names none")


def _filled(
    starts: dict[Architecture, Start], name: str, networks: Sequence[Architecture], active_folder: Path | None
) -> dict[Architecture, Start]:
    return {**{network: usual_start(name, network, active_folder) for network in networks}, **starts}


def _usual_stage(name: str) -> Stage:
    """As the recommended plan has it."""
    return preset(PRESETS[0]).stages[name]
