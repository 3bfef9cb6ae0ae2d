"""What assessments already measured of a job, for its card: read from their `results.json`."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.learning.assessing.assess import SCHEMA
from bmgui.learning.assessing.scales import Scale
from bmgui.learning.assessing.subjects import Subject
from bmgui.learning.results.evaluations import CASES, RESULTS


@dataclass(frozen=True)
class Known:
    """figures: as a card lists them; sides: px of the squares that were measured with; tested: collection → what the
    results say of it, for those whose test pictures were looked at; looks: collection → every look."""

    figures: tuple[dict[str, Any], ...]
    sides: tuple[int, ...]
    tested: dict[str, dict[str, Any]]
    looks: dict[str, list[dict[str, Any]]]


def read_known(outputs: Sequence[Path], subject: Subject, scale: Scale) -> Known:
    """The later output wins where two measured one group.

    Raises KnownError("results-unreadable", file, reason), and "results-of-another" (file, job) where they are of other
    weights, or were calibrated in another way than the card will be.
    """
    figures: dict[str, dict[str, Any]] = {}
    sides: dict[str, int] = {}
    tested: dict[str, dict[str, Any]] = {}
    for output in outputs:
        results = _results(output / RESULTS)
        name = _named(results, subject, scale, output / RESULTS)
        measured = [one for one in results["measured"] if one["subject"] == name]
        together = {one["role"] for one in measured if len(one["collections"]) > 1}
        for one in measured:
            alone = len(one["collections"]) == 1 and one["role"] == "internal validation" in together
            if not alone and not one["reason"] and one["table"]["values"]["auc"]["low"] is not None:
                figures[one["group"]] = _figures(one)
        sides |= _sides(output / CASES, name, results["factor"])
        roles = {collection: one["role"] for one in measured for collection in one["collections"]}
        tested |= {c["name"]: c for c in results["collections"] if roles.get(c["name"]) != "internal validation"}
    return Known(
        tuple(figures.values()),
        tuple(sides.values()),
        tested,
        {name: collection["looks"]["each"] for name, collection in tested.items()},
    )


def _results(path: Path) -> dict[str, Any]:
    try:
        results: dict[str, Any] = json.loads(path.read_bytes())
        if results["schema"] != SCHEMA:
            raise ValueError(f"schema {results['schema']}, not {SCHEMA}")
    except OSError as error:
        raise KnownError("results-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise KnownError("results-unreadable", file=str(path), reason=str(error)) from error
    return results


def _named(results: dict[str, Any], subject: Subject, scale: Scale, path: Path) -> str:
    """The name under which the same weights, calibrated in the same way, stand in the results."""
    for one in results["subjects"]:
        scaling = one["scale"]["scaling"]
        if one["weights_sha256"] == subject.card.sha256 and scaling is not None and scale.scaling is not None:
            found = (scaling["slope"], scaling["intercept"])
            wanted = (scale.scaling.slope, scale.scaling.intercept)
            if max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 1e-6:
                return str(one["name"])
    raise KnownError("results-of-another", file=str(path), job=subject.name)


def _figures(measured: dict[str, Any]) -> dict[str, Any]:
    area = measured["table"]["values"]["auc"]
    return {
        "measured_on": measured["group"],
        "locked": measured["role"] != "internal validation",
        **{name: measured[name] for name in ("pictures", "patients", "counted_by")},
        "auc": {name: _rounded(area[name]) for name in ("value", "low", "high")},
        "ece": _rounded(measured["calibration"]["after"]["ece"]),
        "rates": [
            {
                "point": point["name"],
                "sensitivity": _rounded(point["sensitivity"]),
                "specificity": _rounded(point["specificity"]),
            }
            for point in measured["points"]
            if not point["reason"]
        ],
    }


def _sides(path: Path, name: str, factor: float) -> dict[str, int]:
    """Section → px of its square of the usual size."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
            return {
                f"{row['collection']}/{row['section']}": int(row["side"])
                for row in csv.DictReader(stream)
                if row["subject"] == name and float(row["factor"]) == factor and row["nudge"] == "0"
            }
    except (OSError, KeyError, ValueError) as error:
        raise KnownError("results-unreadable", file=str(path), reason=str(error)) from error


def _rounded(value: float) -> float:
    return round(value, 3)
