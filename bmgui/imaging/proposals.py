"""Which squares of a frame to offer, likeliest first: the paper's crop by hand, with a choice among its three.

The scan area is found; its left, middle and right (or top, middle and bottom) square are the candidates; a coarse map
of where a mass is likely orders them. docs/proposals.md says how well. Where masses are known by their bounds (the
learnt finder's), `squares_round` says which squares are offered for them.
"""

from collections.abc import Callable, Iterable

import numpy as np

from bmgui.imaging.crop import Frame
from bmgui.imaging.mass_map import Floats, blur, fitted, mass_map
from bmgui.imaging.scan_area import Area, find_scan_area
from bmgui.imaging.square import Square, fit_square

Proposer = Callable[[Frame], tuple[Square, ...]]
"""What makes proposals of a frame: 1 to 3 distinct squares inside it, likeliest first. The place to plug in another."""

MOST_PROPOSALS = 3
TIMES_MASS = 2.0
"""The side of a square for a mass of known bounds, in its longer sides: what models are measured with."""

Bounds = tuple[float, float, float, float]
"""left, top, width, height of a mass, in frame pixels."""

_DROPS = (0.0, 1.0, 2.0, 3.0, 4.0)  # log odds below the peak: how far a mass reaches round it
_SHARPNESS = (1.0, 2.0)


def propose(frame: Frame) -> tuple[Square, ...]:
    """The scan area's outer and middle squares (side: its shorter side), likeliest first: 1 to 3 distinct ones.

    frame: uint8 (h, w) or (h, w, 3). The same frame gives the same squares; about 6 ms.
    Raises KnownError("picture-too-small") where the frame's shorter side is under 32 px.
    """
    height, width = frame.shape[:2]
    fit_square(Square(0, 0, 1), width, height)  # refuses what is too small before anything is measured
    area = find_scan_area(frame)
    squares = candidates(area)
    if len(squares) > 1:
        worth = square_features(mass_map(frame, area), len(squares)) @ fitted().squares
        squares = tuple(squares[i] for i in np.argsort(-worth, kind="stable"))
    return tuple(dict.fromkeys(fit_square(square, width, height) for square in squares))


def squares_round(masses: Iterable[Bounds], width_px: int, height_px: int) -> tuple[Square, ...]:
    """A square for each mass, in their order: 2 × its longer side, round its centre, fitted; distinct, at most 3.

    Raises KnownError("picture-too-small").
    """
    squares = []
    for left, top, width, height in masses:
        side = round(TIMES_MASS * max(width, height))
        centred = Square(round(left + (width - side) / 2), round(top + (height - side) / 2), side)
        squares.append(fit_square(centred, width_px, height_px))
    return tuple(dict.fromkeys(squares))[:MOST_PROPOSALS]


def candidates(area: Area, count: int = 3) -> tuple[Square, ...]:
    """`count` squares evenly along the area's longer side, from left to right or from top to bottom.

    One where the area is a square, or so nearly that they would be the same.
    """
    side = min(area.width, area.height)
    across, down = area.width - side, area.height - side
    steps = range(count)
    last = count - 1
    squares = (Square(area.left + across * k // last, area.top + down * k // last, side) for k in steps)
    distinct = tuple(dict.fromkeys(squares))
    return distinct if len(distinct) == count else distinct[:1]


def square_features(logits: Floats, count: int = 3) -> Floats:
    """float32 (count, features): what the map says for each of `candidates`, in their order.

    Where it lies; how far the likeliest mass (the cells round the peak, at several depths of cut) stays inside; what
    share of all that is likely it holds. Worked out along the area's longer side.
    """
    tall = logits.shape[0] > logits.shape[1]
    smooth = blur(logits, 1)
    if tall:
        smooth = smooth.T
    side, length = smooth.shape
    starts = [k * (length - side) / (count - 1) for k in range(count)]
    profile = smooth.max(0)
    peak = int(profile.argmax())
    held = [_place(k / (count - 1), tall, length / side) for k in range(count)]
    for drop in _DROPS:
        first, beyond = _reach(profile, peak, drop)
        for features, start in zip(held, starts, strict=True):
            # where the square ends with the area, nothing can stick out there
            before = (first - start) / side if start > 0 else 1.0
            after = (start + side - beyond) / side if start + side < length else 1.0
            features += [float(np.clip(min(before, after), -most, most)) for most in (0.15, 0.6)]
    shares = [np.exp((smooth - profile[peak]) * sharpness).sum(0) for sharpness in _SHARPNESS]
    shares.append((1 / (1 + np.exp(-np.clip(smooth, -20, 20)))).sum(0))
    for features, start in zip(held, starts, strict=True):
        part = slice(round(start), round(start) + side)
        inside = [float(share[part].sum() / share.sum()) for share in shares]
        features += [*inside, *(float(np.log(share + 0.01)) for share in inside[:-1])]
        features.append(float(profile[part].max() - profile[peak]))
    return np.array(held, np.float32)


def _place(at: float, tall: bool, stretch: float) -> list[float]:
    """at: 0 for the first, 0.5 for the middle, 1 for the last; stretch: longer by shorter side."""
    middle, top, bottom = float(at == 0.5), float(tall and at == 0), float(tall and at == 1)
    return [middle, top, bottom, middle * float(np.log(stretch)), top * float(np.log(stretch))]


def _reach(profile: Floats, peak: int, drop: float) -> tuple[int, int]:
    """First cell and one beyond the last round the peak that stay above it less `drop`."""
    low = np.flatnonzero(profile <= profile[peak] - drop)
    low = low[low != peak]
    before, after = low[low < peak], low[low > peak]
    return (int(before[-1]) + 1 if before.size else 0), (int(after[0]) if after.size else len(profile))
