"""The plan page's words for presets, networks, chains, roles, remarks, times and sizes."""

from collections.abc import Mapping
from pathlib import Path

from bmgui.learning.plans.plan import Chain
from bmgui.learning.preparing.checks import Amount, Known, Remark
from bmgui.scoring.card import Architecture
from bmgui.ui.marks import mark
from bmgui.ui.retrain.plan import field_words
from bmgui.wording import tr

PRESETS: dict[str, tuple[str, str]] = {
    "recommended": (
        mark("Recommended"),
        mark(
            "ResNet-50 through mammography to ultrasound, on squares of many sizes with drawn text and calipers, so "
            "that a score depends little on how the square was laid."
        ),
    ),
    "paper-2022": (
        mark("Paper 2022"),
        mark(
            "Three networks after no, one and two transfers, as Yu and others trained them in 2022: to repeat their "
            "table with your scans."
        ),
    ),
    "active": (
        mark("Go on from the model in use"),
        mark(
            "The model in use learns your scans too, at a low rate: the quickest, and enough for a department that has "
            "ultrasound only."
        ),
    ),
    "run": (mark("As in the run {run}"), mark("The plan of that run, to change and start anew.")),
}

NETWORKS: dict[Architecture, str] = {"resnet50": "ResNet-50", "vgg16": "VGG-16", "inception_v3": "Inception-v3"}

ROLES: dict[str, str] = {
    "us": mark("Ultrasound"),
    "cbis": mark("Mammography"),
    "external": mark("Test only"),
}

_CHAINS: dict[str, str] = {
    "imagenet→cbis→us": mark("Two transfers: from ImageNet to mammograms, then to ultrasound."),
    "imagenet→us": mark("One transfer: from ImageNet straight to ultrasound."),
    "active→us": mark("The model in use ({model}) goes on with ultrasound."),
    "scratch→us": mark("No transfer: from random values; needs many scans."),
    "imagenet→cbis": mark("Mammograms only, then measured on ultrasound: for comparison."),
}

STARTS: dict[str, str] = {"imagenet": "ImageNet", "active": mark("Model in use")}


def network_words(network: str) -> str:
    return next((words for name, words in NETWORKS.items() if name == network), network)


def role_words(role: str) -> str:
    """What a collection is for; names that only a plan by hand has are shown as they are."""
    return tr(ROLES[role]) if role in ROLES else role


def chain_words(chain: Chain, model: str) -> str:
    return tr(_CHAINS[chain.name], model=model) if chain.name in _CHAINS else " → ".join((chain.start, *chain.stages))


def start_words(name: str) -> str:
    return tr(STARTS[name]) if name in STARTS else name


def known_words(one: Known) -> str:
    """A collection in one quiet line."""
    if one.trouble is not None:
        return tr("cannot be read")
    if not one.parts:
        return tr("{sections} pictures, not split yet", sections=one.sections)
    parts = {part: one.part(part) for part in ("train", "validation", "test")}
    return tr(
        "training {train} · validation {validation} · test {test}",
        **{part: amount.pictures for part, amount in parts.items()},
    )


def amount_tip(one: Known) -> str:
    """Its labels and patients, part by part."""
    names = {"train": tr("training"), "validation": tr("validation"), "test": tr("test (locked)")}
    lines = [str(one.folder)]
    for part, words in names.items():
        amount: Amount = one.part(part)  # type: ignore[arg-type]
        lines.append(
            tr(
                "{part}: {benign} benign of {benign_patients} patients, {malignant} malignant of {malignant_patients}",
                part=words,
                **vars(amount),
            )
        )
    return "\n".join(lines) if one.parts else lines[0]


# --- remarks ---

REMARKS: dict[str, str] = {
    "no-network": mark("Choose a network."),
    "no-chain": mark("Choose a chain."),
    "no-seed": mark("Enter a seed: a whole number, for example 0."),
    "nothing-to-train": mark("None of the networks goes through one of the chains."),
    "chain-without-network": mark("{chain} is for another network, so it is left out."),
    "network-without-chain": mark("{network} goes through none of the chains, so it is left out."),
    "role-empty": mark("No collection is chosen for {role}. Choose one, or a chain that goes without."),
    "collection-unreadable": mark("{name} cannot be read."),
    "not-split": mark("{name} is not split into training, validation and test pictures yet."),
    "no-test": mark("{name} has no locked test part, so a model of it cannot be compared before it is taken over."),
    "unplaced": mark("{count} pictures of {name} are of new patients and in no part yet: they are left out."),
    "trained-and-external": mark("{name} is to be learnt from and to test only: choose one."),
    "no-training-part": mark("{role}: the collections have no training pictures."),
    "no-validation-part": mark("{role}: the collections have no validation pictures."),
    "few-patients": mark(
        "{role}: only {benign} patients with benign and {malignant} with malignant masses to learn from; below {least} "
        "of either, what is learnt is mostly chance."
    ),
    "few-validation": mark(
        "{role}: only {benign} benign and {malignant} malignant validation pictures; below {least} of either, the "
        "threshold hangs on single pictures."
    ),
    "warm-up-long": mark(
        "{role}: the warm-up of {warmup} steps is longer than the whole stage ({steps} steps), so it is cut to {cut}. "
        "Train longer, or warm up less."
    ),
    "split-leaks": mark(
        "{learnt} is learnt from and {tested} tests, but both are of one patient or one picture ({count} such pairs). "
        "Split again, or choose other collections."
    ),
    "weights-not-here": mark(
        "The weights of {networks} to start from are not on this machine: fetch them, or name a file."
    ),
    "weights-file-gone": mark("The weights {file} are not there any more."),
    "weights-absent": mark("{network} has no weights to start from ({reason}), so it is left out there."),
    "start-learnt-test": mark(
        "The model {model} learnt from {count} of the test or validation pictures chosen here: what is measured on "
        "them will be too good."
    ),
    "packages-missing": mark("Training needs {packages}, which is not installed here."),
    "no-card": mark("There is no NVIDIA card here: choose another device."),
    "cpu": mark("There is no NVIDIA card here: it trains on the processor, which takes long."),
    "disk-full": mark("The disk has {free} free; this needs up to {most} while it runs."),
    "unusual": mark("Not where trainings usually go well: {fields}."),
    "field-wrong": mark("A field under Advanced cannot be used as it stands."),
}

_STAGE_ROLES = {"us": "us", "cbis": "cbis"}


def remark_words(remark: Remark) -> str:
    """One sentence."""
    fields: dict[str, object] = dict(remark.fields)
    if "network" in fields:
        fields["network"] = network_words(str(fields["network"]))
    if "networks" in fields:
        fields["networks"] = ", ".join(network_words(network) for network in _texts(fields["networks"]))
    stage = fields.pop("stage", None)
    if stage is not None:
        fields["role"] = str(stage)
    if "role" in fields:
        fields["role"] = role_words(str(fields["role"]))
    for name in ("free", "most"):
        if isinstance(fields.get(name), int):
            fields[name] = size_words(int(str(fields[name])))
    if remark.code == "unusual":
        fields["fields"] = "; ".join(_field_words(way) for way in _texts(fields["fields"]))
    return tr(REMARKS[remark.code], **fields)


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _field_words(way: str) -> str:
    """ "stages.us.rate" → "Ultrasound: Learning rate"."""
    *where, name = way.split(".")
    tables: Mapping[str, field_words.Words] = {**field_words.PLAN, **field_words.STAGE, **field_words.AUGMENTATION}
    words = tr(tables[name].name) if name in tables else name
    return f"{role_words(where[1])}: {words}" if len(where) > 1 else words


# --- numbers ---


def size_words(size: int) -> str:
    """Bytes in MB or GB of 10⁶ and 10⁹."""
    if size < 995_000_000:
        return tr("{size} MB", size=max(1, round(size / 1e6)))
    return tr("{size} GB", size=f"{size / 1e9:.1f}" if size < 99.5e9 else f"{size / 1e9:.0f}")


def time_words(seconds: float) -> str:
    """Rounded as far as an estimate goes."""
    if seconds < 90:
        return tr("{seconds} s", seconds=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("{minutes} min", minutes=minutes)
    if minutes < 48 * 60:
        return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    return tr("{days} days {hours} h", days=minutes // 1440, hours=minutes % 1440 // 60)


def jobs_words(count: int) -> str:
    """How many trainings the choices make."""
    if count == 1:
        return tr("1 training")
    return tr("{count} trainings", count=count)


def preset_words(name: str, run: Path | None) -> tuple[str, str]:
    title, told = PRESETS[name]
    return tr(title, run=run.name if run is not None else ""), tr(told)
