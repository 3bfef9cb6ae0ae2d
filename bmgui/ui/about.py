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
from bmgui.scoring.card import Card
from bmgui.scoring.finder_card import read_finder_card
from bmgui.ui import card_words
from bmgui.ui.pages import TextPage
from bmgui.wording import sentence, tr

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
    """A model's card."""

    size_px = (680, 720)

    def __init__(self, card: Card, parent: QWidget | None) -> None:
        self._card = card
        super().__init__(parent)

    def title(self) -> str:
        return tr("The model's card")

    def html(self) -> str:
        return card_words.html(self._card)


def _table(rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table cellspacing=0>{lines}</table>"
