"""The audit, side by side: each finding is excluded, relabelled or kept, with a reason, by keys and by clicks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from bmgui.learning import shelf
from bmgui.learning.collections.audit import Code
from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.learning.collections.corrections import history
from bmgui.learning.collections.kept import kept
from bmgui.learning.collections.storing import NormalDraft
from bmgui.ui.retrain.collections.audit_view import AuditView
from bmgui.ui.retrain.collections.page import CollectionsPage
from tests.learning.collection_stand import collection, draft, picture
from tests.ui.retrain.collections_window import click, collections_page, find
from tests.ui.window_stand import texts, wait


def marked(seed: int) -> object:
    """With strokes in the square, as letters are."""
    pixels = picture(seed)
    for left in range(62, 100, 8):
        pixels[56:74, left : left + 2] = 255
    return pixels


def made(name: str = "ours") -> Collection:
    """One picture twice, one with both labels, one that is a normal one, two with text, two of them proposals."""
    drafts = [
        draft(1, id="a1"),
        draft(1, id="a2"),
        draft(2, id="b"),
        draft(2, "malignant", id="m"),
        draft(3, id="n"),
        draft(4, "malignant", marked(4), id="t1"),
        draft(5, pixels=marked(5), id="t2"),
        draft(6, "malignant", id="p1", square_from="proposal"),
        draft(7, id="p2", square_from="proposal"),
    ]
    return collection(shelf.free_folder("collections", name), drafts, (NormalDraft("n3.png", 1, picture(3)),))


@pytest.fixture
def at_audit() -> Iterator[tuple[CollectionsPage, AuditView, Path]]:
    folder = made().folder
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        QTest.keyClick(page.overview.list, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        wait(lambda: page.audit.found)
        yield page, page.audit, folder


def choose(audit: AuditView, code: Code) -> None:
    assert audit.found is not None
    audit.codes.setFocus()
    QTest.keyClick(audit.codes, Qt.Key.Key_Home)
    for _ in range(audit.found.codes.index(code)):
        QTest.keyClick(audit.codes, Qt.Key.Key_Down)


def decide(audit: AuditView, key: Qt.Key, reason: str = "") -> None:
    """Press the key in the pictures and wait until the decision is stored."""
    if reason:
        audit.bar.reason.setEditText(reason)
    before = audit.found
    QTest.keyClick(audit.tiles, key)
    wait(lambda: audit.found is not before)


def words(audit: AuditView, code: Code) -> str:
    assert audit.found is not None
    return audit.codes.item(audit.found.codes.index(code)).text().split("\n")[1]


def notes(audit: AuditView) -> dict[str, str]:
    return {tile.key[1]: tile.note for tile in audit.tiles.tiles}


def test_what_is_doubtful_is_listed_with_its_pictures(at_audit: tuple[CollectionsPage, AuditView, Path]) -> None:
    _, audit, _ = at_audit
    assert audit.found is not None
    assert audit.found.codes == ("both-classes", "same-picture", "marks-in-crop", "square-proposed")
    assert words(audit, "marks-in-crop") == "2 of 2 to decide"
    assert "ours: 6 benign, 3 malignant" in texts(audit)
    assert QApplication.focusWidget() is audit.tiles
    both = {frozenset(one.label for one in finding.pictures) for finding in audit.found.of("both-classes")}
    assert both == {frozenset({"benign", "malignant"}), frozenset({"benign", "normal"})}


def test_a_conflict_is_excluded_with_a_reason_and_the_next_one_comes(
    at_audit: tuple[CollectionsPage, AuditView, Path],
) -> None:
    _, audit, folder = at_audit
    first = audit.finding
    assert first is not None
    assert [key[1] for key in audit.tiles.chosen()] == ["b", "m"]  # both would go
    QTest.keyClick(audit.tiles, Qt.Key.Key_X)
    assert "Say why" in texts(audit)  # nothing without a reason
    assert open_collection(folder).excluded == {}
    QTest.keyClicks(audit.bar.reason.lineEdit(), "not known")
    QTest.keyClick(audit.bar.reason.lineEdit(), Qt.Key.Key_Return)
    assert QApplication.focusWidget() is audit.tiles
    decide(audit, Qt.Key.Key_X)
    assert open_collection(folder).excluded == {"b": "not known", "m": "not known"}
    assert words(audit, "both-classes") == "1 of 2 to decide"
    assert audit.finding is not None
    assert audit.finding != first
    assert audit.bar.reason.currentText() == "not known"  # kept for the next of its kind
    QTest.keyClick(audit.tiles, Qt.Key.Key_PageUp)
    assert notes(audit) == {"b": "excluded: not known", "m": "excluded: not known"}
    audit.tiles.selectAll()
    decide(audit, Qt.Key.Key_U)
    assert open_collection(folder).excluded == {}
    assert words(audit, "both-classes") == "2 of 2 to decide"


def test_a_conflict_is_relabelled(at_audit: tuple[CollectionsPage, AuditView, Path]) -> None:
    _, audit, folder = at_audit
    assert find(audit, QPushButton, "audit-malignant").isVisible()
    decide(audit, Qt.Key.Key_M, "As the pathology report says")
    assert "ours: 5 benign, 4 malignant" in texts(audit)
    now = open_collection(folder)
    assert {section.id: section.label for section in now.sections if section.id in "bm"} == {
        "b": "malignant",
        "m": "malignant",
    }
    assert [(one.section, one.reason) for one in history(now)] == [("b", "As the pathology report says")]
    assert words(audit, "both-classes") == "1 of 2 to decide"


def test_letters_relabel_nothing_where_there_is_no_conflict(
    at_audit: tuple[CollectionsPage, AuditView, Path],
) -> None:
    _, audit, folder = at_audit
    choose(audit, "marks-in-crop")
    assert not find(audit, QPushButton, "audit-malignant").isVisible()
    audit.bar.reason.setEditText("a slip")
    audit.tiles.selectAll()
    QTest.keyClick(audit.tiles, Qt.Key.Key_M)
    QApplication.processEvents()
    assert open_collection(folder).corrections == ()


def test_of_doubles_the_second_would_go(at_audit: tuple[CollectionsPage, AuditView, Path]) -> None:
    _, audit, folder = at_audit
    choose(audit, "same-picture")
    assert audit.finding is not None
    chosen = [key[1] for key in audit.tiles.chosen()]
    assert chosen == ["a2"]
    audit.bar.reason.setEditText("Duplicate")
    click(audit, "audit-exclude")
    wait(lambda: open_collection(folder).excluded)
    assert open_collection(folder).excluded == {"a2": "Duplicate"}


def test_many_single_pictures_are_decided_at_once_and_taken_back(
    at_audit: tuple[CollectionsPage, AuditView, Path],
) -> None:
    _, audit, folder = at_audit
    choose(audit, "marks-in-crop")
    assert [tile.key[1] for tile in audit.tiles.tiles] == ["t1", "t2"]
    assert not find(audit, QPushButton, "audit-exclude").isEnabled()  # nothing is chosen
    audit.tiles.setFocus()
    QTest.keyClick(audit.tiles, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    decide(audit, Qt.Key.Key_K, "Marks on masses of both labels alike")
    assert words(audit, "marks-in-crop") == "2, all decided"
    assert set(notes(audit).values()) == {"kept: Marks on masses of both labels alike"}
    assert len(kept([open_collection(folder)])) == 2
    decide(audit, Qt.Key.Key_U)
    assert words(audit, "marks-in-crop") == "2 of 2 to decide"
    assert kept([open_collection(folder)]) == {}


def test_what_was_kept_is_remembered_by_the_next_audit(at_audit: tuple[CollectionsPage, AuditView, Path]) -> None:
    page, audit, _ = at_audit
    choose(audit, "same-picture")
    decide(audit, Qt.Key.Key_K, "Two sections of one mass, both wanted")
    QTest.keyClick(audit.tiles, Qt.Key.Key_Escape)
    assert page.view is page.overview
    wait(lambda: page.overview.chosen)
    click(page, "collections-audit")
    wait(lambda: audit.found)
    assert words(audit, "same-picture") == "2 of 3 to decide"
    choose(audit, "same-picture")
    assert "kept: Two sections of one mass" in texts(audit)
    assert not find(audit, QPushButton, "audit-keep").isEnabled()


def test_a_picture_without_a_mass_can_be_seen_but_not_excluded(
    at_audit: tuple[CollectionsPage, AuditView, Path],
) -> None:
    _, audit, folder = at_audit
    QTest.keyClick(audit.tiles, Qt.Key.Key_PageDown)
    assert audit.finding is not None
    tiles = {tile.label: tile for tile in audit.tiles.tiles}
    assert set(tiles) == {"benign", "no mass"}
    assert tiles["no mass"].picture().shape == (32, 32)
    audit.tiles.selectAll()
    decide(audit, Qt.Key.Key_X, "a normal one")
    assert open_collection(folder).excluded == {"n": "a normal one"}


def test_two_collections_are_compared(at_audit: tuple[CollectionsPage, AuditView, Path]) -> None:
    page, audit, folder = at_audit
    other = collection(shelf.free_folder("collections", "theirs"), [draft(7, id="x"), draft(8, "malignant", id="y")])
    page.back()
    page.enter(folder)
    wait(lambda: len(page.overview.usable()) == 2)
    click(page, "collections-audit")
    wait(lambda: audit.found)
    assert audit.found is not None
    assert "across-collections" not in audit.found.codes
    audit.beside.setFocus()
    QTest.keyClick(audit.beside, Qt.Key.Key_Down)
    assert audit.found is None
    wait(lambda: audit.found)
    choose(audit, "across-collections")
    assert {tile.key for tile in audit.tiles.tiles} == {("ours", "p2"), ("theirs", "x")}
    audit.tiles.clearSelection()
    audit.tiles.setCurrentIndex(audit.tiles.model().index(1, 0))
    decide(audit, Qt.Key.Key_X, "it trains elsewhere")
    assert open_collection(other.folder).excluded | open_collection(folder).excluded
    assert words(audit, "across-collections") == "1, all decided"


def test_nothing_doubtful_is_said(tmp_path: Path) -> None:
    collection(shelf.free_folder("collections", "clean"), [draft(1), draft(2, "malignant")])
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        click(page, "collections-audit")
        wait(lambda: page.audit.found)
        assert "Nothing doubtful was found." in texts(page)
        assert any("1 benign, 1 malignant" in one.text() for one in page.audit.findChildren(QLabel))
