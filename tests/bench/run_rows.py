"""What a training and a window cost each other: the live page's share of the run's speed, and the reading window's
stalls while a run goes on. The run is the queue's own: niced, with one thread of the processor left free."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np

from bmgui.learning.runs import queue
from bmgui.learning.runs.progress import read_events
from bmgui.learning.runs.run import Run
from tests.bench.measuring import PATIENCE_S, Home, Row, environment
from tests.learning.training.training_stand import PLAN, make_small_run

WARM_STEPS = 6
_PLAN = PLAN.replace("side = 75", "side = 160").replace("batch = 2", "batch = 4").replace("threads = 1\n", "")


def live_page(seconds: float, count: int) -> Row:
    """Steps a second while the live page is shown ÷ while another page is, in turns, in one window."""
    with a_run() as (home, run):
        command = [sys.executable, "-P", "-m", "tests.bench.child_runs", str(run.folder), str(seconds), str(count)]
        out = subprocess.run(command, env=environment(home), stdout=subprocess.PIPE, text=True, check=True).stdout
        shown, away = json.loads(out.splitlines()[-1])
        now = time.time()
        _wait(lambda: _step_times(run)[-1] > now)
        ratios = [speed(run, *a[:2]) / speed(run, *b[:2]) for a, b in zip(shown, away, strict=True)]
    spent = 1000 * statistics.median((a[2] - b[2]) / seconds for a, b in zip(shown, away, strict=True))
    ratio = statistics.median(ratios)
    spread = f"{min(ratios):.3f} to {max(ratios):.3f} over {count} pairs of {seconds:.0f} s"
    return Row(
        "a run's steps a second with its live page on the screen",
        "the same run with another page on the screen",
        "≥ 0.97 ×",
        f"{ratio:.3f} × ({spread}); the page takes {spent:.0f} ms of one core a second",
        ratio >= 0.97,
    )


def speed(run: Run, begin: float, end: float) -> float:
    """Steps a second between two times, each between two steps that were told."""
    told = [event for event in read_events(run.folder)[0] if event["event"] == "step"]
    at = np.interp([begin, end], [event["time"] for event in told], [event["step"] for event in told])
    return float((at[1] - at[0]) / (end - begin))


def reading(seconds: float, count: int) -> Row:
    """The square dragged in the real window with the real worker, while a run goes on."""
    stalls, rates = [], []
    with a_run():
        for _ in range(count):
            with Home() as home:
                command = [sys.executable, "-P", "-m", "tests.bench.child_window", "drag", str(seconds)]
                result = subprocess.run(
                    command, env=environment(home), stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=True
                )
            told = json.loads(result.stdout.splitlines()[-1])
            stalls.append(float(np.percentile(told["gaps_ms"], 95)))
            rates.append(told["updates"])
    stall, rate = statistics.median(stalls), statistics.median(rates)
    return Row(
        "the square dragged (ResNet-50) while a run goes on, the real window",
        "the clock: time between two ticks of a 5 ms timer",
        "95th percentile ≤ 50 ms",
        f"95th percentile {stall:.1f} ms; {rate:.1f} scores a second",
        stall <= 50,
    )


@contextmanager
def a_run() -> Iterator[tuple[Path, Run]]:
    """A user's folder with a run of ResNet-50 at 160 px that is at work on the processor."""
    with Home() as home, tempfile.TemporaryDirectory(prefix="bmgui-bench-") as folder:
        own = {"BMGUI_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
        with patch.dict(os.environ, own):
            run = make_small_run(Path(folder), "epochs = 10000", plan=_PLAN, train=64, validation=2)
            try:
                queue.add(run.folder)
                _wait(lambda: len(_step_times(run)) >= WARM_STEPS)
                yield home, run
            finally:
                queue.end_foreman(PATIENCE_S)


def _step_times(run: Run) -> list[float]:
    return [event["time"] for event in read_events(run.folder)[0] if event["event"] == "step"]


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not until():
        if time.monotonic() > end:
            raise RuntimeError("the run does not get on")
        time.sleep(0.2)
