"""Locks that are files: one holder, freed with its process, and looked at without being in one another's way."""

import subprocess
import sys
from pathlib import Path

import pytest

from bmgui.base.locks import holding, is_held, try_lock
from tests.conftest import REPOSITORY

HOLDS = (
    "import sys, time; from pathlib import Path; from bmgui.base.locks import holding\n"
    "with holding(Path(sys.argv[1]), 1.0) as had:\n"
    "    print(had, flush=True); time.sleep(60)"
)


def test_one_holds_it_and_its_end_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    command = [sys.executable, "-c", HOLDS, str(path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert is_held(path)
        with holding(path, 0.05) as had:
            assert not had
        process.kill()
    assert not is_held(path)
    with holding(path, 0.0) as had:
        assert had
        assert is_held(path)
    assert not is_held(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no shared lock of this kind")
def test_those_who_only_ask_do_not_see_one_another(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    with path.open("r+b") as asking:
        assert try_lock(asking.fileno(), alone=False)
        assert not is_held(path)
