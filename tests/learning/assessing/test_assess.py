"""An assessment, through the real engine, on drawn masses."""

import csv
import dataclasses
import json
import math
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square, nudged_squares
from bmgui.learning.assessing import scoring
from bmgui.learning.assessing.__main__ import main
from bmgui.learning.assessing.assess import Request, assess
from bmgui.learning.assessing.scoring import Wanted
from bmgui.learning.assessing.squares import FACTORS
from bmgui.learning.collections.collection import Box, Part, open_collection
from bmgui.learning.collections.corrections import set_square
from bmgui.learning.collections.splits import Split, store_split
from bmgui.scoring.card import read_card
from bmgui.scoring.engines.choose import open_engine
from tests.learning.assessing.conftest import SETTINGS, Made, draw_collection, quiet
from tests.learning.collection_stand import collection, draft, picture

Row = dict[str, str]
MIDST = Box(420, 300, 60, 50)  # of a picture that is not stored whole


def results(made: Made) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((made.request.output / "results.json").read_text("utf-8"))
    return found


def cases(output: Path) -> list[Row]:
    with (output / "cases.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def of_group(made: Made, name: str) -> dict[str, Any]:
    return next(one for one in results(made)["measured"] if one["group"] == name)


# --- parts ---


def test_parts_are_kept_apart(made: Made) -> None:
    groups = {one["group"]: one["pictures"] for one in results(made)["measured"]}
    assert groups == {
        "internal validation: us + more": 16,
        "internal validation: us": 10,
        "internal validation: more": 6,
        "internal test: us": 8,
        "external test: outside": 8,
    }


def test_training_and_left_out_pictures_are_never_scored(made: Made) -> None:
    rows = cases(made.request.output)
    parts = {(row["collection"], row["part"]) for row in rows}
    assert parts == {("us", "validation"), ("us", "test"), ("more", "validation"), ("outside", "test")}
    for folder in (made.us, made.more, made.outside):
        collection = open_collection(folder)
        unseen = {section.id for part in ("train", "left-out") for section in collection.part(part)}
        assert unseen
        assert not unseen & {row["section"] for row in rows if row["collection"] == collection.name}


def test_without_the_word_no_test_picture_is_scored_and_no_look_is_counted(made: Made, tmp_path: Path) -> None:
    before = (made.us / "looks.jsonl").read_text("utf-8")
    request = dataclasses.replace(made.request, output=_copy_of_margins(made, tmp_path), locked_test=False)
    done = assess(request, quiet)
    assert {one["role"] for one in done.results["measured"]} == {"internal validation"}
    assert {row["part"] for row in cases(request.output)} == {"validation"}
    assert (made.us / "looks.jsonl").read_text("utf-8") == before


def test_looks_are_counted_for_each_set_of_weights_once(made: Made, tmp_path: Path) -> None:
    def looks() -> dict[str, int]:
        return {one["name"]: one["looks"]["count"] for one in done.results["collections"]}

    us = Path(shutil.copytree(made.us, tmp_path / "us"))
    (us / "looks.jsonl").unlink()
    request = dataclasses.replace(
        made.request, collections=(us, made.more), output=_copy_of_margins(made, tmp_path), pictures=False
    )
    done = assess(request, quiet)
    assert looks() == {"us": 1, "more": 0, "outside": 1}  # more has no test pictures
    done = assess(request, quiet)
    assert looks() == {"us": 1, "more": 0, "outside": 1}
    with (us / "looks.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"time": "2026-01-01", "model": "other", "weights": "0" * 64}) + "\n")
    done = assess(request, quiet)
    assert looks()["us"] == 2
    assert {look["model"] for look in done.results["collections"][0]["looks"]["each"]} == {"small", "other"}


def test_a_test_picture_that_was_also_learnt_from_is_named(made: Made, tmp_path: Path) -> None:
    assert results(made)["leaks"] == []
    us = Path(shutil.copytree(made.us, tmp_path / "us"))
    split = json.loads((us / "split.json").read_text("utf-8"))
    learnt, tested = (section.id for section in open_collection(us).part("test")[:2])  # two pictures of one patient
    split["parts"][learnt] = "train"
    (us / "split.json").write_text(json.dumps(split), "utf-8")
    request = dataclasses.replace(made.request, collections=(us, made.more), output=_copy_of_margins(made, tmp_path))
    found = assess(request, quiet).results["leaks"]
    assert [(leak["learnt"], leak["tested"], leak["why"]) for leak in found] == [
        (["us", learnt], ["us", tested], "patient")
    ]


def test_an_external_picture_that_was_learnt_from_is_named_whatever_its_split_says(made: Made, tmp_path: Path) -> None:
    again = Path(shutil.copytree(made.us, tmp_path / "again"))
    header = json.loads((again / "collection.json").read_text("utf-8"))
    (again / "collection.json").write_text(json.dumps({**header, "name": "again"}), "utf-8")
    (again / "split.json").unlink()
    (again / "looks.jsonl").unlink()
    request = dataclasses.replace(
        made.request,
        collections=(made.us,),
        external=(again,),
        output=_copy_of_margins(made, tmp_path),
        wanted=Wanted(2.0, False, False),
    )
    us = open_collection(made.us)
    wanted = {section.id for part in ("train", "validation") for section in us.part(part)}
    found = assess(request, quiet).results["leaks"]
    assert {(leak["learnt"][1], leak["tested"][0]) for leak in found} == {(one, "again") for one in wanted}


def test_a_collection_of_tests_alone_is_external_though_nobody_said_so(made: Made, tmp_path: Path) -> None:
    request = dataclasses.replace(
        made.request, collections=(made.us, made.outside), external=(), output=_copy_of_margins(made, tmp_path)
    )
    groups = {one["group"] for one in assess(request, quiet).results["measured"]}
    assert groups == {"internal validation: us", "internal test: us", "external test: outside"}


# --- figures ---


def test_an_outsider_finds_every_figure_of_the_table_again(made: Made) -> None:
    """From `cases.csv` alone, by other code: counts, rates, AUC, Brier, ECE, the interval of the AUC."""
    rows = [
        row
        for row in cases(made.request.output)
        if row["role"] == "external test" and row["factor"] == "2" and row["nudge"] == "0"
    ]
    one = of_group(made, "external test: outside")
    table, threshold = one["table"], one["threshold"]["threshold"]
    bad = [row["label"] == "malignant" for row in rows]
    scores = [float(row["probability_after"]) for row in rows]
    found = [score >= threshold for score in scores]
    counts = {
        "tp": sum(f and b for f, b in zip(found, bad, strict=True)),
        "fp": sum(f and not b for f, b in zip(found, bad, strict=True)),
        "tn": sum(not f and not b for f, b in zip(found, bad, strict=True)),
        "fn": sum(not f and b for f, b in zip(found, bad, strict=True)),
    }
    assert table["counts"] == counts
    assert table["patients"] == len({row["unit"] for row in rows}) == 4
    values = {name: figure["value"] for name, figure in table["values"].items()}
    assert values["sensitivity"] == pytest.approx(counts["tp"] / (counts["tp"] + counts["fn"]))
    assert values["specificity"] == pytest.approx(counts["tn"] / (counts["tn"] + counts["fp"]))
    assert values["accuracy"] == pytest.approx((counts["tp"] + counts["tn"]) / len(rows))
    assert values["brier"] == pytest.approx(sum((s - b) ** 2 for s, b in zip(scores, bad, strict=True)) / len(rows))
    assert values["auc"] == pytest.approx(_auc(bad, scores, [1] * len(rows)))
    assert one["calibration"]["after"]["ece"] == pytest.approx(_ece(bad, scores))
    low, high = _interval(bad, scores, [row["unit"] for row in rows])
    assert (table["values"]["auc"]["low"], table["values"]["auc"]["high"]) == pytest.approx((low, high))


def _auc(bad: list[bool], scores: list[float], times: list[int]) -> float:
    won = pairs = 0.0
    for b1, s1, t1 in zip(bad, scores, times, strict=True):
        for b2, s2, t2 in zip(bad, scores, times, strict=True):
            if b1 and not b2:
                pairs += t1 * t2
                won += t1 * t2 * (1.0 if s1 > s2 else 0.5 if s1 == s2 else 0.0)
    return won / pairs if pairs else math.nan


def _ece(bad: list[bool], scores: list[float]) -> float:
    off = 0.0
    for at in range(10):
        inside = [(b, s) for b, s in zip(bad, scores, strict=True) if min(int(s * 10), 9) == at]
        off += abs(sum(b for b, _ in inside) - sum(s for _, s in inside)) / len(bad)
    return off


def _interval(bad: list[bool], scores: list[float], units: list[str]) -> tuple[float, float]:
    """Patients drawn with replacement, as the file says: draws, seed; draws of one class only are drawn again."""
    names = sorted(set(units))
    random = np.random.default_rng(SETTINGS.seed)
    areas = [math.nan] * SETTINGS.draws
    while missing := [at for at, area in enumerate(areas) if math.isnan(area)]:
        drawn = random.multinomial(len(names), [1 / len(names)] * len(names), size=len(missing))
        for at, times in zip(missing, drawn, strict=True):
            areas[at] = _auc(bad, scores, [int(times[names.index(unit)]) for unit in units])
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)


def test_squares_in_the_list_are_those_that_were_scored(made: Made) -> None:
    """The margin of a row comes back from its square, by the engine, from the collection."""
    row = next(row for row in cases(made.request.output) if row["collection"] == "outside" and row["factor"] == "1.1")
    card, collection = read_card(made.model), open_collection(made.outside)
    section = next(one for one in collection.sections if one.id == row["section"])
    square = Square(int(row["left"]), int(row["top"]), int(row["side"]))
    assert square.side == round(1.1 * section.mass_side)
    margin, _ = open_engine(made.model, card, "cpu").score(collection.crop(section, square, card.side)[None])
    assert float(row["margin"]) == pytest.approx(float(margin[0]), abs=1e-5)
    assert float(row["probability_before"]) == pytest.approx(1 / (1 + math.exp(-float(row["margin"]))))
    assert float(row["probability_after"]) == pytest.approx(card.probability(float(row["margin"])))


def test_sizes_are_told_for_all_and_for_pictures_that_hold_them(made: Made) -> None:
    rows = [row for row in cases(made.request.output) if row["role"] == "external test" and row["nudge"] == "0"]
    sizes = of_group(made, "external test: outside")["sizes"]
    whole = {row["section"] for row in rows if row["unshrunk"] == "1"}
    assert 0 < len(whole) < 8
    assert (sizes["all"]["pictures"], sizes["unshrunk"]["pictures"]) == (8, len(whole))
    for row in rows:
        asked = round(float(row["factor"]) * float(row["mass_side"]))
        assert row["unshrunk"] == "0" or int(row["side"]) == max(asked, 32)
    for area in sizes["all"]["areas"]:
        chosen = [row for row in rows if float(row["factor"]) == area["factor"]]
        bad = [row["label"] == "malignant" for row in chosen]
        assert area["auc"]["value"] == pytest.approx(_auc(bad, [float(r["margin"]) for r in chosen], [1] * len(bad)))


def test_nudges_move_the_score_as_a_reading_would_show(made: Made, tmp_path: Path) -> None:
    few = draw_collection(tmp_path / "few", [("validation", 1, 1), ("train", 1, 1)], seed=9)
    request = Request(output=tmp_path / "o", models=(str(made.model),), collections=(few,), wanted=Wanted(sizes=False))
    one = assess(request, quiet).results["measured"][0]
    rows = cases(request.output)
    assert len(rows) == 2 * 27
    section = open_collection(few).part("validation")[0]
    listed = {
        Square(int(row["left"]), int(row["top"]), int(row["side"])) for row in rows if row["section"] == section.id
    }
    assert listed == set(nudged_squares(section.square_of(2.0), section.width, section.height))
    changes = []
    for identity in {row["section"] for row in rows}:
        scores = {row["nudge"]: float(row["probability_after"]) for row in rows if row["section"] == identity}
        own = scores.pop("0")
        changes += [abs(score - own) for score in scores.values()]
    assert one["nudges"]["median_change"] == pytest.approx(float(np.median(changes)))
    assert one["reason"] == "too-few-patients"  # one patient of each class: no interval, and no figure that has one
    assert "table" not in one


def test_a_corrected_square_is_only_nudged_and_resized_where_that_can_be_cropped(made: Made, tmp_path: Path) -> None:
    """At the end of what is stored other squares would be moved inside it, and the score would seem to stand still."""
    drafts = [
        draft(seed, label, pixels=picture(seed, 900, 700, MIDST), box=MIDST, patient=f"P{seed}")
        for seed, label in enumerate(("benign", "malignant") * 3)
    ]
    few = collection(tmp_path / "few", drafts)
    parts: dict[str, Part] = {f"s{seed}": "validation" for seed in range(1, 6)}
    store_split(few, Split({"s0": "train", **parts}, "by hand"))
    moved, kept = few.sections[1], few.sections[2]
    edge = Square(*moved.limits(200)[:2], 200)
    set_square(few, moved.id, edge, "at the end of what is stored")
    set_square(few, kept.id, kept.square.moved(1, 1), "a pixel")
    request = Request(output=tmp_path / "o", models=(str(made.model),), collections=(few.folder,))
    one = assess(request, quiet).results["measured"][0]
    count = Counter(row["section"] for row in cases(request.output))
    assert count == {"s1": 1, **dict.fromkeys(("s2", "s3", "s4", "s5"), 27 + len(FACTORS) - 1)}
    now = open_collection(few.folder)
    for row in cases(request.output):
        section = next(s for s in now.sections if s.id == row["section"])
        assert section.holds(Square(int(row["left"]), int(row["top"]), int(row["side"])))
        assert row["unshrunk"] == str(int(section.id != moved.id))
    assert one["nudges"]["pictures"] == one["sizes"]["all"]["pictures"] == one["sizes"]["unshrunk"]["pictures"] == 4


def test_nudges_of_some_pictures_only_are_of_the_same_ones_each_time(made: Made) -> None:
    cases_here = made.done.material.cases
    wanted = Wanted(sizes=False, every=3)
    chosen = [case for case in cases_here if wanted.is_nudged(case)]
    assert 0 < len(chosen) < len(cases_here)
    assert [case for case in reversed(cases_here) if wanted.is_nudged(case)] == chosen[::-1]
    assert {len(list(wanted.squares(case))) for case in chosen} == {27}
    assert {len(list(wanted.squares(case))) for case in cases_here if case not in chosen} == {1}


# --- what the world does ---


def test_a_second_assessment_scores_nothing(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("an engine was opened")

    monkeypatch.setattr(scoring, "open_engine", never)
    request = dataclasses.replace(made.request, output=_copy_of_margins(made, tmp_path))
    again = assess(request, quiet).results
    assert again["measured"] == results(made)["measured"]


def test_a_stop_in_the_middle_of_a_line_loses_that_line_only(made: Made, tmp_path: Path) -> None:
    request = dataclasses.replace(made.request, output=_copy_of_margins(made, tmp_path))
    file = max((request.output / "margins").iterdir(), key=lambda path: path.stat().st_size)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-2]) + lines[-2][:20])
    said: list[str] = []
    again = assess(request, said.append).results
    assert [line for line in said if "2 of 2 squares scored" in line]
    area = of_group(made, "external test: outside")["table"]["values"]["auc"]
    assert again["measured"][-1]["table"]["values"]["auc"] == area


def test_one_class_only_is_told_with_its_reason(made: Made, tmp_path: Path) -> None:
    benign = draw_collection(tmp_path / "benign", [("validation", 3, 0)], seed=8)
    request = Request(
        output=tmp_path / "o", models=(str(made.model),), collections=(benign,), wanted=Wanted(2.0, False, False)
    )
    one = assess(request, quiet).results["measured"][0]
    assert (one["reason"], one["pictures"], one["malignant"]) == ("one-class-only", 3, 0)
    assert all(point["reason"] == "one-class-only" for point in one["points"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--model", "nobody-s-model", "--collection", "{us}"], "no-such-model"),
        (["--model", "{model}", "--collection", "{us}/nothing"], "collection-missing"),
        (["--run", "{us}", "--collection", "{us}"], "no-run"),
        (["--model", "{model}"], "nothing-to-assess"),
        (["--model", "{model}", "--external", "{outside}"], "nothing-to-assess"),
        (["--model", "{model}", "--model", "{model}", "--collection", "{us}"], "subject-twice"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(
    made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], code: str
) -> None:
    named = {"us": made.us, "model": made.model, "outside": made.outside}
    given = [argument.format(**named) for argument in arguments]
    assert main(["evaluate", *given, "--output", str(tmp_path / "o")]) == 1
    mark, told = capfd.readouterr().err.split(" ", 1)
    assert (mark, json.loads(told)["code"]) == ("bmgui-error", code)
    assert not (tmp_path / "o").exists()


def test_an_output_that_cannot_be_is_refused_before_anything_is_scored(made: Made, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    request = dataclasses.replace(made.request, output=tmp_path / "file" / "o")
    with pytest.raises(KnownError, match="file-not-written"):
        assess(request, quiet)


# --- the report ---


def test_the_report_is_drawn_from_the_results(made: Made, tmp_path: Path) -> None:
    output = _copy_of_margins(made, tmp_path)
    given = ["--model", str(made.model), "--collection", str(made.us), "--external", str(made.outside)]
    assert main(["evaluate", *given, "--output", str(output), "--draws", "50", "--without-nudges"]) == 0
    assert (output / "report.pdf").read_bytes().startswith(b"%PDF")
    names = {path.name for path in (output / "pictures").iterdir()}
    place = "small-internal-validation-us.png"
    assert names == {"roc-internal-validation-us.png", *(f"{kind}-{place}" for kind in KINDS)}


KINDS = ("calibration", "decision", "sizes", "worst")


def _copy_of_margins(made: Made, tmp_path: Path) -> Path:
    output = tmp_path / "output"
    shutil.copytree(made.request.output / "margins", output / "margins")
    return output
