"""Write the locks in packaging/requirements from what is installed in this Python's environment.

To remake them: make an environment, install the versions that are wanted, run the tests, then

    python packaging/make_locks.py

Each lock pins what pyproject.toml asks for and everything that this needs in turn, as the installed packages say it, on
Linux, macOS and Windows and every Python from 3.11 to 3.14. There are no hashes: users choose a build of torch by their
own pip settings, and the CUDA libraries of such a build are pinned by torch itself.
"""

import itertools
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ROOT / "packaging" / "requirements"

SYSTEMS = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
NO_WHEEL = {  # looked up with: pip install --dry-run --only-binary=:all: --platform ... --python-version ...
    "openvino": "sys_platform != 'darwin' or platform_machine == 'arm64'",
    "torch": "sys_platform != 'darwin' or platform_machine == 'arm64'",
    "torchvision": "sys_platform != 'darwin' or platform_machine == 'arm64'",
    "pyjpegls": "python_version < '3.14'",  # python-gdcm reads JPEG-LS, too
    "captum": "sys_platform != 'darwin' or platform_machine == 'arm64'",
}
PURPOSE = {
    "run": "reading: the window and the command line, without torch",
    "torch": "CUDA and the further evidence methods",
    "train": "evaluation; training with torch.txt",
    "test": "tests and lint",
    "bundle": "the bundle without Python (Linux)",
}


def environments() -> Iterator[dict[str, str]]:
    """Every system and Python that the locks are for, as PEP 508 markers see them."""
    for (system, platform), python in itertools.product(SYSTEMS.items(), PYTHONS):
        yield {
            "platform_system": system,
            "sys_platform": platform,
            "os_name": "nt" if system == "Windows" else "posix",
            "python_version": python,
            "python_full_version": f"{python}.0",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "extra": "",
        }


def closure(wanted: Iterable[str], environment: dict[str, str]) -> set[str]:
    """The names of the packages that `wanted` needs there, themselves included."""
    found: set[str] = set()
    rest = [Requirement(text) for text in wanted]
    while rest:
        requirement = rest.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker is not None and not requirement.marker.evaluate(environment):
            continue
        if name not in found:
            found.add(name)
            rest += [Requirement(text) for text in metadata.requires(name) or []]
    return found


def pins(wanted: Iterable[str], leave_out: set[str], where: list[dict[str, str]]) -> list[str]:
    """`name==version`, with the systems where it is needed if that is not everywhere."""
    wanted = list(wanted)
    needed: dict[str, set[str]] = {}
    for environment in where:
        for name in closure(wanted, environment) - leave_out:
            needed.setdefault(name, set()).add(environment["sys_platform"])
    lines = []
    for name, platforms in sorted(needed.items()):
        marker = NO_WHEEL.get(name, "")
        if platforms != {environment["sys_platform"] for environment in where}:
            marker = " or ".join(f"sys_platform == '{platform}'" for platform in sorted(platforms))
        version = Version(metadata.version(name)).public  # 2.13.0+cpu is this machine's build of 2.13.0
        lines.append(f"{name}=={version}" + (f" ; {marker}" if marker else ""))
    return lines


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {"run": project["dependencies"], **project["optional-dependencies"]}
    everywhere = list(environments())
    reading = set().union(*(closure(wanted["run"], environment) for environment in everywhere))
    for lock, purpose in PURPOSE.items():
        where = [e for e in everywhere if lock != "bundle" or e["sys_platform"] == "linux"]
        lines = pins(wanted[lock], set() if lock == "run" else reading, where)
        head = f"# Made by packaging/make_locks.py, which says how. For {purpose}."
        head += "" if lock == "run" else " Comes on top of run.txt."
        (TARGETS / f"{lock}.txt").write_text("\n".join([head, *lines]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
