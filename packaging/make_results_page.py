"""Makes `docs/results.md` from what `bmgui evaluate` measured.

    python packaging/make_results_page.py add OUTPUT NAME --title TITLE [--text TEXT]
    python packaging/make_results_page.py

`add` keeps what the page needs of OUTPUT/results.json as `docs/results/NAME.json` (sections go by name); the page is
made of these files and of nothing else, so anybody can make it again.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bmgui.base.files import write_bytes, write_json
from bmgui.learning.assessing.contents import interval, of_whom
from bmgui.learning.assessing.words import reason

DOCS = Path(__file__).resolve().parent.parent / "docs"
KEPT = ("table", "calibration", "sizes", "nudges", "points", "threshold", "reason")
WHO = ("subject", "group", "role", "collections", "pictures", "malignant", "patients", "counted_by")
FIGURES = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "precision": "precision",
    "f1": "F1",
    "youden": "Youden",
}
HEAD = """# Results

Made by `python packaging/make_results_page.py` from `docs/results/*.json`, which `bmgui evaluate` measured; not written
by hand. Intervals in brackets are of 95 %, from resampled patients (where a collection does not say whose a picture is:
groups of near duplicates). Validation pictures chose thresholds and calibration: figures on them are flattered.
Internal and external tests stand apart. ECE: ten bins; "chance" is what a perfectly calibrated score would show on so
many pictures. AUC 3.0 − 1.1: by the square's side ÷ the mass, on pictures that hold all sizes whole. Median change: of
the score, under the 26 nudges of the square. Research software, not a medical device.
"""


def main(arguments: Sequence[str] | None = None, docs: Path = DOCS) -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    adding = commands.add_parser("add")
    adding.add_argument("output", type=Path)
    adding.add_argument("name")
    adding.add_argument("--title", required=True)
    adding.add_argument("--text", default="")
    given = parser.parse_args(arguments)
    folder = docs / "results"
    if given.command == "add":
        results = json.loads((given.output / "results.json").read_bytes())
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / f"{given.name}.json", {"title": given.title, "text": given.text, **slim(results)})
    sections = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    lines = [HEAD, *(line for results in sections for line in section(results))]
    write_bytes(docs / "results.md", ("\n".join(lines).rstrip() + "\n").encode())


def slim(results: dict[str, Any]) -> dict[str, Any]:
    """Without curves, bins, cases and tests."""
    measured = []
    for one in results["measured"]:
        if one["shown"]:
            kept = {name: one[name] for name in (*WHO, *KEPT) if name in one}
            for told in (kept.get("calibration") or {}).values():
                if told is not None:
                    del told["bins"]
            measured.append(kept)
    comparisons = results["comparisons"]
    pairs = [{k: v for k, v in pair.items() if k not in ("one_picture", "tests")} for pair in comparisons["pairs"]]
    for pair in pairs:
        for name in set(pair.get("differences", ())) - {"auc", "sensitivity", "specificity"}:
            del pair["differences"][name]
    names = ("schema", "program", "made", "draws", "seed", "factor", "subjects", "empty", "collections", "leaks")
    return {
        **{name: results[name] for name in names},
        "measured": measured,
        "comparisons": {"pairs": pairs, "over_seeds": comparisons["over_seeds"]},
    }


def section(results: dict[str, Any]) -> Iterator[str]:
    yield f"## {results['title']}\n"
    if results["text"]:
        yield results["text"] + "\n"
    yield from facts(results)
    for group in dict.fromkeys(one["group"] for one in results["measured"]):
        yield from group_table(results, [one for one in results["measured"] if one["group"] == group])
    yield from differences(results)


def facts(results: dict[str, Any]) -> Iterator[str]:
    for one in results["collections"]:
        count = len({look.get("weights", "") for look in one["looks"]["each"]})
        if count:
            models = ", ".join(dict.fromkeys(look["model"] for look in one["looks"]["each"]))
            yield f"Test pictures of {one['name']} were looked at with {count} sets of weights so far: {models}.\n"
    if results["leaks"]:
        tested = {tuple(leak["tested"]) for leak in results["leaks"]}
        yield (
            f"{len(tested)} test pictures may not be apart from pictures that training or validation used: they share "
            "a patient or look nearly the same.\n"
        )
    yield (
        f"Squares of {results['factor']:g} × the mass; {results['draws']} resamples, seed {results['seed']}; measured "
        f"{results['made'][:10]} by bmgui {results['program']}.\n"
    )


def group_table(results: dict[str, Any], measured: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield f"### {of_whom(measured[0])}\n"
    places = {subject["name"]: subject for subject in results["subjects"]}
    columns = ["network", "chain", "seed", "point", *FIGURES.values(), "ECE (chance)", "AUC 3.0 − 1.1", "median change"]
    yield row(columns)
    yield row(["---"] * len(columns))
    for one in measured:
        place = places[one["subject"]]
        seed = "" if place["seed"] is None else str(place["seed"])
        yield row([place["network"], place["chain"], seed, one["threshold"]["name"], *values(one)])
    for cell in results["empty"]:
        seed = "" if cell["seed"] is None else str(cell["seed"])
        told = [cell["network"], cell["chain"], seed, f"none: {cell['reason']}"]
        yield row([*told, *[""] * (len(columns) - len(told))])
    yield ""


def values(one: dict[str, Any]) -> list[str]:
    if one["reason"]:
        return [reason(one["reason"]), *[""] * (len(FIGURES) + 2)]
    told = one["calibration"]["after"]
    ece = "–" if told is None else f"{told['ece']:.3f} ({told['ece_expected']['mean']:.3f})"
    whole = one["sizes"].get("unshrunk", {})
    change = one["nudges"].get("median_change")
    return [
        *(interval(one["table"]["values"][name]) for name in FIGURES),
        ece,
        interval(whole.get("difference")),
        "–" if change is None else f"{change:.3f}",
    ]


def differences(results: dict[str, Any]) -> Iterator[str]:
    pairs = [pair for pair in results["comparisons"]["pairs"] if not pair["reason"]]
    if not pairs:
        return
    yield "### Differences, paired on the same pictures\n"
    columns = ["second − first", "measured on", "AUC", "sensitivity", "specificity"]
    yield row(columns)
    yield row(["---"] * len(columns))
    for pair in pairs:
        three = [interval(pair["differences"][name]) for name in ("auc", "sensitivity", "specificity")]
        yield row([f"{pair['second']} − {pair['first']}", of_whom(pair), *three])
    for entry in results["comparisons"]["over_seeds"]:
        if not entry["reason"]:
            seeds = f"{entry['second']} − {entry['first']}, mean over {len(entry['seeds'])} seeds"
            yield row([seeds, of_whom(entry), interval(entry["auc"]), "", ""])
    yield ""


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    main()
