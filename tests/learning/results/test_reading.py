"""Results are read as they were written, and never half: what is odd is named with its file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.results.cautions import FEW_PATIENTS, FEW_THRESHOLD_PICTURES, of_patients, of_threshold
from bmgui.learning.results.reading import read_cases, read_results
from bmgui.learning.results.values import NAMES
from tests.learning.assessing.conftest import draw_collection
from tests.learning.results_stand import JOBS, evaluated, finished_run

Change = Callable[[dict[str, Any]], Any]
TEST, VALIDATION = "internal test: us", "internal validation: us"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation with the locked test. No test may write into it."""
    folder = tmp_path_factory.mktemp("results")
    us = draw_collection(folder / "us", [("train", 2, 2), ("validation", 6, 4), ("test", 6, 6)])
    return evaluated(finished_run(folder / "run", us), locked_test=True)


@pytest.fixture
def raw(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((output / "results.json").read_text("utf-8"))
    return found


def test_every_figure_is_what_was_written(output: Path, raw: dict[str, Any]) -> None:
    found = read_results(output)
    assert [one.name for one in found.subjects] == list(JOBS)
    assert found.subjects[0].seed == 0
    assert found.subjects[0].run == "run"
    assert (found.draws, found.factor, found.locked_test) == (50, 2.0, True)
    assert len(found.measured) == len(raw["measured"]) == 4
    for one, told in zip(found.measured, raw["measured"], strict=True):
        assert (one.subject, one.group) == (told["subject"], told["group"])
        assert (one.pictures, one.malignant, one.benign) == (told["pictures"], told["malignant"], told["benign"])
        for name in NAMES:
            wanted = told["table"]["values"][name]
            figure = one.values[name]
            assert (figure.value, figure.low, figure.high) == (wanted["value"], wanted["low"], wanted["high"])
        assert one.counts is not None
        assert vars(one.counts) == told["table"]["counts"]
        assert one.curve is not None
        assert list(one.curve.y) == told["roc"]["curve"]["sensitivity"]
        assert one.band is not None
        assert list(one.band.low) == told["roc"]["band"]["low"]
        assert [worst.section for worst in one.worst] == [worst["section"] for worst in told["worst"]]
        assert one.calibration is not None
        assert sum(b.pictures for b in one.calibration.bins) == one.pictures


def test_points_carry_their_intervals_and_what_they_were_chosen_on(output: Path) -> None:
    one = read_results(output).of(JOBS[0], TEST)
    assert one is not None
    main = next(point for point in one.points if point.name == one.threshold.name)
    assert main.sensitivity == one.values["sensitivity"]  # the same draws as in the table
    assert main.specificity == one.values["specificity"]
    assert (main.chosen.benign, main.chosen.malignant) == (6, 4)
    assert (one.threshold.benign, one.threshold.malignant) == (6, 4)


def test_few_patients_and_few_threshold_pictures_are_said(output: Path) -> None:
    one = read_results(output).of(JOBS[0], TEST)
    assert one is not None
    assert (one.benign_patients, one.malignant_patients, one.patients) == (3, 3, 6)
    assert {caution.code: dict(caution.fields) for caution in one.cautions} == {
        "few-patients": {"benign": 3, "malignant": 3, "least": FEW_PATIENTS},
        "few-threshold-pictures": {"benign": 6, "malignant": 4, "least": FEW_THRESHOLD_PICTURES},
    }


def test_enough_of_both_classes_is_not_said() -> None:
    assert of_patients(FEW_PATIENTS, FEW_PATIENTS) == ()
    assert of_threshold(FEW_THRESHOLD_PICTURES, FEW_THRESHOLD_PICTURES) == ()
    assert [one.code for one in of_patients(500, FEW_PATIENTS - 1)] == ["few-patients"]
    assert [one.code for one in of_threshold(FEW_THRESHOLD_PICTURES - 1, 500)] == ["few-threshold-pictures"]


def test_groups_stand_once_and_tests_come_first(output: Path) -> None:
    found = read_results(output)
    assert [group.name for group in found.groups()] == [TEST, VALIDATION]
    assert [group.role for group in found.groups()] == ["internal test", "internal validation"]
    assert found.of(JOBS[0], "external test: us") is None
    with pytest.raises(KeyError):
        found.subject("nobody")


def test_what_cannot_be_had_keeps_its_reason(output: Path) -> None:
    cells = {(cell.network, cell.chain, cell.seed): cell.reason for cell in read_results(output).empty}
    assert cells["resnet50", "imagenet→us", None] == "its weights are not at hand"
    assert cells["resnet50", "scratch→us", 1] == "it has not finished training"


def test_differences_are_read_with_their_intervals(output: Path, raw: dict[str, Any]) -> None:
    found = read_results(output)
    told = next(pair for pair in raw["comparisons"]["pairs"] if pair["group"] == TEST)
    pair = next(pair for pair in found.pairs if pair.group == TEST)
    assert (pair.first, pair.second) == (told["first"], told["second"])
    wanted = told["differences"]["auc"]
    assert (pair.differences["auc"].value, pair.differences["auc"].low) == (wanted["value"], wanted["low"])
    assert set(pair.p) == {"AUC", "accuracy", "sensitivity", "specificity"}


def test_cases_are_one_a_picture_and_model(output: Path) -> None:
    cases = read_cases(output)
    assert len(cases) == 2 * (10 + 12)
    us = open_collection(output.parent.parent / "us")
    by_id = {section.id: section for section in us.sections}
    for case in cases:
        assert case.label == by_id[case.section].label
        assert case.square == by_id[case.section].square_of(2.0)
        assert case.part == us.parts[case.section]
    found = read_results(output)
    one = found.of(JOBS[0], TEST)
    assert one is not None
    here = [case for case in cases if case.subject == JOBS[0] and case.role == "internal test"]
    scores = {case.section: case.probability for case in here}
    assert one.worst
    for worst in one.worst:  # calibrated, as everything that is shown
        assert scores[worst.section] == pytest.approx(worst.probability, abs=1e-12)
    positive = [case for case in here if case.probability >= one.threshold.threshold]
    assert one.counts is not None
    assert sum(case.label == "malignant" for case in positive) == one.counts.tp
    assert sum(case.label == "benign" for case in positive) == one.counts.fp


def test_a_folder_without_results_says_so(tmp_path: Path) -> None:
    for read in (read_results, read_cases):
        with pytest.raises(KnownError) as caught:
            read(tmp_path)  # type: ignore[operator]
        assert caught.value.code == "results-missing"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda r: r.pop("draws"), "draws: missing"),
        (lambda r: r.update(schema=2), "schema: 2 is out of range"),
        (lambda r: r["measured"][0].update(role="training"), "role: 'training' is none of"),
        (lambda r: r["measured"][0].update(pictures=9), "pictures: 4 + 6 are not 9"),
        (lambda r: r["measured"][0].update(subject="somebody"), "somebody is no subject"),
        (lambda r: r["measured"][0]["table"]["values"].pop("auc"), "table.values.auc: missing"),
        (lambda r: r["measured"][0]["table"]["values"]["auc"].update(low=None), "an interval with one end"),
        (lambda r: r["measured"][0]["table"]["counts"].update(tp=-1), "counts.tp: -1 is out of range"),
        (lambda r: r["measured"][0]["roc"]["curve"]["sensitivity"].pop(), "not of one length"),
        (lambda r: r["measured"][0]["roc"]["band"].update(low="x"), "roc.band.low: not a list of shares"),
        (lambda r: r["measured"][0].update(worst=[{"section": "s"}]), "worst[0].label: missing"),
        (lambda r: r["comparisons"]["pairs"][0].pop("differences"), "pairs[0].differences: missing"),
        (lambda r: r.update(measured={}), "measured: not a list"),
    ],
)
def test_what_is_odd_is_named(output: Path, raw: dict[str, Any], tmp_path: Path, change: Change, named: str) -> None:
    change(raw)
    (tmp_path / "results.json").write_text(json.dumps(raw), "utf-8")
    with pytest.raises(KnownError) as caught:
        read_results(tmp_path)
    assert caught.value.code == "results-unreadable"
    assert caught.value.fields["file"] == str(tmp_path / "results.json")
    assert named in str(caught.value.fields["reason"])


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1', "null", "\x00", "[" * 100_000])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text, "utf-8")
    with pytest.raises(KnownError) as caught:
        read_results(tmp_path)
    assert caught.value.code == "results-unreadable"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("margin,", "margins,", "no column 'margin'"),
        ("internal validation", "training", "line 2: role"),
        (",malignant,validation", ",maybe,validation", "label"),
    ],
)
def test_an_odd_case_is_named_by_its_line(output: Path, tmp_path: Path, old: str, new: str, named: str) -> None:
    shutil.copy(output / "results.json", tmp_path)
    text = (output / "cases.csv").read_text("utf-8").replace(old, new, 1)
    (tmp_path / "cases.csv").write_text(text, "utf-8")
    with pytest.raises(KnownError) as caught:
        read_cases(tmp_path)
    assert caught.value.code == "results-unreadable"
    assert caught.value.fields["file"] == str(tmp_path / "cases.csv")
    assert named in str(caught.value.fields["reason"])


def test_results_of_before_are_read_without_what_they_lack(output: Path, raw: dict[str, Any], tmp_path: Path) -> None:
    for one in raw["measured"]:
        for name in ("cautions", "benign_patients", "malignant_patients"):
            one.pop(name)
        for point in one["points"]:
            point.pop("intervals", None)
            point.pop("chosen_on_benign")
    (tmp_path / "results.json").write_text(json.dumps(raw), "utf-8")
    one = read_results(tmp_path).measured[0]
    assert one.cautions == ()
    assert one.benign_patients is None
    assert one.points[0].sensitivity is not None
    assert one.points[0].sensitivity.low is None


def test_leaks_are_counted_by_test_pictures_of_what_the_subject_learnt_from(
    output: Path, raw: dict[str, Any], tmp_path: Path
) -> None:
    def read() -> Any:
        (tmp_path / "results.json").write_text(json.dumps(raw), "utf-8")
        return read_results(tmp_path)

    assert (read().leaking(JOBS[0]), read().subject(JOBS[0]).unprinted) == (0, ())
    pairs = [("us", "s1", "us", "s9"), ("us", "s2", "us", "s9"), ("us", "s1", "us", "s8"), ("them", "t1", "us", "s7")]
    raw["leaks"] = [{"learnt": [a, b], "tested": [c, d], "why": "near-duplicate"} for a, b, c, d in pairs]
    assert (len(read().leaks), read().leaking(JOBS[0])) == (4, 2)
    del raw["subjects"][0]["learnt"]["us"]["printed"]  # of an older program
    raw["subjects"][1]["learnt"] = None
    assert read().subject(JOBS[0]).unprinted == ("us",)
    assert (read().leaking(JOBS[1]), read().subject(JOBS[1]).learnt) == (0, False)
    raw["leaks"][0]["tested"] = ["us"]
    with pytest.raises(KnownError, match="results-unreadable"):
        read()
