"""How often the first proposal holds the whole mass, against always the middle: BUS-BRA fold 5 and BUS-UCLM.

    python packaging/measure_proposals.py [--data ../shared/data] [--dry | --figure docs/proposals.png]

--dry: on the tuning pictures instead. --figure: draw the samples with what is proposed for them, measure nothing.
Run from the repository with it on the path (`PYTHONPATH=.`), in an environment with scipy. Prints the tables of
docs/proposals.md. Every mass counts, those too that no square can hold.
"""

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from fit_proposals import holds_box
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from proposal_data import Case, testing, tuning

from bmgui.imaging.proposals import candidates, propose
from bmgui.imaging.scan_area import Area, find_scan_area

REPOSITORY = Path(__file__).resolve().parent.parent
RESAMPLES = 10_000


@dataclass(frozen=True)
class Mass:
    """One mass: whose, and whether each choice of square holds it wholly."""

    collection: str
    patient: str
    wide: bool
    first: bool
    middle: bool
    frame_middle: bool  # the middle square of the whole frame, without looking for the scan area
    top_or_middle: bool  # the top one of a tall area, the middle one of a wide area
    any_offered: bool
    any_place: bool  # no wider or higher than the squares' side, and inside the scan area
    inside: bool  # wholly inside the scan area


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--dry", action="store_true", help="on the tuning pictures: nothing to report, but it runs")
    parser.add_argument("--figure", type=Path, help="draw the samples that ship, and measure nothing")
    given = parser.parse_args()
    if given.figure:
        draw_samples(given.figure)
        return
    spent: list[float] = []
    masses = [mass for case in (tuning if given.dry else testing)(given.data) for mass in _judged(case, spent)]
    print(f"propose: median {np.median(spent) * 1e3:.1f} ms, most {max(spent) * 1e3:.1f} ms, {len(spent)} pictures\n")
    names = list(dict.fromkeys(mass.collection for mass in masses))
    parts = [(name, [mass for mass in masses if mass.collection == name]) for name in names]
    parts.append(("both", masses))
    for name in names:
        for shape, wide in (("wide", True), ("tall or square", False)):
            part = [mass for mass in masses if mass.collection == name and mass.wide == wide]
            parts += [(f"{name}, {shape}", part)] if part else []
    print_tables(parts)


def _judged(case: Case, spent: list[float]) -> Iterable[Mass]:
    started = time.perf_counter()
    offered = propose(case.frame)
    spent.append(time.perf_counter() - started)
    area = find_scan_area(case.frame)
    squares = candidates(area)
    wide = area.width > area.height
    middle = squares[len(squares) // 2]
    whole = candidates(Area(0, 0, case.frame.shape[1], case.frame.shape[0]))
    for box in case.boxes:
        inside = area.left <= box[0] and area.top <= box[1] and box[2] <= area.right and box[3] <= area.bottom
        yield Mass(
            collection=case.collection,
            patient=case.patient,
            wide=wide,
            first=holds_box(offered[0], box),
            middle=holds_box(middle, box),
            frame_middle=holds_box(whole[len(whole) // 2], box),
            top_or_middle=holds_box(middle if wide else squares[0], box),
            any_offered=any(holds_box(square, box) for square in offered),
            any_place=inside and max(box[2] - box[0], box[3] - box[1]) <= middle.side,
            inside=inside,
        )


def print_tables(parts: list[tuple[str, list[Mass]]]) -> None:
    print("| pictures of | patients | masses | first | middle | first − middle (95 %) | won / lost |")
    print("|---|---|---|---|---|---|---|")
    for name, part in parts:
        first, middle = _of(part, "first"), _of(part, "middle")
        low, high = interval(first.astype(int) - middle.astype(int), [mass.patient for mass in part])
        print(
            f"| {name} | {len({mass.patient for mass in part})} | {len(part)} | {_share(first)} | {_share(middle)} "
            f"| {100 * (first.mean() - middle.mean()):+.1f} ({100 * low:+.1f} to {100 * high:+.1f}) points "
            f"| {(first & ~middle).sum()} / {(middle & ~first).sum()} |"
        )
    print(
        "\n| pictures of | top if tall, else middle | frame's middle | any of the three | fits some square | outside |"
    )
    print("|---|---|---|---|---|---|")
    for name, part in parts:
        columns = ("top_or_middle", "frame_middle", "any_offered", "any_place")
        shares = " | ".join(_share(_of(part, column)) for column in columns)
        print(f"| {name} | {shares} | {(~_of(part, 'inside')).sum()} |")


def interval(differences: NDArray[np.int_], patients: list[str]) -> tuple[float, float]:
    """95 % interval of the mean difference: whole patients are drawn again, 10,000 times."""
    _, which = np.unique(patients, return_inverse=True)
    sums = np.bincount(which, differences)
    counts = np.bincount(which)
    random = np.random.default_rng(0)
    draws = random.integers(0, len(sums), (RESAMPLES, len(sums)))
    low, high = np.percentile(sums[draws].sum(1) / counts[draws].sum(1), (2.5, 97.5))
    return float(low), float(high)


def draw_samples(target: Path) -> None:
    """The sample pictures: scan area in orange, squares in blue (the first one bright), the published mass in green."""
    samples = REPOSITORY / "resources" / "samples"
    listed = json.loads((samples / "samples.json").read_bytes())["samples"]
    page = Image.new("RGB", (1320, 760), "#0b0d10")
    places = ((20 + 325 * column, 20 + 365 * row) for row in range(2) for column in range(4))
    for sample, place in zip((s for s in listed if "-dicom" not in s["file"]), places, strict=True):
        path = samples / sample["file"]
        frame = pydicom.dcmread(path).pixel_array if path.suffix == ".dcm" else np.asarray(Image.open(path))
        scale = min(305 / frame.shape[1], 345 / frame.shape[0])
        size = round(frame.shape[1] * scale), round(frame.shape[0] * scale)
        shown = Image.fromarray(frame).convert("RGB").resize(size)
        area, (left, top, width, height) = find_scan_area(frame), sample["mass"]
        boxes = [((s.left, s.top, s.right, s.bottom), "#2d6c8c", 1) for s in propose(frame)[:0:-1]]
        boxes.append(((area.left, area.top, area.right, area.bottom), "#ffb454", 1))
        boxes.append(((left, top, left + width, top + height), "#4caf50", 1))
        boxes += [((s.left, s.top, s.right, s.bottom), "#5cc8ff", 3) for s in propose(frame)[:1]]
        for corners, colour, thick in boxes:
            drawn = [round(corner * scale) - (i > 1) for i, corner in enumerate(corners)]
            ImageDraw.Draw(shown).rectangle(drawn, outline=colour, width=thick)
        page.paste(shown, place)
    page.quantize(96).save(target, optimize=True)
    print(f"drew {target}")


def _of(masses: list[Mass], column: str) -> NDArray[np.bool_]:
    return np.array([getattr(mass, column) for mass in masses])


def _share(hits: NDArray[np.bool_]) -> str:
    return f"{hits.mean():.1%} ({hits.sum()})"


if __name__ == "__main__":
    main()
