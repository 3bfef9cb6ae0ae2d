"""Fit the numbers that order proposals (resources/proposals.json), on the tuning pictures only.

    python packaging/fit_proposals.py [--data ../shared/data]      cross-validate by patient, then fit and write
    python packaging/fit_proposals.py --squares 5                  cross-validate another count of squares only

Two steps. The cells' net learns which cells of the scan area are mass. The squares' weights learn, from maps of
pictures that the net has not learnt from, which square holds the mass: a conditional softmax over the candidates.
Run from the repository with it on the path (`PYTHONPATH=.`), in an environment with scipy.
"""

import argparse
import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from proposal_data import Case, tuning
from scipy.optimize import minimize

from bmgui.imaging.mass_map import Fitted, Floats, cell_features
from bmgui.imaging.proposals import candidates, square_features
from bmgui.imaging.scan_area import Area, find_scan_area
from bmgui.imaging.square import Square

REPOSITORY = Path(__file__).resolve().parent.parent
FOLDS = 5
HIDDEN = 16
NETS = 3  # fitted from different starts and averaged: one net of 48 hidden units
CELLS_A_PICTURE = 160  # half of them mass
STEPS, BATCH, RATE, DECAY = 2400, 2048, 5e-3, 1e-3
RIDGE = 3e-3


@dataclass
class Picture:
    """A case, measured. holds: bool (masses, squares): which mass lies wholly in which square."""

    case: Case
    area: Area
    features: Floats
    mass: Floats
    squares: tuple[Square, ...]
    holds: NDArray[np.bool_]
    fold: int
    logits: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--squares", type=int, default=3, help="how many candidates along the longer side")
    given = parser.parse_args()
    pictures = [measured(case, given.squares) for case in tuning(given.data)]
    for fold in range(FOLDS):
        net = fit_cells([picture for picture in pictures if picture.fold != fold])
        for picture in (picture for picture in pictures if picture.fold == fold):
            picture.logits = net.logits(picture.features)
    cross_validate(pictures, given.squares)
    if given.squares == 3:
        write(replace(fit_cells(pictures), squares=fit_squares(pictures, 3)), pictures)


def measured(case: Case, count: int) -> Picture:
    area = find_scan_area(case.frame)
    features = cell_features(case.frame, area)
    part = Image.fromarray(case.mask[area.top : area.bottom, area.left : area.right].astype(np.uint8) * 255)
    mass = np.asarray(part.resize(features.shape[1::-1], Image.Resampling.BOX), np.float32) / 255
    squares = candidates(area, count)
    holds = np.array([[holds_box(square, box) for square in squares] for box in case.boxes])
    fold = int(hashlib.sha256(f"tuning {case.patient}".encode()).hexdigest(), 16) % FOLDS
    return Picture(case, area, features, mass, squares, holds, fold)


def holds_box(square: Square, box: tuple[int, int, int, int]) -> bool:
    """Whether the mass lies wholly in the square."""
    return square.left <= box[0] and square.top <= box[1] and box[2] <= square.right and box[3] <= square.bottom


def fit_cells(pictures: list[Picture]) -> Fitted:
    """The cells' net: the average of some, each on its own choice of cells; the same every time."""
    nets = [_fit_net(pictures, seed) for seed in range(NETS)]
    return Fitted(
        hidden=np.concatenate([net[0] for net in nets], 1),
        hidden_bias=np.concatenate([net[1] for net in nets]),
        out=np.concatenate([net[2] for net in nets]) / NETS,
        out_bias=float(np.mean([net[3] for net in nets])),
        squares=np.zeros(0, np.float32),
    )


def _fit_net(pictures: list[Picture], seed: int) -> list[Floats]:
    """One hidden layer, logistic loss, Adam with a falling rate. Weights, biases, out, out's bias, for raw features."""
    random = np.random.default_rng(seed)
    chosen = [_chosen_cells(picture, random) for picture in pictures]
    features = np.concatenate([part[0] for part in chosen])
    is_mass = np.concatenate([part[1] for part in chosen])
    mean, deviation = features.mean(0), features.std(0) + np.float32(1e-3)
    features = (features - mean) / deviation
    count = features.shape[1]
    parts = [
        random.normal(0, np.sqrt(2 / count), (count, HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, np.sqrt(1 / HIDDEN), HIDDEN),
        np.zeros(1),
    ]
    parts = [part.astype(np.float32) for part in parts]
    first, second = [np.zeros_like(part) for part in parts], [np.zeros_like(part) for part in parts]
    for step in range(1, STEPS + 1):
        batch = random.integers(0, len(features), BATCH)
        rate = RATE * min(step / (0.1 * STEPS), 0.5 + 0.5 * np.cos(np.pi * step / STEPS))
        for i, slope in enumerate(_slopes(parts, features[batch], is_mass[batch])):
            first[i] += 0.1 * (slope - first[i])
            second[i] += 0.001 * (slope**2 - second[i])
            move = first[i] / (1 - 0.9**step) / (np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8)
            parts[i] = (parts[i] * (1 - rate * DECAY) - rate * move).astype(np.float32)
    weights = parts[0] / deviation[:, None]
    return [weights, parts[1] - mean @ weights, parts[2], parts[3]]


def _chosen_cells(picture: Picture, random: np.random.Generator) -> tuple[Floats, Floats]:
    mass, features = picture.mass.ravel(), picture.features.reshape(picture.mass.size, -1)
    inside, outside = np.flatnonzero(mass > 0.6), np.flatnonzero(mass < 0.05)
    inside = inside if inside.size else np.array([mass.argmax()])
    half = CELLS_A_PICTURE // 2
    cells = np.concatenate([random.choice(inside, half), random.choice(outside, half if outside.size else 0)])
    return features[cells], np.repeat(np.float32([1, 0]), [half, len(cells) - half])


def _slopes(parts: list[Floats], features: Floats, is_mass: Floats) -> list[Floats]:
    weights, bias, out, out_bias = parts
    hidden = np.maximum(features @ weights + bias, 0)
    wrong = (1 / (1 + np.exp(-(hidden @ out + out_bias))) - is_mass) / len(is_mass)
    back = wrong[:, None] * out * (hidden > 0)
    return [features.T @ back, back.sum(0), hidden.T @ wrong, wrong.sum(keepdims=True)]


def fit_squares(pictures: list[Picture], count: int) -> Floats:
    """Weights of the squares' features: the likelihood that the chosen square holds the mass, with a ridge."""
    telling = [p for p in pictures if len(p.squares) == count and p.holds.any() and not p.holds.all()]
    features = np.stack([square_features(picture.logits, count) for picture in telling]).astype(np.float64)
    good = np.stack([picture.holds.mean(0) for picture in telling])
    deviation = features.std((0, 1)) + 1e-9
    features = (features - features.mean((0, 1))) / deviation

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        worth = np.exp((worth := features @ weights) - worth.max(1, keepdims=True))
        share = worth / worth.sum(1, keepdims=True)
        right = (share * good).sum(1) + 1e-9
        slope = -(good / right[:, None]) / len(right)
        slope = share * (slope - (share * slope).sum(1, keepdims=True))
        value = -np.log(right).mean() + RIDGE * weights @ weights
        return value, np.einsum("nkf,nk->f", features, slope) + 2 * RIDGE * weights

    return (minimize(loss, np.zeros(features.shape[2]), jac=True).x / deviation).astype(np.float32)


def cross_validate(pictures: list[Picture], count: int) -> None:
    """Print the share of masses held, each fold's squares ordered by weights that have not seen its patients."""
    first: dict[str, NDArray[np.bool_]] = {}
    for fold in range(FOLDS):
        weights = fit_squares([picture for picture in pictures if picture.fold != fold], count)
        for picture in (picture for picture in pictures if picture.fold == fold):
            worth = square_features(picture.logits, count) @ weights
            first[picture.case.name] = picture.holds[:, int(worth.argmax()) if len(picture.squares) > 1 else 0]
    for name in ("BUS-BRA", "BUSI"):
        part = [picture for picture in pictures if picture.case.collection == name]
        middle = np.concatenate([picture.holds[:, len(picture.squares) // 2] for picture in part])
        likeliest = np.concatenate([first[picture.case.name] for picture in part])
        reachable = np.concatenate([picture.holds.any(1) for picture in part])
        print(
            f"cross-validated, {name}: {len(part)} pictures, {len(middle)} masses; middle {middle.mean():.1%}, "
            f"likeliest {likeliest.mean():.1%}, any of {count} {reachable.mean():.1%}"
        )


def write(numbers: Fitted, pictures: list[Picture]) -> None:
    held = {name: np.asarray(value, np.float64).round(6).tolist() for name, value in vars(numbers).items()}
    learnt = {name: sum(p.case.collection == name for p in pictures) for name in ("BUS-BRA", "BUSI")}
    about = {"schema": 1, "made_by": "packaging/fit_proposals.py", "pictures": learnt, "numbers": held}
    target = REPOSITORY / "resources" / "proposals.json"
    target.write_text(json.dumps(about, indent=None, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {target.name}, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
