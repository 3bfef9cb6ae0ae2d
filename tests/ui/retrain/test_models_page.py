"""The page of models: the reading window, the history and the command line all see what is done there."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from bmgui.base import places
from bmgui.learning.promotion.promoting import QUESTIONS
from bmgui.scoring import installing, packing
from bmgui.scoring.history import Entry
from bmgui.scoring.library import installed
from bmgui.ui import file_dialogs, using
from bmgui.ui.retrain.models.asking import AskPage
from bmgui.ui.retrain.models.page import ModelsPage
from bmgui.ui.retrain.models.words import history_html, quiet
from bmgui.ui.window import Window
from bmgui.wording import use_language
from tests.scoring.model_stand import SHIPPED, candidate
from tests.ui.window_stand import open_window, picture, wait

DEFAULT = "vgg16-first"
KEY = Qt.Key


def shown(window: Window) -> ModelsPage:
    retraining = window.show_retraining()
    retraining.go("models")
    wait(retraining.isActiveWindow)
    assert isinstance(retraining.page, ModelsPage)
    return retraining.page


def button(models: ModelsPage, name: str) -> QPushButton:
    found = models.findChild(QPushButton, f"models-{name}")
    assert isinstance(found, QPushButton)
    return found


def ids(models: ModelsPage) -> list[str]:
    return [models.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(models.list.count())]


def asked(models: ModelsPage) -> AskPage:
    return next(one for one in models.findChildren(AskPage) if one.isVisible())


def confirm(models: ModelsPage, text: str) -> None:
    dialog = asked(models)
    dialog.field.setText(text)
    QTest.keyClick(dialog.field, KEY.Key_Return)
    wait(lambda: not models._busy)


def drop(models: ModelsPage, *files: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    where = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(models.rect().center(), *where)
    entering.ignore()
    QApplication.sendEvent(models, entering)
    if entering.isAccepted():
        QApplication.sendEvent(models, QDropEvent(QPointF(models.rect().center()), *where))
    return entering.isAccepted()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A model of somebody else's."""
    installing.install(candidate(tmp_path / "new", "theirs"), "", switch=False)
    packing.export_model("theirs", tmp_path / "theirs.bmmodel")
    installing.remove("theirs")
    return tmp_path / "theirs.bmmodel"


def test_a_dropped_model_is_used_gone_back_from_and_removed(bundle: Path, tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, early):
        models = shown(window)
        assert ids(models)[0] == models.list.chosen == DEFAULT == window.desk.card.id
        assert button(models, "use").text() == "In use"
        assert not button(models, "remove").isVisible()
        assert not button(models, "rollback").isEnabled()
        assert drop(models, bundle)
        wait(lambda: not models._busy)
        assert models.list.chosen == "theirs"
        assert window.desk.card.id == DEFAULT  # it is there, and not yet used
        assert "Title of theirs" in models.card.toPlainText()
        assert "imported from theirs.bmmodel" in models.card.toPlainText()
        assert drop(models, bundle)
        wait(lambda: not models._busy)
        assert "is here already, as theirs" in models.progress.text()

        window.desk.accept()
        wait(lambda: window.desk.opinion is not None)
        models.list.setFocus()
        QTest.keyClick(models.list, KEY.Key_Return)
        confirm(models, "our own scans")
        assert window.desk.card.id == window.library.default_id == installing.in_use() == "theirs"
        wait(lambda: window.desk.opinion is not None)
        assert window.desk.opinion.subject.model == early.worker.model == "theirs"
        assert [action.text() for action in window.menus.models.actions() if action.isChecked()] == ["Title of theirs"]
        assert "theirs put in use, before it vgg16-first" in models.history.toPlainText()
        assert "our own scans" in models.history.toPlainText()

        assert button(models, "rollback").text() == f"Back to {DEFAULT}"
        button(models, "rollback").click()
        wait(lambda: not models._busy)
        assert window.desk.card.id == installing.in_use() == models.list.chosen == DEFAULT
        models.list.choose("theirs")
        models.list.setFocus()
        QTest.keyClick(models.list, KEY.Key_Delete)
        QTest.keyClick(asked(models).field, KEY.Key_Return)  # what cannot be undone is not done by Enter
        assert "theirs" in ids(models)
        asked(models).field.setText("no use for it")
        asked(models).confirm.click()
        wait(lambda: not models._busy)
        assert "theirs" not in ids(models)
        assert not (places.user_models() / "theirs").exists()
        assert installing.history()[-1].why == "no use for it"


def test_what_is_no_model_is_said_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.bmmodel").write_bytes(b"no zip")
    with open_window() as (window, _):
        models = shown(window)
        assert not drop(models, tmp_path / "a.png")
        assert drop(models, tmp_path / "a.bmmodel")
        wait(lambda: not models._busy)
        assert "is no .bmmodel file" in window.retraining.trouble
        assert len(ids(models)) == 3
        assert button(models, "import").isEnabled()


def test_a_model_whose_id_is_taken_gets_another(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installing.install(candidate(tmp_path / "ours", "theirs", title="Ours"), "", switch=False)
    monkeypatch.setattr(file_dialogs, "ask_model", lambda *_: bundle)
    with open_window() as (window, _):
        models = shown(window)
        QTest.keyClick(models.list, KEY.Key_I, Qt.KeyboardModifier.ControlModifier)
        wait(lambda: not models._busy)
        dialog = asked(models)
        assert dialog.field.text() == "theirs-2"
        dialog.field.setText("Not an id")
        assert not dialog.confirm.isEnabled()
        confirm(models, "theirs-b")
        assert models.list.chosen == "theirs-b"
        assert [installed().card(one).title for one in ("theirs", "theirs-b")] == ["Ours", "Title of theirs"]


def test_a_model_that_fails_its_trial_is_not_used(tmp_path: Path) -> None:
    folder = candidate(places.user_models() / "broken", "broken")
    (folder / "weights.safetensors").unlink()
    (folder / "weights.safetensors").write_bytes(b"cut")
    with open_window() as (window, _):
        models = shown(window)
        models.list.choose("broken")
        button(models, "use").click()
        confirm(models, "")
        assert "SHA-256" in window.retraining.trouble
        assert window.desk.card.id == installing.in_use() == DEFAULT


def test_a_model_goes_out_as_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, suggested = tmp_path / "out.bmmodel", []

    def ask(_parent: object, where: Path) -> Path:
        suggested.append(where.name)
        return target

    monkeypatch.setattr(file_dialogs, "ask_model_target", ask)
    with open_window() as (window, _):
        models = shown(window)
        models.enter(SHIPPED)
        QTest.keyClick(models.list, KEY.Key_E, Qt.KeyboardModifier.ControlModifier)
        wait(lambda: not models._busy)
        assert suggested == [f"{SHIPPED}.bmmodel"]
        assert models.progress.text() == f"{target} is written."
    (tmp_path / "there").mkdir()
    assert packing.unpack(target, tmp_path / "there").id == SHIPPED


def test_what_is_switched_elsewhere_is_followed_and_said() -> None:
    with open_window() as (window, early):
        installing.use(SHIPPED, "by the command line")
        using.look_again(window)
        assert window.desk.card.id == early.worker.model == SHIPPED
        assert "Another model was put in use elsewhere" in window.notice.text
        installing.use("resnet50-first")
        models = shown(window)  # entering the page follows, too
        assert window.desk.card.id == models.list.chosen == "resnet50-first"
    with open_window() as (window, _):
        assert window.desk.card.id == "resnet50-first"  # after a restart


def test_the_page_on_show_follows_every_switch() -> None:
    with open_window() as (window, _):
        models = shown(window)
        told: list[str] = []
        window.retraining.workshop.shelf_changed.connect(told.append)
        installing.use(SHIPPED, "by the command line")
        using.look_again(window)
        assert ids(models)[0] == SHIPPED
        assert "by the command line" in models.history.toPlainText()
        other = next(action for action in window.menus.models.actions() if not action.isChecked())
        other.trigger()
        assert ids(models)[0] == installing.in_use() != SHIPPED
        assert told == ["models", "models"]
        window.follow_model()  # nothing has changed
        assert told == ["models", "models"]


def test_the_retraining_window_looks_when_it_comes_to_the_front() -> None:
    with open_window() as (window, _):
        models = shown(window)
        window.activateWindow()
        wait(window.isActiveWindow)
        installing.use(SHIPPED, "by another window")
        window.retraining.activateWindow()
        wait(lambda: ids(models)[0] == SHIPPED)
        assert window.desk.card.id == SHIPPED


def test_the_way_back_is_the_one_on_the_button() -> None:
    installing.use(SHIPPED)
    with open_window() as (window, _):
        models = shown(window)
        assert button(models, "rollback").text() == f"Back to {DEFAULT}"
        installing.use("resnet50-first", "by another window")
        button(models, "rollback").click()
        wait(lambda: window.retraining.trouble)
        assert "Going back would lead to" in window.retraining.trouble
        assert installing.in_use() == "resnet50-first" == ids(models)[0]
        assert button(models, "rollback").text() == f"Back to {SHIPPED}"


def test_the_menu_writes_the_same_history() -> None:
    with open_window() as (window, _):
        models = shown(window)
        other = next(action for action in window.menus.models.actions() if not action.isChecked())
        other.trigger()
        assert installing.in_use() == window.desk.card.id != DEFAULT
        models.enter(None)
        assert "chosen in the window's menu" in models.history.toPlainText()
        assert button(models, "rollback").text() == f"Back to {DEFAULT}"


def test_a_card_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    candidate(places.user_models() / "ours", side="wide")
    with open_window() as (window, _):
        models = shown(window)
        said = models.findChild(QLabel, "models-unreadable")
        assert isinstance(said, QLabel)
        assert said.isVisible()
        assert "side" in said.text()


def test_it_speaks_the_other_language() -> None:
    installing.use(SHIPPED, "why not")
    with open_window() as (window, _):
        models = shown(window)
        window.change_settings(language="zh_CN")
        wait(lambda: button(models, "import").text() == "导入…")
        assert models.tabs.tabText(1) == "历史"
        assert "使用中" in models.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
        assert "此前为" in models.history.toPlainText()
        use_language("en")


def test_every_button_has_words_and_a_tip() -> None:
    with open_window() as (window, _):
        models = shown(window)
        for name in ("import", "rollback", "export", "use", "remove"):
            assert button(models, name).text()
            assert button(models, name).toolTip()


def test_a_promotions_record_is_told_in_words() -> None:
    figure = {"value": -0.012, "low": -0.04, "high": 0.016}
    facts = {
        "run": "november",
        "job": "resnet50-active-us-s0",
        "against": DEFAULT,
        "verdict": "not shown",
        "confirmed_twice": True,
        "margins": {"auc": 0.03, "sensitivity": 0.05, "specificity": 0.1},
        "protocol": {question.code: question.answers[0] for question in QUESTIONS},
        "measured": [{"group": "internal test: us", "differences": {"auc": figure, "sensitivity": figure}}],
        "flips": {"missed": 2},
    }
    told = history_html([entry(facts)])
    for words in (
        f"<td>{quiet('not shown, put in use all the same, confirmed a second time')}</td>",
        quiet("AUC −0.012 (−0.040 to +0.016) · sensitivity −0.012 (−0.040 to +0.016)"),
        "malignant, now missed: 2",
        quiet("by pathology"),
        "november, resnet50-active-us-s0",
    ):
        assert words in told
    del facts["flips"]  # of a version that kept something else: as it is
    assert "not shown" in history_html([entry(facts)])


def test_what_a_hand_or_another_program_kept_is_text_and_nothing_else() -> None:
    told = history_html([entry({"<img src=x>": "<script>", "long": "x" * 5000, "list": [1, {"a": None}]})])
    assert "<img" not in told
    assert "<script" not in told
    assert len(told) < 2000


def entry(facts: dict[str, object]) -> Entry:
    return Entry("2026-11-25T09:00:00.000+00:00", "use", "ours", DEFAULT, "Li", "<b>why</b>", facts=facts, key="k")
