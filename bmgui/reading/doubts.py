"""Why a score may not hold for this square: short stable codes, worded by `bmgui.wording.DOUBTS`."""

from bmgui.imaging.colour import has_colour
from bmgui.imaging.crop import Frame
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square
from bmgui.scoring.card import Card
from bmgui.scoring.finding import Finding, Found

LITTLE_DETAIL_PX = 64


def doubts(scan: Scan, frame: Frame, square: Square, card: Card, finding: Finding | None = None) -> tuple[str, ...]:
    """The doubts about a score of `square` (as used, inside the frame), in the order of `bmgui.wording.DOUBTS`.

    finding: what the finder saw in the frame; None where it has not looked: then its two doubts are not raised.
    touches-edge: the square lies on an edge of the frame. under-64-px: its side is under 64 px.
    side-outside-range: its side is outside `card.geometry`. colour: see `has_colour`.
    no-mass-seen: the square holds no mass that the finder saw (see `held`), whoever drew it.
    ratio-outside-range: the square's side ÷ the longer side of the mass that it holds, by the finder's bounds (good to
    about a cell), is outside the ratios that the card says were learnt; a card that does not say raises none.
    not-ultrasound: the file names a modality, and it is not US (IVUS and BDUS look into vessels and bones).
    modality-unknown: a DICOM file that names none; a PNG has no place for one, and is not blamed.
    """
    height, width = frame.shape[:2]
    geometry = card.geometry
    found = {
        "touches-edge": square.left <= 0 or square.top <= 0 or square.right >= width or square.bottom >= height,
        "under-64-px": square.side < LITTLE_DETAIL_PX,
        "side-outside-range": not geometry.least_side_px <= square.side <= geometry.greatest_side_px,
        "ratio-outside-range": _ratio_is_outside(square, card, finding),
        "colour": has_colour(frame, square),
        "no-mass-seen": finding is not None and held(finding, square) is None,
    }
    return tuple(code for code, holds in found.items() if holds) + _scan_doubts(scan)


def frame_doubts(scan: Scan, finding: Finding | None = None) -> tuple[str, ...]:
    """Those of the doubts that hold for any square of the frame, and so can be said before there is one."""
    nothing = finding is not None and not finding.masses
    return (("no-mass-seen",) if nothing else ()) + _scan_doubts(scan)


def held(finding: Finding, square: Square) -> Found | None:
    """The seen mass that the square holds: whose centre lies in it; of several, the one nearest its middle; or None."""

    def off_middle(mass: Found) -> tuple[float, float]:
        x, y = mass.left + mass.width / 2, mass.top + mass.height / 2
        return abs(x - square.left - square.side / 2), abs(y - square.top - square.side / 2)

    inside = [mass for mass in finding.masses if max(off_middle(mass)) <= square.side / 2]
    return min(inside, key=lambda mass: sum(each**2 for each in off_middle(mass)), default=None)


def _ratio_is_outside(square: Square, card: Card, finding: Finding | None) -> bool:
    mass = None if finding is None else held(finding, square)
    least, greatest = card.geometry.least_ratio, card.geometry.greatest_ratio
    if mass is None or least is None or greatest is None:
        return False
    return not least <= square.side / max(mass.width, mass.height) <= greatest


def _scan_doubts(scan: Scan) -> tuple[str, ...]:
    found = {
        "not-ultrasound": scan.modality not in ("", "US"),
        "modality-unknown": scan.kind == "dicom" and scan.modality == "",
    }
    return tuple(code for code, holds in found.items() if holds)
