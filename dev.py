#!/usr/bin/env python3
"""Everything that a developer or a first visitor does, with nothing but Python.

python3 dev.py run [files]     install what reading needs, then open the window (--torch, --no-torch: with, without it)
python3 dev.py cli ...         the command line, for example: python3 dev.py cli score scan.png --json
                               (cli train and evaluate install what they need, too)
python3 dev.py test [...]      every test; what follows goes to pytest
python3 dev.py lint            formatting, linting, types, and who may import whom
python3 dev.py bench           speed, as ratios, as a table
python3 dev.py shot DIR        every window and state as PNG
python3 dev.py bundle          a folder that runs without Python, in dist/

Packages go into .venv beside this file, by pip and by your own pip settings, and only when a lock in
packaging/requirements or the Python changed. Tested on Linux; macOS and Windows: written with care, untested.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python is told
    sys.exit("bmgui needs Python 3.11 or newer, and this one is older. Start it as, for example: python3.11 dev.py")

import contextlib
import ctypes
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCKS = ROOT / "packaging" / "requirements"
STAMP = VENV / "installed.json"
EVERYTHING = ["run", "torch", "train", "test"]  # what tests, lint and bench need
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Stop(Exception):  # noqa: N818 - the end of the command, with what to do about it
    """A sentence for the person in front of it."""


# --- what Qt needs from the system ---

# library: its package on Debian and Ubuntu, and on Fedora
ANY_WINDOW = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libX11.so.6": ("libx11-6", "libX11"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libzstd.so.1": ("libzstd1", "libzstd"),
}
X11_WINDOW = {
    "libX11-xcb.so.1": ("libx11-xcb1", "libX11-xcb"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb"),
    "libxcb-util.so.1": ("libxcb-util1", "xcb-util"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
}
WAYLAND_WINDOW = {
    "libwayland-client.so.0": ("libwayland-client0", "libwayland-client"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "libwayland-cursor"),
}


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def check_libraries(environment: dict[str, str], loads: Callable[[str], bool] = loads) -> None:
    """Linux: Stop, naming the packages, where a library is missing that Qt needs to show (or to draw offscreen)."""
    if not sys.platform.startswith("linux"):
        return
    wanted = dict(ANY_WINDOW)
    if "QT_QPA_PLATFORM" not in environment:
        wanted |= X11_WINDOW if environment.get("DISPLAY") else WAYLAND_WINDOW
    missing = [name for name in wanted if not loads(name)]
    if missing:
        debian, fedora = (" ".join(sorted({wanted[name][i] for name in missing})) for i in (0, 1))
        raise Stop(
            f"Qt needs system libraries that are not here ({', '.join(missing)}). Install them, then run this again:\n"
            f"  Debian, Ubuntu:  sudo apt-get install {debian}\n"
            f"  Fedora:          sudo dnf install {fedora}"
        )


def check_display(environment: dict[str, str], files: Sequence[str]) -> None:
    """Linux: Stop where no window can open, and show how to score without one."""
    has_display = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not has_display:
        samples = sorted((ROOT / "resources" / "samples").rglob("*.png"))
        file = files[0] if files else str(samples[0] if samples else "scan.png")
        raise Stop(
            "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.\n"
            f"Score from the command line:  python3 {shlex.quote(str(ROOT / 'dev.py'))} cli score {shlex.quote(file)}"
        )


# --- the environment in .venv ---


def has_nvidia_driver() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def fingerprint(lock: str) -> str:
    return hashlib.sha256((LOCKS / f"{lock}.txt").read_bytes()).hexdigest()


def this_python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]} {os.path.realpath(sys.base_prefix)}"


def read_stamp() -> dict[str, str]:
    """What is installed: `python`, and each lock's fingerprint. Empty where anything is unclear."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    works = isinstance(stamp, dict) and stamp.get("python") == this_python() and PYTHON.exists()
    return stamp if works else {}


def ensure(locks: Sequence[str]) -> None:
    """Let .venv hold these locks. Does nothing where it already does; an interrupted install is repeated."""
    if all(read_stamp().get(lock) == fingerprint(lock) for lock in locks):
        return
    with one_at_a_time():
        stamp = read_stamp()  # another one may just have done it
        wanted = [lock for lock in locks if stamp.get(lock) != fingerprint(lock)]
        if not wanted:
            return
        if not stamp:
            make_venv()
        STAMP.unlink(missing_ok=True)
        say(f"installing what is needed into {VENV} (this happens once; nothing is installed outside it)")
        # All locks in one call, so that pip sees what belongs together
        install([argument for lock in locks for argument in ("-r", str(LOCKS / f"{lock}.txt"))])
        stamp |= {"python": this_python(), **{lock: fingerprint(lock) for lock in locks}}
        part = STAMP.with_suffix(".part")
        part.write_text(json.dumps(stamp), "utf-8")
        part.replace(STAMP)


def make_venv() -> None:
    """Make .venv, or make it again where its Python is not this one."""
    same = PYTHON.exists() and _said(PYTHON) == _said(Path(sys.executable))
    if same and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
        return  # an install that was interrupted: what it has is kept
    say(f"making {VENV} with Python {this_python().split()[0]}")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], stdout=sys.stderr, check=False)
    if made.returncode:
        raise Stop(
            f"The environment {VENV} could not be made (the message is above). On Debian and Ubuntu install"
            " python3-venv; else see that the disk has room and the folder can be written; then run this again."
        )


def _said(python: Path) -> str:
    """Which Python that is: "" where it does not start."""
    code = "import os, sys; print(sys.version, os.path.realpath(sys.base_prefix))"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def install(arguments: Sequence[str]) -> None:
    """Run pip with the user's own settings. Its output goes to stderr: stdout belongs to the command."""
    command = [str(PYTHON), "-m", "pip", "install", *arguments]
    environment = {**own_environment(), "PIP_USER": "0"}  # a setting that makes no sense inside an environment
    with subprocess.Popen(command, stdout=sys.stderr, stderr=subprocess.PIPE, env=environment) as pip:
        errors: list[bytes] = []

        def pass_on() -> None:
            assert pip.stderr is not None
            for line in pip.stderr:
                errors.append(line)
                sys.stderr.buffer.write(line)
                sys.stderr.flush()

        reader = threading.Thread(target=pass_on)
        reader.start()
        pip.wait()
        reader.join()
    if pip.returncode:
        raise Stop(why_not_installed(b"".join(errors).decode(errors="replace")))


def why_not_installed(errors: str) -> str:
    """pip's errors in one sentence that says what to do."""
    if "No space left" in errors:
        return "The packages were not installed: the disk is full. Make room (torch: up to 8 GB) and run this again."
    offline = ["ConnectionError", "NewConnection", "ConnectTimeout", "SSLError", "ProxyError", "Temporary", "timed"]
    if any(word in errors for word in offline):
        return (
            "The packages were not installed: the package index was not reached. Check the network, or the index and"
            " proxy in your pip settings (pip config list), then run this again; what is already there is kept."
        )
    if "No matching distribution" in errors:
        return (
            "The packages were not installed: your package index has no fitting file for this system and Python"
            f" {this_python().split()[0]} (pip names it above). Use 64-bit Python 3.11 to 3.13, or another index in"
            " your pip settings, then run this again."
        )
    return "The packages were not installed: pip says why above. Put that right, then run this again."


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two dev.py started together do not install over each other (POSIX; elsewhere the stamp alone must do)."""
    with (ROOT / ".venv.lock").open("w") as stream:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


# --- running ---


def say(text: str) -> None:
    print(f"bmgui: {text}", file=sys.stderr, flush=True)


def own_environment(**more: str) -> dict[str, str]:
    """The caller's environment, with bmgui imported from this checkout and from nowhere else."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    return environment | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"} | more


def become(module: str, *arguments: str, **more: str) -> int:
    """Run `python -m module` in the caller's folder: streams, signals and exit code are its own."""
    command = [str(PYTHON), "-m", module, *arguments]
    environment = own_environment(**more)
    if os.name == "posix":
        os.execve(command[0], command, environment)
    return subprocess.run(command, env=environment, check=False).returncode  # Windows: exec would return to the shell


def here(module: str, *arguments: str, **more: str) -> int:
    """Run `python -m module` in the repository."""
    return subprocess.run(
        [PYTHON, "-m", module, *arguments], cwd=ROOT, env=own_environment(**more), check=False
    ).returncode


def reading_locks(torch: bool) -> list[str]:
    return ["run", "torch"] if torch else ["run"]


def run(arguments: list[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    files = [argument for argument in arguments if argument not in {"--torch", "--no-torch"}]
    torch = "--torch" in arguments or (has_nvidia_driver() and "--no-torch" not in arguments)
    environment = dict(os.environ)
    check_display(environment, files)
    check_libraries(environment)
    ensure(reading_locks(torch))
    return become("bmgui", *files)


def cli_locks(arguments: Sequence[str], torch: bool) -> list[str]:
    """What this command needs: torch where it trains (or there is a card), and what figures need where it measures."""
    command = "" if not arguments or {"-h", "--help"} & set(arguments) else arguments[0]
    locks = reading_locks(torch or command == "train")
    measures = command in {"train", "evaluate"} or list(arguments[:2]) == ["models", "make"]
    return [*locks, "train"] if measures else locks


def cli(arguments: list[str]) -> int:
    ensure(cli_locks(arguments, has_nvidia_driver()))
    return become("bmgui", *(arguments or ["--help"]))


def test(arguments: list[str]) -> int:
    check_libraries({"QT_QPA_PLATFORM": "offscreen"})
    ensure(EVERYTHING)
    return here("pytest", *arguments, QT_QPA_PLATFORM="offscreen")


def lint(arguments: list[str]) -> int:
    ensure(EVERYTHING)
    checks = [("ruff", "format", "--check"), ("ruff", "check"), ("mypy",)]
    failed = [" ".join(check) for check in checks if here(*check, *arguments)]
    script = shutil.which("lint-imports", path=str(PYTHON.parent))
    if script is None or subprocess.run([PYTHON, script], cwd=ROOT, env=own_environment(), check=False).returncode:
        failed.append("lint-imports")
    if failed:
        raise Stop(f"lint: {', '.join(failed)} found something (above).")
    return 0


def bench(arguments: list[str]) -> int:
    check_libraries({"QT_QPA_PLATFORM": "offscreen"})
    ensure(EVERYTHING)
    return here("tests.bench", *arguments, QT_QPA_PLATFORM="offscreen")


SHOTS = ("bmgui.ui.shots", "tests.ui.retrain.shots")


def shot(arguments: list[str]) -> int:
    if len(arguments) != 1:
        raise Stop("shot needs one folder to write to: python3 dev.py shot DIR")
    check_libraries({"QT_QPA_PLATFORM": "offscreen"})
    ensure(EVERYTHING)  # the way from scans to a model trains and tests one
    codes = [here(module, *arguments, QT_QPA_PLATFORM="offscreen") for module in SHOTS]
    return max(codes)


def bundle(arguments: list[str]) -> int:
    ensure(["run", "bundle"])
    script = ROOT / "packaging" / "bundle.py"
    return subprocess.run([PYTHON, script, *arguments], env=own_environment(), check=False).returncode


COMMANDS = {"run": run, "cli": cli, "test": test, "lint": lint, "bench": bench, "shot": shot, "bundle": bundle}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        asked = bool(arguments) and arguments[0] in {"-h", "--help", "help"}
        print(__doc__, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        say("stopped; run the same command again to go on.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
