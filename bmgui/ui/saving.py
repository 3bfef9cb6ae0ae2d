"""The opinion as a picture: the scan with its square and evidence, the numbers, and all that they may not go without.

A number never leaves the program without its model and its limits. The PNG carries the same numbers as text.
"""

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QImageWriter, QPainter, QPen

import bmgui
from bmgui.base import files
from bmgui.imaging.crop import Frame
from bmgui.imaging.scan import Patient, Scan
from bmgui.imaging.square import Square
from bmgui.reading.evidence import overlay, scale_of
from bmgui.reading.opinion import Evidence, Opinion
from bmgui.scoring.card import Card
from bmgui.ui import theme
from bmgui.ui.evidence_bar import METHODS
from bmgui.ui.painting import contour_lines, draw_contours
from bmgui.ui.panel import range_in_words, share_in_words
from bmgui.ui.percent import percent
from bmgui.ui.scan_rows import identity_line
from bmgui.ui.settings import Identity
from bmgui.ui.telling import caption
from bmgui.wording import BANDS, DOUBTS, POINTS, tr

PICTURE_PX = (900, 720)
COLUMN_PX = 380
MARGIN_PX = 24


@dataclass(frozen=True)
class Saved:
    """All that a saved picture is made from. evidence: None where it is switched off. day: of saving.

    mass: which of the frame's `masses` it is about, from 1.
    """

    scan: Scan
    frame: Frame
    opinion: Opinion
    card: Card
    evidence: Evidence | None
    opacity: float
    identity: Identity
    prior: float | None
    day: datetime.date
    as_contours: bool = False
    mass: int = 1
    masses: int = 1

    def __post_init__(self) -> None:
        if self.evidence is not None and self.evidence.subject != self.opinion.subject:
            raise ValueError("an evidence map of another square than the opinion's")
        if (self.opinion.subject.model, self.opinion.subject.fingerprint) != (self.card.id, self.scan.fingerprint):
            raise ValueError("an opinion of another model or scan")


def file_name(day: datetime.date, folder: Path) -> str:
    """A name that says nothing of the patient and is not taken yet: "opinion-2026-03-01-2.png"."""
    number = 1
    while (folder / f"opinion-{day.isoformat()}-{number}.png").exists():
        number += 1
    return f"opinion-{day.isoformat()}-{number}.png"


def identity_of(scan: Scan, choice: Identity) -> str:
    """What the picture carries of the patient: "", or one line."""
    if choice == "nothing":
        return ""
    shown = scan.patient if choice == "all" else Patient(id=scan.patient.id)
    return identity_line(shown, scan.study_date)


def lines(saved: Saved) -> list[tuple[str, str]]:
    """(role, text) from top to bottom; role "number", "strong", "", "attention" or "quiet"."""
    opinion, card, square = saved.opinion, saved.card, saved.opinion.subject.square
    told: list[tuple[str, str]] = []
    identity = identity_of(saved.scan, saved.identity)
    if identity:
        told.append(("strong", identity))
    told += [
        ("number", percent(opinion.probability)),
        ("", tr("probability of malignancy")),
        (
            "strong",
            tr(
                "{band} · score band {number}",
                band=tr(BANDS.get(opinion.band.name, opinion.band.name)),
                number=opinion.band.number,
            ),
        ),
        ("", range_in_words(opinion)),
    ]
    told += [("attention", tr(DOUBTS[code], modality=saved.scan.modality)) for code in opinion.doubts]
    if saved.scan.synthetic:
        told.append(("attention", tr("Synthetic: not a patient")))
    told.append(
        (
            "",
            tr(
                "Square: {caption}, left {left}, top {top}",
                caption=caption(saved.scan, square),
                left=square.left,
                top=square.top,
            ),
        )
    )
    if saved.masses > 1:
        told.append(("", tr("Mass {number} of {count}.", number=saved.mass, count=saved.masses)))
    if saved.scan.frames > 1:
        told.append(("", tr("Frame {number} of {frames}", number=opinion.subject.frame, frames=saved.scan.frames)))
    if saved.evidence is not None:
        told.append(("quiet", evidence_line(saved.evidence, scale_of(card), saved.as_contours)))
    points = [
        tr(
            "{name} {threshold}",
            name=tr(POINTS.get(point.name, point.name)),
            threshold=percent(card.threshold(point, opinion.subject.prior)),
        )
        for point in card.operating_points
    ]
    told += [
        ("quiet", tr("Model: {title}", title=card.title)),
        ("quiet", tr("Card {id}, weights {hash}, {engine}", id=card.id, hash=card.sha256[:12], engine=opinion.engine)),
        ("quiet", tr("Operating points: {list}", list=", ".join(points))),
        ("quiet", share_in_words(card, saved.prior)),
        ("quiet", tr("Limits: {limits}", limits=" ".join(card.limits))),
        ("quiet", tr("bmgui {version}, saved on {date}", version=bmgui.__version__, date=saved.day.isoformat())),
        ("strong", tr("Second opinion for research. Not a medical device.")),
    ]
    return told


def evidence_line(evidence: Evidence, scale: float, as_contours: bool = False) -> str:
    """What the colours or the lines mean, and how much evidence they stand for."""
    if evidence.method in METHODS:
        return tr("Evidence map ({method}): it does not add up to the score.", method=tr(METHODS[evidence.method]))
    if as_contours:
        return tr(
            "Evidence map: where the score comes from, not the lesion's outline. Whole lines speak for malignancy, "
            "dashed ones against, at a quarter, half and three quarters of ±{scale} of the margin.",
            scale=f"{scale:.2f}",
        )
    return tr(
        "Evidence map: where the score comes from, not the lesion's outline. Warm speaks for malignancy, cool against; "
        "full colour from ±{scale} of the margin.",
        scale=f"{scale:.2f}",
    )


def numbers(saved: Saved) -> dict[str, Any]:
    """The same for other programs: what the PNG carries as its text "bmgui". Nothing of the patient unless chosen."""
    opinion, card = saved.opinion, saved.card
    square = opinion.subject.square
    return {
        "probability": opinion.probability,
        "margin": opinion.margin,
        "band": opinion.band.number,
        "band_name": opinion.band.name,
        "low": opinion.low,
        "high": opinion.high,
        "doubts": list(opinion.doubts),
        "square": {"left": square.left, "top": square.top, "side": square.side},
        "mass": saved.mass,
        "masses": saved.masses,
        "frame": opinion.subject.frame,
        "model": card.id,
        "weights_sha256": card.sha256,
        "engine": opinion.engine,
        "prior": opinion.subject.prior,
        "card_prior": card.calibration.prior,
        "version": bmgui.__version__,
        "date": saved.day.isoformat(),
        "identity": identity_of(saved.scan, saved.identity),
        "notice": "Second opinion for research. Not a medical device.",
    }


# --- drawing ---------------------------------------------------------------------------------------------------------


def render(saved: Saved, font: QFont) -> QImage:
    """The picture left, the words right, on a light ground, which prints. font: the reader's, with its CJK faces."""
    colours = theme.load("light")
    placed = _placed(lines(saved), font)
    height = max(PICTURE_PX[1], int(placed[-1][2].bottom()) if placed else 0) + 2 * MARGIN_PX
    image = QImage(PICTURE_PX[0] + COLUMN_PX + 3 * MARGIN_PX, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colours.ground))
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    room = QRectF(MARGIN_PX, MARGIN_PX, PICTURE_PX[0], height - 2 * MARGIN_PX)
    painter.fillRect(room, QColor(colours.picture))
    _draw_picture(painter, saved, room, QColor(colours.square))
    painter.translate(2 * MARGIN_PX + PICTURE_PX[0], MARGIN_PX)
    shades = {"attention": colours.attention, "quiet": colours.quiet}
    for role, text, place in placed:
        painter.setFont(_font(font, role))
        painter.setPen(QColor(shades.get(role, colours.text)))
        painter.drawText(place, _FLAGS, text)
    painter.end()
    return image


_FLAGS = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)


def _font(base: QFont, role: str) -> QFont:
    font = QFont(base)
    font.setPixelSize({"number": 56, "strong": 16, "quiet": 12}.get(role, 15))
    font.setBold(role == "strong")
    return font


def _placed(told: list[tuple[str, str]], font: QFont) -> list[tuple[str, str, QRectF]]:
    placed, top = [], 0.0
    for role, text in told:
        room = QRectF(0, top, COLUMN_PX, 10_000)
        place = QFontMetricsF(_font(font, role)).boundingRect(room, _FLAGS, text)
        placed.append((role, text, QRectF(0, top, COLUMN_PX, place.height() + 1)))
        top += place.height() + (4 if role in ("number", "quiet") else 8)
    return placed


def _draw_picture(painter: QPainter, saved: Saved, room: QRectF, colour: QColor) -> None:
    pixels = np.ascontiguousarray(_coloured(saved))
    height, width = pixels.shape[:2]
    zoom = min(room.width() / width, room.height() / height)
    corner = QPointF(room.center().x() - width * zoom / 2, room.center().y() - height * zoom / 2)
    picture = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)
    whole = QRectF(corner.x(), corner.y(), width * zoom, height * zoom)
    painter.drawImage(whole, picture)
    square: Square = saved.opinion.subject.square
    side = square.side * zoom
    rect = QRectF(corner.x() + square.left * zoom, corner.y() + square.top * zoom, side, side)
    if saved.evidence is not None and saved.as_contours:
        lines_drawn = contour_lines(saved.evidence.map, scale_of(saved.card))
        draw_contours(painter, rect, lines_drawn, saved.opacity, whole)
    painter.setPen(QPen(colour, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect)


def _coloured(saved: Saved) -> Frame:
    if saved.evidence is None or saved.as_contours:
        return saved.frame if saved.frame.ndim == 3 else np.repeat(saved.frame[:, :, None], 3, axis=2)
    square = saved.opinion.subject.square
    return overlay(saved.frame, square, saved.evidence.map, scale_of(saved.card), saved.opacity)


def write(saved: Saved, font: QFont, target: Path, keep: Iterable[Path] = ()) -> None:
    """Write the picture whole, its numbers as text in it; never over the scan itself, nor over one of `keep`.

    Raises KnownError("file-not-written"), KnownError("output-is-input").
    """
    files.check_writable(target, [saved.scan.path, *keep])
    image = render(saved, font)
    told = numbers(saved)
    image.setText("Software", f"bmgui {bmgui.__version__}")
    image.setText("bmgui", json.dumps(told, ensure_ascii=True))
    image.setText("Description", "\n".join(text for _, text in lines(saved)))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(b"png"))
    if not writer.write(image):  # into memory: only a fault of ours makes it fail
        raise RuntimeError(writer.errorString())
    files.write_bytes(target, bytes(data.data()))
