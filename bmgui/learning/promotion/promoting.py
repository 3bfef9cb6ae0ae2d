"""A candidate against the model in use, on the same locked test: how they differ, what that shows, what must be said.

The margins are settled before anything is compared, and kept beside the comparison: who knows the figures can always
find a margin that fits them. "Not worse" is shown where the interval of the difference lies above −margin (Chen,
Petrick, Sahiner 2012, Acad Radiol 19: 1158, for one reader). For the AUC that decides, as every patient counts in it.
Sensitivity and specificity at the operating points are judged by their values and only refused by their intervals: from
fewer than some 400 cancers the interval of a sensitivity is wider than any fall that one would accept, and would decide
by how few patients there are. It is shown all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, write_json
from bmgui.learning.collections.collection import open_collection, read_object
from bmgui.learning.results.cautions import FEW_PATIENTS
from bmgui.learning.results.listing import is_older
from bmgui.learning.results.measured_on import measured_on
from bmgui.learning.results.reading import read_cases, read_results
from bmgui.learning.results.values import Case, Figure, Measured, Pair, Results
from bmgui.learning.runs.run import Run, job_weights

Verdict = Literal["better", "not worse", "not shown", "worse"]
Strictness = Literal["strict", "usual", "lenient"]
Change = Literal["missed", "found", "alarm", "cleared"]
CHANGES: tuple[Change, ...] = ("missed", "found", "alarm", "cleared")
"""A malignant mass falls below the operating point or comes above it; a benign one comes above it or falls below."""

PROMOTION = "promotion"
_SETTLED = "settled.json"
_SCHEMA = 1
_RATES = ("sensitivity", "specificity")


@dataclass(frozen=True)
class Margins:
    """The largest fall of each figure that still counts as not worse."""

    auc: float
    sensitivity: float
    specificity: float


MARGINS: dict[Strictness, Margins] = {
    "strict": Margins(0.02, 0.03, 0.05),
    "usual": Margins(0.03, 0.05, 0.10),
    "lenient": Margins(0.05, 0.10, 0.15),
}
"""usual: 0.03, as the two shipped models differ by 0.028 on validation, which was enough to choose between them; one of
20 cancers; one of 10 benign masses, since a false alarm costs less than a missed cancer. lenient: the 0.05 that reader
studies of devices often grant. None is a rule of any authority."""


@dataclass(frozen=True)
class Part:
    """Both models on one group of test pictures. pair.differences are candidate − model in use.

    why: codes, what decided: "auc-above", "auc-above-margin", "auc-below", "auc-open", "sensitivity-fell",
    "specificity-fell", "sensitivity-low", "specificity-low", "few-patients", "other-points", "no-figures".
    """

    pair: Pair
    before: Measured
    after: Measured
    verdict: Verdict
    why: tuple[str, ...]


@dataclass(frozen=True)
class Flip:
    """A picture whose side of the operating point changes. before, after: the probabilities, each at its own model."""

    change: Change
    case: Case
    before: float
    after: float


@dataclass(frozen=True)
class Comparison:
    """active, candidate: names of the subjects. looks: collection's name → models that have seen its test part."""

    folder: Path
    active: str
    candidate: str
    margins: Margins
    parts: tuple[Part, ...]
    flips: tuple[Flip, ...]
    results: Results
    looks: Mapping[str, int]

    @property
    def main(self) -> Part:
        """The part that decides: the internal test, of all collections together; else the first external one."""
        return self.parts[0]

    @property
    def verdict(self) -> Verdict:
        """The main part's; worse, where the candidate is worse on any other."""
        return "worse" if any(part.verdict == "worse" for part in self.parts) else self.main.verdict


# --- where a comparison lies, and what was settled before it ---


def comparison_folder(run: Path, job: str, active: str) -> Path:
    """Of this job against this model: another model in use is another comparison."""
    return run / PROMOTION / f"{job} against {active}"


def settle(folder: Path, margins: Margins) -> None:
    """Write the margins down, before anything is compared. Raises KnownError("file-not-written"), and
    ("margins-settled", file) where other ones stand there already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from error
    known = settled(folder)
    if known is not None and known != margins:
        raise KnownError("margins-settled", file=str(folder))
    if known is None:
        write_json(folder / _SETTLED, {"schema": _SCHEMA, **asdict(margins)})


def settled(folder: Path) -> Margins | None:
    """The margins of this comparison; None where none were settled. Raises KnownError("results-unreadable")."""
    path = folder / _SETTLED
    if not path.is_file():
        return None
    try:
        told = read_object(path)
        return Margins(*(float(told[name]) for name in ("auc", "sensitivity", "specificity")))
    except (KnownError, KeyError, TypeError, ValueError) as error:
        raise KnownError("results-unreadable", file=str(path), reason=str(error)) from error


# --- what an evaluation of both says ---


def read_comparison(run: Run, job: str, active: str, active_weights: str) -> Comparison:
    """active: the model's id; active_weights: their SHA-256, as they are now.

    Raises what `read_results` and `check_current` raise, KnownError("comparison-of-others", file) where other models
    or weights were measured, ("comparison-without-test", file), ("comparison-not-settled", file).
    """
    folder = comparison_folder(run.folder, job, active)
    results = read_results(folder)
    if _weights(results).get(active) != active_weights:
        raise KnownError("comparison-of-others", file=str(folder))
    check_current(run, job, results)
    margins = settled(folder)
    if margins is None:
        raise KnownError("comparison-not-settled", file=str(folder))
    tests = [p for p in results.pairs if {p.first, p.second} == {active, job} and p.role != "internal validation"]
    parts = [part_of(results, pair, active, job, margins) for pair in tests]
    if not parts:
        raise KnownError("comparison-without-test", file=str(folder))
    parts.sort(key=lambda part: (part.pair.role != "internal test", -len(part.pair.of.collections)))
    return Comparison(
        folder=folder,
        active=active,
        candidate=job,
        margins=margins,
        parts=tuple(parts),
        flips=tuple(_flips(read_cases(folder), parts[0], parts)),
        results=results,
        looks={one.name: one.looks for one in results.collections},
    )


def check_current(run: Run, job: str, results: Results) -> None:
    """What was compared is what is here: the job's weights, and the data of every collection that was measured on.

    Raises KnownError("comparison-of-others", file), ("comparison-of-older-data", file, collection), and what
    `job_weights` and `open_collection` raise.
    """
    if _weights(results).get(job) != job_weights(run, job):
        raise KnownError("comparison-of-others", file=str(results.folder))
    inside, outside = measured_on([run])
    now = {one.name: one for one in map(open_collection, (*inside, *outside))}
    for source in results.collections:
        if source.name not in now or is_older(source, now[source.name]):
            raise KnownError("comparison-of-older-data", file=str(results.folder), collection=source.name)


def _weights(results: Results) -> dict[str, str]:
    return {subject.name: subject.weights_sha256 for subject in results.subjects}


def part_of(results: Results, pair: Pair, active: str, job: str, margins: Margins) -> Part:
    """What one pair shows. Raises KnownError("results-unreadable") where a model was not measured on its pictures."""
    before, after = results.of(active, pair.group), results.of(job, pair.group)
    if before is None or after is None:
        raise KnownError("results-unreadable", file=str(results.folder), reason=f"no figures of {pair.group}")
    if pair.first != active:
        pair = _turned(pair)
    few = min(after.benign_patients or 0, after.malignant_patients or 0) < FEW_PATIENTS
    verdict, why = judge(pair.differences, margins, few=few) if not pair.reason else ("not shown", ("no-figures",))
    if before.threshold.name != after.threshold.name and "auc-below" not in why:
        verdict, why = "not shown", ("other-points",)  # rates at two points compare thresholds, not networks
    return Part(pair, before, after, verdict, why)


def _turned(pair: Pair) -> Pair:
    turned = {name: _negative(figure) for name, figure in pair.differences.items()}
    return Pair(pair.second, pair.first, pair.of, turned, pair.p, pair.reason)


def _negative(figure: Figure) -> Figure:
    if figure.value is None or figure.low is None or figure.high is None:
        return Figure(None if figure.value is None else -figure.value, None, None)
    return Figure(-figure.value, -figure.high, -figure.low)


def judge(differences: Mapping[str, Figure], margins: Margins, *, few: bool) -> tuple[Verdict, tuple[str, ...]]:
    """What differences (candidate − model in use) of `auc`, `sensitivity` and `specificity` show, and by which codes.

    few: fewer than `FEW_PATIENTS` patients of a class; then nothing good is shown, however the figures fall.
    worse: an interval lies wholly below 0 (of the specificity: below −margin).
    """
    area = differences["auc"]
    if area.value is None or area.low is None or area.high is None:
        return "not shown", ("no-figures",)
    fallen = ["auc-below"] if area.high < 0 else []
    for name, edge in (("sensitivity", 0.0), ("specificity", -margins.specificity)):
        high = differences[name].high
        if high is not None and high < edge:
            fallen.append(f"{name}-fell")
    if fallen:
        return "worse", tuple(fallen)
    missing = ["few-patients"] if few else []
    if area.low <= -margins.auc:
        missing.append("auc-open")
    for name in _RATES:
        value = differences[name].value
        if value is None or value < -getattr(margins, name):
            missing.append(f"{name}-low")
    if missing:
        return "not shown", tuple(missing)
    return ("better", ("auc-above",)) if area.low > 0 else ("not worse", ("auc-above-margin",))


def _flips(cases: Iterable[Case], main: Part, parts: list[Part]) -> Iterable[Flip]:
    """Of all test pictures, the missed first, and of each kind the largest change first."""
    roles = {part.pair.role for part in parts}
    before: dict[tuple[str, str], Case] = {}
    after: dict[tuple[str, str], Case] = {}
    for case in cases:
        if case.role in roles and case.subject in (main.before.subject, main.after.subject):
            (before if case.subject == main.before.subject else after)[case.collection, case.section] = case
    found = []
    for key, case in after.items():
        if key not in before:
            continue
        was = before[key].probability >= main.before.threshold.threshold
        now = case.probability >= main.after.threshold.threshold
        if was != now:
            found.append(Flip(change_of(case.label, now), case, before[key].probability, case.probability))
    return sorted(found, key=lambda flip: (CHANGES.index(flip.change), -abs(flip.after - flip.before)))


def change_of(label: str, positive: bool) -> Change:
    """What it means that a case of this label is on this side of the operating point now."""
    if label == "malignant":
        return "found" if positive else "missed"
    return "alarm" if positive else "cleared"


# --- the protocol ---


@dataclass(frozen=True)
class Question:
    """Asked of who promotes. sound: the answers that leave the comparison its worth."""

    code: str
    answers: tuple[str, ...]
    sound: tuple[str, ...] = ("yes",)


QUESTIONS = (
    Question("proven", ("yes", "benign by follow-up", "partly", "not known"), ("yes", "benign by follow-up")),
    Question("unseen", ("yes", "not known", "no")),
    Question("same use", ("yes", "partly", "no")),
    Question("chosen before", ("yes", "no")),
    Question("margin before", ("yes", "no")),
)
"""What a comparison rests on and no program can see: proven by pathology (or, where benign, by two years of follow-up);
no test patient was learnt from by either model; the same kind of patients, scanners and use; the candidate was chosen
without a look at these test pictures; what counts as not worse was settled before the figures were seen."""

Answers = Mapping[str, str]


def unanswered(answers: Answers) -> tuple[str, ...]:
    """Codes of the questions that have no answer yet."""
    return tuple(question.code for question in QUESTIONS if answers.get(question.code) not in question.answers)


def doubts(answers: Answers) -> tuple[str, ...]:
    """Codes of the questions whose answer takes the comparison its worth."""
    return tuple(q.code for q in QUESTIONS if q.code in answers and answers[q.code] not in q.sound)


def standing(verdict: Verdict, answers: Answers) -> Verdict:
    """What stands after the protocol: on unsound ground nothing good is shown, and what is worse stays worse."""
    return "not shown" if verdict in ("better", "not worse") and doubts(answers) else verdict


def needs_second(verdict: Verdict) -> bool:
    """Whether it is asked twice, and a reason is wanted."""
    return verdict in ("worse", "not shown")


def check_decision(comparison: Comparison, answers: Answers, why: str, second: bool) -> None:
    """Whether the candidate may be installed.

    Raises KnownError("protocol-not-answered", count), ("promotion-without-reason"), ("promotion-not-confirmed").
    """
    if open_questions := unanswered(answers):
        raise KnownError("protocol-not-answered", count=len(open_questions))
    if not why.strip():
        raise KnownError("promotion-without-reason")
    if needs_second(standing(comparison.verdict, answers)) and not second:
        raise KnownError("promotion-not-confirmed")


def facts(run: Run, comparison: Comparison, answers: Answers, second: bool) -> dict[str, Any]:
    """What the models' history keeps of a promotion, beside who, when and why."""
    stands = standing(comparison.verdict, answers)
    return {
        "run": run.folder.name,
        "job": comparison.candidate,
        "plan_sha256": run.plan.sha256,
        "against": comparison.active,
        "verdict": stands,
        "by_figures": comparison.verdict,
        "confirmed_twice": second and needs_second(stands),
        "margins": asdict(comparison.margins),
        "protocol": {question.code: answers[question.code] for question in QUESTIONS},
        "looks": dict(comparison.looks),
        "measured": [_told(part) for part in comparison.parts],
        "flips": {change: sum(flip.change == change for flip in comparison.flips) for change in CHANGES},
    }


def _told(part: Part) -> dict[str, Any]:
    differences = {name: asdict(part.pair.differences[name]) for name in ("auc", *_RATES) if part.pair.differences}
    return {
        "group": part.pair.group,
        "pictures": part.pair.pictures,
        "malignant": part.pair.malignant,
        "patients": part.pair.patients,
        "verdict": part.verdict,
        "why": list(part.why),
        "differences": differences,
        "points": [part.before.threshold.name, part.after.threshold.name],
    }
