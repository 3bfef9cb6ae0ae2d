"""A plan's TOML becomes a `Plan`: every key checked by its rule, and every name that one part uses found in another."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import (
    ACTIVE,
    NOTHING_GIVEN,
    SCRATCH,
    Chain,
    Given,
    Plan,
    Stage,
    Start,
    Teacher,
    cells,
)
from bmgui.learning.plans.rules import OneOf, Range, Text, checked, refuse_unknown, rules_of, value_of
from bmgui.scoring.card import ARCHITECTURES, Architecture, Card, read_card
from bmgui.scoring.checks import Refused
from bmgui.scoring.library import installed

SCHEMA = 1
_MOST_BYTES = 1 << 20


def read_plan(path: Path, given: Given = NOTHING_GIVEN) -> Plan:
    """Read a plan strictly; relative paths are resolved against its folder (or given.folder).

    Raises KnownError("plan-unreadable", file, reason); the reason names the key.
    """
    try:
        data = path.read_bytes()
        if len(data) > _MOST_BYTES:
            raise Refused(f"larger than {_MOST_BYTES} bytes")
        table = tomllib.loads(data.decode("utf-8"))
        plan = _plan(table, Path(given.folder or path.parent).absolute(), given)
    except (OSError, Refused, ValueError, RecursionError) as error:  # ValueError: no TOML, no UTF-8
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise KnownError("plan-unreadable", file=str(path), reason=reason or str(error)) from error
    return replace(plan, sha256=hashlib.sha256(data).hexdigest())


def _plan(table: dict[str, Any], folder: Path, given: Given) -> Plan:
    rules = rules_of(Plan)
    named = ("schema", "name", "networks", "seeds", "collections", "external", "start", "chains", "stages", "sides")
    refuse_unknown(table, (*named, *rules), "")
    if table.get("schema") != SCHEMA:
        raise Refused(f"schema: {table.get('schema')!r}, not {SCHEMA}")
    for name in ("name", "networks", "collections", "chains", "stages"):
        if name not in table:
            raise Refused(f"{name}: missing")
    values = {name: value_of(rules[name], table[name], name) for name in rules if name in table}
    networks, card = _networks(table["networks"], given)
    if card is not None:
        values.setdefault("side", card.side)
    plan = Plan(
        name=value_of(Text(), table["name"], "name"),
        networks=networks,
        chains=_chains(table["chains"]),
        seeds=_seeds(table.get("seeds", [0])),
        stages={name: _stage(name, stage) for name, stage in _entries(table["stages"], "stages")},
        collections=_collections(table["collections"], folder, given),
        external=_folders(table.get("external", []), folder, "external"),
        starts={
            name: _starts(start, f"start.{name}.", folder, given)
            for name, start in _entries(table.get("start"), "start")
        },
        sides={
            _network(name, "sides"): value_of(rules["side"], side, f"sides.{name}")
            for name, side in _entries(table.get("sides"), "sides")
        },
        **values,
    )
    plan = replace(plan, **_overridden(given))
    plan = replace(plan, stages={name: _taught(stage, folder, given) for name, stage in plan.stages.items()})
    _check_together(plan)
    return plan


def _overridden(given: Given) -> dict[str, Any]:
    chosen = {"device": given.device, "at_once": given.at_once, "threads": given.threads}
    return {name: value for name, value in chosen.items() if value}


def _entries(table: Any, way: str) -> Iterator[tuple[str, Any]]:
    if table is None:
        return
    if not isinstance(table, dict):
        raise Refused(f"{way}: not a table")
    yield from table.items()


def _network(name: str, way: str) -> Architecture:
    for network in ARCHITECTURES:
        if name == network:
            return network
    raise Refused(f"{way}: {name!r} is none of {', '.join(ARCHITECTURES)}")


def _networks(value: Any, given: Given) -> tuple[tuple[Architecture, ...], Card | None]:
    """The networks, and the card of the model in use where that one is meant."""
    names = value_of(OneOf((*ARCHITECTURES, ACTIVE), names=True), value, "networks")
    if ACTIVE not in names:
        return tuple(_network(name, "networks") for name in names), None
    if len(names) > 1:
        raise Refused(f"networks: {ACTIVE!r} stands alone")
    card = read_card(active_model(given))
    return (card.architecture,), card


def active_model(given: Given) -> Path:
    """The folder of the model that "active" stands for. Raises KnownError("no-such-model") and the library's own."""
    if Path(given.model).is_absolute():
        return Path(given.model)
    library = installed()
    return library.folder(given.model or library.chosen_id())


def _seeds(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise Refused("seeds: not a list of whole numbers")
    seeds = tuple(value_of(Range(0, 2**31 - 1, whole=True), seed, "seeds") for seed in value)
    if len(set(seeds)) < len(seeds):
        raise Refused("seeds: one stands there twice")
    return seeds


def _chains(value: Any) -> tuple[Chain, ...]:
    if not isinstance(value, list) or not value:
        raise Refused("chains: not a list of tables")
    chains = tuple(checked(Chain, chain, f"chains[{i}].") for i, chain in enumerate(value))
    for i, chain in enumerate(chains):
        if not chain.slug:
            raise Refused(f"chains[{i}].name: {chain.name!r} has no ASCII letter or digit")
    ((slug, count),) = Counter(chain.slug.lower() for chain in chains).most_common(1)
    if count > 1:
        raise Refused(f"chains: two names would share the folder {slug!r}")
    return chains


def _stage(name: str, table: Any) -> Stage:
    way = f"stages.{name}."
    stage = checked(Stage, table, way, name=name)
    if (stage.epochs is None) == (stage.steps is None):
        raise Refused(f"{way}epochs: name either epochs or steps")
    if stage.kind == "teach" and stage.teacher is None:
        raise Refused(f"{way}teacher: missing (the stage teaches)")
    if stage.anywhere and stage.kind != "teach":
        raise Refused(f'{way}anywhere: goes with kind = "teach"')
    if stage.teacher is not None:
        _check_teacher(stage.teacher, f"{way}teacher.")
    return stage


def _check_teacher(teacher: Teacher, way: str) -> None:
    if bool(teacher.model) == bool(teacher.start):
        raise Refused(f"{way}model: name either a model or a start")
    if bool(teacher.start) != bool(teacher.network):
        raise Refused(f"{way}network: goes with start, and start with network")


def _collections(value: Any, folder: Path, given: Given) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, folders in _entries(value, "collections"):
        found[name] = _folders(folders, folder, f"collections.{name}")
    for name, folders in given.collections.items():
        if name not in found:
            raise Refused(f"collections.{name}: the plan has no such name; it has {', '.join(found)}")
        found[name] = tuple(folders)
    return found


def _folders(value: Any, folder: Path, way: str) -> tuple[str, ...]:
    return () if value == [] else tuple(str(folder / one) for one in value_of(Text(names=True), value, way))


def _starts(value: Any, way: str, folder: Path, given: Given) -> dict[Architecture, Start]:
    return {
        _network(name, way.rstrip(".")): _start(start, f"{way}{name}.", folder, given)
        for name, start in _entries(value, way)
    }


def _start(value: Any, way: str, folder: Path, given: Given) -> Start:
    start = checked(Start, value, way)
    named = [name for name in ("file", "model", "torchvision", "absent") if getattr(start, name)]
    if len(named) != 1:
        raise Refused(f"{way}file: name one of file, model, torchvision and absent")
    if start.file:
        return replace(start, file=str(folder / start.file))
    return replace(start, model=_model(start.model, folder, given)) if start.model else start


def _model(name: str, folder: Path, given: Given) -> str:
    """A library id, or a folder's absolute path."""
    if name == ACTIVE:
        return str(active_model(given))
    return str(folder / name) if "/" in name or "\\" in name else name


def _taught(stage: Stage, folder: Path, given: Given) -> Stage:
    if stage.teacher is None or not stage.teacher.model:
        return stage
    return replace(stage, teacher=replace(stage.teacher, model=_model(stage.teacher.model, folder, given)))


def _check_together(plan: Plan) -> None:
    """What one part of the plan names, another one has."""
    for name, stage in plan.stages.items():
        for collection in stage.collections:
            _named(plan.collections, collection, f"stages.{name}.collections")
        for collection in stage.teacher.labels_on if stage.teacher is not None else ():
            _named(dict.fromkeys(stage.collections), collection, f"stages.{name}.teacher.labels_on")
        if stage.teacher is not None and stage.teacher.start:
            _named(plan.starts, stage.teacher.start, f"stages.{name}.teacher.start")
            _named(plan.starts[stage.teacher.start], stage.teacher.network, f"start.{stage.teacher.start}")
    for i, chain in enumerate(plan.chains):
        for stage_name in chain.stages:
            _named(plan.stages, stage_name, f"chains[{i}].stages")
        for network in chain.networks:
            _named(dict.fromkeys(plan.networks), network, f"chains[{i}].networks")
        if chain.start != SCRATCH:
            _named(plan.starts, chain.start, f"chains[{i}].start")
        if "taught" not in chain.name and any(plan.stages[name].kind == "teach" for name in chain.stages):
            raise Refused(f"chains[{i}].name: a chain with a stage that teaches says so (taught-by-…)")
    for network, chain, _seed in cells(plan):
        if chain.start != SCRATCH:
            _named(plan.starts[chain.start], network, f"start.{chain.start}")
    trained = {folder for folders in plan.collections.values() for folder in folders}
    if both := trained & set(plan.external):
        raise Refused(f"external: {min(both)} is trained on, too")
    for network in plan.sides:
        _named(dict.fromkeys(plan.networks), network, "sides")


def _named(there: Mapping[Any, Any], name: str, way: str) -> None:
    if name not in there:
        raise Refused(f"{way}: there is no {name!r}; there is {', '.join(map(str, there)) or 'nothing'}")
