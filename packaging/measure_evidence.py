"""How strong a model's evidence map gets: the scale that its card names (`evidence_scale`).

    PYTHONPATH=. python packaging/measure_evidence.py --data ../shared/data MODEL…

The 98th percentile of |map| over all cells, on squares of 2 x the mass of the tuning pictures of BUS-BRA and BUSI
(every third one; no locked picture among them). One cell in fifty is then beyond the full colour.
"""

import argparse
from itertools import islice
from pathlib import Path

import numpy as np
import proposal_data

from bmgui.imaging.crop import make_crop
from bmgui.imaging.square import Square, fit_square
from bmgui.scoring.engines.choose import open_engine
from bmgui.scoring.library import installed


def square_of(case: proposal_data.Case) -> Square:
    """2 x the first mass's longer side, about its centre."""
    left, top, right, bottom = case.boxes[0]
    side = 2 * max(right - left, bottom - top)
    height, width = case.frame.shape
    return fit_square(Square((left + right - side) // 2, (top + bottom - side) // 2, side), width, height)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    cases = list(islice(proposal_data.tuning(arguments.data), 0, None, 3))
    for model in arguments.models:
        card, folder = installed().card(model), installed().folder(model)
        engine = open_engine(folder, card, "cpu", True)
        crops = np.stack([make_crop(case.frame, square_of(case), card.side, card.channels) for case in cases])
        _, maps = engine.score(crops)
        share = np.percentile(np.abs(maps), [50, 90, 98, 99.9])
        print(f"{model}: {len(cases)} pictures; |map| at 50, 90, 98, 99.9 %:", *(f"{value:.1f}" for value in share))


if __name__ == "__main__":
    main()
