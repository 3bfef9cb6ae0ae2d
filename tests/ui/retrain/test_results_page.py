"""The results page on real evaluations of a run of drawn masses: measured from it, shown, opened, exported."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton

from bmgui.learning import shelf
from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.results import evaluations
from bmgui.learning.results import listing as results_shelf
from bmgui.learning.results.evaluations import results_folder
from bmgui.learning.results.reading import read_results
from bmgui.ui import file_dialogs
from bmgui.ui.retrain.results import page as page_module
from bmgui.ui.retrain.results.look_page import LookPage
from bmgui.ui.retrain.results.page import ResultsPage
from bmgui.ui.retrain.results.several_page import SeveralPage
from bmgui.ui.retrain.results.view import TABS
from bmgui.ui.window import Window
from bmgui.wording import tr
from tests.learning.assessing.conftest import draw_collection
from tests.learning.results_stand import JOBS, evaluated, finished_run
from tests.ui.window_stand import open_window, texts, wait


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was measured on validation. No test may write into it."""
    folder = tmp_path_factory.mktemp("measured")
    run = finished_run(folder / "first", collection(folder))
    evaluated(run)
    return run


@pytest.fixture
def unmeasured(tmp_path: Path) -> Path:
    return finished_run(tmp_path / "second", collection(tmp_path))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's evaluations draw no report here."""
    monkeypatch.setattr(page_module, "QUICK", (*page_module.QUICK, "--without-pictures", "--draws", "50"))


def collection(folder: Path) -> Path:
    return draw_collection(folder / "us", [("train", 2, 2), ("validation", 6, 4), ("test", 4, 4)])


@contextmanager
def open_page(*runs: Path, where: Path | None = None) -> Iterator[tuple[Window, ResultsPage]]:
    for run in runs:
        shelf.remember("runs", run)
    with open_window() as (window, _):
        retraining = window.show_retraining()
        retraining.go("results", where if where is not None else runs[0] if runs else None)
        page = retraining.pages["results"]
        assert isinstance(page, ResultsPage)
        wait(lambda: page.place is not None or not runs)
        yield window, page


def shown(page: ResultsPage) -> None:
    """Wait for an evaluation on show."""
    wait(lambda: page.loaded is not None)


def text_of(page: ResultsPage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text()


def test_without_a_run_it_says_what_to_do() -> None:
    with open_page() as (window, page):
        wait(lambda: "no run yet" in texts(page))
        assert not page.evaluate.isEnabled()
        assert not page.test.isEnabled()
        page._to_plan.click()
        assert window.retraining is not None
        assert window.retraining.page.name == "plan"


def test_the_table_has_every_model_with_intervals_and_of_whom(measured: Path) -> None:
    with open_page(measured) as (_, page):
        shown(page)
        table = page.view.table
        results = read_results(results_folder(measured))
        one = results.of(JOBS[0], results.groups()[0].name)
        assert one is not None
        area = one.values["auc"]
        assert table.words(0, 0) == "ResNet-50, seed 0\nscratch→us"
        assert table.words(0, 1) == f"{area.value:.3f}\n{area.low:.3f}–{area.high:.3f}"
        assert table.rowCount() == 2 + len(results.empty)
        assert "its weights are not at hand" in [table.words(row, 1) for row in range(2, table.rowCount())]
        assert tr("it has not finished training") in [table.words(row, 1) for row in range(2, table.rowCount())]
        assert "10 pictures (4 malignant, 6 benign) of 5 patients" in text_of(page, "results-of-whom")
        assert "Intervals: 95 %, 50 resamples" in text_of(page, "results-note")
        assert "chosen on these pictures" in text_of(page, "results-note")


def test_few_patients_are_said_beside_the_figures(measured: Path) -> None:
    with open_page(measured) as (_, page):
        shown(page)
        assert page.view.cautions.isVisible()
        assert "Few patients: 3 with benign and 2 with malignant" in page.view.cautions.text()
        assert "chosen on 6 benign and 4 malignant pictures" in page.view.cautions.text()


def test_what_was_changed_since_is_said_beside_the_figures(unmeasured: Path) -> None:
    evaluated(unmeasured)
    us = unmeasured.parent / "us"
    with open_page(unmeasured) as (_, page):
        shown(page)
        assert "changed since" not in page.view.cautions.text()
        exclude(open_collection(us), [open_collection(us).part("validation")[0].id], "blurred")
        result = unmeasured / "jobs" / JOBS[1] / "result.json"
        result.write_text(json.dumps({**json.loads(result.read_text("utf-8")), "weights_sha256": "0" * 64}), "utf-8")
        page.enter(None)
        wait(lambda: "us was changed since" in page.view.cautions.text())
        assert f"{JOBS[1]} has other weights now" in page.view.cautions.text()
        assert JOBS[0] not in page.view.cautions.text()


def test_every_tab_says_of_whom_it_is_and_the_model_goes_with_the_table(measured: Path) -> None:
    with open_page(measured) as (_, page):
        shown(page)
        for name in TABS:
            page.view.choose_tab(name)
            QApplication.processEvents()
            assert page.view.of_whom.isVisible()
            assert not page.grab().isNull()
        page.view.choose_tab("table")
        page.view.table.setFocus()
        QTest.keyClick(page.view.table, Qt.Key.Key_Down)
        assert page.view.model == JOBS[1]
        model = page.findChild(QComboBox, "results-model")
        assert model is not None
        model.setCurrentIndex(0)
        assert page.view.table.currentRow() == 0
        one = page.view.measured
        assert one is not None
        assert page.view.points.rowCount() == len(one.points)
        assert one.counts is not None
        found = f"{one.counts.tp} of {one.malignant} found\n{one.counts.fn} missed"
        assert found in [page.view.points.words(row, 2) for row in range(len(one.points))]
        assert page.view.subgroups.rowCount() == len(one.subgroups)
        assert page.view.roc.models.count() == 2
        assert page.view.comparisons.rowCount() == 1


def test_a_worst_error_opens_in_the_reading_window_with_its_square(measured: Path) -> None:
    with open_page(measured) as (window, page):
        shown(page)
        one = page.view.measured
        assert one is not None
        assert one.worst
        assert len(page.view.worst.tiles) == len(one.worst)
        assert f"score {one.worst[0].probability * 100:.0f} %" in page.view.worst.tiles[0].label
        page.view.choose_tab("worst")
        page.view.worst.setFocus()
        page.view.worst.setCurrentIndex(page.view.worst.model().index(0, 0))
        QTest.keyClick(page.view.worst, Qt.Key.Key_Return)
        wait(lambda: window.desk.mass is not None and window.desk.mass.confirmed)
        assert window.desk.scan is not None
        assert one.worst[0].section in window.desk.scan.path.name
        assert window.desk.crop is not None
        assert window.desk.mass is not None
        square = window.desk.mass.square
        page.view.worst_opened.emit(one.worst[0].collection, one.worst[0].section)  # again: the same mass, not another
        wait(lambda: window.desk.opening)
        wait(lambda: window.desk.mass is not None)
        QTest.qWait(120)
        assert [mass.square for mass in window.desk.masses] == [square]


def test_it_measures_on_validation_and_shows_what_was_found(unmeasured: Path) -> None:
    with open_page(unmeasured) as (_, page):
        wait(page.evaluate.isEnabled)
        assert not page.test.isEnabled()  # validation first
        assert "Not measured yet" in texts(page)
        wait(page.window().isActiveWindow)
        QTest.keyClick(page, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        wait(lambda: page.evaluation)
        assert not page.evaluate.isEnabled()
        cancel = page.findChild(QPushButton, "results-cancel")
        assert cancel is not None
        assert cancel.isVisible()
        wait(lambda: "squares scored" in text_of(page, "results-progress"))
        shown(page)
        assert page.evaluation is None
        assert page.results is not None
        assert page.results.folder == results_folder(unmeasured)
        assert {one.role for one in page.results.measured} == {"internal validation"}
        assert page.test.isEnabled()
    assert looks.read(unmeasured.parent / "us") == ()


def test_cancelled_it_can_be_started_again_and_closed_with_the_window(unmeasured: Path) -> None:
    with open_page(unmeasured) as (window, page):
        wait(page.evaluate.isEnabled)
        page.evaluate.click()
        page.work.cancel.click()
        wait(lambda: page.evaluation is None)
        assert window.retraining is not None
        assert "cancelled" in window.retraining.trouble
        wait(page.evaluate.isEnabled)
        page.evaluate.click()
        running = page.evaluation
        assert running is not None
        window.retraining.close()
        assert not running.at_work
    assert not evaluations.is_at_work(results_folder(unmeasured))


def test_the_locked_test_is_only_looked_at_when_it_was_said_what_that_is(unmeasured: Path) -> None:
    evaluated(unmeasured)
    us = unmeasured.parent / "us"
    with open_page(unmeasured) as (_, page):
        shown(page)
        page.test.click()
        wait(lambda: page.findChildren(LookPage))
        (dialog,) = page.findChildren(LookPage)
        assert "us: 8 test pictures, never looked at." in texts(dialog)
        assert dialog.ticked() == (page.results.measured[0].subject,) if page.results else False
        dialog.close()
        QApplication.processEvents()
        assert looks.read(us) == ()
        assert page.evaluation is None

        page.test.click()
        wait(lambda: [one for one in page.findChildren(LookPage) if one.isVisible()])
        dialog = next(one for one in page.findChildren(LookPage) if one.isVisible())
        dialog.confirm.click()
        wait(lambda: page.results is not None and page.results.locked_test)
        assert page.results is not None
        assert [one.name for one in page.results.subjects] == [JOBS[0]]  # one look, not one a job
        assert page.view.measured is not None
        assert page.view.measured.role == "internal test"
        assert "Looks at these test pictures so far, one a model: us 1." in text_of(page, "results-note")
        assert page.evaluation_box.count() == 2
    assert [look["model"] for look in looks.read(us)] == [JOBS[0]]


def test_nothing_ticked_is_no_look(unmeasured: Path) -> None:
    evaluated(unmeasured)
    with open_page(unmeasured) as (_, page):
        shown(page)
        page.test.click()
        wait(lambda: page.findChildren(LookPage))
        (dialog,) = page.findChildren(LookPage)
        dialog.jobs.item(0).setCheckState(Qt.CheckState.Unchecked)
        assert not dialog.confirm.isEnabled()
        dialog.close()


def test_an_evaluation_of_somebody_else_is_waited_for(unmeasured: Path) -> None:
    with open_page(unmeasured) as (_, page):
        wait(page.evaluate.isEnabled)
        with evaluations.working_in(results_folder(unmeasured)):
            page._look_at_work()
            assert not page.evaluate.isEnabled()
            assert "is being made here" in text_of(page, "results-progress")
        evaluated(unmeasured)
        shown(page)  # without a hand
        assert page.evaluate.isEnabled()


def test_several_runs_are_measured_together(unmeasured: Path, tmp_path: Path) -> None:
    other = finished_run(tmp_path / "third", unmeasured.parent / "us")
    (other / "jobs" / JOBS[0] / "result.json").unlink()
    (unmeasured / "jobs" / JOBS[1] / "result.json").unlink()  # two runs never have one name for two models
    with open_page(unmeasured, other) as (_, page):
        wait(page.evaluate.isEnabled)
        page.export.actions_["several"].trigger()
        (dialog,) = page.findChildren(SeveralPage)
        assert not dialog.confirm.isEnabled()
        for row in range(dialog.runs.count()):
            dialog.runs.item(row).setCheckState(Qt.CheckState.Checked)
        dialog.confirm.click()
        shown(page)
        assert page.results is not None
        assert {one.run for one in page.results.subjects} == {"second", "third"}
        assert page.results.folder.parent.name == results_shelf.TOGETHER
        assert page.view.comparisons.rowCount() == 1
        assert page.run_box.count() == 3


@pytest.mark.parametrize(("kind", "ending"), [("table", "csv"), ("cases", "csv"), ("png", "png")])
def test_it_is_exported(
    measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, ending: str
) -> None:
    target = tmp_path / f"out.{ending}"
    suggested: list[Path] = []

    def ask(_parent: object, _title: str, name: Path, _kind: str) -> Path:
        suggested.append(name)
        return target

    monkeypatch.setattr(file_dialogs, "ask_save", ask)
    with open_page(measured) as (_, page):
        shown(page)
        told = page.export.actions_[kind].toolTip()
        assert ("patients and files" in told) == (kind == "cases")
        page.export.actions_[kind].trigger()
        wait(target.is_file)
    assert suggested[0].suffix == f".{ending}"
    data = target.read_bytes()
    source = {"table": "table.csv", "cases": "cases.csv"}.get(kind)
    assert data.startswith(b"\x89PNG") if source is None else data == (results_folder(measured) / source).read_bytes()


def test_a_report_that_was_not_made_is_said(measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_dialogs, "ask_save", lambda *_: tmp_path / "out.pdf")
    with open_page(measured) as (window, page):
        shown(page)
        page.export.actions_["pdf"].trigger()
        assert window.retraining is not None
        wait(lambda: window.retraining is not None and "report.pdf" in window.retraining.trouble)
    assert not (tmp_path / "out.pdf").exists()


def test_broken_results_are_named_and_the_page_stays(unmeasured: Path) -> None:
    output = results_folder(unmeasured)
    output.mkdir()
    (output / "results.json").write_text("{}", "utf-8")
    with open_page(unmeasured) as (window, page):
        assert window.retraining is not None
        wait(lambda: window.retraining is not None and "results.json" in window.retraining.trouble)
        assert page.loaded is None
        assert page.evaluate.isEnabled()


def test_an_evaluation_from_elsewhere_is_opened(
    measured: Path, unmeasured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_dialogs, "ask_any_folder", lambda *_: results_folder(measured))
    with open_page(unmeasured) as (_, page):
        wait(page.evaluate.isEnabled)
        page.export.actions_["elsewhere"].trigger()
        shown(page)
        assert page.results is not None
        assert page.results.folder == results_folder(measured)
        assert not page.evaluate.isEnabled()  # nobody says which run it was


def test_all_words_are_chinese_where_they_should_be(measured: Path) -> None:
    with open_page(measured) as (window, page):
        shown(page)
        english = set(texts(page).splitlines())
        window.change_settings(language="zh_CN")
        QApplication.processEvents()
        assert page.view.tabs.tabText(0) == "表格"
        chinese = set(texts(page).splitlines())
        assert not {words for words in english & chinese if words and words.isascii() and " " in words}
        assert page.view.group_box.currentText() == "内部验证：us"
