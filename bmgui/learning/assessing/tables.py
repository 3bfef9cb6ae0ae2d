"""The two tables: `cases.csv`, from which anybody can recompute every figure, and `table.csv`, the paper's table."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bmgui.base.files import write_bytes
from bmgui.evaluation.figures import NAMES
from bmgui.evaluation.single import one_per_patient
from bmgui.learning.assessing.compare import Assessed
from bmgui.learning.assessing.material import Case, Material
from bmgui.learning.assessing.scales import raw_probabilities
from bmgui.learning.assessing.squares import never_shrunk

CASE_COLUMNS = (
    *("subject", "role", "collection", "section", "file", "frame", "patient", "mass", "unit", "one_picture", "label"),
    *("part", "factor", "nudge", "left", "top", "side", "mass_side", "unshrunk", "margin"),
    *("probability_before", "probability_after", "age", "birads", "scanner", "size_mm", "width", "height"),
)
"""unit: whom the bootstrap draws; one_picture: whether it stands for its unit; nudge: 1 … 27, 0 the square itself."""


def write_cases(path: Path, material: Material, assessed: Sequence[Assessed]) -> None:
    """Raises KnownError("file-not-written")."""
    _write(path, CASE_COLUMNS, (row for one in assessed for row in _case_rows(material, one)))


def _case_rows(material: Material, one: Assessed) -> Iterator[tuple[Any, ...]]:
    scored, scale = one
    for group in material.groups:
        if len(group.collections) > 1:
            continue  # its cases come with each collection
        single = set(one_per_patient(group.labels, group.units, [case.key for case in group.cases]).tolist())
        for at, case in enumerate(group.cases):
            asked = list(scored.wanted.squares(case))
            margins = np.array([scored.margins[case.key][a.factor, a.nudge] for a in asked])
            before, after = raw_probabilities(margins), scale.probabilities(margins)
            part = material.collections[case.collection].parts.get(case.section.id, "")
            head = (scored.subject.name, group.role, *_who(case), int(at in single), case.section.label, part)
            for index, a in enumerate(asked):
                square = (a.square.left, a.square.top, a.square.side)
                yield (
                    *(*head, f"{a.factor:g}", a.nudge, *square, f"{case.section.mass_side:g}"),
                    *(int(never_shrunk(case.section)), repr(float(margins[index]))),
                    *(repr(float(before[index])), "" if scale.scaling is None else repr(float(after[index]))),
                    *_known(case),
                )


def _who(case: Case) -> tuple[Any, ...]:
    section = case.section
    return case.collection, section.id, section.file, section.frame, section.patient, section.mass, case.unit


def _known(case: Case) -> tuple[Any, ...]:
    s = case.section
    size, age = ("" if value is None else f"{value:g}" for value in (s.size_mm, s.age))
    return age, s.birads, s.scanner, size, s.width, s.height


# --- the paper's table ---

TABLE_COLUMNS = (
    *("network", "chain", "seed", "group", "pictures", "malignant", "patients", "counted_by", "operating_point"),
    *("threshold", "tp", "fp", "tn", "fn"),
    *(f"{name}{end}" for name in NAMES for end in ("", "_low", "_high")),
    *("one_picture_cases", *(f"one_picture_{n}{e}" for n in ("auc", *NAMES[:4]) for e in ("", "_low", "_high"))),
    "reason",
)


def write_table(path: Path, results: dict[str, Any]) -> None:
    """network × chain × seed, a row a group; empty cells with the reason. Raises KnownError("file-not-written")."""
    _write(path, TABLE_COLUMNS, table_rows(results))


def table_rows(results: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    places = {subject["name"]: subject for subject in results["subjects"]}
    for measured in results["measured"]:
        place = places[measured["subject"]]
        row = {
            **{name: place[name] for name in ("network", "chain", "seed")},
            **{name: measured[name] for name in ("group", "pictures", "malignant", "patients", "counted_by", "reason")},
            "operating_point": measured["threshold"]["name"],
            "threshold": measured["threshold"]["threshold"],
        }
        if "table" in measured:
            row |= _figures(measured["table"])
        yield tuple("" if row.get(name) is None else row[name] for name in TABLE_COLUMNS)
    for cell in results["empty"]:
        yield tuple("" if cell.get(name) is None else cell[name] for name in TABLE_COLUMNS)


def _figures(table: dict[str, Any]) -> dict[str, Any]:
    row = dict(table["counts"])
    for name, figure in table["values"].items():
        row |= {name: figure["value"], f"{name}_low": figure["low"], f"{name}_high": figure["high"]}
    single = table["one_picture"]
    if single is not None:
        row["one_picture_cases"] = single["cases"]
        for name, figure in {"auc": single["auc"], **single["rates"]}.items():
            long = f"one_picture_{name}"
            row |= {long: figure["value"], f"{long}_low": figure["low"], f"{long}_high": figure["high"]}
    return row


def _write(path: Path, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode("utf-8", "surrogateescape"))
