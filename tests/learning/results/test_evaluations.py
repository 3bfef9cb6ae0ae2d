"""An evaluation is started, followed, cancelled; its end is told in words that the window can say."""

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.results import evaluations
from bmgui.learning.results.evaluations import Evaluation, Order
from bmgui.learning.results.reading import read_results
from tests.learning.assessing.conftest import draw_collection, small_model


class Followed:
    """Keeps what an evaluation said."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ends: list[KnownError | None] = []
        self.threads: set[int] = set()

    def line(self, words: str) -> None:
        self.lines.append(words)
        self.threads.add(threading.get_ident())

    def end(self, error: KnownError | None) -> None:
        self.ends.append(error)

    def start(self, order: Order) -> Evaluation:
        return evaluations.start(order, self.line, self.end)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    us = draw_collection(tmp_path / "us", [("train", 1, 1), ("validation", 4, 4), ("test", 2, 2)])
    model = small_model(tmp_path / "small")
    options = (*("--draws", "50"), "--without-factors", "--without-nudges", "--without-pictures")
    return Order(tmp_path / "output", models=(str(model),), collections=(us,), options=options)


def test_it_is_followed_to_its_end_and_then_can_be_read(order: Order) -> None:
    followed = Followed()
    began = time.monotonic()
    evaluation = followed.start(order)
    assert time.monotonic() - began < 5  # it does not wait for scipy, the engine, the pictures
    assert evaluation.at_work
    assert evaluation.wait(120)
    assert followed.ends == [None]
    assert not evaluation.at_work
    assert threading.get_ident() not in followed.threads
    assert any("8 of 8 squares scored" in line for line in followed.lines)
    found = read_results(order.output)
    assert [one.group for one in found.measured] == ["internal validation: us"]
    area = found.measured[0].values["auc"]
    assert area.value is not None
    text = "\n".join(followed.lines)
    assert "internal validation: us: 8 pictures (4 malignant) of 4 patients" in text
    assert f"AUC {area.value:.3f}" in text
    assert "Few patients: 2 with benign and 2 with malignant pictures" in text
    assert followed.lines[-1] == f"written to {order.output / 'results.json'}"


def test_a_known_error_reaches_who_started_it(order: Order, tmp_path: Path) -> None:
    followed = Followed()
    missing = Order(order.output, models=order.models, collections=(tmp_path / "nothing",))
    assert followed.start(missing).wait(120)
    assert [error and error.code for error in followed.ends] == ["collection-missing"]
    assert not evaluations.has_results(order.output)


def test_a_cancelled_one_says_so_once_and_leaves_its_folder_free(order: Order) -> None:
    followed = Followed()
    evaluation = followed.start(order)
    evaluation.cancel()
    assert evaluation.wait(60)
    assert [error and error.code for error in followed.ends] == ["evaluation-cancelled"]
    assert not evaluations.is_at_work(order.output)
    evaluation.cancel()  # too late: nothing more is told
    assert len(followed.ends) == 1


def test_what_ends_by_a_fault_is_told_with_its_last_line(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "MODULE", "bmgui.no_such_module")
    followed = Followed()
    assert followed.start(order).wait(60)
    (error,) = followed.ends
    assert error is not None
    assert error.code == "evaluation-crashed"
    assert "bmgui.no_such_module" in str(error.fields["reason"])


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_one_that_is_killed_from_outside_says_so(order: Order) -> None:
    followed = Followed()
    evaluation = followed.start(order)
    evaluation._process.kill()
    assert evaluation.wait(60)
    assert [error and error.code for error in followed.ends] == ["process-killed"]


def test_two_never_write_into_one_folder(order: Order) -> None:
    followed = Followed()
    with evaluations.working_in(order.output):
        assert evaluations.is_at_work(order.output)
        assert followed.start(order).wait(120)
    assert [error and error.code for error in followed.ends] == ["evaluation-at-work"]
    assert not evaluations.is_at_work(order.output)


def test_what_is_not_installed_is_named_before_anything_starts(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "find_spec", lambda name: None if name == "matplotlib" else object())
    followed = Followed()
    with pytest.raises(KnownError) as caught:
        followed.start(replace(order, options=()))
    assert (caught.value.code, caught.value.fields) == ("measuring-packages-missing", {"packages": "matplotlib"})
    assert not order.output.exists()
    evaluation = followed.start(order)  # it draws no report
    evaluation.cancel()
    assert evaluation.wait(60)


def test_every_wish_is_an_argument(tmp_path: Path) -> None:
    wished = Order(
        tmp_path / "o", runs=(tmp_path / "r",), jobs=("a", "b"), locked_test=True, options=("--points", "youden")
    ).arguments()
    for words in (["--run", str(tmp_path / "r")], ["--job", "a"], ["--job", "b"], ["--points", "youden"]):
        at = next(n for n, word in enumerate(wished) if wished[n : n + 2] == words)
        assert at > 0
    assert "--locked-test" in wished
    assert "--locked-test" not in Order(tmp_path / "o").arguments()


def test_what_validation_has_scored_is_taken_over_beside_the_locked_test(tmp_path: Path) -> None:
    run = tmp_path / "run"
    kept = evaluations.results_folder(run) / evaluations.MARGINS
    kept.mkdir(parents=True)
    (kept / "a.jsonl").write_text("one", "utf-8")
    test = evaluations.results_folder(run, locked_test=True)
    assert test != evaluations.results_folder(run)
    evaluations._take_over_margins(Order(test, runs=(run,), locked_test=True))
    assert (test / evaluations.MARGINS / "a.jsonl").read_text("utf-8") == "one"
    (test / evaluations.MARGINS / "a.jsonl").write_text("more", "utf-8")
    evaluations._take_over_margins(Order(test, runs=(run,), locked_test=True))
    assert (test / evaluations.MARGINS / "a.jsonl").read_text("utf-8") == "more"
