"""The whole way in one test: from the menu through import, audit, split, a small real run, results and promotion to a
score with the new model, and back. Real trainer, real evaluation, real worker; some 200 drawn scans."""

from pathlib import Path

import pytest

from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.kept import kept
from bmgui.learning.runs import queue
from bmgui.scoring import installing
from bmgui.ui.window import Window
from tests.ui.retrain.way import FIRST, KEPT, PATIENTS, WHY, Walked, walk
from tests.ui.window_stand import in_main

pytest.importorskip("torch")
pytest.importorskip("scipy")


@pytest.mark.usefixtures("qapp")
def test_from_scans_to_a_better_model_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    walked: list[Walked] = []

    def play(window: Window) -> None:
        try:
            walked.append(walk(window, tmp_path))
        finally:
            queue.end_foreman()

    assert in_main([], play) == 0
    (done,) = walked
    collection = open_collection(done.collection)
    assert len(collection.sections) == PATIENTS
    assert {part: len(collection.part(part)) for part in ("train", "validation", "test")} == {
        "train": 140,
        "validation": 20,
        "test": 40,
    }
    assert [one.reason for one in kept([collection]).values()] == [KEPT]
    # both models looked at the locked test, once each
    assert {look["model"] for look in looks.read(done.collection)} == {FIRST, done.job}
    assert len(looks.read(done.collection)) == 2
    # the candidate's AUC is better on it; the history keeps that, with the protocol
    *_, installed, used, back = installing.history()
    assert (installed.what, used.what, back.what) == ("install", "use", "rollback")
    assert (used.model, used.before, used.why) == (done.model, FIRST, WHY)
    assert used.facts["verdict"] in ("better", "not shown")  # one mass lost of twenty may be the difference
    assert used.facts["confirmed_twice"] == (used.facts["verdict"] == "not shown")
    assert used.facts["measured"][0]["differences"]["auc"]["low"] > 0
    assert used.facts["protocol"]["proven"] == "yes"
    assert used.data["phantoms"]["version"] == collection.version
    # the same square: another score with the new model, the old one after going back
    assert done.after != pytest.approx(done.before, abs=1e-3)
    assert done.again == pytest.approx(done.before, abs=1e-6)
    assert installing.in_use() == FIRST
