"""A model's card in words: parts with a heading, rows and items, as rich text or for a terminal. No Qt in here.

What the card itself says stands in its own words (English).
"""

from dataclasses import dataclass
from html import escape

from bmgui.scoring.card import Card, Figures
from bmgui.ui.percent import percent
from bmgui.wording import POINTS, tr


@dataclass(frozen=True)
class Part:
    """rows: (name, value). paragraphs: lines that belong together."""

    heading: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()
    paragraphs: tuple[tuple[str, ...], ...] = ()


def parts(card: Card) -> tuple[Part, ...]:
    """Everything that is to be known of a model, what limits it first."""
    used = [f"{data.name}: {data.used_for} ({data.licence})" for data in card.data]
    return (
        Part(rows=_facts(card)),
        Part(tr("Limits"), items=card.limits),
        Part(
            tr("Operating points"),
            rows=tuple(
                (tr(POINTS.get(point.name, point.name)), " · ".join((percent(point.threshold), point.measured_on)))
                for point in card.operating_points
            ),
        ),
        Part(tr("Measured"), paragraphs=tuple(_figures(figures) for figures in card.figures)),
        Part(tr("Made from"), items=(*([card.training] if card.training else []), *used)),
    )


def html(card: Card) -> str:
    """The card as rich text."""
    return f"<h1>{escape(card.title)}</h1>" + "".join(part_html(part) for part in parts(card))


def part_html(part: Part) -> str:
    """One part as rich text."""
    said = [f"<h2>{escape(part.heading)}</h2>"] if part.heading else []
    if part.rows:
        rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in part.rows)
        said.append(f"<table cellspacing=0>{rows}</table>")
    said += [f"<p>{'<br>'.join(escape(line) for line in lines)}</p>" for lines in part.paragraphs]
    if part.items:
        said.append("<ul>" + "".join(f"<li>{escape(item)}</li>" for item in part.items) + "</ul>")
    return "".join(said)


def text(card: Card) -> str:
    """The card for a terminal."""
    lines = [card.title, ""]
    for part in parts(card):
        lines += [part.heading] if part.heading else []
        lines += [f"  {name}: {value}" for name, value in part.rows]
        lines += [f"  {line}" for paragraph in part.paragraphs for line in paragraph]
        lines += [f"  - {item}" for item in part.items]
        lines.append("")
    return "\n".join(lines)


def best_figure(card: Card) -> str:
    """The card's AUC in a line: of the first test that was kept apart, else of the first that is told; "" for none."""
    told = next((one for one in card.figures if one.locked), next(iter(card.figures), None))
    if told is None:
        return ""
    auc = told.auc
    return f"AUC {auc.value:.3f} ({auc.low:.3f}–{auc.high:.3f}), {told.measured_on}"


def _facts(card: Card) -> tuple[tuple[str, str], ...]:
    sides = card.geometry
    return (
        (tr("Id"), card.id),
        (tr("Network"), card.architecture),
        (tr("Crop"), tr("{side} × {side} px, {channels}", side=card.side, channels=card.channels)),
        (tr("Weights (SHA-256)"), card.sha256[:16] + "…"),
        (tr("Licence"), card.licence),
        (tr("Assumed share of malignant masses"), percent(card.calibration.prior)),
        *_learnt_ratios(card),
        (
            tr("Sides of squares that it was measured with"),
            tr("{least} to {greatest} px", least=sides.least_side_px, greatest=sides.greatest_side_px),
        ),
    )


def _learnt_ratios(card: Card) -> list[tuple[str, str]]:
    least, greatest = card.geometry.least_ratio, card.geometry.greatest_ratio
    if least is None or greatest is None:
        return []
    ratios = tr("{least} to {greatest} × the mass", least=f"{least:g}", greatest=f"{greatest:g}")
    return [(tr("Sides of squares that it learnt from"), ratios)]


def _figures(figures: Figures) -> tuple[str, ...]:
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
    return head, auc, *rates
