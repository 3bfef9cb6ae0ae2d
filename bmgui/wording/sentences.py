"""The English of every code that the program can show: errors, doubts, bands. A test holds it complete."""

ERRORS: dict[str, str] = {
    # files
    "file-not-written": "{file} could not be written ({reason}). Nothing that was there is lost.",
    # imaging
    "picture-too-small": "The picture is {width} × {height} px; a square needs at least {least} px on each side.",
    "no-such-frame": "{file} has no frame {frame}; it has {frames}.",
    # the worker
    "worker-died": "The scoring process ended unexpectedly, again ({reason}). There are no scores until the program is "
    "started anew.",
    "worker-restarted": "The scoring process ended unexpectedly ({reason}) and was started again.",
    "engine-not-loaded": "Scores are withheld: the engine is installed but cannot be loaded ({reason}). Install the "
    "requirements again.",
    "reference-mismatch": "Scores are withheld: {engine} gives {margin} for the reference crop of {model}, which "
    "should be {expected} (within {tolerance}). This engine cannot be trusted on this machine.",
    "reference-unreadable": "Scores are withheld: the model's reference crop {file} could not be read ({reason}).",
    # lists for the command line
    "list-unreadable": "The list {file} could not be read ({reason}). It must be CSV in UTF-8.",
    "list-without-columns": "The list {file} has no column {missing}; its first line names {found}.",
    "list-column-twice": "The list {file} has the column {column} more than once: which one is meant is not clear.",
    "list-column-taken": "The list {file} already has a column {column}, which the output adds. Rename or remove it.",
    "row-too-long": "The row has more fields than the list has columns ({columns}).",
    "row-without-file": "The row names no file.",
    "row-not-whole": "{column} is not a whole number: {value}.",
    "row-side": "A square's side must be at least 1 px, not {value}.",
    # reading
    "nothing-to-open": "There is nothing in {file} that could be a scan. Open another folder.",
    "reading-set-aside": "The squares kept for this scan could not be read; they are set aside as {aside}, and the "
    "scan starts afresh.",
    "reading-not-read": "The squares kept for this scan could not be read ({file}: {reason}). They stay as they are; "
    "what is marked now is not kept.",
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
