"""Makes `models/` of the first models: copies their weights, cuts the reference crop, writes the cards.

    python packaging/make_first_cards.py FOLDER COLLECTIONS

FOLDER: with FOLDER/vgg16 and FOLDER/resnet50, each with its weights; COLLECTIONS: what `make_collections.py` made, for
`learnt.json`: what these models learnt from, with prints of the pictures, so that it is never taken for a test of them.

What the page beside the weights says is written down here, and nothing else: figures, thresholds, calibration. What the
page does not say was worked out from the data sets, and says how:

- The validation pictures are BUS-BRA fold 4 and those groups of BUSI whose int(sha256("busi" + group)) % 10 is 2, mixed
  groups left out: the only tenth that gives the page's 422 pictures of 259 patients. 135 of them are malignant.
- The scale of the evidence map: `packaging/measure_evidence.py`, rounded.
- The range of sides: squares of 2 x the mass (its mask's longer side, shrunk to the picture) on all 1,196 pictures that
  the page has figures of, 1st to 99th percentile.
"""

import hashlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bmgui.base.files import write_json, write_with
from bmgui.imaging.crop import make_crop
from bmgui.imaging.square import Square, fit_square
from bmgui.learning.collections.collection import SPLIT, open_collection
from bmgui.learning.collections.learnt_pictures import LEARNT_FILE, PRINTS, told
from bmgui.scoring.card import Reference, read_card
from bmgui.scoring.engines.torch_engine import TorchEngine

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "resources/samples/bus_1040/bus_1040-r.png"
SQUARE = Square(68, 15, 154)  # 2 x the mass
VALIDATION = "validation: BUS-BRA fold 4 and a tenth of BUSI"
MALIGNANT, VALIDATED = 135, 422

SHARED: dict[str, Any] = {
    "channels": "grey",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "resample": "bilinear",
    "flip_average": True,
    "classes": ["benign", "malignant"],
}
BANDS = [
    {"number": 1, "up_to": 0.02, "inclusive": True, "name": "very low"},
    {"number": 2, "up_to": 0.1, "inclusive": True, "name": "low"},
    {"number": 3, "up_to": 0.5, "inclusive": True, "name": "intermediate"},
    {"number": 4, "up_to": 0.95, "inclusive": False, "name": "high"},
    {"number": 5, "up_to": 1.0, "inclusive": True, "name": "very high"},
]
GEOMETRY = {
    "least_side_px": 94,
    "greatest_side_px": 606,
    "measured_on": "squares of 2 × the mass on the 1,196 pictures of the figures below, 1st to 99th percentile",
    "least_ratio": 1.1,  # of training, as the page says
    "greatest_ratio": 3.0,
}
DATA = [
    {
        "name": "BUS-BRA (Gómez-Flores 2024)",
        "used_for": "training: folds 1–3; validation: fold 4; locked test: fold 5",
        "licence": "the authors' own: free use, cite the paper",
    },
    {
        "name": "BUSI (Al-Dhabyani 2020)",
        "used_for": "training: seven tenths of its groups of near duplicates (1,575 pictures with BUS-BRA's); "
        "validation: a tenth; locked test: a fifth",
        "licence": "none stated; research, cite the paper",
    },
    {
        "name": "CBIS-DDSM, masses (Lee 2017)",
        "used_for": "training, before ultrasound",
        "licence": "CC BY 3.0",
    },
    {
        "name": "BUS-UCLM (Vallez 2025), without the copies of its group CHCO",
        "used_for": "locked test only",
        "licence": "stated both as CC BY and CC BY-NC",
    },
]
LIMITS = [
    "Research use only. Not a medical device; nothing here was tried in a clinic.",
    "Calibration was fitted where 32 % of the masses were malignant (135 of the 422 validation pictures); elsewhere "
    "another share holds.",
    "Thresholds and calibration were chosen on validation and travel badly: the calibration error is two to four times "
    "as large on BUSI and BUS-UCLM.",
    "Figures hold for squares of 2 × the mass; squares in training were 1.1 to 3.0 × its longer side.",
    "Figures were computed in bf16, on pictures that had been compressed again.",
    "BUSI does not say which pictures are one patient's: its intervals go by groups of near duplicates, and may be too "
    "narrow.",
    "Few scanners, grey pictures only: no Doppler. Calipers and text were burnt into many of the training pictures.",
]
TESTS = [  # measured on, locked, pictures, patients, counted by
    (VALIDATION, False, 422, 259, "patient"),
    ("BUS-BRA fold 5", True, 383, 212, "patient"),
    ("BUSI, a fifth", True, 128, 108, "group"),
    ("BUS-UCLM", True, 263, 35, "patient"),
]
LICENCE = "Research use only (trained on BUS-BRA, BUSI and CBIS-DDSM; see their licences under data)"

MODELS: dict[str, dict[str, Any]] = {
    "vgg16": {
        "title": "VGG-16, first model",
        "side": 224,
        "calibration": (0.824, -0.724),
        "thresholds": (0.233, 0.094),
        # AUC, its interval, ECE, sensitivity and specificity at Youden, at 0.95; in the order of TESTS
        "figures": [
            (0.893, 0.851, 0.933, 0.025, 0.881, 0.774, 0.956, 0.491),
            (0.881, 0.834, 0.930, 0.038, 0.826, 0.733, 0.959, 0.454),
            (0.926, 0.839, 0.985, 0.098, 0.891, 0.805, 0.935, 0.622),
            (0.875, 0.796, 0.930, 0.058, 0.865, 0.678, 0.978, 0.414),
        ],
        "evidence_scale": 22.0,
        "chain": "ImageNet → CBIS-DDSM (2 epochs) → ultrasound (7 epochs); AdamW, the first four convolutions frozen.",
    },
    "resnet50": {
        "title": "ResNet-50, first model",
        "side": 160,
        "calibration": (0.585, -0.455),
        "thresholds": (0.323, 0.094),
        "figures": [
            (0.857, 0.811, 0.903, 0.029, 0.770, 0.794, 0.956, 0.397),
            (0.859, 0.804, 0.907, 0.044, 0.744, 0.832, 0.950, 0.328),
            (0.910, 0.836, 0.974, 0.086, 0.783, 0.915, 0.870, 0.659),
            (0.899, 0.828, 0.954, 0.103, 0.685, 0.868, 0.989, 0.517),
        ],
        "evidence_scale": 12.0,
        "chain": "No ImageNet weights: from random weights, taught by the VGG-16 of vgg16-first (about 3,600 steps of "
        "32 crops of ultrasound and CBIS-DDSM); teaching was still paying when it ended.",
    },
}


WHY_DEFAULT = (
    "The default: on validation higher AUC than resnet50-us by 0.028 (0.002–0.055), paired by patient; not trained by "
    "this program."
)
GOES_ON = "resnet50-us"  # trained by this program, from these models


def main(source: Path, collections: Path) -> None:
    learnt = learnt_from(collections)
    write_json(ROOT / "models/library.json", {"schema": 1, "default": "vgg16-first"})
    for architecture, facts in MODELS.items():
        folder = ROOT / f"models/{architecture}-first"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / architecture / "weights.safetensors", folder / "weights.safetensors")
        crop = reference_crop(facts["side"])
        write_with(folder / "reference.png", lambda stream, crop=crop: Image.fromarray(crop).save(stream, "PNG"))
        card = card_json(architecture, facts, folder)
        write_json(folder / "card.json", card)  # whole but for the margin, which needs the card to be worked out
        known = replace(read_card(folder), reference=Reference("reference.png", 0.0, 1.0))
        margins, _ = TorchEngine(folder, known).score(crop[None])
        card["reference"]["margin"] = round(float(margins[0]), 5)
        write_json(folder / "card.json", card)
        write_json(folder / LEARNT_FILE, {"schema": 1, "collections": learnt, "unsaid": []})
        print(folder.name, read_card(folder).reference)
    path = ROOT / "models" / GOES_ON / LEARNT_FILE  # when it was made, the models behind it did not say this yet
    said = json.loads(path.read_text("utf-8"))
    mine = {
        name: entry | {PRINTS: learnt[name][PRINTS]} for name, entry in said["collections"].items() if name in learnt
    }
    behind = {f"{name}, by way of vgg16-first": entry for name, entry in learnt.items() if name not in mine}
    write_json(path, said | {"collections": mine | behind, "unsaid": []})


def learnt_from(collections: Path) -> dict[str, Any]:
    """As `learnt.json` says it. Which pictures of CBIS-DDSM trained is not known: no split of it is theirs."""
    entries: dict[str, Any] = {}
    for name in ("bus-bra", "busi"):
        one = open_collection(collections / name)
        split = hashlib.sha256((one.folder / SPLIT).read_bytes()).hexdigest()
        sections = {part: len(one.part(part)) for part in ("train", "validation", "test")}
        entries[name] = {"name": name, "version": one.version, "split": split, "sections": sections, PRINTS: told(one)}
    mammograms = open_collection(collections / "cbis-ddsm")
    return entries | {"cbis-ddsm": {"name": "cbis-ddsm", "version": mammograms.version, "split": "not known"}}


def reference_crop(side: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    frame = np.asarray(Image.open(SAMPLE).convert("L"))
    return make_crop(frame, fit_square(SQUARE, frame.shape[1], frame.shape[0]), side)


def card_json(architecture: str, facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    slope, intercept = facts["calibration"]
    return {
        "schema": 1,
        "id": folder.name,
        "title": facts["title"],
        "architecture": architecture,
        "side": facts["side"],
        **SHARED,
        "sha256": hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest(),
        "calibration": {"slope": slope, "intercept": intercept, "prior": round(MALIGNANT / VALIDATED, 3)},
        "operating_points": [
            {
                "name": name,
                "threshold": threshold,
                "measured_on": VALIDATION,
                "sensitivity": facts["figures"][0][at],
                "specificity": facts["figures"][0][at + 1],
            }
            for name, threshold, at in zip(("Youden", "sensitivity 0.95"), facts["thresholds"], (4, 6), strict=True)
        ],
        "bands": BANDS,
        "reference": {"file": "reference.png", "margin": 0.0, "tolerance": 0.002},
        "geometry": GEOMETRY,
        "data": DATA,
        "figures": [figures(test, values) for test, values in zip(TESTS, facts["figures"], strict=True)],
        "licence": LICENCE,
        "limits": ([WHY_DEFAULT] if architecture == "vgg16" else []) + LIMITS,
        "training": facts["chain"],
        "evidence_scale": facts["evidence_scale"],
    }


def figures(test: tuple[str, bool, int, int, str], values: tuple[float, ...]) -> dict[str, Any]:
    measured_on, locked, pictures, patients, counted_by = test
    auc, low, high, ece, *rates = values
    return {
        "measured_on": measured_on,
        "locked": locked,
        "pictures": pictures,
        "patients": patients,
        "counted_by": counted_by,
        "auc": {"value": auc, "low": low, "high": high},
        "ece": ece,
        "rates": [
            {"point": "Youden", "sensitivity": rates[0], "specificity": rates[1]},
            {"point": "sensitivity 0.95", "sensitivity": rates[2], "specificity": rates[3]},
        ],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
