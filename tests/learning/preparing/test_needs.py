"""What training needs: found missing, installed by the real pip from locks, and what is said where that fails."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.preparing import needs
from bmgui.wording.sentences import ERRORS

Locked = Callable[[str], None]


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Locked:
    """Let the locks say this; pip reaches for no index."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")

    def lock(text: str) -> None:
        (tmp_path / "lock.txt").write_text(text, "utf-8")
        monkeypatch.setattr(needs, "locks", lambda: (tmp_path / "lock.txt",))

    return lock


def test_what_is_missing_is_looked_for_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(sys.modules)
    assert needs.missing() == ()
    assert "torch" in before or "torch" not in sys.modules
    monkeypatch.setattr(needs, "PACKAGES", ("scipy", "no_such_package"))
    assert needs.missing() == ("no_such_package",)


def test_the_projects_locks_hold_what_is_needed() -> None:
    names = "\n".join(file.read_text("utf-8") for file in needs.locks())
    assert all(f"\n{package}==" in names for package in needs.PACKAGES)


def test_how_it_gets_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert needs.how() == ("pip" if sys.prefix != sys.base_prefix else "command")
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    assert needs.how() == "command"  # the system's Python is left alone
    assert "-m pip install -r " in needs.command()
    monkeypatch.setattr(needs, "locks", lambda: ())
    assert needs.command().endswith('-m pip install "bmgui[torch,train]"')
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert needs.how() == "bundle"


def test_pip_installs_and_its_lines_are_told(locked: Locked) -> None:
    locked("numpy\n")
    lines: list[str] = []
    assert needs.install(threading.Event(), lines.append) == ()
    assert any("numpy" in line for line in lines)


def test_a_package_that_the_index_lacks_is_said(locked: Locked) -> None:
    locked("no-such-package-anywhere==1.0\n")
    with pytest.raises(KnownError) as caught:
        needs.install(threading.Event(), lambda _line: None)
    assert caught.value.code == "install-no-fitting-file"


def test_cancelling_ends_pip(locked: Locked) -> None:
    locked("numpy\n")
    stop = threading.Event()
    stop.set()
    with pytest.raises(KnownError) as caught:
        needs.install(stop, lambda _line: None)
    assert caught.value.code == "errand-cancelled"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "install-disk-full",
        ),
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", "install-offline"),
        ("ERROR: No matching distribution found for torch==2.13.0", "install-no-fitting-file"),
        ("ERROR: something new", "install-failed"),
    ],
)
def test_pips_errors_are_worded(line: str, code: str) -> None:
    error = needs._why(("Collecting torch", line))
    assert error.code == code
    assert ERRORS[code].format(**error.fields)
