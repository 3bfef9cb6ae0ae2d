"""What training needs beyond what reading does, whether it is here, and how it gets here: by pip, on the user's word.

From a checkout the project's own locks say what; the program from a wheel names its extras; a bundle without Python
cannot take anything in, and says so.
"""

import importlib
import os
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from bmgui.base import places
from bmgui.base.errands import run_errand
from bmgui.base.errors import KnownError

PACKAGES = ("torch", "torchvision", "scipy", "matplotlib")
LOCKS = ("torch", "train")  # not "run": what this program has loaded stays as it is
EXTRAS = "bmgui[torch,train]"

How = Literal["pip", "command", "bundle"]
_OFFLINE = ("ConnectionError", "NewConnection", "ConnectTimeout", "SSLError", "ProxyError", "Temporary", "timed")


@dataclass(frozen=True)
class Size:
    """About what it takes, in GB of 10⁹ bytes: to fetch, and on the disk."""

    fetched_gb: float
    disk_gb: float


def missing() -> tuple[str, ...]:
    """The packages that are not here; looked for, not imported."""
    importlib.invalidate_caches()  # one may just have been installed
    return tuple(package for package in PACKAGES if find_spec(package) is None)


def has_nvidia_card() -> bool:
    """Whether the system has an NVIDIA driver; whether torch can use it, only torch knows."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def locks() -> tuple[Path, ...]:
    """The project's locks, where this is a checkout of it."""
    folder = places.resources().parent / "packaging" / "requirements"
    found = tuple(folder / f"{name}.txt" for name in LOCKS)
    return found if all(file.is_file() for file in found) else ()


def how() -> How:
    """ "pip": `install` can do it here. "command": it is for a person to do, see `command`. "bundle": not here."""
    if getattr(sys, "frozen", False):
        return "bundle"
    inside = sys.prefix != sys.base_prefix  # an environment of its own: nothing of the system is touched
    return "pip" if locks() and inside and find_spec("pip") is not None else "command"


def command() -> str:
    """What a person enters in a terminal where `how` is "command"."""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    asked = " ".join(f"-r {file}" for file in locks()) or f'"{EXTRAS}"'
    return f"{python} -m pip install {asked}"


def size() -> Size:
    """On Linux pip's usual torch brings CUDA; a CPU build, which pip's own settings may name, is far smaller."""
    return Size(3.0, 8.0) if sys.platform.startswith("linux") else Size(0.4, 1.5)


def install(stop: threading.Event, told: Callable[[str], None]) -> tuple[str, ...]:
    """Let pip fetch what the locks say into this environment, by the user's own pip settings; what is missing still.

    told: each line of pip's, in another thread. Raises KnownError("install-failed", reason), ("install-disk-full"),
    ("install-offline"), ("install-no-fitting-file", python), ("errand-cancelled").
    """
    asked = [word for file in locks() for word in ("-r", str(file))]
    words = [sys.executable, "-m", "pip", "install", "--no-input", "--progress-bar", "off", *asked]
    environment = {**os.environ, "PIP_USER": "0", "PYTHONUNBUFFERED": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    code, lines = run_errand(words, stop, told, environment)
    if code != 0:
        raise _why(lines)
    return missing()


def _why(lines: tuple[str, ...]) -> KnownError:
    said = "\n".join(lines)
    if "No space left" in said:
        return KnownError("install-disk-full", disk_gb=f"{size().disk_gb:g}")
    if any(word in said for word in _OFFLINE):
        return KnownError("install-offline")
    if "No matching distribution" in said:
        return KnownError("install-no-fitting-file", python=".".join(map(str, sys.version_info[:3])))
    errors = [line for line in lines if line.startswith("ERROR")] or list(lines[-1:])
    return KnownError("install-failed", reason=errors[-1][:300] if errors else "pip said nothing")
