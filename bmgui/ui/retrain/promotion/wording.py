"""What this page says of verdicts, obstacles and the protocol."""

from bmgui.learning.promotion.comparable import Obstacle, Outlook, TestPart
from bmgui.learning.promotion.promoting import Change, Comparison, Margins, Part, Strictness, Verdict
from bmgui.ui.marks import mark
from bmgui.ui.retrain.results.wording import figure_words, number
from bmgui.wording import tr

VERDICTS: dict[Verdict, str] = {
    "better": mark("Better: {candidate} tells benign from malignant better than {active} on this test."),
    "not worse": mark("Not worse: {candidate} is at most a little below {active} on this test, by what was settled."),
    "not shown": mark("Not shown: on this test {candidate} may be worse than {active} by more than was settled."),
    "worse": mark("Worse: {candidate} is worse than {active} on this test."),
}
SHORT: dict[Verdict, str] = {
    "better": mark("better"),
    "not worse": mark("not worse"),
    "not shown": mark("not shown"),
    "worse": mark("worse"),
}
_WHY: dict[str, str] = {
    "auc-above": mark("The whole interval of the AUC's difference lies above 0."),
    "auc-above-margin": mark("The interval of the AUC's difference lies above {auc}."),
    "auc-below": mark("The whole interval of the AUC's difference lies below 0."),
    "auc-open": mark("The interval of the AUC's difference reaches below {auc}: more test patients would narrow it."),
    "sensitivity-fell": mark("The whole interval of the sensitivity's difference lies below 0."),
    "specificity-fell": mark("The whole interval of the specificity's difference lies below {specificity}."),
    "sensitivity-low": mark("Sensitivity at the operating point is lower by more than was settled ({sensitivity})."),
    "specificity-low": mark("Specificity at the operating point is lower by more than was settled ({specificity})."),
    "few-patients": mark("Fewer than 10 test patients of a class: nothing good can be shown with so few."),
    "other-points": mark(
        "The two were measured at different operating points, so their rates cannot be compared. Compare again."
    ),
    "no-figures": mark("There are no figures to compare."),
}
_OBSTACLES: dict[str, str] = {
    "no-locked-test": mark(
        "The collections of this run have no locked test, so nothing can be compared fairly. Split a collection with a "
        "test part, and train on it."
    ),
    "one-class-test": mark(
        "The test pictures are of one class only ({benign} benign, {malignant} malignant patients). Add proven scans "
        "of the other, split again, and train."
    ),
    "few-patients": mark(
        "Few test patients: {benign} benign, {malignant} malignant. With fewer than {least} of a class nothing good "
        "can be shown, and the look is spent. Better gather more first."
    ),
    "learnt-from-test": mark(
        "{model} learnt from {count} of the pictures of {collection} that it would be tested on (first {first}), so it "
        "would look better than it is. Compare on scans that neither model has seen."
    ),
    "learnt-another-split": mark(
        "{model} learnt from {collection} in another division, and does not say from which pictures: its training "
        "pictures could be among the tests. Compare on scans that neither model has seen."
    ),
    "learnt-not-known": mark(
        "Nobody wrote down all that {model} learnt from. Make sure yourself that none of these test pictures was among "
        "it."
    ),
    "same-weights": mark("This job's weights are those of {model}, which is in use already."),
}
STRICTNESS: dict[Strictness, str] = {
    "strict": mark("strict"),
    "usual": mark("usual"),
    "lenient": mark("lenient"),
}
CHANGES: dict[Change, str] = {
    "missed": mark("malignant, now missed"),
    "found": mark("malignant, now found"),
    "alarm": mark("new false alarm"),
    "cleared": mark("false alarm gone"),
}
QUESTIONS: dict[str, str] = {
    "proven": mark("Are the labels of the test patients proven?"),
    "unseen": mark("Are the test patients unseen by both models, in this program and before?"),
    "same use": mark("Do they come from the same kind of patients, scanners and use as the model is for?"),
    "chosen before": mark("Was this candidate chosen without looking at these test pictures?"),
    "margin before": mark("Was what counts as not worse ({margins}) settled before the figures were seen?"),
}
ANSWERS: dict[tuple[str, str], str] = {
    ("proven", "yes"): mark("by pathology"),
    ("proven", "benign by follow-up"): mark("malignant by pathology, benign by two years of follow-up"),
    ("proven", "partly"): mark("not all"),
    ("proven", "not known"): mark("not known"),
    ("unseen", "yes"): mark("unseen"),
    ("unseen", "not known"): mark("not known"),
    ("unseen", "no"): mark("no"),
    ("same use", "yes"): mark("the same"),
    ("same use", "partly"): mark("in part"),
    ("same use", "no"): mark("no"),
    ("chosen before", "yes"): mark("yes, on validation"),
    ("chosen before", "no"): mark("no"),
    ("margin before", "yes"): mark("yes"),
    ("margin before", "no"): mark("no"),
}


def margin_words(margins: Margins) -> str:
    """ "AUC 0.03, sensitivity 0.05, specificity 0.10"."""
    return tr(
        "AUC {auc}, sensitivity {sensitivity}, specificity {specificity}",
        auc=f"{margins.auc:.2f}",
        sensitivity=f"{margins.sensitivity:.2f}",
        specificity=f"{margins.specificity:.2f}",
    )


def margins_told(margins: Margins) -> str:
    """What the three numbers mean, in a sentence."""
    return tr(
        "Not worse is: the 95 % interval of the AUC's difference above {auc}, sensitivity lower by at most "
        "{sensitivity}, specificity by at most {specificity}. Settled now; it cannot be changed once the figures are "
        "there.",
        auc=below(margins.auc),
        sensitivity=f"{margins.sensitivity:.2f}",
        specificity=f"{margins.specificity:.2f}",
    )


def below(margin: float) -> str:
    return f"−{margin:.2f}"


def verdict_words(comparison: Comparison, verdict: Verdict) -> str:
    return tr(VERDICTS[verdict], candidate=comparison.candidate, active=comparison.active)


def why_words(part: Part, margins: Margins) -> str:
    """The reasons of a part's verdict, a sentence each."""
    fields = {name: below(getattr(margins, name)) for name in ("auc", "sensitivity", "specificity")}
    return " ".join(tr(_WHY[code], **fields) for code in part.why)


def obstacle_words(obstacle: Obstacle) -> str:
    return tr(_OBSTACLES[obstacle.code], **obstacle.fields)


def test_words(part: TestPart) -> str:
    """ "us: 40 test pictures of 20 benign and 20 malignant patients; looked at 2 times so far"."""
    words: dict[str, str | int] = {"name": part.name, "pictures": part.pictures, **part.patients}
    words["count"] = part.looks
    return tr(
        "{name}: {pictures} test pictures of {benign} benign and {malignant} malignant patients; looked at {count} "
        "times so far",
        **words,
    )


def looks_words(outlook: Outlook) -> str:
    """How many looks comparing adds."""
    added = looks_added(outlook)
    if not added:
        return tr("Both models have been measured on these pictures as they are: comparing adds no look.")
    return tr(
        "Comparing is a look at the locked test with each model that has not seen it as it is: {count}. It is written "
        "down in the collection, for good, before the first picture is scored.",
        count=added,
    )


def looks_added(outlook: Outlook) -> int:
    """How many new looks comparing is, at the test part where it is most."""
    return max((part.new_looks(outlook.weights) for part in outlook.tests), default=0)


def difference_words(part: Part, name: str) -> tuple[str, str, str]:
    """A figure with the model in use, with the candidate, and the difference."""
    values = (part.before.values.get(name), part.after.values.get(name))
    return figure_words(values[0]), figure_words(values[1]), figure_words(part.pair.differences.get(name), signed=True)


def flips_words(comparison: Comparison) -> str:
    """How many cases change sides, of which kind."""
    if not comparison.flips:
        return tr("No test picture changes its side of the operating point.")
    kinds = [(change, sum(flip.change == change for flip in comparison.flips)) for change in CHANGES]
    told = "; ".join(tr("{kind}: {count}", count=count, kind=tr(CHANGES[change])) for change, count in kinds if count)
    return tr(
        "{count} test pictures change their side of the operating point: {kinds}.",
        count=len(comparison.flips),
        kinds=told,
    )


def point_words_of(part: Part) -> str:
    """Both operating points with their thresholds."""
    return tr(
        "Operating points: {before} at {first}, {after} at {second}.",
        before=part.before.threshold.name,
        first=number(part.before.threshold.threshold),
        after=part.after.threshold.name,
        second=number(part.after.threshold.threshold),
    )
