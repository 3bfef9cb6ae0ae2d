"""About: versions, licences, samples; and the model's card, readable."""

import platform
from collections.abc import Sequence
from html import escape
from importlib import metadata
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QWidget

import bmgui
from bmgui.base.errors import KnownError
from bmgui.scoring.card import Card, Figures
from bmgui.scoring.finder_card import read_finder_card
from bmgui.ui.pages import TextPage
from bmgui.ui.percent import percent
from bmgui.wording import POINTS, sentence, tr

PACKAGES = (
    "PySide6-Essentials",
    "numpy",
    "pillow",
    "pydicom",
    "pylibjpeg-openjpeg",
    "pylibjpeg-rle",
    "pyjpegls",
    "python-gdcm",
    "openvino",
    "safetensors",
    "pyqtgraph",
    "platformdirs",
    "torch",
    "torchvision",
    "captum",
)
SAMPLES = (
    "BUS-BRA: W. Gómez-Flores, M. J. Gregorio-Calas, W. C. de Albuquerque Pereira, “BUS-BRA: A breast ultrasound "
    "dataset for assessing computer-aided diagnosis systems”, Medical Physics 51 (2024) 3110–3123."
)
METHOD = "Yu, Yuan, Zeng, Cheng, Li, Ye: 基于超声图像的迁移学习模型在乳腺肿块良恶性鉴别诊断中的价值, 2022."


class AboutPage(TextPage):
    """card: of the model in use; unreadable: why other models could not be read; finder: the folder of the mass finder
    in use, or None."""

    def __init__(
        self, card: Card, unreadable: Sequence[KnownError], parent: QWidget | None, finder: Path | None = None
    ) -> None:
        self._card, self._unreadable, self._finder = card, tuple(unreadable), finder
        super().__init__(parent)

    def title(self) -> str:
        return tr("About bmgui")

    def html(self) -> str:
        apache = tr("bmgui is free software under the Apache License 2.0.")
        lgpl = tr("It uses Qt for Python under the LGPL 3; Qt's libraries lie unchanged beside it and can be replaced.")
        samples = tr("The sample scans come from BUS-BRA, under the licence of its authors that lies beside them:")
        return "".join(
            (
                f"<h1>bmgui {escape(bmgui.__version__)}</h1>",
                f"<p>{escape(tr('Second opinion for research. Not a medical device.'))}</p>",
                f"<h2>{escape(tr('Model'))}</h2><p>{escape(self._card.title)}<br>{escape(self._card.licence)}</p>",
                *(f"<p>{escape(sentence(error))}</p>" for error in self._unreadable),
                *([] if self._finder is None else [_finder(self._finder)]),
                f"<h2>{escape(tr('Licences'))}</h2><p>{escape(apache)} {escape(lgpl)}</p>",
                f"<p>{escape(samples)} {escape(SAMPLES)}</p>",
                f"<p>{escape(tr('The method follows:'))} {escape(METHOD)}</p>",
                f"<h2>{escape(tr('Versions'))}</h2>{_table(versions())}",
            )
        )


def _finder(folder: Path) -> str:
    """What proposes the squares, and what it cannot do, in its card's own words; or why that cannot be read."""
    head = f"<h2>{escape(tr('Mass finder'))}</h2>"
    try:
        card = read_finder_card(folder)
    except KnownError as error:
        return f"{head}<p>{escape(sentence(error))}</p>"
    limits = "".join(f"<li>{escape(limit)}</li>" for limit in card.limits)
    return f"{head}<p>{escape(card.title)}<br>{escape(card.licence)}</p><ul>{limits}</ul>"


def versions() -> list[tuple[str, str]]:
    """(what, version) of the program, Python, Qt and the packages that are installed."""
    found = [("bmgui", bmgui.__version__), ("Python", platform.python_version()), ("Qt", qVersion())]
    for name in PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue  # torch and its company need not be there
    return found


class CardPage(TextPage):
    """A model's card. What the card itself says stands in its own words (English)."""

    size_px = (680, 720)

    def __init__(self, card: Card, parent: QWidget | None) -> None:
        self._card = card
        super().__init__(parent)

    def title(self) -> str:
        return tr("The model's card")

    def html(self) -> str:
        card = self._card
        facts = [
            (tr("Id"), card.id),
            (tr("Network"), card.architecture),
            (tr("Crop"), tr("{side} × {side} px, {channels}", side=card.side, channels=card.channels)),
            (tr("Weights (SHA-256)"), card.sha256[:16] + "…"),
            (tr("Licence"), card.licence),
            (tr("Assumed share of malignant masses"), percent(card.calibration.prior)),
            *_learnt_ratios(card),
            (
                tr("Sides of squares that it was measured with"),
                tr(
                    "{least} to {greatest} px",
                    least=card.geometry.least_side_px,
                    greatest=card.geometry.greatest_side_px,
                ),
            ),
        ]
        points = [
            (tr(POINTS.get(point.name, point.name)), " · ".join((percent(point.threshold), point.measured_on)))
            for point in card.operating_points
        ]
        parts = [f"<h1>{escape(card.title)}</h1>", _table(facts)]
        parts.append(_list(tr("Limits"), list(card.limits)))
        parts.append(f"<h2>{escape(tr('Operating points'))}</h2>{_table(points)}")
        parts.append(f"<h2>{escape(tr('Measured'))}</h2>" + "".join(_figures(figures) for figures in card.figures))
        used = [f"{data.name}: {data.used_for} ({data.licence})" for data in card.data]
        parts.append(_list(tr("Made from"), [*([card.training] if card.training else []), *used]))
        return "".join(parts)


def _learnt_ratios(card: Card) -> list[tuple[str, str]]:
    least, greatest = card.geometry.least_ratio, card.geometry.greatest_ratio
    if least is None or greatest is None:
        return []
    ratios = tr("{least} to {greatest} × the mass", least=f"{least:g}", greatest=f"{greatest:g}")
    return [(tr("Sides of squares that it learnt from"), ratios)]


def _figures(figures: Figures) -> str:
    counted = tr("patients") if figures.counted_by == "patient" else tr("groups of pictures")
    apart = tr("kept apart from training") if figures.locked else tr("not kept apart from training")
    head = tr(
        "{where}: {pictures} pictures, {patients} {counted}, {apart}",
        where=figures.measured_on,
        pictures=figures.pictures,
        patients=figures.patients,
        counted=counted,
        apart=apart,
    )
    auc = tr(
        "AUC {auc} ({low}–{high}), calibration error {ece}",
        auc=f"{figures.auc.value:.3f}",
        low=f"{figures.auc.low:.3f}",
        high=f"{figures.auc.high:.3f}",
        ece=f"{figures.ece:.3f}",
    )
    rates = [
        tr(
            "{point}: sensitivity {sensitivity}, specificity {specificity}",
            point=tr(POINTS.get(rate.point, rate.point)),
            sensitivity=percent(rate.sensitivity),
            specificity=percent(rate.specificity),
        )
        for rate in figures.rates
    ]
    lines = "".join(f"<br>{escape(line)}" for line in (auc, *rates))
    return f"<p>{escape(head)}{lines}</p>"


def _list(title: str, items: list[str]) -> str:
    return f"<h2>{escape(title)}</h2><ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _table(rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table cellspacing=0>{lines}</table>"
