"""The list of collections and runs: the user's own folders, and those that lie elsewhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.collections.collection import HEADER
from bmgui.learning.runs.run import RUN_FILE
from tests.conftest import REPOSITORY


def test_it_knows_folders_by_the_files_that_make_them() -> None:
    assert shelf.MADE_OF == {"collections": HEADER, "runs": RUN_FILE}


def collection(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "collection.json").write_text("{}")
    return folder


def test_own_come_first_and_others_are_remembered(tmp_path: Path) -> None:
    assert shelf.known("collections") == ()
    far = collection(tmp_path / "far")
    own = collection(shelf.free_folder("collections", "ours"))
    shelf.remember("collections", far)
    shelf.remember("collections", far)  # once is enough
    assert shelf.known("collections") == (own, far)
    assert shelf.known("runs") == ()


def test_what_is_gone_is_not_listed_and_what_is_forgotten_stays_on_the_disk(tmp_path: Path) -> None:
    far, gone = collection(tmp_path / "far"), collection(tmp_path / "gone")
    for folder in (far, gone):
        shelf.remember("collections", folder)
    (gone / "collection.json").unlink()
    assert shelf.known("collections") == (far,)
    shelf.forget("collections", far)
    assert shelf.known("collections") == ()
    assert far.is_dir()


_REMEMBER = """
import sys
from pathlib import Path
from bmgui.learning import shelf
from bmgui.learning.collections.collection import HEADER
from bmgui.learning.runs.run import RUN_FILE
print("ready", flush=True)
sys.stdin.readline()
for name in sys.argv[1:]:
    shelf.remember("collections", Path(name))
"""


def test_of_several_processes_that_remember_at_once_none_is_forgotten(tmp_path: Path) -> None:
    folders = [[str(collection(tmp_path / f"{who}-{number}")) for number in range(8)] for who in "abc"]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _REMEMBER, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY
        )
        for names in folders
    ]
    for one in started:
        assert one.stdout is not None
        one.stdout.readline()
    for one in started:  # all are up: now at once
        assert one.stdin is not None
        one.stdin.write(b"go\n")
        one.stdin.flush()
    for one in started:
        one.communicate(timeout=60)
        assert one.returncode == 0
    assert {str(folder) for folder in shelf.known("collections")} == {name for names in folders for name in names}


def test_only_what_it_is_can_be_remembered(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        shelf.remember("collections", tmp_path)
    assert caught.value.code == "collection-missing"
    with pytest.raises(KnownError) as caught:
        shelf.remember("runs", collection(tmp_path / "no-run"))
    assert caught.value.code == "no-run"


@pytest.mark.parametrize(
    ("name", "folder"),
    [("Our scans 2026", "Our-scans-2026"), ("../../etc", "etc"), ("", "run"), ("乳腺", "乳腺"), ("a" * 99, "a" * 60)],
)
def test_names_become_folders_of_this_user(name: str, folder: str) -> None:
    made = shelf.free_folder("runs", name)
    assert made == places.user_data() / "runs" / folder
    made.mkdir()
    assert shelf.free_folder("runs", name).name == f"{folder}-2"


@pytest.mark.parametrize("text", ["", "[]", '{"collections": 3}', '{"runs": [7]}', "\xff"])
def test_a_broken_list_loses_nothing_but_itself(text: str, tmp_path: Path) -> None:
    (places.user_data() / "shelf.json").write_bytes(text.encode("latin-1"))
    own, far = collection(shelf.free_folder("collections", "ours")), collection(tmp_path / "far")
    assert shelf.known("collections") == (own,)
    shelf.remember("collections", far)
    assert shelf.known("collections") == (own, far)
