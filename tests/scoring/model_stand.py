"""A model that is not installed yet: a shipped one's files under another id."""

import json
from pathlib import Path
from typing import Any

from bmgui.base import places

SHIPPED = "resnet50-us"  # the one with a plan and a learnt.json


def candidate(folder: Path, identity: str = "ours", **changed: Any) -> Path:
    """A sound model in `folder`; `changed`: fields of its card. The weights are linked to, not copied."""
    source = places.shipped_models() / SHIPPED
    folder.mkdir(parents=True)
    for name in ("reference.png", "plan.toml", "learnt.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    (folder / "weights.safetensors").symlink_to(source / "weights.safetensors")
    card = json.loads((source / "card.json").read_text("utf-8")) | {"id": identity, "title": f"Title of {identity}"}
    (folder / "card.json").write_text(json.dumps(card | changed), "utf-8")
    return folder


def everything(root: Path) -> dict[str, bytes]:
    """The files below a folder; locks are none."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }
