"""What the floor stands on: the standard library, numpy, scipy (in one file), and base."""

import ast
import sys
from pathlib import Path

import bmgui.evaluation

FOLDER = Path(bmgui.evaluation.__file__).parent
OURS = ("bmgui.base", "bmgui.evaluation")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module or "")
    return names


def test_evaluation_stands_on_numpy_scipy_and_base_alone() -> None:
    files = sorted(FOLDER.glob("*.py"))
    assert len(files) > 10
    for path in files:
        for name in imported(path):
            top = name.partition(".")[0]
            allowed = name.startswith(OURS) or top == "numpy" or top in sys.stdlib_module_names
            assert allowed or (top == "scipy" and path.name == "special.py"), f"{path.name}: {name}"
