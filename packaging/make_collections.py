"""Makes the collections that the shipped models are learnt from and measured on, with the splits of the data's page.

    python packaging/make_collections.py SHARED OUTPUT [--laid-out FOLDER] [--only NAME …]

SHARED: the folder with `data` and `tools/lay_out.py`, which first lays the ultrasound sets out as published (some
minutes; FOLDER: where that was done already). The splits: BUS-BRA folds 1–3 train, 4 validates, 5 is the locked test.
BUSI by int(sha256("busi" + group)) % 10: 0–1 the locked test, 2 validates, 3–9 train; groups of mixed class left out.
BUS-UCLM is all test, the copies CHCO left out. CBIS-DDSM: the official test part tests, a tenth of the other patients
(seed 0) validates.
"""

import argparse
import csv
import hashlib
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bmgui.learning.collections.collection import Part, Section, open_collection
from bmgui.learning.collections.importing.items import Item
from bmgui.learning.collections.importing.run import Survey, import_collection
from bmgui.learning.collections.splits import Split, store_split
from bmgui.wording import english

BUS_BRA: dict[str, Part] = {"1": "train", "2": "train", "3": "train", "4": "validation", "5": "test"}
HOW = {
    "bus-bra": "folds 1-3 train, 4 validates, 5 tests",
    "busi": 'int(sha256("busi" + group)) % 10: 0-1 test, 2 validates, 3-9 train; groups of mixed class left out',
    "bus-uclm": "all test; CHCO, whose pictures are CHVI's, left out",
    "cbis-ddsm": "the official test part tests; a tenth of the other patients validates",
}
LICENCES = {"cbis-ddsm": "CC BY 3.0"}
PLACES = {"bus-bra": "BUSBRA", "busi": "Dataset_BUSI_with_GT", "bus-uclm": "BUS-UCLM"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--laid-out", type=Path)
    parser.add_argument("--only", nargs="*", metavar="NAME", default=[*PLACES, "cbis-ddsm"])
    options = parser.parse_args()
    data = options.shared.resolve() / "data"
    with tempfile.TemporaryDirectory() as scratch:
        laid_out = options.laid_out or Path(scratch)
        wanted = [name for name in PLACES if name in options.only]
        if options.laid_out is None and wanted:
            tool = options.shared / "tools/lay_out.py"
            subprocess.run([sys.executable, str(tool), scratch, *wanted], check=True)
        for name in options.only:
            make(name, data, laid_out, Path(scratch), options.output / name)


def make(name: str, data: Path, laid_out: Path, scratch: Path, into: Path) -> None:
    change: Callable[[Item], Item] | None = None
    mixed: set[str] = set()
    kind, source = name, laid_out / PLACES.get(name, "")
    if name == "busi":
        table = rows(data / "ultrasound/busi/near_duplicate_groups.csv")
        groups = {row["image"].removesuffix(".png"): row["group"] for row in table}
        mixed = {row["group"] for row in table if row["group_mixed_class"] == "1"}
        change = lambda item: replace(item, group=groups[item.id])  # noqa: E731
    if name == "cbis-ddsm":
        kind, source = "csv", cbis_list(data / "mammography", scratch / "cbis-ddsm.csv")
    import_collection(kind, source, into, name=name, licence=LICENCES.get(name, ""), change=change, on_complaints=tell)
    collection = open_collection(into)
    parts = {section.id: part_of(name, section, mixed) for section in collection.sections}
    if name == "cbis-ddsm":
        patients = sorted({s.patient for s in collection.sections if s.official == "train"})
        held = set(random.Random(0).sample(patients, len(patients) // 10))
        parts |= {s.id: "validation" for s in collection.sections if s.official == "train" and s.patient in held}
    store_split(collection, Split(parts, HOW[name], 0 if name == "cbis-ddsm" else None))
    count(name, collection.sections, parts)


def part_of(name: str, section: Section, mixed: set[str]) -> Part:
    if name == "bus-bra":
        return BUS_BRA[section.official]
    if name == "busi":
        tenth = int(hashlib.sha256(f"busi{section.group}".encode()).hexdigest(), 16) % 10
        tenths: dict[int, Part] = {0: "test", 1: "test", 2: "validation"}
        return "left-out" if section.group in mixed else tenths.get(tenth, "train")
    if name == "bus-uclm":
        return "left-out" if section.patient == "CHCO" else "test"
    return "test" if section.official == "test" else "train"


def cbis_list(folder: Path, target: Path) -> Path:
    """The crops of CBIS-DDSM as a list for the CSV importer, beside nothing that it could disturb."""
    columns = (
        "file",
        "label",
        "patient",
        "mass",
        "official",
        "birads",
        "box_left",
        "box_top",
        "box_width",
        "box_height",
    )
    with target.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        for row in rows(folder / "manifest.csv"):
            left, top = float(row["box_x"]), float(row["box_y"])
            right, bottom = left + float(row["box_w"]), top + float(row["box_h"])
            bounds = (round(left), round(top), round(right) - round(left), round(bottom) - round(top))
            mass = f"{row['side']} {row['abnormality_id']}"
            writer.writerow(
                (folder / row["file"], row["label"], row["patient"], mass, row["split"], row["birads"], *bounds)
            )
    return target


def tell(survey: Survey) -> None:
    print(f"{survey.kind}: {survey.sections} sections, {survey.normals} pictures without a mass passed over")
    for complaint in survey.complaints:
        done = "taken" if complaint.taken else "LEFT OUT"
        print(f"  {complaint.file} {done}: {english(complaint.error)}")


def count(name: str, sections: tuple[Section, ...], parts: dict[str, Part]) -> None:
    for part in dict.fromkeys(parts.values()):
        here = [s for s in sections if parts[s.id] == part]
        patients = len({s.patient or f"group {s.group}" for s in here})
        labels = Counter(s.label for s in here)
        print(f"{name} {part}: {len(here)} pictures of {patients}; {labels['benign']} benign, {labels['malignant']}")


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    main()
