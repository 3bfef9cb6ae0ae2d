"""test_canvas.py again on a screen of 150 and of 200 %: a process of its own, since Qt reads the scale as it starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_the_canvas_at_another_scale(scale: str) -> None:
    tests = Path(__file__).with_name("test_canvas.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)],
        cwd=tests.parents[2],
        env={**os.environ, "QT_SCALE_FACTOR": scale},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
