"""Both windows are closed in the middle of a real run. It goes on, and the next window finds it at work with the curves
of what it did meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from bmgui.learning.plans.plan import Given
from bmgui.learning.runs import queue
from bmgui.learning.runs.run import make_run
from bmgui.learning.runs.state import state_of
from bmgui.ui.actions import Action
from tests.learning.training.training_stand import PLAN, make_collection
from tests.ui.window_stand import open_window, wait

pytest.importorskip("torch")
pytest.importorskip("scipy")

STAGE = """epochs = 1000
optimiser = "sgd"
momentum = 0
keep = "best-auc"
"""
PATIENCE_S = 300.0


@pytest.mark.usefixtures("qapp")
def test_a_run_outlives_the_windows_and_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    make_collection(tmp_path / "collection", train=2, validation=2)
    (tmp_path / "plan.toml").write_text(PLAN.format(collection="collection", stage=STAGE), "utf-8")
    run = make_run(tmp_path / "plan.toml", tmp_path / "run", Given()).folder
    try:
        with open_window() as (window, _):
            retraining = window.show_retraining()
            queue.add(run)
            retraining.go("runs", run)
            page: Any = retraining.pages["runs"]
            wait(lambda: page.view.live and page.view.live.look.state.epochs_done, PATIENCE_S)
            assert page.view.live.look.state.phase == "at work"
            window.close()
            assert window.retraining is None
        done = len(state_of(run).epochs_done)
        _until(lambda: len(state_of(run).epochs_done) >= done + 2)

        with open_window() as (window, _):
            window.menus.actions[Action.RETRAIN].trigger()
            again = window.retraining
            assert again is not None
            again.go("runs")
            page = again.pages["runs"]
            wait(lambda: page.view.live is not None and page.view.live.folder == run, PATIENCE_S)
            look = page.view.live.look
            assert look.state.phase == "at work"
            assert len(look.state.epochs_done) >= done + 2
            wait(lambda: _seen(page, "curve_loss") and _seen(page, "curve_auc"))
            (curves,) = page.view.live.stages.values()
            assert [one.epoch for one in curves.epochs][: done + 2] == list(range(1, done + 3))
            drawn = page.findChild(QWidget, "curve_auc")._validated.getData()[0]
            assert list(drawn)[: done + 2] == list(range(1, done + 3))
            before = len(page.view.live.look.state.epochs_done)
            wait(lambda: len(page.view.live.look.state.epochs_done) > before, PATIENCE_S)
    finally:
        queue.end_foreman()
    assert state_of(run).phase != "at work"


def _seen(page: QWidget, name: str) -> bool:
    one = page.findChild(QWidget, name)
    return one is not None and one.isVisible()


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, "the run does not go on"
        time.sleep(0.1)
