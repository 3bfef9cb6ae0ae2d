"""Pages of text and tables for the PDF: A4, as much on each as it holds."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

A4 = (8.27, 11.69)  # inches
TOP, BOTTOM, LEFT, RIGHT = 0.95, 0.05, 0.07, 0.94  # of the page
LINE = 0.0165  # of the page's height
LETTERS = 108  # of a line of text
TEXT_LINES = 50  # of a page below its title
ROW_LINE, ROW_GAP = 0.0125, 0.008
HEAD, NOTE_LINE, AFTER = 0.034, 0.013, 0.028


@dataclass(frozen=True)
class Table:
    """widths: shares of the page's breadth. note: stands below."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    note: str = ""


def text_pages(title: str, paragraphs: Sequence[str]) -> Iterator[Figure]:
    """Paragraphs one below the other; a paragraph that begins with "# " is a heading."""
    lines = [line for paragraph in paragraphs for line in (*_wrapped(paragraph), "")]
    for start in range(0, len(lines), TEXT_LINES):
        figure = Figure(figsize=A4)
        words = title if start == 0 else f"{title} (continued)"
        figure.text(LEFT, TOP, words, fontsize=13, weight="bold", va="top")
        y = TOP - 0.035
        for line in lines[start : start + TEXT_LINES]:
            heading = line.startswith("# ")
            figure.text(LEFT, y, line.removeprefix("# "), fontsize=9, weight="bold" if heading else "normal", va="top")
            y -= LINE
        yield figure


def table_pages(tables: Iterable[Table]) -> Iterator[Figure]:
    """One table below the other; one that does not fit goes on over the page, its note at its end."""
    figure, y = Figure(figsize=A4), TOP
    for table in tables:
        if y < TOP and y - _least(table) < BOTTOM:
            yield figure
            figure, y = Figure(figsize=A4), TOP
        y = _head(figure, y, table, table.title)
        for row in table.rows:
            if y - _height(row, table.widths) < BOTTOM:
                yield figure
                figure = Figure(figsize=A4)
                y = _head(figure, TOP, table, f"{table.title} (continued)")
            y = _row(figure, y, row, table.widths)
        y = _note(figure, y, table.note) - AFTER
    if y < TOP:
        yield figure


def _least(table: Table) -> float:
    """The height of the title, the columns and a few rows with the note: what should stand together."""
    rows = sum(_height(row, table.widths) for row in table.rows[:4])
    return HEAD + _height(table.columns, table.widths) + rows + NOTE_LINE * len(_wrapped(table.note))


def _head(figure: Figure, y: float, table: Table, title: str) -> float:
    figure.text(LEFT, y, title, fontsize=11, weight="bold", va="top")
    return _row(figure, y - HEAD, table.columns, table.widths, bold=True)


def _note(figure: Figure, y: float, note: str) -> float:
    for line in _wrapped(note) if note else []:
        figure.text(LEFT, y - 0.002, line, fontsize=7.5, color="#444444", va="top")
        y -= NOTE_LINE
    return y


def _row(figure: Figure, y: float, row: Sequence[str], widths: Sequence[float], bold: bool = False) -> float:
    x = LEFT
    for text, width in zip(row, widths, strict=True):
        words = "\n".join(_cell(text, width))
        figure.text(x, y, words, fontsize=7.2, weight="bold" if bold else "normal", va="top", linespacing=1.25)
        x += width * (RIGHT - LEFT)
    below = y - _height(row, widths)
    colour, thick = ("#444444", 0.8) if bold else ("#dddddd", 0.4)
    line = [below + ROW_GAP / 2] * 2
    figure.add_artist(Line2D([LEFT, RIGHT], line, color=colour, linewidth=thick, transform=figure.transFigure))
    return below


def _height(row: Sequence[str], widths: Sequence[float]) -> float:
    lines = max(len(_cell(text, width)) for text, width in zip(row, widths, strict=True))
    return ROW_LINE * lines + ROW_GAP


def _cell(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, max(4, int(width * 128))) or [""]


def _wrapped(paragraph: str) -> list[str]:
    mark = "# " if paragraph.startswith("# ") else ""
    return [mark + line for line in textwrap.wrap(paragraph.removeprefix("# "), LETTERS)] or [""]
