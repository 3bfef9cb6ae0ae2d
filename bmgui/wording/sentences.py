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
    # models and engines
    "card-unreadable": "The model's card {file} could not be used ({reason}). Put the model's folder back as it was.",
    "no-models": "There is no model in {file}: nothing can be scored. Install the program again.",
    "no-such-model": "There is no model {model} here; there are: {installed}.",
    "weights-unreadable": "The model's weights {file} could not be read ({reason}). Put the model's folder back as it was.",
    "weights-too-large": "The model's weights {file} are larger than {most_mb} MB: they are not loaded.",
    "weights-hash-mismatch": "The model's weights {file} are not the ones that its card was written for (their SHA-256 "
    "differs). They are not loaded; put the model's folder back as it was.",
    "weights-do-not-fit": "The model's weights {file} do not fit the network that its card names ({reason}).",
    "no-engine": "There is no engine to score with: neither OpenVINO nor torch is installed. Install the requirements again.",
    "no-cuda": "CUDA was asked for, but there is no NVIDIA card that torch can use here. Choose the automatic device or "
    "the CPU.",
    "no-torch": "This evidence method needs torch and captum, which are not installed. Add them with: "
    "python3 dev.py run --torch",
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

NOTES: dict[str, str] = {
    "cuda-card-without-torch": "NVIDIA card found, but torch is not installed: the CPU is used",
    "cuda-card-without-cuda-torch": "NVIDIA card found, but this torch has no CUDA: the CPU is used",
    "cuda-card-not-usable": "NVIDIA card found, but torch cannot use it (its driver?): the CPU is used",
    "no-openvino": "OpenVINO is not installed: torch on the CPU is used, which is slower",
}
