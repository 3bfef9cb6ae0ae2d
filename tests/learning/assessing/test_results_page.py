"""`docs/results.md` is made by a command, and says of whom each figure is."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import REPOSITORY
from tests.learning.assessing.conftest import Made


@pytest.fixture
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("results_page", REPOSITORY / "packaging/make_results_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_made_again_from_what_was_kept(page: ModuleType, made: Made, tmp_path: Path) -> None:
    page.main(["add", str(made.request.output), "1-small", "--title", "A small model", "--text", "Drawn."], tmp_path)
    first = (tmp_path / "results.md").read_text("utf-8")
    (tmp_path / "results.md").unlink()
    page.main([], tmp_path)
    assert (tmp_path / "results.md").read_text("utf-8") == first
    assert "### external test: outside: 8 pictures (4 malignant) of 4 patients\n" in first
    assert "internal validation: us + more: 16 pictures (6 malignant) of 8 patients or groups" in first
    area = made.done.results["measured"][-1]["table"]["values"]["auc"]
    assert f"{area['value']:.3f} ({area['low']:.3f}–{area['high']:.3f})" in first
    assert "Test pictures of outside were looked at with" in first
    kept = json.loads((tmp_path / "results" / "1-small.json").read_text("utf-8"))
    assert {one["group"] for one in kept["measured"]} == {
        "internal validation: us + more",
        "internal test: us",
        "external test: outside",
    }
