"""The figures of a report: one function each, from what `results.json` says. Nothing is computed here.

matplotlib is drawn with as objects (no pyplot, no global state), and this module is imported late.
"""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bmgui.learning.assessing.contents import Measured, interval, of_whom, owners

COLOURS = ("#1b6ca8", "#c8553d", "#3c8d5a", "#7a5195", "#b8860b", "#5c6770", "#d45087", "#2f9c95")
GREY = "#8a9096"
LETTERS_AN_INCH = 16  # of the small print


def roc_figure(measured: Sequence[Measured]) -> Figure:
    """ROC curves of several subjects on one group; a band for each where there are at most three."""
    figure, axes = _square_axes("1 − specificity", "sensitivity")
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    for colour, one in zip(_colours(len(measured)), measured, strict=True):
        curve, band = one["roc"]["curve"], one["roc"]["band"]
        label = f"{one['subject']}: AUC {interval(one['table']['values']['auc'])}"
        axes.plot(curve["false_positive_rate"], curve["sensitivity"], color=colour, linewidth=1.6, label=label)
        if len(measured) <= 3:
            axes.fill_between(band["false_positive_rate"], band["low"], band["high"], color=colour, alpha=0.14, lw=0)
    _legend(axes, len(measured))
    return _titled(figure, "ROC", measured[0], "bands: 95 %, patients resampled")


def reliability_figure(one: Measured) -> Figure:
    """Share of malignant masses against the mean score, before and after scaling, in ten bins."""
    figure, axes = _square_axes("mean score in the bin", "share of malignant masses")
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    for (when, words), colour in zip(
        (("before", "before scaling"), ("after", "after scaling")), COLOURS[1::-1], strict=True
    ):
        told = one["calibration"][when]
        if told is None:
            continue
        bins = [b for b in told["bins"] if b["cases"]]
        label = f"{words}: ECE {told['ece']:.3f} (chance alone {told['ece_expected']['mean']:.3f})"
        axes.plot([b["mean"] for b in bins], [b["share"] for b in bins], color=colour, linewidth=1.2, label=label)
        sizes = [12 + 4 * np.sqrt(b["cases"]) for b in bins]
        axes.scatter([b["mean"] for b in bins], [b["share"] for b in bins], s=sizes, color=colour)
    _legend(axes, 2)
    return _titled(figure, f"Calibration, {one['subject']}", one, "the area of a point grows with its pictures")


def sizes_figure(one: Measured) -> Figure:
    """AUC by side ÷ mass."""
    figure, axes = _wide_axes("side of the square ÷ longer side of the mass", "AUC")
    ways = (("all", "all pictures"), ("unshrunk", "pictures that hold every size whole"))
    for at, ((key, words), colour) in enumerate(zip(ways, COLOURS, strict=False)):
        told = one["sizes"][key]
        if told["reason"]:
            continue
        factors = [area["factor"] + 0.02 * at for area in told["areas"]]
        values, below, above = _errors([area["auc"] for area in told["areas"]])
        label = f"{words}: {told['pictures']} of {told['patients']} {owners(one)}"
        axes.errorbar(factors, values, yerr=[below, above], color=colour, capsize=3, marker="o", label=label)
    _legend(axes, 2)
    return _titled(figure, f"Size of the square, {one['subject']}", one, "95 %, patients resampled")


def decision_figure(one: Measured) -> Figure:
    """Net benefit of acting on the score, on everybody and on nobody."""
    figure, axes = _wide_axes("threshold probability", "net benefit (true positives a picture)")
    told = one["decision"]
    at = np.array(told["thresholds"])
    axes.plot(at, told["all"], color=GREY, linewidth=1, label="as if all were malignant")
    axes.axhline(0, color="black", linewidth=0.8, label="as if none were")
    axes.plot(at, told["score"], color=COLOURS[0], linewidth=1.6, label="by the score")
    top = max(max(told["score"]), 0.05)
    axes.set_ylim(-0.15 * top, 1.15 * top)
    axes.set_xlim(0, 1)
    _legend(axes, 3)
    return _titled(figure, f"Decision curve, {one['subject']}", one, "")


def ranges_figure(one: Measured) -> Figure:
    """How wide the score's range is under the nudges."""
    figure, axes = _wide_axes("greatest − least score of the 27 nudged squares", "pictures")
    counts = one["nudges"]["ranges"]
    axes.bar(np.arange(len(counts)) / len(counts), counts, width=1 / len(counts), align="edge", color=COLOURS[0])
    axes.set_xlim(0, 1)
    told = one["nudges"]
    note = (
        f"{told['pictures']} of these pictures, of {told['patients']}; median |change| {told['median_change']:.3f}; "
        f"median range {told['median_range']:.3f}"
    )
    return _titled(figure, f"Nudged squares, {one['subject']}", one, note)


def worst_figure(one: Measured, crops: Sequence[NDArray[np.uint8]]) -> Figure:
    """The most certain errors, as the network saw them."""
    columns = 6
    rows = max(1, -(-len(crops) // columns))
    figure = Figure(figsize=(8.3, 1.75 * rows + 1.1), layout="constrained")
    for at, (told, crop) in enumerate(zip(one["worst"], crops, strict=True)):
        axes = figure.add_subplot(rows, columns, at + 1)
        axes.imshow(crop, cmap="gray", vmin=0, vmax=255)
        axes.set_axis_off()
        colour = COLOURS[1] if told["label"] == "malignant" else COLOURS[0]
        axes.set_title(f"{told['label']}, {told['probability']:.0%}\n{told['section']}", fontsize=6.5, color=colour)
    note = f"{len(crops)} of the pictures that are wrong at {one['threshold']['name']}; their class, and the score"
    return _titled(figure, f"Worst errors, {one['subject']}", one, note)


def _errors(figures: Sequence[dict[str, Any]]) -> tuple[list[float], list[float], list[float]]:
    values = [figure["value"] for figure in figures]
    low = [v if f["low"] is None else f["low"] for v, f in zip(values, figures, strict=True)]
    high = [v if f["high"] is None else f["high"] for v, f in zip(values, figures, strict=True)]
    below = [max(0.0, v - x) for v, x in zip(values, low, strict=True)]
    return values, below, [max(0.0, x - v) for v, x in zip(values, high, strict=True)]


def _colours(count: int) -> list[str]:
    return [COLOURS[at % len(COLOURS)] for at in range(count)]


def _square_axes(x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, 6.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    return figure, _named(axes, x, y)


def _wide_axes(x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    return figure, _named(figure.add_subplot(), x, y)


def _named(axes: Axes, x: str, y: str) -> Axes:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.2, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _legend(axes: Axes, entries: int) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8 if entries <= 3 else 6.5, frameon=False, loc="best")


def _titled(figure: Figure, title: str, one: Measured, note: str) -> Figure:
    figure.suptitle(title, fontsize=11, x=0.02, ha="left")
    letters = int(figure.get_figwidth() * LETTERS_AN_INCH)
    lines = [line for words in (of_whom(one), note) for line in textwrap.wrap(words, letters)]
    figure.supxlabel("\n".join(lines), fontsize=7, x=0.02, ha="left", color="#444444")
    return figure
