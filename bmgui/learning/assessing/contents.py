"""The text and tables of the report, from `results.json`."""

from collections.abc import Iterator, Sequence
from typing import Any

from bmgui.learning.assessing.pages import Table
from bmgui.learning.assessing.words import TABLE_NAMES, WARNING, caution, reason

Measured = dict[str, Any]


def interval(figure: dict[str, Any] | None) -> str:
    """ "0.912 (0.875–0.940)", "−0.028 (−0.055 to −0.002)"; "–" where there is no value."""
    if figure is None or figure["value"] is None:
        return "–"
    if figure["low"] is None:
        return _signed(figure["value"])
    to = " to " if figure["low"] < 0 else "–"
    return f"{_signed(figure['value'])} ({_signed(figure['low'])}{to}{_signed(figure['high'])})"


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def owners(one: Measured) -> str:
    return "patients" if one["counted_by"] == "patient" else "patients or groups of near duplicates"


def of_whom(one: Measured) -> str:
    """Which part, how many pictures, of how many patients: it stands under every figure."""
    return (
        f"{one['group']}: {one['pictures']} pictures ({one['malignant']} malignant) of {one['patients']} {owners(one)}"
    )


def shown_groups(results: dict[str, Any]) -> list[str]:
    """The groups that pages are made for."""
    return list(dict.fromkeys(one["group"] for one in results["measured"] if one["shown"]))


def cautions_of(measured: Sequence[Measured]) -> list[str]:
    """What to mind with these figures, each once."""
    return list(dict.fromkeys(caution(told) for one in measured for told in one["cautions"]))


def main_figures(results: dict[str, Any]) -> Iterator[str]:
    """A few lines to end with: AUC, sensitivity and specificity of each model, of whom, and what to mind."""
    for group in shown_groups(results):
        chosen = [one for one in results["measured"] if one["group"] == group]
        yield of_whom(chosen[0])
        for one in chosen:
            yield f"  {one['subject']}: {_main(one)}"
        yield from (f"  {words}" for words in cautions_of(chosen))


def _main(one: Measured) -> str:
    if one["reason"]:
        return reason(one["reason"])
    values = one["table"]["values"]
    three = (f"{TABLE_NAMES[name]} {interval(values[name])}" for name in ("auc", "sensitivity", "specificity"))
    return f"{', '.join(three)} at {one['threshold']['name']} ({one['threshold']['threshold']:.4f})"


def introduction(results: dict[str, Any]) -> list[str]:
    """What was measured, on what, and how often test pictures were looked at."""
    told = [WARNING, "# Models"]
    for subject in results["subjects"]:
        scale = subject["scale"]
        calibrated = (
            f"calibration: {scale['fitted_on']}" if scale["scaling"] else f"no calibration: {reason(scale['reason'])}"
        )
        told.append(
            f"{subject['name']}: {subject['network']}, {subject['side']} px, weights {subject['weights_sha256'][:12]}, "
            f"scored by {', '.join(subject['engines']) or 'nothing'}; {calibrated}; "
            f"operating point {scale['main']['name']} at {scale['main']['threshold']:.4f}, from "
            f"{scale['main']['chosen_on']}."
        )
        if subject["learnt"] is None:
            told.append(
                f"{subject['name']} does not say what it learnt from: that it never saw these pictures cannot be "
                "checked."
            )
        if subject["unsaid"]:
            told.append(
                f"{subject['name']} goes on from, or was taught by, {', '.join(subject['unsaid'])}, which does not say "
                "what it learnt from: that it never saw these pictures cannot be checked."
            )
    told.append("# Collections")
    for one in results["collections"]:
        kind = "external" if one["external"] else "internal"
        told.append(
            f"{one['name']} ({kind}), version {one['version'][:12]}: {one['scored']} of {one['sections']} pictures "
            f"scored, {one['excluded']} excluded. Looks at its test pictures so far: "
            f"{one['looks']['count']} (one with each set of weights, and another after the pictures or labels changed)."
        )
    if results["leaks"]:
        tested = {tuple(leak["tested"]) for leak in results["leaks"]}
        told.append(
            f"{len(tested)} test pictures may not be apart from pictures that training or validation used: "
            f"{len(results['leaks'])} pairs share a patient or look like the same or nearly the same picture. "
            "results.json names them."
        )
    if results["empty"]:
        told.append("# Cells that cannot be had")
        told += [f"{cell['network']}, {cell['chain']}: {cell['reason']}." for cell in results["empty"]]
    told.append(
        f"Squares of {results['factor']:g} × the mass. {results['draws']} resamples of patients, seed "
        f"{results['seed']}; figures at 0 or 1 have Wilson's and Newcombe's intervals. "
        f"Made {results['made']} by bmgui {results['program']}."
    )
    return told


def summary(results: dict[str, Any]) -> Iterator[Table]:
    """The paper's table, one for each group, then the same on one picture a patient."""
    names = list(TABLE_NAMES)
    for group in shown_groups(results):
        chosen = [one for one in results["measured"] if one["group"] == group]
        rows = [_summary_row(one, names[:-1]) for one in chosen]
        columns = ("model", *(TABLE_NAMES[name] for name in names[:-1]))
        widths = (0.16, *((0.12,) * 7))
        note = f"{of_whom(chosen[0])}. Intervals from resampled patients; rates at each model's operating point."
        note = " ".join((note, *cautions_of(chosen)))
        yield Table(f"Figures, {group}", columns, tuple(rows), widths, note)
        singles = tuple(_single_row(one) for one in chosen)
        note = "Wilson's intervals of rates and DeLong's of the AUC hold for independent pictures: one of each patient."
        columns = ("model", "pictures", "AUC", "accuracy", "sensitivity", "specificity", "precision")
        yield Table(f"One picture a patient, {group}", columns, singles, (0.2, 0.1, 0.14, 0.14, 0.14, 0.14, 0.14), note)


def _summary_row(one: Measured, names: Sequence[str]) -> tuple[str, ...]:
    if one["reason"]:
        return (one["subject"], reason(one["reason"]), *("",) * (len(names) - 1))
    return (one["subject"], *(interval(one["table"]["values"][name]) for name in names))


def _single_row(one: Measured) -> tuple[str, ...]:
    single = None if one["reason"] else one["table"]["one_picture"]
    if single is None:
        return (one["subject"], reason(one["reason"] or "too-few-patients"), "", "", "", "", "")
    rates = (interval(single["rates"][name]) for name in ("accuracy", "sensitivity", "specificity", "precision"))
    return (one["subject"], str(single["cases"]), interval(single["auc"]), *rates)


def points(one: Measured) -> Table:
    """Operating points with counts."""
    rows = [
        (p["name"], f"{p['threshold']:.4f}", reason(p["reason"]), "", "", "", "", p["chosen_on"])
        if p["reason"]
        else (
            p["name"],
            f"{p['threshold']:.4f}",
            *(str(p["counts"][name]) for name in ("tp", "fn", "tn", "fp")),
            " / ".join(interval(p["intervals"][name]) for name in ("sensitivity", "specificity")),
            p["chosen_on"],
        )
        for p in one["points"]
    ]
    columns = (
        "point",
        "threshold",
        "malignant found",
        "missed",
        "benign right",
        "false alarms",
        "sens. / spec.",
        "chosen on",
    )
    widths = (0.12, 0.09, 0.09, 0.08, 0.09, 0.09, 0.19, 0.25)
    note = " ".join((of_whom(one) + ".", *cautions_of([one])))
    return Table(f"Operating points, {one['subject']}", columns, tuple(rows), widths, note)


def calibration(one: Measured) -> Table:
    """Slope, intercept, Brier and ECE, before and after scaling."""
    rows = []
    for when, words in (("before", "before scaling"), ("after", "after scaling")):
        told = one["calibration"][when]
        if told is not None:
            chance = told["ece_expected"]
            ece = f"{told['ece']:.3f} (chance: {chance['mean']:.3f}, up to {chance['high']:.3f})"
            four = (interval(told[name]) for name in ("slope", "intercept", "in_the_large", "brier"))
            rows.append((words, *four, ece))
    columns = ("score", "slope (1)", "intercept (0)", "in the large (0)", "Brier", "ECE, ten bins")
    note = (
        f"{of_whom(one)}. In brackets what is perfect; chance: the ECE that a perfectly calibrated score would show on "
        "so many pictures."
    )
    return Table(f"Calibration, {one['subject']}", columns, tuple(rows), (0.13, 0.17, 0.17, 0.17, 0.17, 0.19), note)


def subgroups(one: Measured) -> Table:
    """AUC and rates of subgroups."""
    rows = []
    for part in one["subgroups"]:
        area = interval(part["auc"]) if part["auc"] else reason(part["reason"])
        counts = part["counts"]
        sensitivity = f"{counts['tp']}/{counts['tp'] + counts['fn']}" if counts else ""
        specificity = f"{counts['tn']}/{counts['tn'] + counts['fp']}" if counts else ""
        patients = f"{part['benign_patients']} + {part['malignant_patients']}"
        pictures = f"{part['benign']} + {part['malignant']}"
        rows.append((part["by"], part["name"], pictures, patients, area, sensitivity, specificity))
    columns = ("by", "which", "benign + malignant", "patients", "AUC", "found", "right on benign")
    note = f"{of_whom(one)}. An area is given from five patients of each class on."
    widths = (0.17, 0.2, 0.13, 0.11, 0.19, 0.09, 0.11)
    return Table(f"Subgroups, {one['subject']}", columns, tuple(rows), widths, note)


def comparisons(results: dict[str, Any]) -> Iterator[Table]:
    """Differences with intervals, which decide; then every test with its corrected p."""
    told = results["comparisons"]
    rows = []
    for pair in told["pairs"]:
        names = f"{pair['second']} − {pair['first']}"
        if pair["reason"]:
            rows.append((names, pair["group"], reason(pair["reason"]), "", ""))
        else:
            three = (interval(pair["differences"][name]) for name in ("auc", "sensitivity", "specificity"))
            rows.append((names, pair["group"], *three))
    for entry in told["over_seeds"]:
        names = f"{entry['second']} − {entry['first']}, mean over seeds {', '.join(map(str, entry['seeds']))}"
        rows.append((names, entry["group"], interval(entry.get("auc")), "", ""))
    note = (
        "Paired on the same pictures, intervals from resampled patients: a difference is there where zero lies outside."
    )
    columns = ("difference", "measured on", "AUC", "sensitivity", "specificity")
    if rows:
        yield Table("Comparisons", columns, tuple(rows), (0.28, 0.2, 0.18, 0.17, 0.17), note)
    tests = list(_tests(told))
    if tests:
        note = (
            "Beside the intervals: the paper's tests, on one picture a patient. Holm's correction is over all "
            f"{told['tests']}."
        )
        of_tests = ("compared", "measured on", "of", "test", "p", "p, Holm")
        yield Table("Tests", of_tests, tuple(tests), (0.28, 0.26, 0.14, 0.14, 0.09, 0.09), note)


def _tests(told: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for kind in ("pairs", "parts", "cases"):
        for entry in told[kind]:
            compared, where = _compared(kind, entry)
            for test in entry["tests"]:
                corrected = [("–" if test[name] is None else f"{test[name]:.3g}") for name in ("p", "p_holm")]
                yield (compared, where, test["of"], test["name"], *corrected)


def _compared(kind: str, entry: dict[str, Any]) -> tuple[str, str]:
    if kind == "pairs":
        return f"{entry['second']} against {entry['first']}", entry["group"]
    if kind == "parts":
        return entry["subject"], f"{entry['first']['group']} against {entry['second']['group']}"
    return "benign against malignant masses", entry["group"]
