"""The English of every code that the program can show: errors, doubts, bands. A test holds it complete."""

ERRORS: dict[str, str] = {
    # files
    "file-not-written": "{file} could not be written ({reason}). Nothing that was there is lost.",
    # imaging
    "picture-too-small": "The picture is {width} × {height} px; a square needs at least {least} px on each side.",
    "no-such-frame": "{file} has no frame {frame}; it has {frames}.",
}

DOUBTS: dict[str, str] = {
    "touches-edge": "The square touches the picture's edge: part of the mass may be missing.",
    "under-64-px": "The square is under 64 px across: little detail for the network to see.",
    "side-outside-range": "The square's side is outside the range that the model was measured with.",
    "colour": "There is colour in the square (Doppler or an overlay): the model has learnt from grey pictures.",
    "not-ultrasound": "The file says that this is not ultrasound ({modality}).",
}

BANDS: dict[str, str] = {
    "very low": "Very low",
    "low": "Low",
    "intermediate": "Intermediate",
    "high": "High",
    "very high": "Very high",
}
