"""The shipped models' figures, worked out again on the pictures that they were measured on, where those are at hand."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.imaging.crop import grey, make_crop
from bmgui.imaging.square import Square, fit_square
from bmgui.scoring.card import Card
from bmgui.scoring.engines.openvino_engine import OpenVinoEngine


def test_resnet50s_figures_on_bus_bra_fold_5(shared: Path, model: Callable[[str], tuple[Path, Card]]) -> None:
    """AUC, sensitivity and specificity on squares of 2 × the mass; the card's were worked out in bf16."""
    folder, card = model("resnet50")
    known = next(figures for figures in card.figures if figures.measured_on == "BUS-BRA fold 5")
    crops, labels = zip(*_fold_5(shared / "data/ultrasound/bus-bra", card.side), strict=True)
    assert len(crops) == known.pictures
    malignant = np.array(labels)
    margins, _ = OpenVinoEngine(folder, card, throughput=True).score(np.stack(crops))
    assert abs(_auc(margins, malignant) - known.auc.value) < 0.005
    probabilities = np.array([card.probability(float(margin)) for margin in margins])
    for point, rates in zip(card.operating_points, known.rates, strict=True):
        assert abs(float((probabilities[malignant] >= point.threshold).mean()) - rates.sensitivity) < 0.02
        assert abs(float((probabilities[~malignant] < point.threshold).mean()) - rates.specificity) < 0.02


def _fold_5(folder: Path, side: int) -> Iterator[tuple[NDArray[np.uint8], bool]]:
    with (folder / "5-fold-cv.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kFold"] == "5"]
    for row in rows:
        frame = grey(np.asarray(Image.open(folder / f"Images/{row['ID']}.webp")))
        ys, xs = np.nonzero(np.asarray(Image.open(folder / f"Masks/mask_{row['ID'].removeprefix('bus_')}.png")))
        width, height = int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1
        size = 2 * max(width, height)
        corner = round(xs.min() + width / 2 - size / 2), round(ys.min() + height / 2 - size / 2)
        square = fit_square(Square(*corner, size), frame.shape[1], frame.shape[0])
        yield make_crop(frame, square, side), row["Pathology"] == "malignant"


def _auc(margins: NDArray[np.float32], malignant: NDArray[np.bool_]) -> float:
    """The share of pairs (malignant, benign) in the right order; Mann and Whitney 1947."""
    above = margins[malignant][:, None] - margins[~malignant][None, :]
    return float((above > 0).mean() + (above == 0).mean() / 2)
