"""What may lie beside card, weights and reference crop, and goes with them: the plan, and what the model learnt from.

Both come from elsewhere with a model. They are read here once, before it is installed: later, whoever compares models
has to rely on them.
"""

import json
import re
import tomllib
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.scoring.checks import Fields, Refused
from bmgui.scoring.history import LEARNT_FILE

PLAN_FILE = "plan.toml"
BESIDE = (PLAN_FILE, LEARNT_FILE)
MOST_BESIDE_BYTES = 16 << 20  # learnt.json: 64 bytes a picture
_PRINTS = re.compile(r"([0-9a-f]{64})*")  # a picture's each


def check_beside(folder: Path) -> None:
    """Raises KnownError("model-file-unreadable", file, reason) where a plan is no TOML, or `learnt.json` does not say
    what it should."""
    for name, check in ((PLAN_FILE, _check_plan), (LEARNT_FILE, _check_learnt)):
        path = folder / name
        try:
            if path.is_file():
                check(path.read_text("utf-8"))
        except (OSError, Refused, ValueError, RecursionError) as error:  # ValueError: no UTF-8, no TOML, no JSON
            raise KnownError("model-file-unreadable", file=str(path), reason=str(error)) from error


def _check_plan(text: str) -> None:
    tomllib.loads(text)


def _check_learnt(text: str) -> None:
    said = Fields.of(json.loads(text))
    collections = said.inner("collections")
    for name in collections.values:
        entry = collections.inner(name)
        for key in ("version", "split", *({"name", "origin"} & entry.values.keys())):
            entry.text(key)
        if entry.values.get("prints") is not None:
            _check_prints(entry.inner("prints"))
    if "unsaid" in said.values:
        said.texts("unsaid")
    if "plan_sha256" in said.values:
        said.text("plan_sha256")


def _check_prints(prints: Fields) -> None:
    for part in ("train", "validation"):
        told = prints.values.get(part)
        if not isinstance(told, str) or not _PRINTS.fullmatch(told):
            raise Refused(f"{prints.way}{part}: not 64 digits of lower-case hex a picture")
