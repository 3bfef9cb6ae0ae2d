"""An assessment, through the real engine, on drawn masses."""

import json
from typing import Any

from tests.learning.assessing.conftest import Made


def results(made: Made) -> dict[str, Any]:
    return json.loads((made.request.output / "results.json").read_text("utf-8"))


def test_parts_are_kept_apart(made: Made) -> None:
    groups = {m["group"]: m["pictures"] for m in results(made)["measured"]}
    assert groups == {
        "internal validation: us + more": 16,
        "internal validation: us": 10,
        "internal validation: more": 6,
        "internal test: us": 8,
        "external test: outside": 8,
    }
