"""The learnt finder at work: a frame in, the masses that it sees out. OpenVINO on the CPU; torch where that is missing.

finder = MassFinder(places.shipped_models() / FINDER_FOLDER)
finding = finder.find(frame)     # `bmgui.scoring.finding.Finding`; .masses is empty where it sees none
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.scoring.engines.openvino_import import import_openvino
from bmgui.scoring.finder_card import FinderCard, read_finder_card
from bmgui.scoring.finding import Finding, Probabilities, masses
from bmgui.scoring.weights import WEIGHTS_FILE, Weights, load_tensors

_MOST_BYTES = 12 << 20
_STRIDE = 4  # px of a cell, in the reduced frame

Grey = NDArray[np.uint8]
Cells = Callable[[Grey], Probabilities]
"""uint8 (side, side) → float32 (side / 4, side / 4)."""


class MassFinder:
    """A loaded finder. Not thread-safe: one thread calls it.

    folder: holds `finder.json` (see `bmgui.scoring.finder_card`; not a `card.json`, so `Library` passes it by) and
    `weights.safetensors`. engine: "OpenVINO" or "torch".
    Raises KnownError: "card-unreadable", and what `load_tensors` raises ("weights-unreadable", "weights-too-large",
    "weights-hash-mismatch"), "weights-do-not-fit"; "no-engine" where neither OpenVINO nor torch is installed.
    A folder that is not there raises "card-unreadable": fall back to the rule (`bmgui.imaging.proposals.propose`).
    """

    def __init__(self, folder: Path) -> None:
        self.card = read_finder_card(folder)
        path = folder / WEIGHTS_FILE
        weights = Weights(load_tensors(path, self.card.sha256, _MOST_BYTES), str(path))
        self.engine, self._cells = _open(weights, self.card)

    def find(self, frame: NDArray[np.uint8]) -> Finding:
        """The masses in a frame, uint8 (h, w) or (h, w, 3) of any size, likeliest first; empty where none is seen.

        A fifth of the time of scoring a crop. The same frame gives the same finding. Raises ValueError for another
        dtype or shape.
        """
        cells, cell_px = self.look(frame)
        height, width = frame.shape[:2]
        return masses(cells, cell_px, width, height, self.card.rule)

    def look(self, frame: NDArray[np.uint8]) -> tuple[Probabilities, float]:
        """How likely each cell belongs to a mass, and a cell's side in frame pixels; for tuning and for a picture."""
        if frame.dtype != np.uint8 or frame.ndim not in (2, 3) or frame.shape[2:] not in ((), (3,)) or not frame.size:
            raise ValueError(f"a frame is uint8 (h, w) or (h, w, 3), not {frame.dtype} {frame.shape}")
        padded, scale, (rows, columns) = reduced(frame, self.card.side)
        return self._cells(padded)[:rows, :columns], _STRIDE / scale


def reduced(frame: NDArray[np.uint8], side: int) -> tuple[Grey, float, tuple[int, int]]:
    """The frame as the network sees it: grey, its longer side `side` px (antialiased), black right of and below it.

    Also the scale (reduced px by frame px), and how many rows and columns of cells the frame covers.
    """
    height, width = frame.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    image = Image.fromarray(np.ascontiguousarray(frame)).convert("L")
    padded = np.zeros((side, side), np.uint8)
    padded[: size[1], : size[0]] = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
    return padded, scale, (-(-size[1] // _STRIDE), -(-size[0] // _STRIDE))


def _open(weights: Weights, card: FinderCard) -> tuple[str, Cells]:
    try:
        import_openvino()
    except ImportError:
        if importlib.util.find_spec("torch") is None:
            raise KnownError("no-engine") from None
        from bmgui.scoring.engines.mass_finder_torch import open_torch  # late: torch

        return "torch", open_torch(weights, card)
    return "OpenVINO", _open_openvino(weights, card)


def _open_openvino(weights: Weights, card: FinderCard) -> Cells:
    from bmgui.scoring.engines.mass_finder_graph import build_finder

    openvino, _ = import_openvino()
    hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request: Any = openvino.Core().compile_model(build_finder(weights, card), "CPU", hints).create_infer_request()

    def cells(frame: Grey) -> Probabilities:
        request.infer([frame[None]])
        found: Probabilities = request.get_output_tensor(0).data.copy()  # its own memory is overwritten by the next
        return found

    return cells
