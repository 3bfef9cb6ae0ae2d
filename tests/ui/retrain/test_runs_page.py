"""The page of runs on what real runs' folders say: live figures, each end in a sentence, the queue in one's hands."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.runs import queue
from bmgui.learning.runs import state as run_state
from bmgui.learning.runs.progress import Progress, read_events
from bmgui.learning.runs.run import Run
from bmgui.learning.runs.state import state_of
from bmgui.learning.runs.trainers import locked, read_control
from bmgui.learning.runs.watch import Curves
from bmgui.ui.retrain.runs import words
from bmgui.ui.retrain.runs.page import RunsPage
from bmgui.ui.retrain.runs.sheet import SheetPage
from bmgui.ui.retrain.window import RetrainWindow
from bmgui.wording import use_language
from bmgui.wording.run_words import measuring_line
from tests.learning.training.training_stand import make_small_run
from tests.ui.window_stand import open_window, texts, wait

JOB = "resnet50-scratch-us-s0"
BUTTONS = {
    "run_pause": "pause",
    "run_resume": "go on",
    "run_stop_after_epoch": "stop",
    "run_cancel": "cancel",
    "run_remove": "remove",
    "run_results": "results",
    "run_plan_again": "plan",
}


@contextmanager
def open_page(where: Path | None = None) -> Iterator[tuple[RetrainWindow, RunsPage]]:
    with open_window() as (window, _):
        retraining = window.show_retraining()
        retraining.go("runs", where)
        page = retraining.pages["runs"]
        assert isinstance(page, RunsPage)
        if where is not None:
            shown(page, where)
        yield retraining, page


def shown(page: RunsPage, folder: Path) -> None:
    wait(lambda: page.view.live is not None and page.view.live.folder == folder)
    wait(lambda: folder in [look.folder for look in page.list.looks])


def buttons(page: RunsPage) -> set[str]:
    return {word for name, word in BUTTONS.items() if button(page, name).isVisible()}


def button(page: RunsPage, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


@pytest.fixture
def no_foreman(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "wake", lambda: False)


def made(tmp_path: Path, name: str = "run", stage: str = "epochs = 4") -> Run:
    run = make_small_run(tmp_path, stage, name=name, train=2, validation=2)
    shelf.remember("runs", run.folder)
    return run


def began(run: Run, epochs: int = 2) -> Progress:
    """A trainer that is in the midst of an epoch."""
    progress = Progress(run.folder, clock=iter(range(1000, 100_000)).__next__)
    progress.tell("trainer", pid=1)
    progress.tell("device", device="cpu", described="CPU, float32")
    progress.tell("stage-start", JOB, 1, name="us", epochs=4, epoch_steps=3, resumed_epoch=0)
    for epoch in range(1, epochs + 1):
        stepped(progress, 3 * epoch)
        figures = {"loss": 0.6, "train_auc": 0.7, "validation_loss": 0.5, "validation_auc": 0.75}
        progress.tell("epoch", JOB, 1, epoch=epoch, kept=epoch == 1, **figures)
    stepped(progress, 3 * epochs + 1)
    return progress


def stepped(progress: Progress, step: int) -> None:
    told = {"loss": 0.55, "crops_s": 7.5, "rate": 3e-4, "memory_mb": 2345}
    progress.tell("step", JOB, 1, epoch=(step + 2) // 3, step=step, steps=12, **told)


# --- what is shown ---


def test_without_a_run_it_leads_to_a_plan(no_foreman: None) -> None:
    with open_page() as (retraining, page):
        plan = button(page, "runs_plan")
        wait(plan.isVisible)
        QTest.mouseClick(plan, Qt.MouseButton.LeftButton)
        assert retraining.page.name == "plan"
        assert not page._timer.isActive()


@pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)  # of the offscreen platform alone
def test_a_run_at_work_is_followed_while_it_is_looked_at(tmp_path: Path, no_foreman: None) -> None:
    run = made(tmp_path)
    with locked(run.folder):
        progress = began(run)
        sheet = run.folder / "jobs" / JOB / "stage-1" / "sheet.png"
        sheet.parent.mkdir(parents=True)
        Image.new("L", (80, 30)).save(sheet)
        with open_page(run.folder) as (retraining, page):
            words_shown = texts(page)
            for said in ("at work", "epoch 3 of 4", "step 7 of 12", "7.5", "0.0003", "2.3 GB", "CPU, float32"):
                assert said in words_shown
            assert buttons(page) == {"pause", "stop", "cancel"}
            wait(lambda: page.view.sheet.is_shown)
            page.view.sheet.setFocus()
            QTest.keyClick(page.view.sheet, Qt.Key.Key_Return)
            (large,) = retraining.findChildren(SheetPage)
            assert large.isVisible()
            QTest.keyClick(large, Qt.Key.Key_Escape)
            assert "epoch 2: loss 0.6000" in page.view.log.toPlainText()
            curves = page.view._curves
            assert curves is not None
            assert curves.auc.accessibleDescription() == "training 0.700, validation 0.750"

            stepped(progress, 9)
            progress.tell("epoch", JOB, 1, epoch=3, loss=0.4, validation_loss=0.3, validation_auc=0.875, kept=True)
            wait(lambda: "validation 0.875" in texts(page))  # by itself
            assert page.view.log.toPlainText().count("epoch 3: ") == 1
            progress.tell("paused")
            wait(lambda: buttons(page) == {"go on", "stop", "cancel"})

            retraining.go("models")
            progress.tell("resumed")
            time.sleep(1.5)
            assert page.view.live is not None
            assert page.view.live.look.state.phase == "paused"  # nobody looked
            retraining.go("runs")
            wait(lambda: page.view.live is not None and page.view.live.look.state.phase == "at work")


def test_only_what_is_new_is_read(tmp_path: Path, no_foreman: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(tmp_path)
    offsets: list[int] = []

    def reading(folder: Path, offset: int = 0) -> Any:
        offsets.append(offset)
        return read_events(folder, offset)

    monkeypatch.setattr(run_state, "read_events", reading)
    with locked(run.folder):
        progress = began(run)
        with open_page(run.folder) as (_, page):
            wait(lambda: not page._looking)
            offsets.clear()
            stepped(progress, 8)
            wait(lambda: "step 8 of 12" in texts(page))
            assert offsets
            assert 0 not in offsets


def ends(*events: tuple[str, dict[str, Any]]) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        for name, fields in events:
            progress.tell(name, **fields)

    return tell


def error(code: str, **fields: Any) -> Callable[[Progress], None]:
    return ends(("error", {"code": code, "fields": fields}))


@pytest.mark.parametrize(
    ("end", "said", "offered"),
    [
        (ends(), "computer went off", {"go on", "plan"}),
        (ends(("stopped", {"word": "cancel"})), "It was stopped. The last finished epoch is kept", {"go on", "plan"}),
        (
            error("file-not-written", file="x", reason="No space left"),
            "takes no more (No space left)",
            {"go on", "plan"},
        ),
        (error("run-disk", file="x"), "Make room", {"go on", "plan"}),
        (error("run-killed-for-memory", file="x"), "Close other programs", {"go on", "plan"}),
        (error("run-out-of-memory", file="x"), "Close other programs", {"go on", "plan"}),
        (error("out-of-memory", batch=1), "smaller crops", {"plan"}),
        (error("loss-not-finite", stage="us", step=7), "became no number (step 7)", {"plan"}),
        (error("run-killed", file="x", signal=9), "something ended it by force", {"go on", "plan"}),
        (error("run-killed", file="x", signal=11), "crashed (a fault inside", {"go on", "plan"}),
        (ends(("crash", {"reason": "ValueError: 3"})), "crashed (ValueError: 3)", {"go on", "plan"}),
        (error("run-crashed", file="x", log="y", reason="gone"), "crashed (gone)", {"go on", "plan"}),
        (error("run-sources-changed", file="x", changed="/a/collection"), "/a/collection", {"go on", "plan"}),
        (error("of-another-version", file="x"), "of-another-version", {"go on", "plan"}),
        (error("run-disk"), "Make room", {"go on", "plan"}),
        (ends(("job-end", {"job": JOB, "validation_auc": 0.9}), ("end", {})), "not measured yet", {"go on", "plan"}),
    ],
)
def test_each_end_is_said_with_what_to_do(
    tmp_path: Path, no_foreman: None, end: Callable[[Progress], None], said: str, offered: set[str]
) -> None:
    run = made(tmp_path)
    end(began(run))
    with open_page(run.folder) as (_, page):
        assert said in page.view._sentence.text()
        assert buttons(page) == offered
        if "go on" in offered:
            QTest.mouseClick(button(page, "run_resume"), Qt.MouseButton.LeftButton)
            wait(lambda: buttons(page) == {"remove", "plan"})
            assert queue.waiting() == (run.folder,)
            assert "It comes next" in page.view._sentence.text()


def test_a_finished_run_leads_to_its_results_and_one_that_failed_says_why(tmp_path: Path, no_foreman: None) -> None:
    run, other = made(tmp_path), made(tmp_path, "other")
    for one in (run, other):
        ends(("job-end", {"job": JOB, "validation_auc": 0.9}), ("end", {}))(began(one))
    (run.folder / "results").mkdir()
    (run.folder / "results" / "results.json").write_text("{}", "utf-8")
    (other.folder / "evaluate.log").write_text(
        'a line\nbmgui-error {"code": "no-such-model", "fields": {"model": "gone"}}\n', "utf-8"
    )
    with open_page(other.folder) as (retraining, page):
        assert "could not be measured" in page.view._sentence.text()
        asked: list[tuple[str, object]] = []
        page.workshop.page_wanted.disconnect()
        page.workshop.page_wanted.connect(lambda name, where: asked.append((name, where)))
        retraining.go("runs", run.folder)
        shown(page, run.folder)
        assert buttons(page) == {"results", "plan"}
        QTest.mouseClick(button(page, "run_results"), Qt.MouseButton.LeftButton)
        QTest.mouseClick(button(page, "run_plan_again"), Qt.MouseButton.LeftButton)
        assert asked == [("results", run.folder), ("plan", run.folder)]


def test_a_folder_that_is_no_run_any_more_is_said(tmp_path: Path, no_foreman: None) -> None:
    run = made(tmp_path)
    (run.folder / "plan.toml").write_text("changed", "utf-8")
    with open_page() as (retraining, page):
        wait(lambda: page.list.looks and page.list.looks[0].error is not None)
        wait(lambda: retraining.trouble)


# --- what is done ---


def test_the_queue_is_ordered_by_keys_and_buttons(tmp_path: Path, no_foreman: None) -> None:
    first, second, third = (made(tmp_path, name).folder for name in ("a", "b", "c"))
    for folder in (first, second, third):
        queue.add(folder)
    with open_page(third) as (_, page):
        wait(lambda: [look.folder for look in page.list.looks] == [first, second, third])
        page.list.setFocus()
        QTest.keyClick(page.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
        wait(lambda: [look.folder for look in page.list.looks] == [first, third, second])
        assert page.list.look is not None
        assert page.list.look.folder == third  # it stays the chosen one
        QTest.mouseClick(button(page, "run_up"), Qt.MouseButton.LeftButton)
        wait(lambda: queue.waiting() == (third, first, second))
        wait(lambda: not button(page, "run_up").isEnabled())
        QTest.keyClick(page.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        wait(lambda: queue.waiting() == (first, third, second))
        wait(lambda: page.list.looks[1].folder == third)
        QTest.keyClick(page.list, Qt.Key.Key_Delete)
        wait(lambda: queue.waiting() == (first, second))
        wait(lambda: "Nothing has been trained yet" in page.view._sentence.text())
        QTest.keyClick(page.list, Qt.Key.Key_Home)
        shown(page, first)
        QTest.mouseClick(button(page, "run_remove"), Qt.MouseButton.LeftButton)
        wait(lambda: queue.waiting() == (second,))


def test_a_wish_is_confirmed_before_the_trainer_has_obeyed(tmp_path: Path, no_foreman: None) -> None:
    run = made(tmp_path)
    with locked(run.folder):
        began(run)
        with open_page(run.folder) as (_, page):
            QTest.mouseClick(button(page, "run_stop_after_epoch"), Qt.MouseButton.LeftButton)
            assert read_control(run.folder) == "stop-after-epoch"
            assert "ends after this epoch" in page.view._sentence.text()
            assert not button(page, "run_stop_after_epoch").isEnabled()
            QTest.mouseClick(button(page, "run_cancel"), Qt.MouseButton.LeftButton)
            assert read_control(run.folder) == "cancel"
            assert "ends after this step" in page.view._sentence.text()


def test_after_pause_space_goes_on_and_never_stops(tmp_path: Path, no_foreman: None) -> None:
    run = made(tmp_path)
    with locked(run.folder):
        progress = began(run)
        with open_page(run.folder) as (retraining, page):
            wait(retraining.isActiveWindow)
            button(page, "run_pause").setFocus()
            QTest.keyClick(button(page, "run_pause"), Qt.Key.Key_Space)
            assert read_control(run.folder) == "pause"
            assert button(page, "run_pause").hasFocus()  # until it has
            progress.tell("paused")
            wait(lambda: button(page, "run_resume").hasFocus())
            assert not button(page, "run_stop_after_epoch").isEnabled()
            QTest.keyClick(button(page, "run_resume"), Qt.Key.Key_Space)
            assert read_control(run.folder) == "resume"
            progress.tell("resumed")
            wait(lambda: button(page, "run_pause").hasFocus())
            assert button(page, "run_stop_after_epoch").isEnabled()
            button(page, "run_cancel").setFocus()
            QTest.keyClick(button(page, "run_cancel"), Qt.Key.Key_Space)
            wait(page.view.log.hasFocus)


def test_what_was_cancelled_before_an_epoch_ended_is_not_said_to_be_kept(tmp_path: Path, no_foreman: None) -> None:
    run = made(tmp_path)
    with locked(run.folder):
        progress = began(run, epochs=0)
        with open_page(run.folder) as (_, page):
            QTest.mouseClick(button(page, "run_cancel"), Qt.MouseButton.LeftButton)
            assert "It ends after this step. No epoch was finished" in page.view._sentence.text()
            progress.tell("stopped", word="cancel")
    with open_page(run.folder) as (_, page):
        assert "It was stopped. No epoch was finished" in page.view._sentence.text()
        assert "is kept" not in texts(page).replace("nothing is kept", "")


def with_current(folder: Path, *waiting: Path) -> None:
    """The queue as a foreman has it who has just taken up this run."""
    for one in (folder, *waiting):
        queue.add(one)
    with queue.as_foreman() as hands:
        assert hands is not None
        assert hands.take() is not None


def test_a_trainer_that_told_its_end_and_still_unloads_does_not_start(tmp_path: Path, no_foreman: None) -> None:
    run = made(tmp_path)
    with_current(run.folder)
    progress = Progress(run.folder)
    with open_page(run.folder) as (_, page):
        assert "It starts" in page.view._sentence.text()
        progress.tell("trainer", pid=1)
        progress.tell("stopped", word="cancel")
        wait(lambda: "It was stopped" in page.view._sentence.text())
        assert page.list.looks[0].is_starting is False


def test_a_run_that_starts_can_be_cancelled(tmp_path: Path, no_foreman: None) -> None:
    run = made(tmp_path)
    with_current(run.folder)
    with open_page(run.folder) as (_, page):
        assert buttons(page) == {"cancel", "plan"}
        QTest.mouseClick(button(page, "run_cancel"), Qt.MouseButton.LeftButton)
        assert queue.state().cancelled
        assert "It ends now" in page.view._sentence.text()
        assert not button(page, "run_cancel").isEnabled()
        wait(lambda: page.list.looks and "is being ended" in words.short(page.list.looks[0]))


def test_how_many_come_before_is_said_one_way(tmp_path: Path, no_foreman: None) -> None:
    first, second, third = (made(tmp_path, name).folder for name in ("a", "b", "c"))
    with_current(first, second, third)
    with open_page(third) as (_, page):
        assert page.view._sentence.text() == "It waits. 2 runs come before it."
        wait(lambda: len(page.list.looks) == 3)
        assert [words.short(look) for look in page.list.looks] == ["starts", "waits, 1 before it", "waits, 2 before it"]


def test_what_happened_last_stands_above_what_failed_long_ago(tmp_path: Path, no_foreman: None) -> None:
    first, failed = made(tmp_path, "first"), made(tmp_path, "failed")
    ends(("error", {"code": "run-disk", "fields": {}}))(Progress(failed.folder))
    ends(("trainer", {"pid": 1}), ("stopped", {"word": "cancel"}))(Progress(first.folder))
    with open_page() as (_, page):
        wait(lambda: [look.folder for look in page.list.looks] == [first.folder, failed.folder])


def test_a_real_run_is_started_paused_gone_on_with_and_stopped(tmp_path: Path) -> None:
    run = made(tmp_path, stage='epochs = 150\noptimiser = "sgd"\nmomentum = 0')
    try:
        with open_page(run.folder) as (_, page):

            def click(name: str) -> None:
                wait(lambda: button(page, name).isVisible() and button(page, name).isEnabled())
                QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)

            click("run_resume")  # "Start"
            click("run_pause")
            wait(lambda: state_of(run.folder).phase == "paused")
            click("run_resume")
            wait(lambda: state_of(run.folder).phase == "at work")
            click("run_stop_after_epoch")
            wait(lambda: state_of(run.folder).phase == "stopped" and queue.state().is_empty)
            wait(lambda: "stopped" in page.view._sentence.text())
            wait(lambda: page.view.sheet.is_shown)
    finally:
        queue.end_foreman()


# --- words and curves ---


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0.4, "0 s"), (89, "89 s"), (91, "2 min"), (5999, "1 h 40 min"), (3 * 86400.0, "3 days 0 h")],
)
def test_a_time_is_no_finer_than_it_is_known(seconds: float | None, said: str) -> None:
    assert words.how_long(seconds) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("job, drawn: 64 of 120 squares scored", "job, drawn：64/120 个方框已评分"),
        ("computing the figures", "正在计算指标"),
        ("something new", "something new"),
    ],
)
def test_what_the_evaluation_says_is_said_in_the_readers_language(line: str, said: str) -> None:
    assert measuring_line(line) == line
    use_language("zh_CN")
    try:
        assert measuring_line(line) == said
    finally:
        use_language("en")


def test_what_a_killed_trainer_did_again_is_drawn_once_and_long_curves_are_thinned() -> None:
    curves = Curves(JOB, 1, "us", "x", epoch_steps=10)
    for step in range(1, 3001):
        curves.stepped({"step": step, "loss": 0.5, "rate": 0.1})
    assert 1000 <= len(curves.points) <= 2000
    assert curves.points[-1][0] == 300.0
    curves.goes_on_after(120)
    assert curves.points[-1][0] <= 120
    curves.stepped({"step": 1201, "loss": None, "rate": 0.1})
    assert curves.points[-1] == (120.1, None, 0.1)


def test_it_speaks_chinese_at_once(tmp_path: Path, no_foreman: None) -> None:
    run = made(tmp_path)
    error("run-disk", file="x")(began(run))
    with open_page(run.folder) as (retraining, page):
        retraining.workshop.window.change_settings(language="zh_CN")
        wait(lambda: "磁盘" in page.view._sentence.text())
        assert "日志" in texts(page)
        assert words.end_sentence(KnownError("run-disk")) == page.view._sentence.text()
