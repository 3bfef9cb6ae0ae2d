"""Tune, write and measure the mass finder that `train_finder.py` taught.

    python packaging/measure_finder.py tune --run ../runs/finder        # validation pictures only; prints
    python packaging/measure_finder.py ship --run ../runs/finder        # writes models/mass-finder, without figures
    python packaging/measure_finder.py test                             # locked pictures, once; writes figures
    python packaging/measure_finder.py scores --model resnet50-us       # the classifier on proposed squares

Run from the repository with it on the path (`PYTHONPATH=.`), in an environment with scipy. Every mass counts, those too
that no square can hold; of several masses in a picture each is asked of the first proposal.
"""

import argparse
import itertools
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from fit_proposals import holds_box
from measure_proposals import interval
from proposal_data import Case, external_test, internal_test, normal_pictures, validating

from bmgui.base.files import sha256_of, write_json
from bmgui.evaluation.bootstrap import resample
from bmgui.evaluation.figures import auc_difference
from bmgui.evaluation.roc import auc_weighted
from bmgui.imaging.crop import make_crop
from bmgui.imaging.proposals import propose, squares_round
from bmgui.imaging.square import Square
from bmgui.scoring.engines import open_engine
from bmgui.scoring.engines.mass_finder import MassFinder
from bmgui.scoring.finder_card import FINDER_FILE, FINDER_FOLDER, SCHEMA
from bmgui.scoring.finding import Finding, FindingRule, Found, masses
from bmgui.scoring.library import Library
from bmgui.scoring.weights import WEIGHTS_FILE

REPOSITORY = Path(__file__).resolve().parent.parent
MODELS = REPOSITORY / "models"
RULE = FindingRule(seen=0.85, edge=0.2, smaller=0.001, second=0.85, most=3)  # as tuned: docs/proposals.md
MIRROR = False
TIMES = (1.1, 3.0)  # a good square's side, in the mass's longer sides


@dataclass(frozen=True)
class Judged:
    """One mass, and what was offered for its picture: first square, any square, the rule's first square."""

    collection: str
    patient: str
    single: bool  # the picture's only mass
    seen: bool  # the finder saw some mass in the picture
    held: bool
    good: bool
    any_good: bool
    rule_held: bool
    rule_good: bool
    could: bool  # some square in the frame would be good


def main() -> None:
    parser = argparse.ArgumentParser(description="Tune, write and measure the mass finder.")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("tune", "ship"):
        commands.add_parser(name).add_argument("--run", type=Path, required=True)
    commands.add_parser("test")
    commands.add_parser("scores").add_argument("--model", required=True)
    given = parser.parse_args()
    if given.command == "tune":
        tune(given.run, given.data)
    elif given.command == "ship":
        write_finder(MODELS / FINDER_FOLDER, given.run, RULE, MIRROR)
    elif given.command == "test":
        test(given.data)
    else:
        scores(given.model, given.data)


# --- what is good


def judged(case: Case, finding: Finding, by_rule: tuple[Square, ...]) -> Iterable[Judged]:
    """Each mass of the picture against the squares that are offered for it."""
    height, width = case.frame.shape
    offered = squares_round(map(_bounds, finding.masses), width, height)
    for box in case.boxes:
        longer = max(box[2] - box[0], box[3] - box[1])
        yield Judged(
            collection=case.collection,
            patient=case.patient,
            single=len(case.boxes) == 1,
            seen=bool(offered),
            held=any(holds_box(square, box) for square in offered[:1]),
            good=any(_good(square, box) for square in offered[:1]),
            any_good=any(_good(square, box) for square in offered),
            rule_held=holds_box(by_rule[0], box),
            rule_good=_good(by_rule[0], box),
            could=longer * TIMES[0] <= min(height, width),
        )


def _good(square: Square, box: tuple[int, int, int, int]) -> bool:
    longer = max(box[2] - box[0], box[3] - box[1])
    return holds_box(square, box) and TIMES[0] <= square.side / longer <= TIMES[1]


def _bounds(found: Found) -> tuple[float, float, float, float]:
    return found.left, found.top, found.width, found.height


# --- tuning, on validation pictures


def tune(run: Path, data: Path) -> None:
    """Print what each rule would give; the choice is written into RULE by hand."""
    cases = list(validating(data))
    by_rule = [propose(case.frame) for case in cases]
    with_mass, normal = [i for i, c in enumerate(cases) if c.boxes], [i for i, c in enumerate(cases) if not c.boxes]
    beside = [part for i in with_mass for part in beside_masses(cases[i])]
    for mirror in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            finder = MassFinder(write_finder(Path(folder), run, RULE, mirror))
        looks = [finder.look(case.frame) for case in cases]
        free = [finder.look(part) for part in beside]
        shapes = [case.frame.shape for case in cases]
        print(f"\nmirror {mirror}: {len(with_mass)} pictures, {len(normal)} normal, {len(beside)} parts beside masses")
        print("edge  seen  good: BUS-BRA   BUSI     held: BUS-BRA   BUSI    not seen   normal   beside")
        for edge, seen in itertools.product((0.1, 0.2, 0.3, 0.4, 0.5), (0.5, 0.7, 0.8, 0.85, 0.9)):
            rule = replace(RULE, edge=edge, seen=seen, second=seen)
            found = [masses(c, px, s[1], s[0], rule) for (c, px), s in zip(looks, shapes, strict=True)]
            alarms = np.mean([bool(found[i].masses) for i in normal]) if normal else np.nan
            parts = np.mean([bool(masses(c, px, 9999, 9999, rule).masses) for c, px in free])
            rows = [j for i in with_mass for j in judged(cases[i], found[i], by_rule[i])]
            _tuning_row(rule, rows, float(alarms), float(parts))


def _tuning_row(rule: FindingRule, rows: list[Judged], alarms: float, parts: float) -> None:
    sets = [[r for r in rows if r.collection == name] for name in ("BUS-BRA", "BUSI")]
    good = "  ".join(f"{np.mean([r.good for r in part]):8.1%}" for part in sets)
    held = "  ".join(f"{np.mean([r.held for r in part]):8.1%}" for part in sets)
    unseen = np.mean([not r.seen for r in rows])
    print(f"{rule.edge:.2f}  {rule.seen:.2f}  {good}   {held}   {unseen:6.1%}  {alarms:6.1%}  {parts:6.1%}", flush=True)


def beside_masses(case: Case) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    """The largest upright part of the picture beside its masses, if it is a third of it: tissue without a mass."""
    height, width = case.frame.shape
    left, top = min(b[0] for b in case.boxes), min(b[1] for b in case.boxes)
    right, bottom = max(b[2] for b in case.boxes), max(b[3] for b in case.boxes)
    frame = case.frame
    parts = (frame[:, :left], frame[:, right:], frame[:top], frame[bottom:])
    largest = max(parts, key=lambda part: part.size)
    return [np.ascontiguousarray(largest)] if largest.size >= height * width / 3 else []


# --- the folder that ships


def write_finder(folder: Path, run: Path, rule: FindingRule, mirror: bool) -> Path:
    """The finder's folder, its card without figures."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run / WEIGHTS_FILE, folder / WEIGHTS_FILE)
    plan = json.loads((run / "plan.json").read_text("utf-8"))
    card = {
        "schema": SCHEMA,
        "id": FINDER_FOLDER,
        "title": "Mass finder",
        "side": plan["side"],
        "widths": plan["widths"],
        "blocks": plan["blocks"],
        "mirror": mirror,
        "sha256": sha256_of(folder / WEIGHTS_FILE),
        "rule": asdict(rule),
        "data": [
            {"name": "BUS-BRA, folds 1–3", "used_for": "learning", "licence": "free use, cite Gómez-Flores 2024"},
            {"name": "BUSI, tenths 3–9", "used_for": "learning", "licence": "research, cite Al-Dhabyani 2020"},
            {"name": "BUS-BRA, fold 4; BUSI, tenth 2", "used_for": "tuning", "licence": "as above"},
            {"name": "BUS-BRA, fold 5; BUSI, tenths 0–1; BUS-UCLM", "used_for": "test", "licence": "as above; NC"},
        ],
        "training": f"From random weights, {plan['steps']} steps of {plan['batch']} random views of {plan['side']} px "
        "(other sizes, places, consoles and scanners' looks), on the masks: cross-entropy and Dice, AdamW, running "
        "average of the weights; the rate fell as for 5,000 steps up to step 3,500, then as for these. "
        "packaging/train_finder.py remakes it.",
        "figures": [],
        "normal": [],
        "licence": "research; the pictures' own licences",
        "limits": LIMITS,
    }
    write_json(folder / FINDER_FILE, card)
    return folder


LIMITS = [
    "It says where a mass may lie, not what it is, and not that there is none: offered, never scored unasked.",
    "Taught on masses of two collections; bright and very large masses are missed most.",
    "Its certainty is no probability.",
]


# --- the locked pictures, once


def test(data: Path) -> None:
    """Measure on pictures that nothing was tuned on; print the tables, and write the figures into the card."""
    folder = MODELS / FINDER_FOLDER
    finder = MassFinder(folder)
    spent: list[float] = []
    figures, parts = [], []
    for name, cases in (("internal test", internal_test(data)), ("BUS-UCLM", external_test(data))):
        rows = [row for case in cases for row in judged(case, _timed(finder, case, spent), propose(case.frame))]
        parts.append((name, rows))
        parts += [(f"{name}, {c}", [r for r in rows if r.collection == c]) for c in _collections(rows)]
        parts.append((f"{name}, one mass in the picture", [r for r in rows if r.single]))
        figures.append(_figures(name, rows))
    print_table(parts)
    normal = _false_alarms(finder, data)
    print(f"\nfind: median {np.median(spent) * 1e3:.1f} ms, most {max(spent) * 1e3:.1f} ms, {len(spent)} pictures")
    card = json.loads((folder / FINDER_FILE).read_text("utf-8"))
    write_json(folder / FINDER_FILE, card | {"figures": figures, "normal": normal})


def _timed(finder: MassFinder, case: Case, spent: list[float]) -> Finding:
    started = time.perf_counter()
    finding = finder.find(case.frame)
    spent.append(time.perf_counter() - started)
    return finding


def _collections(rows: list[Judged]) -> list[str]:
    names = list(dict.fromkeys(row.collection for row in rows))
    return names if len(names) > 1 else []


def _rate(rows: list[Judged], what: Callable[[Judged], bool]) -> dict[str, float]:
    hits = np.array([what(row) for row in rows]).astype(int)
    low, high = interval(hits, [row.patient for row in rows])
    return {"value": round(float(hits.mean()), 4), "low": round(low, 4), "high": round(high, 4)}


def _figures(name: str, rows: list[Judged]) -> dict[str, Any]:
    return {
        "measured_on": name,
        "locked": True,
        "masses": len(rows),
        "patients": len({row.patient for row in rows}),
        "good": _rate(rows, lambda row: row.good),
        "held": _rate(rows, lambda row: row.held),
        "missed": _rate(rows, lambda row: not row.seen),
        "rule": _rate(rows, lambda row: row.rule_good),
    }


COLUMNS: tuple[tuple[str, Callable[[Judged], bool]], ...] = (
    ("good", lambda row: row.good),
    ("held", lambda row: row.held),
    ("no mass seen", lambda row: not row.seen),
    ("any good", lambda row: row.any_good),
    ("rule: good", lambda row: row.rule_good),
    ("rule: held", lambda row: row.rule_held),
    ("could be", lambda row: row.could),
)


def print_table(parts: list[tuple[str, list[Judged]]]) -> None:
    print("| masses of | patients | masses | " + " | ".join(name for name, _ in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 3) + "|")
    for name, rows in parts:
        cells = [_cell(rows, what) for _, what in COLUMNS]
        print(f"| {name} | {len({row.patient for row in rows})} | {len(rows)} | " + " | ".join(cells) + " |")


def _cell(rows: list[Judged], what: Callable[[Judged], bool]) -> str:
    rate = _rate(rows, what)
    return f"{rate['value']:.1%} ({sum(map(what, rows))}; {100 * rate['low']:.1f}–{100 * rate['high']:.1f})"


def _false_alarms(finder: MassFinder, data: Path) -> list[dict[str, Any]]:
    seen = [
        (case.collection, case.patient, met, bool(finder.find(case.frame).masses))
        for case, met in normal_pictures(data)
    ]
    parts = [
        ("all normal pictures", seen),
        ("BUSI, never met", [row for row in seen if row[0] == "BUSI" and not row[2]]),
        ("BUSI, learnt from or tuned on", [row for row in seen if row[2]]),
        ("BUS-UCLM", [row for row in seen if row[0] == "BUS-UCLM"]),
    ]
    found = []
    print("\n| normal pictures | patients or groups | pictures | a mass was seen (95 %) |\n|---|---|---|---|")
    for name, rows in parts:
        hits = np.array([row[3] for row in rows]).astype(int)
        low, high = interval(hits, [row[1] for row in rows])
        told = f"{hits.mean():.1%} ({hits.sum()}; {100 * low:.1f}–{100 * high:.1f})"
        print(f"| {name} | {len({row[1] for row in rows})} | {len(rows)} | {told} |")
        rate = {"value": round(float(hits.mean()), 4), "low": round(low, 4), "high": round(high, 4)}
        found.append({"measured_on": name, "pictures": len(rows), "met": sum(r[2] for r in rows), "seen": rate})
    return found


# --- the classifier on proposed squares


def scores(model: str, data: Path) -> None:
    """AUC on the first proposed square against AUC on the square from the mask; pictures with one mass.

    Where the finder sees no mass the rule's first square is taken, as the program offers it.
    """
    library = Library([MODELS])
    engine = open_engine(library.folder(model), library.card(model), "cpu")
    finder = MassFinder(MODELS / FINDER_FOLDER)
    print(
        "| pictures of | patients | pictures | mask | finder | rule | finder − mask | rule − mask |\n"
        + "|---" * 8
        + "|"
    )
    took: dict[str, list[float]] = {"find": [], "score": []}  # in turns, so that a busy machine slows both alike
    for name, cases in (("internal test", internal_test(data)), ("BUS-UCLM", external_test(data))):
        labels, patients, margins = [], [], []
        for case in (case for case in cases if len(case.boxes) == 1):
            labels.append(case.label == "malignant")
            patients.append(case.patient)
            squares = _three(case, finder, took["find"])
            crops = np.stack([_crop(case, square, library.card(model)) for square in squares])
            started = time.perf_counter()
            margins.append(engine.score(crops)[0])
            took["score"].append((time.perf_counter() - started) / len(crops))
        _print_areas(name, np.array(labels), np.array(patients), np.array(margins).T)
    find_ms, score_ms = (1e3 * float(np.median(spent)) for spent in took.values())
    print(f"\nfind {find_ms:.1f} ms, score a crop {score_ms:.1f} ms: {find_ms / score_ms:.2f}")


def _three(case: Case, finder: MassFinder, spent: list[float]) -> tuple[Square, Square, Square]:
    """The squares from the mask, from the finder (or the rule, where it sees nothing) and from the rule."""
    height, width = case.frame.shape
    left, top, right, bottom = case.boxes[0]
    (by_mask,) = squares_round([(left, top, right - left, bottom - top)], width, height)
    by_rule = propose(case.frame)[0]
    found = squares_round(map(_bounds, _timed(finder, case, spent).masses), width, height)
    return by_mask, (*found, by_rule)[0], by_rule


def _crop(case: Case, square: Square, card: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return make_crop(case.frame, square, card.side, card.channels, card.resample)


def _print_areas(name: str, labels: Any, patients: Any, margins: Any) -> None:
    areas = [float(auc_weighted(labels, values, None)[0]) for values in margins]
    resamples = resample(labels, patients)
    gaps = [auc_difference(labels, margins[0], values, resamples) for values in margins[1:]]
    told = " | ".join(f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})" for gap in gaps)
    shown = " | ".join(f"{area:.3f}" for area in areas)
    print(f"| {name} | {len(set(patients))} | {len(labels)} | {shown} | {told} |", flush=True)


if __name__ == "__main__":
    main()
