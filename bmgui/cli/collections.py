"""`bmgui collections`: import, audit, split, exclude, correct and show what is learnt from."""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bmgui.base.files import check_writable
from bmgui.base.user import user_name
from bmgui.cli.speaking import counting, note, say
from bmgui.wording import FINDINGS, sentence, tr

if TYPE_CHECKING:
    from bmgui.cli.inputs import Commands
    from bmgui.learning.collections.collection import Collection, Part
    from bmgui.learning.collections.importing.run import Survey

KINDS = ("csv", "folder", "bus-bra", "busi", "bus-uclm", "breast", "cbis-ddsm")


def add(commands: "Commands") -> None:
    """Add the command, its own commands and their arguments."""
    parser = commands.add_parser("collections", help="what is learnt from: import, audit, split", allow_abbrev=False)
    inner = parser.add_subparsers(required=True, metavar="WHAT")
    _add_import(inner)
    _add_split(inner)

    audit = inner.add_parser("audit", help="duplicates, leaks, damage, marks, balance", allow_abbrev=False)
    audit.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="several: also between them")
    audit.add_argument("--output", type=Path, required=True, metavar="FINDINGS.csv")
    audit.set_defaults(run=_audit)

    exclude = inner.add_parser("exclude", help="leave sections out, with the reason kept", allow_abbrev=False)
    exclude.add_argument("folder", type=Path, metavar="DIR")
    exclude.add_argument("sections", nargs="+", metavar="ID", help="as the findings name them")
    exclude.add_argument("--reason", required=True)
    exclude.set_defaults(run=_exclude)

    include = inner.add_parser("include", help="take excluded sections back in", allow_abbrev=False)
    include.add_argument("folder", type=Path, metavar="DIR")
    include.add_argument("sections", nargs="+", metavar="ID")
    include.set_defaults(run=_include)

    relabel = inner.add_parser("relabel", help="correct the pathology, with the reason kept", allow_abbrev=False)
    relabel.add_argument("folder", type=Path, metavar="DIR")
    relabel.add_argument("sections", nargs="+", metavar="ID")
    relabel.add_argument("--label", choices=("benign", "malignant"), required=True)
    relabel.add_argument("--reason", required=True)
    relabel.set_defaults(run=_relabel)

    undo = inner.add_parser("undo", help="take back the last correction of a label or square", allow_abbrev=False)
    undo.add_argument("folder", type=Path, metavar="DIR")
    undo.add_argument("sections", nargs="+", metavar="ID")
    undo.set_defaults(run=_undo)

    show = inner.add_parser("show", help="parts, exclusions, corrections, looks at the test part", allow_abbrev=False)
    show.add_argument("folder", type=Path, metavar="DIR")
    show.set_defaults(run=_show)


def _add_import(inner: "Commands") -> None:
    parser = inner.add_parser(
        "import",
        help="make a collection of proven scans",
        description="Make a collection of SOURCE. Every complaint is told before the collection is in its place. "
        "cbis-ddsm and breast were built from the published descriptions, and are untested on the real files.",
        allow_abbrev=False,
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a folder; for --kind csv the list")
    parser.add_argument("--kind", choices=KINDS, required=True, help="SOURCE's layout")
    parser.add_argument("--into", type=Path, metavar="DIR", help="a new folder")
    parser.add_argument("--name", default="", help="default: the kind's; for csv and folder DIR's")
    parser.add_argument(
        "--pseudonyms",
        action="store_true",
        help="store pseudonyms for patients, groups and files; a patient keeps hers, by a key in your own folder",
    )
    parser.add_argument("--dry-run", action="store_true", help="only the complaints; nothing is written")
    parser.set_defaults(run=_import, parser=parser)


def _add_split(inner: "Commands") -> None:
    parser = inner.add_parser(
        "split",
        help="which sections train, validate, test",
        description="Split by patient and near-duplicate group. The test part is locked from then on.",
        allow_abbrev=False,
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--seed", type=int, help="draw the parts")
    how.add_argument("--official", type=_mapping, metavar="'train=1,2,3 validation=4 test=5'", help="published parts")
    how.add_argument("--from", type=Path, metavar="FILE.csv", dest="table", help="columns id, part")
    parser.add_argument("--test", type=_share, default=0.2, metavar="SHARE", help="with --seed (default: 0.2)")
    parser.add_argument("--validation", type=_share, default=0.1, metavar="SHARE", help="with --seed (default: 0.1)")
    parser.add_argument("--keep-test", action="store_true", help="with --seed: the test part stays, the rest is drawn")
    parser.add_argument("--only-new", action="store_true", help="with --seed: only added sections of new patients")
    parser.add_argument("--discard-locked-test", action="store_true", help="give the locked test part up, on record")
    parser.set_defaults(run=_split, parser=parser)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError("a share lies between 0 and 1, for example 0.2")
    return value


def _mapping(text: str) -> "dict[str, Part]":
    from bmgui.learning.collections.collection import PARTS

    mapping: dict[str, Part] = {}
    for word in text.split():
        name, _, values = word.partition("=")
        part = next((known for known in PARTS if known == name), None)
        if part is None or not values:
            raise argparse.ArgumentTypeError(f"PART=VALUE,… with the parts {', '.join(PARTS)}")
        mapping |= dict.fromkeys(values.replace("(none)", "").split(","), part)
    return mapping


# --- import ---


def _import(options: argparse.Namespace) -> int:
    from bmgui.learning.collections.importing.naming import check_name, usual_name
    from bmgui.learning.collections.importing.run import import_collection

    if options.into is None and not options.dry_run:
        options.parser.error("--into DIR, or --dry-run")
    name = options.name
    if options.into is not None:
        name = name or usual_name(options.kind, options.into)
        check_name(name)
    with counting() as show:
        survey = import_collection(
            options.kind,
            options.source,
            None if options.dry_run else options.into,
            name=name,
            pseudonyms=options.pseudonyms and not options.dry_run,
            on_complaints=_tell,
            on_progress=show,
        )
    if options.dry_run:
        say(tr("Nothing was written: this was a dry run.") + "\n")
    else:
        say(tr("{folder} is ready: {sections} sections.", folder=options.into, sections=survey.sections) + "\n")
    return 0


def _tell(survey: "Survey") -> None:
    for complaint in survey.complaints:
        reason, file = sentence(complaint.error), complaint.file
        if complaint.line is not None:
            file = tr("Line {line}, {file}", line=complaint.line, file=file)
        if complaint.taken:
            note(tr("{file}: taken. {reason}", file=file, reason=reason))
        else:
            note(tr("{file}: left out. {reason}", file=file, reason=reason))
    note(
        tr(
            "{sections} sections would be taken, {left_out} left out; {normals} pictures without a mass.",
            sections=survey.sections,
            left_out=sum(not complaint.taken for complaint in survey.complaints),
            normals=survey.normals,
        )
    )


# --- audit, exclusions ---


def _audit(options: argparse.Namespace) -> int:
    from bmgui.learning.collections.audit import audit, write_findings

    check_writable(options.output)
    findings = audit([_opened(folder) for folder in options.folders])
    write_findings(options.output, findings, lambda finding: tr(FINDINGS[finding.code]))
    for code, count in Counter(finding.code for finding in findings).items():
        say(f"{count:6d}  {code}: {tr(FINDINGS[code])}\n")
    pictures = len({(one.collection, one.file) for finding in findings for one in finding.pictures})
    said = tr(
        "{count} findings are in {file}; pictures: {pictures}",
        count=len(findings),
        file=options.output,
        pictures=pictures,
    )
    say(said + "\n")
    return 0


def _exclude(options: argparse.Namespace) -> int:
    from bmgui.learning.collections.exclusions import exclude

    exclude(_opened(options.folder), options.sections, options.reason, user_name())
    return _say_left(options.folder, tr("excluded now: {sections}", sections=", ".join(options.sections)))


def _include(options: argparse.Namespace) -> int:
    from bmgui.learning.collections.exclusions import include

    include(_opened(options.folder), options.sections, by=user_name())
    return _say_left(options.folder, tr("taken back in: {sections}", sections=", ".join(options.sections)))


def _say_left(folder: Path, said: str) -> int:
    """What was done, and what of the collection is left."""
    collection = _opened(folder)
    kept = len(collection.sections) - len(collection.excluded)
    say(said + "\n")
    say(
        tr(
            "{name}: {kept} sections, {excluded} excluded",
            name=collection.name,
            kept=kept,
            excluded=len(collection.excluded),
        )
        + "\n"
    )
    return 0


# --- corrections ---


def _relabel(options: argparse.Namespace) -> int:
    from bmgui.learning.collections.corrections import relabel

    before = _opened(options.folder)
    relabel(before, options.sections, options.label, options.reason, user_name())
    after = _opened(options.folder)
    changed = [(old, new) for old, new in zip(before.sections, after.sections, strict=True) if old.label != new.label]
    for old, new in changed:
        say(tr("{section}: {old} is {new} now", section=new.id, old=tr(old.label), new=tr(new.label)) + "\n")
    _note_version(after)
    return 0


def _undo(options: argparse.Namespace) -> int:
    from bmgui.learning.collections.corrections import undo

    undo(_opened(options.folder), options.sections, user_name())
    after = _opened(options.folder)
    say(tr("taken back: the last correction of {sections}", sections=", ".join(options.sections)) + "\n")
    _note_version(after)
    return 0


def _note_version(collection: "Collection") -> None:
    note(
        tr(
            "The collection's version is {version} now; what was trained on another one says so.",
            version=collection.version[:12],
        )
    )


# --- split, show ---


def _split(options: argparse.Namespace) -> int:
    from bmgui.learning.collections import splits

    collection = _opened(options.folder)
    if options.table is not None:
        split = splits.from_table(collection, options.table)
    elif options.official is not None:
        split = splits.official(collection, options.official)
    else:
        if options.test + options.validation >= 1:
            options.parser.error("--test and --validation leave nothing to train on")
        kept: dict[str, Part] = {s: part for s, part in collection.parts.items() if part == "test"}
        if options.only_new:
            split = splits.place_new(collection, options.seed, options.validation)
        elif options.keep_test and kept:
            split = splits.cut(collection, options.seed, 0.0, options.validation, kept)
        else:
            split = splits.cut(collection, options.seed, options.test, options.validation)
    splits.store_split(collection, split, options.discard_locked_test)
    _say_parts(collection, split.parts)
    if split.torn:
        said = tr(
            "{count} sections were left out, because what belongs to them lies in a stricter part: {ids}",
            count=len(split.torn),
            ids=", ".join(split.torn),
        )
        note(said)
    return 0


def _show(options: argparse.Namespace) -> int:
    from bmgui.learning.collections import looks
    from bmgui.learning.collections.collection import SPLIT, read_object

    collection = _opened(options.folder)
    said = tr(
        "{name} ({kind}), version {version}: {sections} sections, {excluded} excluded",
        name=collection.name,
        kind=collection.kind,
        version=collection.version[:12],
        sections=len(collection.sections),
        excluded=len(collection.excluded),
    )
    say(said + "\n")
    for identity, reason in collection.excluded.items():
        say(tr("excluded: {section}: {reason}", section=identity, reason=reason) + "\n")
    for correction in collection.corrections:
        fields = {"section": correction.section, "reason": correction.reason, "by": correction.by or "–"}
        if correction.what == "label":
            old, new = tr(str(correction.old)), tr(str(correction.new))
            said = tr("corrected: {section}: {old} is {new} now: {reason} ({by})", old=old, new=new, **fields)
        else:
            said = tr("corrected: {section}: its square: {reason} ({by})", **fields)
        say(said + "\n")
    if not collection.parts:
        say(tr("There is no split yet.") + "\n")
        return 0
    split = read_object(collection.folder / SPLIT)
    seed = "–" if split.get("seed") is None else split["seed"]
    say(tr("Split {how} (seed {seed}), {made}", how=split.get("how"), seed=seed, made=split.get("made")) + "\n")
    _say_parts(collection, collection.parts)
    if collection.unplaced():
        count = len(collection.unplaced())
        said = tr(
            "{count} added sections of new patients are in no part: place them with split --seed … --only-new",
            count=count,
        )
        say(said + "\n")
    if split.get("discarded"):
        say(tr("A test part was given up {count} times.", count=len(split["discarded"])) + "\n")
    every = looks.read(collection.folder)
    say(tr("The test part was looked at {count} times.", count=len(every)) + "\n")
    for look in every:
        fields = {name: look.get(name, "") for name in ("time", "model", "what")}
        say(tr("look: {time}, {model}, {what}", **fields) + "\n")
    return 0


def _say_parts(collection: "Collection", parts: "dict[str, Part]") -> None:
    from bmgui.learning.collections.collection import PARTS
    from bmgui.learning.collections.splits import shares

    sections = [section for section in collection.sections if section.id not in collection.excluded]
    counts = shares(sections, parts)
    for part in PARTS:
        if part in counts:
            fields = {name: counts[part][name] for name in ("benign", "malignant", "units")}
            said = tr(
                "{part}: {benign} benign, {malignant} malignant, of {units} patients or groups", part=part, **fields
            )
            say(said + "\n")


def _opened(folder: Path) -> "Collection":
    from bmgui.learning.collections.collection import open_collection

    return open_collection(folder)
