"""How long a frame of the browser's grid takes while ten thousand sections are scrolled."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from bmgui.learning.collections.collection import LABELS, Box
from bmgui.learning.collections.storing import Draft, write_collection
from tests.bench.measuring import PATIENCE_S, Home, Row, environment

SECTIONS = 10_000
GOAL_MS = 33
_WIDTH, _HEIGHT, _MASS = 320, 256, Box(120, 90, 48, 32)


def browsing(frames: int) -> Row:
    """The whole browser, offscreen: pictures are reduced in the background meanwhile, as for a reader."""
    with tempfile.TemporaryDirectory(prefix="bmgui-bench-") as scratch:
        folder = Path(scratch) / "sections"
        write_collection(folder, name="made", kind="csv", source="made", licence="", drafts=drafts(SECTIONS))
        with Home() as home:
            command = [sys.executable, "-P", "-m", "tests.bench.child_grid", str(folder), str(frames)]
            result = subprocess.run(
                command, env=environment(home), stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=True
            )
    told = json.loads(result.stdout.splitlines()[-1])
    if told["pictures"] < frames / 10:
        raise RuntimeError("the grid was scrolled without its pictures")
    ways: dict[str, list[float]] = told["frames_ms"]
    every = [value for values in ways.values() for value in values]
    late, middle = float(np.percentile(every, 95)), float(np.median(every))
    by_way = ", ".join(f"{name} {np.percentile(values, 95):.1f}" for name, values in ways.items())
    return Row(
        f"the browser's grid of {SECTIONS} sections scrolled (wheel, pages, the bar dragged from end to end)",
        "the clock: a scrolled frame",
        f"95th percentile ≤ {GOAL_MS} ms",
        f"{late:.1f} ms (median {middle:.1f} ms; {by_way}; opened in {told['opened_s']:.1f} s)",
        late <= GOAL_MS,
    )


def drafts(count: int) -> Iterator[Draft]:
    """Sections of smooth noise, each another one, three of a patient."""
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(20, 200, (32, 40), np.uint8))
    tissue = np.asarray(coarse.resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC))
    for number in range(count):
        pixels = np.roll(tissue, (number % _HEIGHT, number // _HEIGHT), (0, 1)).copy()
        pixels[0, :8] = np.frombuffer(number.to_bytes(8, "little"), np.uint8)
        yield Draft(
            id=f"made-{number:05}",
            file=f"{number:05}.png",
            frame=1,
            label=LABELS[number % 3 == 0],
            pixels=pixels,
            square_from="mask" if number % 7 else "proposal",
            box=_MASS,
            patient=f"P{number // 3:04}",
            scanner=f"scanner {number % 4}",
        )
