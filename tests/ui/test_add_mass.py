"""Adding a mass to a collection, from the reading window: with its pathology, and without its patient."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from bmgui.base import places
from bmgui.imaging.square import Square
from bmgui.learning import shelf
from bmgui.learning.collections import splits
from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.learning.collections.pseudonyms import pseudonym
from bmgui.ui.actions import Action
from bmgui.ui.add_mass import AddMassPage
from bmgui.ui.window import Window
from tests.learning.collection_stand import collection, draft
from tests.ui.window_stand import open_window, page, picture, texts, wait


@pytest.fixture
def department() -> Collection:
    """P1 tests, P2 trains, P3 validates; the patients are called by pseudonyms."""
    folder = shelf.folder_of("collections") / "department"
    made = collection(folder, [draft(n, patient=pseudonym(f"P{n}")) for n in (1, 2, 3)])
    splits.store_split(made, splits.Split({"s1": "test", "s2": "train", "s3": "validation"}, "by hand"))
    return open_collection(folder)


def opened(window: Window) -> AddMassPage:
    window.do(Action.ACCEPT)
    window.do(Action.ADD_TO_COLLECTION)
    found: AddMassPage = page(window, AddMassPage)
    settle(found)
    return found


def settle(dialog: AddMassPage) -> None:
    wait(lambda: dialog.settled)


def test_only_a_confirmed_square_can_be_added(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        action = window.menus.actions[Action.ADD_TO_COLLECTION]
        assert not action.isEnabled()
        window.do(Action.ADD_TO_COLLECTION)
        assert not [one for one in window.findChildren(QDialog) if one.isVisible()]
        window.do(Action.ACCEPT)
        assert action.isEnabled()
        QTest.keyClick(
            window.canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
        wait(lambda: [one for one in window.findChildren(AddMassPage) if one.isVisible()])


def test_a_mass_begins_a_new_collection_and_is_never_added_twice(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "Kim_4711.png")) as (window, _):
        dialog = opened(window)
        square = window.desk.masses[0].square
        assert dialog.folder is None  # there is none yet
        assert not dialog.add_button.isEnabled()
        assert "Give the new collection a name." in texts(dialog)
        dialog.name.setText("Our masses")
        assert "Say what pathology proved." in texts(dialog)
        dialog.malignant.setChecked(True)
        dialog.number.setText("Kim 4711")
        dialog.mass.setText("L1")
        dialog.birads.setCurrentIndex(dialog.birads.findData("4B"))
        settle(dialog)
        name = pseudonym("Kim 4711")
        assert name in texts(dialog)
        assert "tick below it" in texts(dialog)
        assert not dialog.add_button.isEnabled()
        dialog.looked.setChecked(True)
        QTest.keyClick(dialog.number, Qt.Key.Key_Return)  # nothing is added, nothing closed
        assert dialog.isVisible()
        assert not dialog.add_button.isDefault()
        assert dialog.birads.nextInFocusChain() is dialog.looked
        QTest.mouseClick(dialog.add_button, Qt.MouseButton.LeftButton)
        wait(lambda: dialog.added)
        (folder,) = shelf.known("collections")
        made = open_collection(folder)
        (section,) = made.sections
        assert (made.name, section.label, section.square, section.patient) == ("Our masses", "malignant", square, name)
        assert (section.mass, section.birads) == ("L1", "4B")
        stored = b"".join(path.read_bytes() for path in folder.iterdir())
        assert b"Kim" not in stored
        assert f"Added to Our masses as {section.id}." in texts(dialog)
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        again = opened(window)
        assert again.folder == folder
        again.benign.setChecked(True)
        assert f"This mass is in Our masses already, as {section.id} (malignant)." in texts(again)
        assert not again.add_button.isEnabled()


def test_a_known_patient_stays_in_her_part(tmp_path: Path, department: Collection) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        dialog = opened(window)
        dialog.benign.setChecked(True)
        dialog.looked.setChecked(True)
        assert "Without a number" in texts(dialog)
        for number, said in (("P1", "in the locked test"), ("P2", "the part: training"), ("P9", "A new patient")):
            dialog.number.setText(number)
            assert not dialog.add_button.isEnabled()  # until it is known what it would mean
            settle(dialog)
            assert said in texts(dialog)
            assert dialog.add_button.isEnabled()
        dialog.number.setText("P1")
        settle(dialog)
        dialog.add_button.click()
        wait(lambda: dialog.added)
    now = open_collection(department.folder)
    assert now.parts[now.sections[-1].id] == "test"


def test_where_the_collection_keeps_her_number_that_is_said(tmp_path: Path) -> None:
    collection(shelf.folder_of("collections") / "numbered", [draft(1, patient="ab1")])
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        dialog = opened(window)
        for number, kept in (("AB1", True), ("ab2", False)):
            dialog.number.setText(number)
            settle(dialog)
            assert ("ab1 (her number)" in texts(dialog)) is kept
            assert ("her number is stored" in texts(dialog)) is kept
            assert ("name, number, dates" in texts(dialog)) is not kept


def test_two_collections_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    folders = [shelf.folder_of("collections") / "list", tmp_path / "list"]
    for folder in folders:
        collection(folder, [draft(1)])
    shelf.remember("collections", folders[1])
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        dialog = opened(window)
        shown = [dialog.collection.itemText(at) for at in range(2)]
        assert sorted(shown) == sorted(f"list ({folder})" for folder in folders)


def test_what_is_seen_is_what_is_kept_whatever_the_window_shows_by_then(tmp_path: Path, department: Collection) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        dialog = opened(window)
        square = window.desk.masses[0].square
        window.desk.set_square(Square(0, 0, 60), resting=True)
        dialog.benign.setChecked(True)
        dialog.looked.setChecked(True)
        dialog.add_button.click()
        wait(lambda: dialog.added)
    assert open_collection(department.folder).sections[-1].square == square


def test_text_in_what_is_stored_is_pointed_out(tmp_path: Path) -> None:
    plain = picture(tmp_path / "plain.png")
    pixels = np.asarray(Image.open(plain)).copy() // 3
    for row in range(120, 180, 8):
        pixels[row : row + 2, 150:250] = 255
    Image.fromarray(pixels).save(tmp_path / "marked.png")
    for file, told in ((plain, False), (tmp_path / "marked.png", True)):
        with open_window(file) as (window, _):
            assert ("Text or calipers" in texts(opened(window))) is told


@pytest.mark.parametrize(("square", "whole"), [(Square(50, 0, 300), True), (Square(150, 100, 64), False)])
def test_of_a_large_mass_the_whole_frame_is_stored_and_that_is_said(
    tmp_path: Path, square: Square, whole: bool
) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        window.do(Action.ACCEPT)
        window.desk.set_square(square, resting=True)
        window.do(Action.ADD_TO_COLLECTION)
        said = texts(page(window, AddMassPage))
        assert ("The whole frame is stored" in said) is whole
        assert ("the rest of the frame" in said) is not whole


def test_dicom_s_patient_and_age_are_filled_in_and_only_the_age_is_kept(tmp_path: Path, department: Collection) -> None:
    told = pydicom.dcmread(places.resources() / "samples" / "phantom" / "synthetic-phantom.dcm")
    told.PatientID, told.PatientBirthDate, told.StudyDate = "HOSP-99", "19700302", "20260301"
    told.save_as(tmp_path / "a.dcm")
    with open_window(tmp_path / "a.dcm") as (window, _):
        dialog = opened(window)
        assert dialog.number.text() == "HOSP-99"
        assert "The file says that it is synthetic" in texts(dialog)
        dialog.benign.setChecked(True)
        dialog.looked.setChecked(True)
        dialog.add_button.click()
        wait(lambda: dialog.added)
    section = open_collection(department.folder).sections[-1]
    assert (section.age, section.patient) == (55.0, pseudonym("hosp-99"))
    assert b"HOSP" not in b"".join(path.read_bytes() for path in department.folder.iterdir())


def test_the_retraining_window_hears_of_it_and_closing_at_once_leaves_nothing(
    tmp_path: Path, department: Collection
) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        heard: list[str] = []
        window.show_retraining().workshop.shelf_changed.connect(heard.append)
        dialog = opened(window)
        dialog.benign.setChecked(True)
        dialog.looked.setChecked(True)
        dialog.add_button.click()
        wait(lambda: dialog.added)
        assert heard == ["collections"]
        dialog.close()
        window.do(Action.ADD_TO_COLLECTION)
        page(window, AddMassPage).reject()  # while it looks


def test_in_chinese(tmp_path: Path, department: Collection) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        dialog = opened(window)
        english = set(texts(dialog).splitlines())
        window.change_settings(language="zh_CN")
        same = english & set(texts(dialog).splitlines())
        assert not {text for text in same if any(letter.isalpha() for letter in text)}
