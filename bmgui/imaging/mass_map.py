"""Where a mass is likely: a coarse map over the scan area, from a few measured features and a small fitted net.

Only for ordering proposals: it has nothing to do with the score. `packaging/fit_proposals.py` fits it.
"""

import functools
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.base import places
from bmgui.imaging.crop import Frame, grey
from bmgui.imaging.scan_area import Area

CELLS = 40  # along the area's shorter side
_MOST_CELLS = 4 * CELLS  # along its longer side
_SCALES = (1, 2, 4, 7, 11)  # half sides of the blurs, in cells

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """What `resources/proposals.json` holds: the cells' net (features → hidden → 1) and the squares' weights."""

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: float
    squares: Floats

    def logits(self, features: Floats) -> Floats:
        """(…, features) → (…): log odds that a cell is mass, with as many cells of either kind."""
        hidden = np.maximum(features @ self.hidden + self.hidden_bias, 0)
        return np.asarray(hidden @ self.out + self.out_bias, np.float32)


@functools.cache
def fitted() -> Fitted:
    """The numbers that ship."""
    held = json.loads((places.resources() / "proposals.json").read_text(encoding="utf-8"))
    numbers = {name: np.array(value, np.float32) for name, value in held["numbers"].items() if name != "out_bias"}
    return Fitted(**numbers, out_bias=float(held["numbers"]["out_bias"]))


def mass_map(frame: Frame, area: Area, numbers: Fitted | None = None) -> Floats:
    """float32 (rows, columns): log odds of mass for each cell of the area."""
    return (numbers or fitted()).logits(cell_features(frame, area))


def cell_features(frame: Frame, area: Area) -> Floats:
    """float32 (rows, columns, features): what is measured at each cell of the area; the shorter side has 40 cells.

    Brightness at five scales against its surround, above and below, roughness, and the place.
    """
    cells = _cells(frame, area)
    rows, columns = cells.shape
    level = np.sqrt(cells)  # evens out the scanners' different contrast
    level = (level - level.mean()) / (level.std() + np.float32(1e-3))
    blurred = [blur(level, half) for half in _SCALES]
    at_depth = level - _blur_rows(level.mean(1))[:, None]  # without the darkening with depth
    found = [level, at_depth, *blurred, *(blur(at_depth, half) for half in _SCALES[1:4])]
    found += [blur(level, half) - blur(level, 2 * half + 1) for half in _SCALES]
    found += [_shifted(blurred[i], 2 * _SCALES[i] + 1) - blurred[i] for i in (1, 2, 3)]  # below: shadow or shine
    found += [_shifted(blurred[i], -2 * _SCALES[i] - 1) - blurred[i] for i in (1, 2, 3)]  # above
    sideways = [
        (_shifted(blurred[i].T, n), _shifted(blurred[i].T, -n)) for i in (1, 2, 3) for n in [2 * _SCALES[i] + 1]
    ]
    found += [np.minimum(a, b).T - blurred[i] for i, (a, b) in zip((1, 2, 3), sideways, strict=True)]
    found += [np.sqrt(np.maximum(blur(level * level, half) - blur(level, half) ** 2, 0)) for half in _SCALES[:3]]
    depth = (np.arange(rows, dtype=np.float32) + 0.5) / CELLS
    aside = np.abs(np.arange(columns, dtype=np.float32) + 0.5 - columns / 2) / CELLS
    share = depth * CELLS / rows
    places = [depth, depth**2, share, share**2, np.exp(-4 * depth)]
    found += [np.broadcast_to(place[:, None], cells.shape) for place in places]
    found += [np.broadcast_to(place[None], cells.shape) for place in (aside, aside**2, 2 * aside * CELLS / columns)]
    found += [np.full(cells.shape, np.log(columns / rows), np.float32)]
    return np.stack(found, -1).astype(np.float32)


def _cells(frame: Frame, area: Area) -> Floats:
    scale = CELLS / min(area.width, area.height)
    size = (min(round(area.width * scale), _MOST_CELLS), min(round(area.height * scale), _MOST_CELLS))
    part = Image.fromarray(grey(frame[area.top : area.bottom, area.left : area.right]))
    return np.asarray(part.resize(size, Image.Resampling.BOX), np.float32)


def blur(level: Floats, half: int) -> Floats:
    """The mean over a square of 2 · half + 1 cells; the edge goes on outside."""
    size = 2 * half + 1
    padded = np.pad(level, half, mode="edge")
    down = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), 0, dtype=np.float64)
    down = down[size:] - down[:-size]
    across = np.cumsum(np.pad(down, ((0, 0), (1, 0))), 1)
    return np.asarray((across[:, size:] - across[:, :-size]) / size**2, np.float32)


def _blur_rows(means: Floats) -> Floats:
    return blur(means[:, None], 4)[:, 0]


def _shifted(level: Floats, down: int) -> Floats:
    """What lies `down` cells below (above, where negative); the edge goes on outside."""
    rows = np.clip(np.arange(len(level)) + down, 0, len(level) - 1)
    return np.asarray(level[rows])
