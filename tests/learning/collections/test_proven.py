"""A mass on its way from the reading window into a collection."""

import os
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.learning import shelf
from bmgui.learning.collections import proven
from bmgui.learning.collections.collection import HEADER
from bmgui.learning.collections.proven import Case, Told
from bmgui.learning.collections.pseudonyms import key_file, pseudonym
from tests.learning.collection_stand import collection, draft, picture

CASE = Case(picture(9), Square(60, 40, 80), "f" * 64, 1, 54.0)


def made(name: str, day: int) -> Path:
    folder = collection(shelf.folder_of("collections") / name, [draft(day, patient=f"P{day}")]).folder
    os.utime(folder / HEADER, (day * 86400, day * 86400))
    return folder


def test_the_collection_that_was_last_added_to_comes_first() -> None:
    folders = [made("one", 1), made("two", 3), made("three", 2)]
    (made("broken", 4) / HEADER).write_text("{")
    assert [name for _, name in proven.choices()] == ["two", "three", "one"]
    proven.add(CASE, Told("benign", "H1"), folders[0], "", "kim")
    assert proven.choices()[0] == (folders[0].absolute(), "one")


def test_trouble_is_told_and_not_raised() -> None:
    folder = made("one", 1)
    seen = proven.look(CASE, Told(None, "H1"), folder)
    assert seen.trouble is None
    assert (seen.draft and seen.draft.patient, seen.outlook and seen.outlook.part) == (pseudonym("H1"), None)
    proven.add(CASE, Told("benign", "H1"), folder, "", "kim")
    seen = proven.look(CASE, Told(None, "H1"), folder)
    assert (seen.trouble and seen.trouble.code, seen.outlook) == ("mass-already-there", None)
    key_file().write_bytes(b"")
    seen = proven.look(CASE, Told(None, "H1"), None)
    assert (seen.trouble and seen.trouble.code, seen.draft) == ("patient-key-unreadable", None)
    (folder / HEADER).unlink()
    assert (trouble := proven.look(CASE, Told(), folder).trouble)
    assert trouble.code == "collection-missing"


def test_a_new_collection_of_a_taken_folder_s_name_gets_another_folder() -> None:
    made("ours", 1)
    opened, outlook = proven.add(CASE, Told("malignant"), None, "ours", "kim")
    assert opened.folder.name == "ours-2"
    assert (opened.sections[0].id, opened.sections[0].patient, opened.sections[0].age) == (outlook.id, "", 54.0)


def test_without_pathology_nothing_is_added() -> None:
    with pytest.raises(ValueError, match="without pathology"):
        proven.add(CASE, Told(), None, "ours", "kim")
    assert shelf.known("collections") == ()


def test_a_mass_of_another_key_s_collection_is_refused() -> None:
    opened, _ = proven.add(CASE, Told("benign", "H1"), None, "ours", "kim")
    key_file().write_bytes(b"k" * 32)
    with pytest.raises(KnownError, match="pseudonyms-of-another-key"):
        proven.add(Case(picture(3), Square(60, 40, 80), "e" * 64, 1), Told("benign", "H1"), opened.folder, "", "kim")
