"""How a picture looks to colour-blind eyes: to check that the evidence map can be told apart."""

import numpy as np
from numpy.typing import NDArray

# Machado, Oliveira & Fernandes 2009, severity 1.0; on linear RGB
_MATRICES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
KINDS = tuple(_MATRICES)


def simulated(pixels: NDArray[np.uint8], kind: str) -> NDArray[np.uint8]:
    """uint8 RGB (…, 3) as eyes of that `kind` (one of KINDS) see it."""
    shares = pixels.astype(np.float64) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(_MATRICES[kind]).T, 0, 1)
    coded = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(coded * 255), np.uint8)
