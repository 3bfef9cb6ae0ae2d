"""A `Plan` becomes TOML that `reading.read_plan` reads back equal: every key is written, those at their default
too, so that the file says what was trained whatever a later version's defaults are."""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.base.files import write_bytes
from bmgui.learning.plans.plan import Plan
from bmgui.learning.plans.reading import SCHEMA
from bmgui.learning.plans.rules import rules_of

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_plan(plan: Plan, target: Path) -> None:
    """Write the plan's file. Raises KnownError("file-not-written")."""
    try:
        data = plan_text(plan).encode("utf-8")
    except UnicodeEncodeError as error:  # a folder whose name is no UTF-8: TOML cannot name it
        name = error.object.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        line = next((one for one in name.splitlines() if "\ufffd" in one), "")
        raise KnownError("file-not-written", file=str(target), reason=f"no UTF-8: {line.strip()}") from error
    write_bytes(target, data)


def plan_text(plan: Plan) -> str:
    """The plan as TOML. Its names of networks and models are those that were resolved when it was read."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield f"schema = {SCHEMA}"
    yield f"name = {_value(plan.name)}"
    yield f"networks = {_value(plan.networks)}"
    yield f"seeds = {_value(plan.seeds)}"
    yield from _keys(plan)
    if plan.sides:
        yield f"sides = {_value(plan.sides)}"
    if plan.external:
        yield f"external = {_value(plan.external)}"
    yield "\n[collections]"
    yield from (f"{_key(name)} = {_value(folders)}" for name, folders in plan.collections.items())
    for name, starts in plan.starts.items():
        yield f"\n[start.{_key(name)}]"
        yield from (f"{_key(network)} = {_value(start)}" for network, start in starts.items())
    for chain in plan.chains:
        yield "\n[[chains]]"
        yield from _keys(chain)
    for name, stage in plan.stages.items():
        yield f"\n[stages.{_key(name)}]"
        tables = {"teacher": stage.teacher, "augmentation": stage.augmentation}
        yield from _keys(stage, without=tuple(tables))
        for table, value in tables.items():
            if value is not None:
                yield f"\n[stages.{_key(name)}.{table}]"
                yield from _keys(value)


def _keys(told: Any, without: tuple[str, ...] = ()) -> Iterator[str]:
    """One line for each key of a dataclass that holds something; what is None, "" or () has no words in a plan."""
    for name in rules_of(type(told)):
        value = getattr(told, name)
        if name not in without and value not in (None, "", ()):
            yield f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    """A value as TOML, tables inline."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's escapes are TOML's, but this
    if isinstance(value, Mapping):
        return _inline({name: _value(one) for name, one in value.items()})
    if dataclasses.is_dataclass(value):
        held = {name: getattr(value, name) for name in rules_of(type(value))}
        return _inline({name: _value(one) for name, one in held.items() if one not in (None, "", ())})
    return "[" + ", ".join(map(_value, value)) + "]"


def _inline(entries: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{_key(name)} = {text}" for name, text in entries.items()) + " }"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)
