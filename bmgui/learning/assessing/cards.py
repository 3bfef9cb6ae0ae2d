"""The words and numbers of a new model's card."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bmgui.learning.assessing.figures_known import Known
from bmgui.learning.assessing.material import Group
from bmgui.learning.assessing.scales import Scale, in_words
from bmgui.learning.assessing.subjects import Subject
from bmgui.learning.collections.collection import Collection
from bmgui.learning.plans.plan import Job, Stage
from bmgui.learning.runs.run import Run
from bmgui.scoring.card import Card, Reference

BANDS: tuple[dict[str, Any], ...] = (
    {"number": 1, "up_to": 0.02, "inclusive": True, "name": "very low"},
    {"number": 2, "up_to": 0.1, "inclusive": True, "name": "low"},
    {"number": 3, "up_to": 0.5, "inclusive": True, "name": "intermediate"},
    {"number": 4, "up_to": 0.95, "inclusive": False, "name": "high"},
    {"number": 5, "up_to": 1.0, "inclusive": True, "name": "very high"},
)
LEAST_SIDES = 100  # squares from which the 1st and 99th percentile say something


@dataclass(frozen=True, eq=False)
class Facts:
    """What a card is made of."""

    run: Run
    job: Job
    subject: Subject
    scale: Scale
    validation: Group
    collections: tuple[Collection, ...]  # that it learnt from, as far as they are at hand
    licences: dict[str, str]
    looks: dict[str, list[dict[str, Any]]]
    ratios: tuple[float, float]  # least and greatest side ÷ mass that it learnt from
    known: Known
    behind: tuple[Card, ...]  # of the models that the job goes on from or was taught by
    evidence_scale: float

    @property
    def learnt(self) -> list[dict[str, Any]]:
        """What `run.json` says of the collections that the job's own stages learnt from."""
        return [entry for entry in self.run.made["collections"] if entry["name"] in (self.subject.learnt or {})]


def card_json(facts: Facts, identity: str, title: str, reference: Reference) -> dict[str, Any]:
    """The card, ready to be written."""
    card, scaling = facts.subject.card, facts.scale.scaling
    if scaling is None:
        raise ValueError("a card needs a calibration")
    return {
        "schema": card.schema,
        "id": identity,
        "title": title,
        "architecture": card.architecture,
        "side": card.side,
        "channels": card.channels,
        "mean": list(card.mean),
        "std": list(card.std),
        "resample": card.resample,
        "flip_average": card.flip_average,
        "classes": list(card.classes),
        "sha256": card.sha256,
        "calibration": {"slope": scaling.slope, "intercept": scaling.intercept, "prior": round(scaling.prior, 4)},
        "operating_points": [
            {
                "name": point.name,
                "threshold": point.threshold,
                "measured_on": point.chosen_on,
                "sensitivity": None if point.chosen is None else round(point.chosen.sensitivity, 3),
                "specificity": None if point.chosen is None else round(point.chosen.specificity, 3),
            }
            for point in facts.scale.thresholds
        ],
        "bands": list(BANDS),
        "reference": {"file": reference.file, "margin": reference.margin, "tolerance": reference.tolerance},
        "geometry": geometry(facts),
        "data": data(facts),
        "figures": list(facts.known.figures),
        "licence": licence(facts),
        "limits": limits(facts),
        "training": training(facts),
        "evidence_scale": facts.evidence_scale,
    }


def geometry(facts: Facts) -> dict[str, Any]:
    """Sides of the squares that it was measured with; sides ÷ mass that its last stage drew."""
    factor = facts.run.plan.factor
    sides = facts.known.sides or tuple(case.section.square_of(factor).side for case in facts.validation.cases)
    ends = (1, 99) if len(sides) >= LEAST_SIDES else (0, 100)
    low, high = np.percentile(sides, ends)
    least, most = facts.ratios
    return {
        "least_side_px": max(1, int(low)),
        "greatest_side_px": int(np.ceil(high)),
        "measured_on": f"squares of {factor:g} × the mass on {len(sides)} pictures, "
        f"{'1st to 99th percentile' if ends[0] else 'all of them'}",
        **({"least_ratio": least, "greatest_ratio": most} if least < most else {}),
    }


def data(facts: Facts) -> list[dict[str, str]]:
    """Every collection that was learnt from, by way of other models too, then those that were only tested on; looks at
    test pictures counted."""
    licences = {**{name: one["licence"] for name, one in facts.known.tested.items()}, **facts.licences}
    learnt = [
        {
            "name": entry["name"],
            "used_for": "; ".join(filter(None, (_parts(facts, entry), _looks(facts, entry["name"])))),
            "licence": licences.get(entry["name"]) or "not stated",
        }
        for entry in facts.learnt
    ]
    names = {entry["name"] for entry in learnt}
    before = [
        {"name": one.name, "used_for": f"by way of {card.id}: {one.used_for}", "licence": one.licence}
        for card in facts.behind
        for one in card.data
        if "training" in one.used_for
    ]
    outside = [
        {
            "name": name,
            "used_for": "; ".join(filter(None, ("external test only", _looks(facts, name)))),
            "licence": licences[name] or "not stated",
        }
        for name in facts.known.tested
        if name not in names
    ]
    return learnt + before + outside


def _parts(facts: Facts, entry: dict[str, Any]) -> str:
    counts = entry["sections"]
    used = {case.collection for case in facts.validation.cases}
    told = [f"training: {counts['train']} pictures", f"validation: {counts['validation']}"]
    if entry["name"] not in used:
        told[0] += ", before ultrasound"
    if counts["test"]:
        told.append(f"locked test: {counts['test']}")
    return "; ".join(told)


def _looks(facts: Facts, name: str) -> str:
    looks = facts.looks.get(name, [])
    if not looks:
        return ""
    each = ", ".join(f"{look['model']} {str(look['time'])[:10]}" for look in looks)
    return f"test pictures looked at {len(looks)} time{'s' if len(looks) > 1 else ''} ({each})"


def licence(facts: Facts) -> str:
    names = ", ".join(entry["name"] for entry in facts.learnt)
    behind = (
        f"; what {' and '.join(card.id for card in facts.behind)} learnt from stands behind it" if facts.behind else ""
    )
    return f"Research use only (trained on {names}{behind}; see their licences under data)"


def limits(facts: Facts) -> list[str]:
    """What holds for every model that is trained here; more may be added."""
    labels, scaling = facts.validation.labels, facts.scale.scaling
    share = 0.0 if scaling is None else scaling.prior
    low, high = facts.ratios
    found = [
        "Research use only. Not a medical device; nothing here was tried in a clinic.",
        f"{_chosen(facts.job)} come from {in_words(facts.validation)}, {share:.0%} of them malignant "
        f"({int(labels.sum())} of {labels.size}); figures on the same pictures are flattered, and elsewhere another "
        "share holds.",
        "Thresholds and calibration travel badly between scanners and hospitals: on other pictures they are unproven.",
        f"Figures hold for squares of {facts.run.plan.factor:g} × the mass; squares in training were {low:g} to "
        f"{high:g} × its longer side.",
        "Grey pictures only: no Doppler. Calipers and text are burnt into many of the pictures.",
    ]
    if facts.validation.counted_by == "group":
        found.append(
            "Some collections do not say which pictures are one patient's: their intervals go by groups of near "
            "duplicates, and may be too narrow."
        )
    return found


def _chosen(job: Job) -> str:
    """What was chosen on validation pictures."""
    picked = any(one.stage.keep != "last" or one.stage.stop_after is not None for one in job.stages)
    return "The epoch that is kept, calibration and thresholds" if picked else "Calibration and thresholds"


def training(facts: Facts) -> str:
    """The chain and its stages in words; the whole plan lies beside the card."""
    job = facts.job
    stages = "; ".join(_stage(stage.stage) for stage in job.stages)
    return f"{job.chain.name}, seed {job.seed}: {stages}. The whole plan is plan.toml, beside the card."


def _stage(stage: Stage) -> str:
    long = f"{stage.epochs} epochs" if stage.steps is None else f"{stage.steps} steps"
    teacher = stage.teacher
    taught = ""
    if teacher is not None:
        taught = f", taught by {teacher.model.rsplit('/', 1)[-1] or f'{teacher.network} ({teacher.start})'}"
    return f"{stage.name}: {long} on {', '.join(stage.collections)}{taught}, {stage.optimiser}, rate {stage.rate:g}"
