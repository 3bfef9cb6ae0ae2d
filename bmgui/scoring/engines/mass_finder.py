"""The learnt finder at work: a frame in, the masses that it sees out. OpenVINO on the CPU; torch where that is missing.

finder = MassFinder(places.shipped_models() / "mass-finder")
finding = finder.find(frame)     # `bmgui.scoring.finding.Finding`; .masses is empty where it sees none
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bmgui.scoring.finding import Finding


class MassFinder:
    """A loaded finder. Not thread-safe: one thread calls it.

    folder: holds `finder.json` (see `bmgui.scoring.finder_card`; not a `card.json`, so `Library` passes it by) and
    `weights.safetensors`. engine: "OpenVINO" or "torch".
    Raises KnownError: "card-unreadable", and what `load_weights` raises ("weights-unreadable", "weights-too-large",
    "weights-hash-mismatch", "weights-do-not-fit"); "no-engine" where neither OpenVINO nor torch is installed.
    A folder that is not there raises "card-unreadable": fall back to the rule (`bmgui.imaging.proposals.propose`).
    """

    engine: str

    def __init__(self, folder: Path) -> None:
        raise NotImplementedError

    def find(self, frame: NDArray[np.uint8]) -> Finding:
        """The masses in a frame, uint8 (h, w) or (h, w, 3) of any size, likeliest first; empty where none is seen.

        About 10 ms. The same frame gives the same finding. Raises ValueError for another dtype or shape.
        """
        raise NotImplementedError
