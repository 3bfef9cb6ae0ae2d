"""How figures are written: never without their interval, and always with whom they are of."""

import re

from bmgui.learning.results.cautions import Caution
from bmgui.learning.results.listing import Loaded
from bmgui.learning.results.values import Cell, Counts, Figure, Group, Measured, Role, Subject, Threshold
from bmgui.ui.marks import mark
from bmgui.wording import POINTS, tr

FIGURES = {
    "auc": mark("AUC"),
    "accuracy": mark("Accuracy"),
    "sensitivity": mark("Sensitivity"),
    "specificity": mark("Specificity"),
    "precision": mark("Precision"),
    "f1": mark("F1"),
    "youden": mark("Youden index"),
    "brier": mark("Brier score"),
}
NETWORKS = {"vgg16": "VGG-16", "inception_v3": "Inception-v3", "resnet50": "ResNet-50"}
_ROLES: dict[Role, str] = {
    "internal validation": mark("internal validation"),
    "internal test": mark("internal test (locked)"),
    "external test": mark("external test"),
}
_POINTS = {**POINTS, "one half": mark("one half")}
_REASONS = {
    "one-class-only": mark("only benign or only malignant pictures"),
    "too-few-patients": mark("too few patients of a class"),
    "too-few-cases": mark("too few pictures of a class"),
    "few-patients": mark("under five patients of a class"),
    "empty": mark("no pictures"),
    "no-validation-cases": mark("no validation pictures here"),
    "it has not finished training": mark("it has not finished training"),
    "its training was given up: no finite loss": mark("its training was given up: the loss was no number"),
}
_CAUTIONS = {
    "few-patients": mark(
        "Few patients: {benign} with benign and {malignant} with malignant pictures. Under {least} of a class the "
        "interval is likely to be too narrow: errors that so few patients did not happen to bring are not in it."
    ),
    "few-threshold-pictures": mark(
        "The threshold was chosen on {benign} benign and {malignant} malignant pictures. Under {least} of a class it "
        "hangs on one or two of them, and sensitivity elsewhere may be quite different."
    ),
    "no-threshold": mark("No threshold could be chosen on validation: rates are at one half, for want of a better."),
}
_BY = {
    "scanner": mark("Scanner"),
    "BI-RADS": mark("BI-RADS"),
    "age (years)": mark("Age (years)"),
    "size (mm)": mark("Size (mm)"),
    "mass ÷ picture's shorter side": mark("Mass ÷ picture's shorter side"),
}


def figure_words(figure: Figure | None, *, signed: bool = False) -> str:
    """ "0.912 (0.875–0.940)", "−0.028 (−0.055 to −0.002)"; "–" where there is no value."""
    if figure is None or figure.value is None:
        return "–"
    if figure.low is None or figure.high is None:
        return tr("{value} (no interval)", value=number(figure.value, signed=signed))
    return f"{number(figure.value, signed=signed)} ({interval_words(figure, signed=signed)})"


def interval_words(figure: Figure, *, signed: bool = False) -> str:
    """ "0.875–0.940"; "" where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = number(figure.low, signed=signed), number(figure.high, signed=signed)
    return tr("{low} to {high}", low=low, high=high) if figure.low < 0 or signed else f"{low}–{high}"


def number(value: float, *, signed: bool = False) -> str:
    """Three decimals, with a true minus."""
    rounded = round(value, 3) + 0.0  # never −0.000
    return (f"{rounded:+.3f}" if signed else f"{rounded:.3f}").replace("-", "−")


def role_words(role: Role) -> str:
    return tr(_ROLES[role])


def group_words(group: Group) -> str:
    """ "internal validation: bus-bra + busi"."""
    return tr("{part}: {collections}", part=role_words(group.role), collections=" + ".join(group.collections))


def of_whom(group: Group) -> str:
    """How many pictures of how many patients; it stands beside every figure."""
    words = {
        "pictures": group.pictures,
        "malignant": group.malignant,
        "benign": group.benign,
        "patients": group.patients,
    }
    if group.counted_by == "patient":
        said = tr("{pictures} pictures ({malignant} malignant, {benign} benign) of {patients} patients", **words)
    else:
        said = tr(
            "{pictures} pictures ({malignant} malignant, {benign} benign) of {patients} patients or groups of near "
            "duplicates",
            **words,
        )
    return tr("{part} · {counts}", part=group_words(group), counts=said)


def subject_words(subject: Subject) -> str:
    """ "ResNet-50 · imagenet→us · seed 0"; a model of the library by its id."""
    network = NETWORKS.get(subject.network, subject.network)
    if subject.seed is None:
        return tr("{network} · {chain}", network=network, chain=subject.chain)
    return tr("{network} · {chain} · seed {seed}", network=network, chain=subject.chain, seed=subject.seed)


def cell_words(cell: Cell) -> str:
    """The network, chain and seed of a cell without figures."""
    network = NETWORKS.get(cell.network, cell.network)
    if cell.seed is None:
        return tr("{network} · {chain}", network=network, chain=cell.chain)
    return tr("{network} · {chain} · seed {seed}", network=network, chain=cell.chain, seed=cell.seed)


def point_words(name: str) -> str:
    """An operating point's name."""
    return tr(_POINTS[name]) if name in _POINTS else name


def chosen_words(threshold: Threshold) -> str:
    """What a threshold was chosen on."""
    if threshold.name == "one half":
        return tr("nothing: no threshold could be chosen")
    on_card = re.fullmatch(r"its card \((.*)\)", threshold.chosen_on)
    if on_card:
        return tr("its card ({where})", where=on_card[1])
    if threshold.benign is None or threshold.malignant is None:
        return threshold.chosen_on
    return tr(
        "validation, {benign} benign and {malignant} malignant pictures",
        benign=threshold.benign,
        malignant=threshold.malignant,
    )


def chosen_lines(threshold: Threshold) -> str:
    """The same in two short lines."""
    if threshold.benign is None or threshold.malignant is None:
        return chosen_words(threshold)
    return tr(
        "validation:\n{benign} benign, {malignant} malignant",
        benign=threshold.benign,
        malignant=threshold.malignant,
    )


def threshold_words(measured: Measured) -> str:
    """The table's operating point, its threshold, and what it was chosen on."""
    return tr(
        "Rates at {point} ({threshold}), chosen on {where}.",
        point=point_words(measured.threshold.name),
        threshold=number(measured.threshold.threshold),
        where=chosen_words(measured.threshold),
    )


def reason_words(code: str) -> str:
    """Why there is no figure."""
    return tr(_REASONS[code]) if code in _REASONS else code


def caution_words(caution: Caution) -> str:
    """What to mind beside a figure."""
    known = _CAUTIONS.get(caution.code)
    return caution.code if known is None else tr(known, **caution.fields)


def age_words(loaded: Loaded) -> list[str]:
    """What was changed since the figures were computed."""
    said = [
        tr(
            "The collection {name} was changed since these figures were computed: corrected, added to, excluded from "
            "or split again. They are of the pictures and labels as they were then. Evaluate again.",
            name=name,
        )
        for name in loaded.older
    ]
    others = [
        tr("{model} has other weights now than those that these figures are of. Evaluate again.", model=name)
        for name in loaded.others
    ]
    return said + others


def part_words(by: str, name: str) -> tuple[str, str]:
    """What subgroups are by, and which one this is."""
    between = re.fullmatch(r"(\S+) to under (\S+)", name)
    above = re.fullmatch(r"(\S+) and more", name)
    if between:
        which = tr("{low} to under {high}", low=between[1], high=between[2])
    elif above:
        which = tr("{low} and more", low=above[1])
    else:
        which = tr("not known") if name == "not known" else name
    return (tr(_BY[by]) if by in _BY else by), which


def share_words(right: int, of: int) -> str:
    """ "113 of 135"."""
    return tr("{right} of {all}", right=right, all=of)


def counts_words(counts: Counts) -> tuple[str, str]:
    """ "113 of 135 found", "22 missed" below it; "209 of 287 right", "78 false alarms" below it."""
    found, right = found_words(counts)
    return (
        tr("{share} found\n{count} missed", share=found, count=counts.fn),
        tr("{share} right\n{count} false alarms", share=right, count=counts.fp),
    )


def found_words(counts: Counts | None) -> tuple[str, str]:
    """Malignant pictures found of all, benign pictures right of all."""
    if counts is None:
        return "–", "–"
    return share_words(counts.tp, counts.tp + counts.fn), share_words(counts.tn, counts.tn + counts.fp)
