"""How the bench measures: medians of alternating pairs, fresh processes, and what machine it was."""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = "resnet50-first"
SAMPLE = (
    ROOT / "resources" / "samples" / json.loads((ROOT / "resources/samples/samples.json").read_text("utf-8"))["first"]
)
PATIENCE_S = 120


@dataclass(frozen=True)
class Row:
    """One line of the table. ratio: ours / theirs as it stands in `result`; met: None where it was not measured."""

    what: str
    against: str
    goal: str
    result: str
    met: bool | None


def pairs(ours: Callable[[], float], theirs: Callable[[], float], count: int, warm: int = 1) -> tuple[float, float]:
    """Medians of both, in what they return; they take turns, so that both see the same machine."""
    for _ in range(warm):
        ours()
        theirs()
    measured = [(ours(), theirs()) for _ in range(count)]
    return statistics.median(a for a, _ in measured), statistics.median(b for _, b in measured)


def timed(call: Callable[[], object], rest_s: float = 0.0) -> float:
    """Seconds that `call` takes, after a rest in which threads that spin for the last one go to sleep."""
    time.sleep(rest_s)
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class Home:
    """A user folder for one process: settings with our model, nothing opened before."""

    def __enter__(self) -> Path:
        self._folder = tempfile.TemporaryDirectory(prefix="bmgui-bench-")
        path = Path(self._folder.name)
        (path / "settings.json").write_text(json.dumps({"model": MODEL, "language": "en", "theme": "dark"}), "utf-8")
        return path

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def environment(home: Path) -> dict[str, str]:
    own = {"BMGUI_HOME": str(home), "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    return {**os.environ, **own}


def until_line(module: str, *arguments: str, said: str) -> float:
    """Seconds from starting `python -m module` until it prints the line `said`; it is ended then."""
    with Home() as home:
        command = [sys.executable, "-P", "-m", module, *arguments]
        start = time.perf_counter()
        with subprocess.Popen(
            command, env=environment(home), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == said:
                    elapsed = time.perf_counter() - start
                    process.wait(PATIENCE_S)
                    return elapsed
    raise RuntimeError(f"{module} ended with {process.returncode} before it said {said!r}")


def machine() -> str:
    """The machine and what ran on it, in one paragraph."""
    cpu = platform.processor() or platform.machine()
    memory = ""
    if sys.platform.startswith("linux"):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
        kilobytes = int(Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0])
        memory = f", {kilobytes / 2**20:.0f} GiB of memory"
    names = ["PySide6-Essentials", "numpy", "pillow", "openvino", "torch", "torchvision", "captum"]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    load = f" Load average before: {os.getloadavg()[0]:.1f}." if hasattr(os, "getloadavg") else ""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cpu}, {cores} cores{memory}; {platform.system()} {platform.release()}; Python {platform.python_version()}, "
        f"{versions}. Windows are drawn offscreen.{load}"
    )


def table(rows: Sequence[Row]) -> str:
    words = {True: "yes", False: "**no**", None: "not measured"}
    lines = ["| what | against | goal | measured | met |", "|---|---|---|---|---|"]
    lines += [f"| {row.what} | {row.against} | {row.goal} | {row.result} | {words[row.met]} |" for row in rows]
    return "\n".join(lines)
