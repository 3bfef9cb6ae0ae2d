"""The house: who may import whom, what a process really loads, what the wheel carries, and what dev.py says."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ["torch", "torchvision", "openvino", "captum", "scipy", "sklearn", "matplotlib"]
CODECS = ["gdcm", "_gdcm", "jpeg_ls", "openjpeg", "rle", "pylibjpeg"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


# --- who may import whom ---


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    script = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    assert script is not None, "import-linter belongs to the test lock"
    command = [sys.executable, script, "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment(PYTHONPATH=str(folder)), capture_output=True, text=True)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "bmgui", tmp_path / "bmgui", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_floors_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout
    assert "9 kept, 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("imaging/square.py", "import bmgui.reading", "Four floors"),
        ("imaging/square.py", "import bmgui.scoring.card", "Four floors"),
        ("reading/opinion.py", "import PySide6.QtCore", "Nothing but the window knows Qt"),
        ("reading/opinion.py", "def late():\n    import scipy.stats", "The window's process never loads an engine"),
        ("ui/hit.py", "import bmgui.scoring.engines", "The window's process never loads an engine"),
        ("scoring/card.py", "def late():\n    import torch", "Only the engines"),
        ("imaging/crop.py", "import gdcm", "Native DICOM codecs"),
        ("learning/plans/choosing.py", "import bmgui.reading.opinion", "Four floors"),
        (
            "cli/train.py",
            "def late():\n    import bmgui.learning.training",
            "The window's process never loads an engine",
        ),
        ("learning/runs/run.py", "def late():\n    import torch", "Torch and what figures need"),
        ("evaluation/rates.py", "import sklearn", "Figures stand on numpy and scipy alone"),
    ],
)
def test_a_planted_import_is_found(copied: Path, file: str, line: str, contract: str) -> None:
    with (copied / "bmgui" / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n\n{line}\n")
    result = lint_imports(copied)
    broken = [text for text in result.stdout.splitlines() if text.rstrip().endswith("BROKEN")]
    assert result.returncode != 0
    assert any(contract in text for text in broken), result.stdout


# --- what a process really loads ---


def loaded(code: str) -> set[str]:
    """The top-level modules in a fresh process after `code`."""
    script = f"{code}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-P", "-c", script], env=environment(), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "bmgui.ui.app",
        "bmgui.cli",
        "bmgui.cli.commands",
        "bmgui.scoring.client",
        "bmgui.imaging.opening",
        "bmgui.learning.runs.state",
    ],
)
def test_the_windows_process_loads_no_engine_and_no_codec(module: str) -> None:
    assert loaded(f"import {module}").isdisjoint([*HEAVY, *CODECS])


def test_the_command_line_and_the_ground_floors_load_no_qt() -> None:
    assert loaded("import bmgui.cli, bmgui.scoring.client, bmgui.imaging.opening").isdisjoint(["PySide6", "pyqtgraph"])


def test_opening_the_window_pays_for_no_command() -> None:
    assert loaded("import bmgui.cli").isdisjoint(["argparse", "numpy", "json"])


def test_the_worker_loads_no_torch_before_it_is_asked() -> None:
    assert loaded("import bmgui.scoring.worker").isdisjoint(["torch", "torchvision", "captum", "PySide6", "scipy"])


def test_qts_calls_keep_the_count_of_none() -> None:
    """PySide6 6.12.0 on Python 3.11 drops a reference of None with every call that returns it, and aborts at last."""
    code = (
        "import sys; from PySide6.QtGui import QGuiApplication, QImage; a = QGuiApplication([]);"
        "i = QImage(2, 2, QImage.Format.Format_RGB32); n = sys.getrefcount(None);"
        "[i.setDotsPerMeterX(1) for _ in range(500)]; print(n - sys.getrefcount(None), flush=True);"
        "import os; os._exit(0)"
    )
    result = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 100


# --- the wheel ---


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    result = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_carries_models_resources_and_licences(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("models", "resources"):
        files = {path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
        assert files, f"{folder} is empty"
        assert {f"bmgui/_shipped/{path.relative_to(ROOT).as_posix()}" for path in files} <= names
    assert {f"bmgui/{path.relative_to(ROOT / 'bmgui').as_posix()}" for path in (ROOT / "bmgui").rglob("*.py")} <= names
    assert {name.rpartition("/")[2] for name in names if "/licenses/" in name} >= {"LICENSE", "LICENSE-BUS-BRA.txt"}
    assert not any(name.startswith(("tests/", "packaging/")) or name.endswith(".pyc") for name in names)


def test_an_installed_bmgui_finds_what_it_ships(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import bmgui; from bmgui.base import places; from bmgui.scoring.library import installed;"
        "print(bmgui.__file__); print(places.resources()); print(*(card.id for card in installed().cards()))"
    )
    command = [sys.executable, "-P", "-c", code]
    where = environment(PYTHONPATH=str(tmp_path / "site"))
    result = subprocess.run(command, cwd=tmp_path, env=where, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    module, resources, cards = result.stdout.splitlines()
    assert Path(module).is_relative_to(tmp_path)
    assert Path(resources) == tmp_path / "site" / "bmgui" / "_shipped" / "resources"
    assert set(cards.split()) == {folder.parent.name for folder in (ROOT / "models").glob("*/card.json")} != set()


# --- dev.py ---


def load_dev(folder: Path) -> ModuleType:
    """dev.py as a module that believes to lie in `folder`."""
    shutil.copy(ROOT / "dev.py", folder / "dev.py")
    spec = importlib.util.spec_from_file_location("dev_under_test", folder / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def no_exec(*words: object) -> None:
    raise AssertionError(f"a test would have become {words}")


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """dev.py in a checkout of its own, with locks, and a pip that only notes what it is asked for."""
    checkout = tmp_path / "my scans 陈"
    (checkout / "packaging" / "requirements").mkdir(parents=True)
    for lock in ("run", "torch", "test"):
        (checkout / "packaging" / "requirements" / f"{lock}.txt").write_text(f"# {lock}\n")
    monkeypatch.setattr(os, "execve", no_exec)
    yield load_dev(checkout)
    del sys.modules["dev_under_test"]


@pytest.fixture
def installs(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The locks that each call of pip was given."""
    calls: list[list[str]] = []
    monkeypatch.setattr(dev, "install", lambda words: calls.append([Path(w).stem for w in words if w != "-r"]))
    monkeypatch.setattr(dev, "make_venv", lambda: plain_venv(dev))
    return calls


def plain_venv(dev: ModuleType) -> None:
    if not dev.PYTHON.exists():
        venv.create(dev.VENV, with_pip=False)


def test_nothing_is_installed_twice(dev: ModuleType, installs: list[list[str]]) -> None:
    dev.ensure(["run"])
    dev.ensure(["run"])
    assert installs == [["run"]]
    dev.ensure(["run", "torch", "test"])
    dev.ensure(["run"])
    dev.ensure(["run", "torch"])
    assert installs == [["run"], ["run", "torch", "test"]]


def test_a_changed_lock_is_installed_again(dev: ModuleType, installs: list[list[str]]) -> None:
    dev.ensure(["run", "torch"])
    (dev.LOCKS / "run.txt").write_text("numpy==2\n")
    dev.ensure(["run"])
    dev.ensure(["run", "torch"])
    assert installs == [["run", "torch"], ["run"]]


def test_an_interrupted_install_is_repeated(
    dev: ModuleType, installs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.ensure(["run"])
    with monkeypatch.context() as broken:
        broken.setattr(dev, "install", lambda _words: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            dev.ensure(["run", "test"])
    dev.ensure(["run"])
    assert installs == [["run"], ["run"]]


@pytest.mark.parametrize("fault", ["another Python", "no Python", "torn stamp"])
def test_an_environment_of_another_python_is_made_again(dev: ModuleType, installs: list[list[str]], fault: str) -> None:
    dev.ensure(["run"])
    if fault == "another Python":
        dev.STAMP.write_text(json.dumps({**json.loads(dev.STAMP.read_text()), "python": "3.11.0 /elsewhere"}))
    elif fault == "no Python":
        dev.PYTHON.unlink()
    else:
        dev.STAMP.write_text("{")
    dev.ensure(["run"])
    assert installs == [["run"], ["run"]]
    assert dev.PYTHON.exists()


def test_a_venv_whose_python_is_gone_is_made_anew(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    plain_venv(dev)
    dev.PYTHON.unlink()
    (dev.VENV / "scrap").touch()
    real, commands = subprocess.run, []

    def note(command: list[object], **named: object) -> object:
        if "venv" in command:
            commands.append([*command, "--without-pip"])
            return real(commands[-1], **named)  # type: ignore[call-overload]
        return real(command, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(dev.subprocess, "run", note)
    dev.make_venv()
    assert len(commands) == 1
    assert dev.PYTHON.exists()
    assert not (dev.VENV / "scrap").exists()


def test_a_failing_pip_stops_with_what_to_do(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "make_venv", lambda: plain_venv(dev))
    fake = dev.ROOT / "pip"
    fake.mkdir()
    (fake / "__init__.py").touch()
    complaint = "ERROR: No matching distribution found for x"
    (fake / "__main__.py").write_text(f"import sys; print('Collecting', flush=True); sys.exit({complaint!r})")
    assert dev.main(["cli", "score"]) == 1
    written = capfd.readouterr()
    assert written.out == ""  # stdout belongs to the command
    assert "Collecting" in written.err
    assert "ERROR: No matching distribution" in written.err
    assert "bmgui: The packages were not installed: your package index has no fitting file" in written.err
    assert not dev.STAMP.exists()


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        (
            "WARNING: Retrying after 'NewConnectionError(...)'\nERROR: No matching distribution found for x",
            "the package index was not reached",
        ),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no fitting file for this system"),
        ("ERROR: something else", "pip says why above"),
    ],
)
def test_pips_failure_is_one_sentence(dev: ModuleType, errors: str, says: str) -> None:
    assert says in dev.why_not_installed(errors)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux leaves Qt's libraries to the system")
def test_missing_libraries_are_named_with_their_packages(dev: ModuleType) -> None:
    def loads(name: str) -> bool:
        return name not in {"libxcb-cursor.so.0", "libEGL.so.1"}

    with pytest.raises(dev.Stop) as stop:
        dev.check_libraries({"DISPLAY": ":0"}, loads)
    assert "libEGL.so.1, libxcb-cursor.so.0" in str(stop.value)
    assert "apt-get install libegl1 libxcb-cursor0" in str(stop.value)
    assert "dnf install libglvnd-egl xcb-util-cursor" in str(stop.value)
    with pytest.raises(dev.Stop) as stop:  # drawing offscreen needs no X
        dev.check_libraries({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, loads)
    assert "xcb" not in str(stop.value)
    dev.check_libraries({"DISPLAY": ":0"}, lambda _name: True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_without_a_display_run_shows_the_command_line(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], installs: list[list[str]]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert dev.main(["run", "陈 左.dcm"]) == 1
    said = capsys.readouterr().err
    assert "no display" in said
    assert "cli score '陈 左.dcm'" in said
    assert installs == []  # it says so before anything is fetched


@pytest.mark.parametrize(
    ("arguments", "driver", "locks"),
    [
        (["a.png"], False, ["run"]),
        (["a.png"], True, ["run", "torch"]),
        (["--torch", "a.png"], False, ["run", "torch"]),
        (["a.png", "--no-torch"], True, ["run"]),
    ],
)
def test_torch_comes_with_a_driver_or_when_asked_for(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: list[str], driver: bool, locks: list[str]
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(dev, "has_nvidia_driver", lambda: driver)
    monkeypatch.setattr(dev, "check_libraries", lambda _environment: None)
    monkeypatch.setattr(dev, "ensure", seen.append)
    monkeypatch.setattr(dev, "become", lambda *words, **_more: seen.append(words) or 0)
    assert dev.main(["run", *arguments]) == 0
    assert seen == [locks, ("bmgui", "a.png")]


@pytest.mark.parametrize(
    ("arguments", "driver", "locks"),
    [
        (["score", "a.png"], False, ["run"]),
        (["train", "plan.toml", "--run", "r"], False, ["run", "torch", "train"]),
        (["collections", "audit", "c"], False, ["run"]),
        (["evaluate", "--model", "m"], False, ["run", "train"]),
        (["evaluate", "--run", "r"], True, ["run", "torch", "train"]),
        (["train", "--help"], False, ["run"]),
        ([], False, ["run"]),
    ],
)
def test_learning_is_installed_when_a_command_needs_it(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: list[str], driver: bool, locks: list[str]
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(dev, "has_nvidia_driver", lambda: driver)
    monkeypatch.setattr(dev, "ensure", seen.append)
    monkeypatch.setattr(dev, "become", lambda *_words, **_more: 0)
    assert dev.main(["cli", *arguments]) == 0
    assert seen == [locks]


def test_cli_passes_streams_folder_arguments_and_exit_code(
    dev: ModuleType, installs: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dev, "has_nvidia_driver", lambda: False)
    dev.ensure(["run", "torch"])
    package = dev.ROOT / "bmgui"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import os, sys; print(os.getcwd(), sys.argv[1:], sys.stdin.read()); print('e', file=sys.stderr); sys.exit(7)"
    )
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    command = [sys.executable, str(dev.ROOT / "dev.py"), "cli", "score", "a b", "--torch", "陈"]
    result = subprocess.run(
        command, cwd=elsewhere, input="in", capture_output=True, encoding="utf-8", env={**os.environ}
    )
    assert result.stdout == f"{elsewhere} ['score', 'a b', '--torch', '陈'] in\n"
    assert result.stderr == "e\n"
    assert result.returncode == 7


def test_an_unknown_command_shows_the_help(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["fly"]) == 2
    assert dev.main([]) == 2
    assert "python3 dev.py run" in capsys.readouterr().err
    for asked in (["--help"], ["run", "--help"]):
        assert dev.main(asked) == 0
        assert "--no-torch" in capsys.readouterr().out


def test_an_older_python_is_told(tmp_path: Path) -> None:
    source = (ROOT / "dev.py").read_text("utf-8")
    head, found, _rest = source.partition("import contextlib")
    assert found
    (tmp_path / "old.py").write_text(head.replace("(3, 11)", "(99, 0)"), "utf-8")
    result = subprocess.run([sys.executable, str(tmp_path / "old.py")], capture_output=True, text=True)
    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stderr


# --- the locks ---


@pytest.mark.parametrize("lock", ["run", "torch", "train", "test"])
def test_what_is_installed_is_what_the_locks_say(lock: str) -> None:
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement

    lines = (ROOT / "packaging" / "requirements" / f"{lock}.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    assert len(pins) >= 8
    for pin in pins:
        assert [s.operator for s in pin.specifier] == ["=="], pin
        if pin.marker is None or pin.marker.evaluate():
            try:
                assert pin.specifier.contains(version(pin.name)), pin
            except PackageNotFoundError:
                pytest.fail(f"{pin} is not installed")
