"""How large a picture may be before it is refused. Headers lie: nothing is allocated on their word alone."""

from pathlib import Path

from bmgui.base.errors import KnownError

MOST_PIXELS = 1 << 26
"""67 million, four times a large mammogram: more is a damaged header or an attack."""

MOST_INFLATED_BYTES = 1 << 28
"""What a deflated DICOM file may unpack to (268 MB)."""


def check_size(path: Path, width_px: int, height_px: int) -> None:
    """Raises KnownError("picture-too-large") where the picture has more than MOST_PIXELS."""
    if width_px * height_px > MOST_PIXELS:
        raise KnownError("picture-too-large", file=str(path), width=width_px, height=height_px, most=MOST_PIXELS)
