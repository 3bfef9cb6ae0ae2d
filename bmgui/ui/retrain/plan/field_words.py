"""The words of a plan's fields: what each is called, and what it does, by the key that it has in the plan's TOML.

Ranges and defaults are not here: they stand once, in `learning/plans/plan.py`.
"""

from dataclasses import dataclass

from bmgui.ui.marks import mark


@dataclass(frozen=True)
class Words:
    """Both are literals marked for translation. none: what stands where the field holds nothing."""

    name: str
    tip: str
    none: str = ""


PLAN: dict[str, Words] = {
    "side": Words(mark("Side of the crop (px)"), mark("What the networks see of each square. Larger is slower.")),
    "batch": Words(mark("Crops in a batch"), mark("How many crops each step learns from.")),
    "at_once": Words(
        mark("Crops in memory at once"),
        mark("Fewer need less memory and come to the same: their gradients add up to the batch."),
        mark("the whole batch"),
    ),
    "autocast": Words(
        mark("Numerical precision"), mark("Half precision is faster where the processor or card has it.")
    ),
    "threads": Words(
        mark("Threads of the processor"),
        mark("Few leave the computer usable meanwhile."),
        mark("all but one"),
    ),
    "factor": Words(
        mark("Square ÷ mass when measured"), mark("Side of the validation square in the mass's longer sides.")
    ),
    "flip_average": Words(
        mark("Average with the mirror image"), mark("Each crop is scored twice, as it is and mirrored.")
    ),
    "operating_point": Words(mark("Operating point"), mark("How the threshold is chosen on the validation pictures.")),
}

STAGE: dict[str, Words] = {
    "epochs": Words(mark("Epochs, at most"), mark("Passes over the training pictures.")),
    "steps": Words(mark("Steps, at most"), mark("Batches in all.")),
    "steps_an_epoch": Words(
        mark("Steps in an epoch"), mark("After each epoch it is validated and saved."), mark("one pass")
    ),
    "repeats": Words(mark("Crops of each picture in an epoch"), mark("Each drawn anew.")),
    "sections_a_mass": Words(
        mark("Pictures of a mass, at most"),
        mark("The largest are taken, so that no mass counts too often."),
        mark("all"),
    ),
    "masses_a_patient": Words(mark("Masses of a patient, at most"), mark("The largest are taken."), mark("all")),
    "optimiser": Words(mark("Optimiser"), mark("AdamW learns faster; the paper has SGD.")),
    "rate": Words(
        mark("Learning rate"), mark("Too high: the loss does not fall or is no number. Too low: nothing is learnt.")
    ),
    "momentum": Words(mark("Momentum"), mark("How much of the last steps goes on in the next one; SGD only.")),
    "weight_decay": Words(mark("Weight decay"), mark("Keeps weights small, against learning by heart.")),
    "schedule": Words(mark("Learning rate over time"), mark("Cosine: falls to nothing until the end.")),
    "warmup_steps": Words(
        mark("Steps of warming up"), mark("The learning rate rises to its value in these first steps.")
    ),
    "head_rate": Words(mark("Head's rate ÷ the rest's"), mark("The last layer may learn faster than the others.")),
    "frozen": Words(mark("First convolutions that stay"), mark("So many layers keep what they knew.")),
    "frozen_batchnorm": Words(mark("BatchNorm stays as it was"), mark("Steadier where batches are small.")),
    "label_smoothing": Words(mark("Label smoothing"), mark("Keeps scores from becoming too sure.")),
    "dropout": Words(mark("Dropout"), mark("Share of features left out before the last layer.")),
    "average": Words(
        mark("Averaged weights: decay"), mark("Weights averaged over many steps measure more steadily. 0: none.")
    ),
    "stop_after": Words(
        mark("Stop after epochs without a lower loss"),
        mark("Of the validation pictures; saves time, and keeps from learning by heart."),
        mark("never"),
    ),
    "keep": Words(mark("Weights that are kept"), mark("Of which epoch, judged on the validation pictures.")),
    "clip": Words(mark("Gradient's norm, at most"), mark("Tames single steps that are too large.")),
    "balance": Words(mark("Both labels equally often"), mark("Where one label is rare.")),
}

AUGMENTATION: dict[str, Words] = {
    "square_factor": Words(
        mark("Square ÷ mass, from and to"), mark("Squares of all these sizes are learnt, as people draw them.")
    ),
    "shift": Words(mark("Shift of the square"), mark("In sides of the square, each way.")),
    "flip": Words(mark("Mirrored left to right"), mark("Half of the crops.")),
    "rotation_deg": Words(mark("Turned by up to (°)"), mark("Each way.")),
    "translation": Words(mark("Shift beyond the frame"), mark("In sides of the square; as the paper has it.")),
    "contrast": Words(mark("Contrast, ±"), mark("Factor about 1.")),
    "brightness": Words(mark("Brightness, ±"), mark("In shares of black to white.")),
    "gamma": Words(mark("Gamma, ±"), mark("Curve of the grey levels.")),
    "blur": Words(mark("Blurred: share of crops"), mark("As a softer probe or filter would show them.")),
    "noise": Words(mark("Speckle noise"), mark("Its spread, in shares of black to white.")),
    "marks": Words(
        mark("With drawn text or calipers: share"), mark("So that marks are not mistaken for a sign of malignancy.")
    ),
    "edges": Words(mark("With a dark edge: share"), mark("As at the rim of the scan area.")),
    "cutout": Words(mark("With a patch wiped out: share"), mark("So that no single spot decides.")),
}

NOT_SHOWN = frozenset({"notes", "device", "collections", "kind", "teacher", "anywhere", "augmentation"})
"""Keys that stand elsewhere on the page, or that only plans written by hand have."""

CHOICES: dict[str, dict[str, str]] = {
    "autocast": {
        "auto": mark("automatic"),
        "off": mark("full (float32)"),
        "bf16": mark("half (bfloat16)"),
        "fp16": mark("half (float16)"),
    },
    "operating_point": {
        "youden": mark("highest Youden index"),
        "sensitivity-0.95": mark("sensitivity 95 %"),
        "sensitivity-0.98": mark("sensitivity 98 %"),
    },
    "optimiser": {"sgd": "SGD", "adamw": "AdamW"},
    "schedule": {"constant": mark("constant"), "cosine": mark("cosine")},
    "keep": {
        "best-loss": mark("lowest validation loss"),
        "best-auc": mark("highest validation AUC"),
        "last": mark("the last epoch"),
    },
    "device": {
        "auto": mark("Automatic"),
        "cpu": mark("CPU"),
        "cuda": mark("NVIDIA card (CUDA)"),
    },
}
