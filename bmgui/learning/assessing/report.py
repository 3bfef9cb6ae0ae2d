"""The pictures and the PDF of an assessment. Everything that they say stands in `results.json`; imported late."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bmgui.base.files import not_written, write_with
from bmgui.learning.assessing import contents, figures
from bmgui.learning.assessing.assess import Assessment
from bmgui.learning.assessing.contents import Measured
from bmgui.learning.assessing.margins import Say
from bmgui.learning.assessing.pages import table_pages, text_pages
from bmgui.learning.results.evaluations import REPORT

PICTURES = "pictures"
DETAILED = 3  # subjects that get pages of their own: the best on internal validation
DPI = 150
CJK = ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei", "SimHei")


@dataclass(frozen=True, eq=False)
class Drawn:
    """name: of its PNG, without the ending; "" for a page of text, which becomes none."""

    name: str
    figure: Figure


def write_report(assessment: Assessment, say: Say) -> None:
    """`report.pdf` and a PNG for each of its figures. Raises KnownError("file-not-written")."""
    say("drawing the report")
    folder = assessment.request.output
    try:
        (folder / PICTURES).mkdir(exist_ok=True)
    except OSError as error:
        raise not_written(folder / PICTURES, error) from error
    with warnings.catch_warnings(), mpl.rc_context({"font.family": _fonts(), "pdf.fonttype": 42}):
        warnings.filterwarnings("ignore", message="Glyph")  # a name in a script that no font here has
        write_with(folder / REPORT, lambda stream: _pdf(assessment, stream))


def _pdf(assessment: Assessment, stream: BinaryIO) -> None:
    with PdfPages(stream, metadata={"Title": "bmgui: assessment"}) as pdf:
        for drawn in _pages(assessment):
            pdf.savefig(drawn.figure)
            if drawn.name:
                path = assessment.request.output / PICTURES / f"{drawn.name}.png"
                write_with(path, partial(drawn.figure.savefig, format="png", dpi=DPI))


def _pages(assessment: Assessment) -> Iterator[Drawn]:
    results = assessment.results
    for figure in text_pages("Assessment", contents.introduction(results)):
        yield Drawn("", figure)
    for figure in table_pages([*contents.summary(results), *contents.comparisons(results)]):
        yield Drawn("", figure)
    groups = contents.shown_groups(results)
    for group in groups:
        chosen = [one for one in results["measured"] if one["group"] == group and not one["reason"]]
        if chosen:
            yield Drawn(file_name(f"roc {group}"), figures.roc_figure(chosen))
    for name in detailed(results["measured"]):
        for one in results["measured"]:
            if one["subject"] == name and one["group"] in groups:
                for drawn in _details(assessment, one):
                    yield Drawn(file_name(drawn.name), drawn.figure)


def detailed(measured: list[Measured]) -> list[str]:
    """Names of the subjects with pages of their own: the best by AUC on internal validation, never on a test."""
    best: dict[str, float] = {}
    for one in measured:
        area = 0.0 if one["reason"] or one["role"] != "internal validation" else one["table"]["values"]["auc"]["value"]
        best.setdefault(one["subject"], area)
    return sorted(best, key=lambda name: -best[name])[:DETAILED]


def _details(assessment: Assessment, one: Measured) -> Iterator[Drawn]:
    place = f"{one['subject']} {one['group']}"
    tables = [contents.points(one)]
    if not one["reason"]:
        tables.append(contents.calibration(one))
    tables.append(contents.subgroups(one))
    for figure in table_pages(tables):
        yield Drawn("", figure)
    if not one["reason"]:
        yield Drawn(f"calibration {place}", figures.reliability_figure(one))
        yield Drawn(f"decision {place}", figures.decision_figure(one))
        if not one["sizes"]["reason"]:
            yield Drawn(f"sizes {place}", figures.sizes_figure(one))
    if not one["nudges"]["reason"]:
        yield Drawn(f"nudges {place}", figures.ranges_figure(one))
    if one["worst"]:
        yield Drawn(f"worst {place}", figures.worst_figure(one, _crops(assessment, one)))


def _crops(assessment: Assessment, one: Measured) -> list[NDArray[np.uint8]]:
    side = next(s.subject.card.side for s, _ in assessment.assessed if s.subject.name == one["subject"])
    factor = assessment.request.wanted.factor
    cases = {case.key: case for case in assessment.material.cases}
    crops = []
    for worst in one["worst"]:
        section = cases[worst["case"]].section
        collection = assessment.material.collections[worst["collection"]]
        crops.append(collection.crop(section, section.square_of(factor), side))
    return crops


def file_name(words: str) -> str:
    """Words as a file's name that every system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip("-")[:120]


def _fonts() -> list[str]:
    here = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in CJK if name in here)]
