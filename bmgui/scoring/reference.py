"""The crop that lies beside a card, and what a sound engine makes of it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.scoring.card import Card


def read_reference(folder: Path, card: Card) -> NDArray[np.uint8]:
    """The reference crop: uint8 (side, side) or (side, side, 3). Raises KnownError("reference-unreadable")."""
    from PIL import Image

    path = folder / card.reference.file
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.size != (card.side, card.side):  # before a pixel is decoded: it may claim to be huge
                raise ValueError(f"{image.width} × {image.height} px")
            pixels = np.asarray(image.convert("L" if card.channels == "grey" else "RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # SyntaxError: a broken PNG
        raise KnownError("reference-unreadable", file=str(path), reason=str(error)) from error
    return pixels


def check_margin(card: Card, margin: float, engine: str) -> None:
    """Raises KnownError("reference-mismatch") where this margin is not the card's."""
    if not abs(margin - card.reference.margin) <= card.reference.tolerance:  # NaN is a mismatch too
        raise KnownError(
            "reference-mismatch",
            model=card.id,
            engine=engine,
            margin=f"{margin:.6f}",
            expected=f"{card.reference.margin:.6f}",
            tolerance=f"{card.reference.tolerance:g}",
        )
