"""What a comparison shows, what the protocol takes from it, and what is kept."""

import json
import shutil
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.assessing.assess import Request, assess
from bmgui.learning.assessing.measure import Settings
from bmgui.learning.assessing.scoring import Wanted
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.corrections import relabel
from bmgui.learning.collections.exclusions import exclude, include
from bmgui.learning.promotion.promoting import (
    CHANGES,
    MARGINS,
    QUESTIONS,
    Comparison,
    Margins,
    check_current,
    check_decision,
    comparison_folder,
    doubts,
    facts,
    judge,
    needs_second,
    read_comparison,
    settle,
    settled,
    standing,
    unanswered,
)
from bmgui.learning.results.reading import read_cases, read_results
from bmgui.learning.results.values import Figure
from bmgui.learning.runs.run import open_run
from bmgui.scoring.library import installed
from tests.learning import results_stand
from tests.learning.assessing.conftest import draw_collection, quiet
from tests.learning.results_stand import JOBS, finished_run

ACTIVE = "resnet50-us"
USUAL = MARGINS["usual"]
SOUND = {question.code: question.answers[0] for question in QUESTIONS}


def differences(
    auc: tuple[float, float, float],
    sensitivity: tuple[float, float, float] = (0.0, -0.1, 0.1),
    specificity: tuple[float, float, float] = (0.0, -0.1, 0.1),
) -> dict[str, Figure]:
    return {"auc": Figure(*auc), "sensitivity": Figure(*sensitivity), "specificity": Figure(*specificity)}


@pytest.mark.parametrize(
    ("found", "few", "verdict", "why"),
    [
        (differences((0.02, 0.001, 0.04)), False, "better", ("auc-above",)),
        (differences((0.02, 0.0, 0.04)), False, "not worse", ("auc-above-margin",)),
        (differences((-0.005, -0.029, 0.02)), False, "not worse", ("auc-above-margin",)),
        (differences((0.0, -0.03, 0.03)), False, "not shown", ("auc-open",)),
        (differences((-0.03, -0.06, -0.001)), False, "worse", ("auc-below",)),
        # a better AUC does not make up for cancers that are missed at the operating point
        (differences((0.02, 0.001, 0.04), (-0.06, -0.13, 0.01)), False, "not shown", ("sensitivity-low",)),
        (differences((0.02, 0.001, 0.04), (-0.06, -0.13, -0.01)), False, "worse", ("sensitivity-fell",)),
        (differences((0.02, 0.001, 0.04), (-0.05, -0.13, 0.01)), False, "better", ("auc-above",)),
        (differences((0.02, 0.001, 0.04), specificity=(-0.11, -0.2, -0.05)), False, "not shown", ("specificity-low",)),
        (differences((0.02, 0.001, 0.04), specificity=(-0.2, -0.3, -0.11)), False, "worse", ("specificity-fell",)),
        # few patients show nothing good, but may show what is bad
        (differences((0.2, 0.1, 0.3)), True, "not shown", ("few-patients",)),
        (differences((-0.2, -0.3, -0.1)), True, "worse", ("auc-below",)),
        ({**differences((0.2, 0.1, 0.3)), "auc": Figure(None)}, False, "not shown", ("no-figures",)),
        ({**differences((0.2, 0.1, 0.3)), "sensitivity": Figure(None)}, False, "not shown", ("sensitivity-low",)),
    ],
)
def test_verdicts(found: dict[str, Figure], few: bool, verdict: str, why: tuple[str, ...]) -> None:
    assert judge(found, USUAL, few=few) == (verdict, why)


def test_a_stricter_margin_shows_less() -> None:
    found = differences((0.0, -0.025, 0.02))
    assert judge(found, USUAL, few=False)[0] == "not worse"
    assert judge(found, MARGINS["strict"], few=False)[0] == "not shown"
    each = list(MARGINS.values())
    assert each == sorted(each, key=lambda one: (one.auc, one.sensitivity, one.specificity))


def test_every_question_must_be_answered_and_unsound_ground_shows_nothing_good() -> None:
    assert unanswered({}) == tuple(question.code for question in QUESTIONS)
    assert unanswered({**SOUND, "proven": "perhaps"}) == ("proven",)
    assert not unanswered(SOUND)
    assert not doubts(SOUND)
    assert not doubts({**SOUND, "proven": "benign by follow-up"})
    for question in QUESTIONS:
        for answer in set(question.answers) - set(question.sound):
            answers = {**SOUND, question.code: answer}
            assert doubts(answers) == (question.code,)
            assert standing("better", answers) == standing("not worse", answers) == "not shown"
            assert standing("worse", answers) == "worse"
    assert standing("better", SOUND) == "better"
    assert [needs_second(one) for one in ("better", "not worse", "not shown", "worse")] == [False, False, True, True]


def test_margins_are_settled_once(tmp_path: Path) -> None:
    folder = comparison_folder(tmp_path, "job", "model")
    assert settled(folder) is None
    settle(folder, USUAL)
    settle(folder, USUAL)
    assert settled(folder) == USUAL
    with pytest.raises(KnownError, match="margins-settled"):
        settle(folder, Margins(0.5, 0.5, 0.5))
    (folder / "settled.json").write_text('{"auc": "much"}', "utf-8")
    with pytest.raises(KnownError, match="results-unreadable"):
        settled(folder)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose first job was compared with a shipped model; its folder. No test may write into it."""
    folder = tmp_path_factory.mktemp("compared")
    us = draw_collection(folder / "us", [("train", 2, 2), ("validation", 6, 4), ("test", 20, 22)])
    run = finished_run(folder / "run", us)
    compare(run, draws=200)
    return run


def comparison(run: Path) -> Comparison:
    return read_comparison(open_run(run), JOBS[0], ACTIVE, installed().card(ACTIVE).sha256)


def compare(run: Path, draws: int, point: str = "") -> None:
    output = comparison_folder(run, JOBS[0], ACTIVE)
    settle(output, USUAL)
    wanted, settings = Wanted(sizes=False, nudges=False), Settings(draws)
    request = Request(
        output,
        (run,),
        (JOBS[0],),
        (ACTIVE,),
        locked_test=True,
        point=point,
        wanted=wanted,
        settings=settings,
        pictures=False,
    )
    assess(request, quiet)


def test_a_comparison_is_read_with_the_candidate_minus_the_model_in_use(compared: Path) -> None:
    found = comparison(compared)
    (part,) = found.parts
    assert (part.pair.role, part.pair.pictures, part.pair.malignant) == ("internal test", 42, 22)
    value = part.pair.differences["auc"].value
    before, after = part.before.values["auc"].value, part.after.values["auc"].value
    assert value is not None
    assert before is not None
    assert after is not None
    assert value == pytest.approx(after - before)
    assert found.looks == {"us": 2}
    assert found.verdict == part.verdict == judge(part.pair.differences, USUAL, few=False)[0]


def test_flips_are_the_cases_that_change_sides_and_account_for_the_rates(compared: Path) -> None:
    found = comparison(compared)
    (part,) = found.parts
    assert found.flips
    at = (part.before.threshold.threshold, part.after.threshold.threshold)
    for flip in found.flips:
        assert (flip.before >= at[0]) != (flip.after >= at[1])
        assert (flip.after >= at[1]) == (flip.change in ("found", "alarm"))
        assert (flip.case.label == "malignant") == (flip.change in ("found", "missed"))
        assert flip.case.part == "test"
    count = {change: sum(flip.change == change for flip in found.flips) for change in CHANGES}
    was, now = part.before.counts, part.after.counts
    assert was is not None
    assert now is not None
    assert now.tp - was.tp == count["found"] - count["missed"]
    assert now.fp - was.fp == count["alarm"] - count["cleared"]
    assert [CHANGES.index(flip.change) for flip in found.flips] == sorted(
        CHANGES.index(flip.change) for flip in found.flips
    )
    rows = [case for case in read_cases(found.folder) if case.subject == JOBS[0] and case.role == "internal test"]
    assert len(rows) == 42


def test_rates_at_two_operating_points_show_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same weights, one at a lower threshold: that is no better and no worse network."""
    at_98 = results_stand.PLAN.replace("seeds =", 'operating_point = "sensitivity-0.98"\nseeds =')
    monkeypatch.setattr(results_stand, "PLAN", at_98)
    us = draw_collection(tmp_path / "us", [("train", 2, 2), ("validation", 6, 4), ("test", 20, 22)])
    run = finished_run(tmp_path / "run", us)
    compare(run, draws=50)
    (part,) = comparison(run).parts
    assert (part.before.threshold.name, part.after.threshold.name) == ("Youden", "sensitivity 0.98")
    assert (part.verdict, part.why) == ("not shown", ("other-points",))
    shutil.rmtree(comparison_folder(run, JOBS[0], ACTIVE))
    compare(run, draws=50, point="sensitivity-0.98")
    (part,) = comparison(run).parts
    assert part.before.threshold.name == part.after.threshold.name == "sensitivity 0.98"
    assert "other-points" not in part.why


def test_a_comparison_of_data_that_were_changed_since_is_refused(tmp_path: Path) -> None:
    us = draw_collection(tmp_path / "us", [("train", 2, 2), ("validation", 4, 4), ("test", 4, 4)])
    run = finished_run(tmp_path / "run", us)
    compare(run, draws=50)
    results = comparison_folder(run, JOBS[0], ACTIVE) / "results.json"
    (tested,) = open_collection(us).part("test")[:1]

    def refused(code: str = "comparison-of-older-data") -> bool:
        with pytest.raises(KnownError, match=code):
            comparison(run)
        return True

    comparison(run)
    exclude(open_collection(us), [tested.id], "blurred")
    assert refused()
    now = json.loads(results.read_text("utf-8"))
    del now["collections"][0]["exclusions"]  # of an older program
    assert results.write_text(json.dumps(now), "utf-8")
    assert refused()
    include(open_collection(us), [tested.id])
    comparison(run)
    parts = {**open_collection(us).parts, open_collection(us).part("train")[0].id: "left-out"}
    before = (us / "split.json").read_bytes()
    (us / "split.json").write_text(json.dumps({"schema": 1, "parts": parts}), "utf-8")
    assert refused()
    (us / "split.json").write_bytes(before)
    result = run / "jobs" / JOBS[0] / "result.json"
    told = json.loads(result.read_text("utf-8"))
    result.write_text(json.dumps({**told, "weights_sha256": "0" * 64}), "utf-8")  # trained again
    assert refused("comparison-of-others")
    result.write_text(json.dumps(told), "utf-8")
    other = "benign" if tested.label == "malignant" else "malignant"
    relabel(open_collection(us), [tested.id], other, "the report was misread")
    assert refused()


def test_a_comparison_of_other_weights_or_without_margins_is_none(compared: Path, tmp_path: Path) -> None:
    folder = comparison_folder(compared, JOBS[0], ACTIVE)
    with pytest.raises(KnownError, match="comparison-of-others"):
        read_comparison(open_run(compared), JOBS[0], ACTIVE, "0" * 64)
    with pytest.raises(KnownError, match="comparison-of-others"):
        check_current(open_run(compared), JOBS[1], read_results(folder))  # the job was not compared
    bare = shutil.copytree(compared, tmp_path / "run", symlinks=True)
    comparison(bare)
    (comparison_folder(bare, JOBS[0], ACTIVE) / "settled.json").unlink()
    with pytest.raises(KnownError, match="comparison-not-settled"):
        comparison(bare)


def test_nothing_is_installed_without_answers_a_reason_and_where_needed_a_second_word(compared: Path) -> None:
    found = comparison(compared)
    unsound = {**SOUND, "unseen": "no"}
    for answers, why, second, code in (
        ({}, "because", True, "protocol-not-answered"),
        (SOUND, "  ", True, "promotion-without-reason"),
        (unsound, "because", False, "promotion-not-confirmed"),
    ):
        with pytest.raises(KnownError, match=code):
            check_decision(found, answers, why, second)
    check_decision(found, unsound, "because", second=True)


def test_the_history_is_given_all_that_was_decided_by(compared: Path) -> None:
    found = comparison(compared)
    kept = json.loads(json.dumps(facts(open_run(compared), found, {**SOUND, "unseen": "no"}, second=True)))
    assert kept["protocol"]["unseen"] == "no"
    assert (kept["by_figures"], kept["confirmed_twice"]) == (found.verdict, True)
    assert kept["verdict"] in ("not shown", "worse")
    assert kept["plan_sha256"] == open_run(compared).plan.sha256
    assert set(kept["measured"][0]["differences"]) == {"auc", "sensitivity", "specificity"}
    assert sum(kept["flips"].values()) == len(found.flips)
