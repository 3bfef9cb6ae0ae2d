"""Make resources/samples: BUS-BRA pictures of fold 5 (PNG, two also as DICOM) and one synthetic phantom (DICOM).

    python packaging/make_samples.py [--data ../shared/data] [--out resources/samples]

The same input gives the same pixels and identifiers every time. Needs numpy, Pillow and pydicom only.
"""

import argparse
import csv
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from make_phantom import CM_PER_PX, Phantom, draw_phantom
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, UltrasoundImageStorage

REPOSITORY = Path(__file__).resolve().parent.parent
FOLD = "5"  # the internal test fold: the only one whose pictures may ship
FIRST = "bus_1033/bus_1033-l.png"
CITATION = (
    "Wilfrido Gómez-Flores, Maria Julia Gregorio-Calas, and Wagner Coelho de Albuquerque Pereira, "
    '"BUS-BRA: A Breast Ultrasound Dataset for Assessing Computer-aided Diagnosis Systems", '
    "Medical Physics 51 (2024) 3110-3123, doi:10.1002/mp.16812."
)
SOURCE = "BUS-BRA, {id} (fold 5), re-encoded. " + CITATION
LICENCE = "LICENSE-BUS-BRA.txt"


@dataclass(frozen=True)
class Choice:
    """A BUS-BRA picture that ships. title says nothing about the truth: the reader is to judge for herself."""

    id: str
    title: str
    dicom: str = ""  # the invented patient name of its DICOM copy, "" for none
    text: bool = False  # words or calipers are burnt into it (a depth scale alone does not count)


CHOICES = (
    Choice("bus_1033-l", "Mass A, first view", text=True),
    Choice("bus_1033-r", "Mass A, second view", text=True),
    Choice("bus_1040-r", "Mass B", text=True),
    Choice("bus_0267-l", "Mass C", dicom="SAMPLE^ONE"),
    Choice("bus_1006-r", "Mass D", dicom="SAMPLE^TWO", text=True),
    Choice("bus_0305-r", "Mass E", text=True),
    Choice("bus_0640-l", "Mass F", text=True),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "resources" / "samples")
    given = parser.parse_args()
    if given.out.is_dir():
        shutil.rmtree(given.out)
    given.out.mkdir(parents=True)
    set_folder = given.data / "ultrasound" / "bus-bra"
    described = [*make_bus_bra(set_folder, given.out), make_phantom_file(given.out)]
    about = {"schema": 1, "first": FIRST, "samples": described}
    (given.out / "samples.json").write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    licence = (set_folder / "LICENSE.txt").read_text(encoding="utf-8").rstrip()
    ours = (
        "BUS-BRA pictures in this folder (see samples.json) come from the BUS-BRA data of fold 5; re-encoded, two of\n"
        f"them also packed as DICOM. Please cite:\n\n{CITATION}\n\nThe authors' licence, as published:\n\n"
    )
    (given.out / LICENCE).write_text(ours + licence + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in given.out.rglob("*") if path.is_file())
    print(f"{len(described)} samples, {size / 1e6:.2f} MB in {given.out}")


def make_bus_bra(folder: Path, out: Path) -> list[dict[str, object]]:
    """Write the chosen pictures; return what samples.json says about each file."""
    folds = {row["ID"]: row["kFold"] for row in _rows(folder / "5-fold-cv.csv")}
    about = {row["ID"]: row for row in _rows(folder / "bus_data.csv")}
    described: list[dict[str, object]] = []
    for choice in CHOICES:
        if folds[choice.id] != FOLD:
            raise SystemExit(f"{choice.id} is in fold {folds[choice.id]}: only pictures of fold {FOLD} may ship")
        packed = folder / "Images" / f"{choice.id}.webp"
        pixels = np.asarray(Image.open(packed).convert("L"))
        mask = np.asarray(Image.open(folder / "Masks" / f"{choice.id.replace('bus', 'mask', 1)}.png").convert("L"))
        entry = _describe(choice, about[choice.id], _bounds(mask))
        exam = choice.id[:8]
        (out / exam).mkdir(exist_ok=True)
        png = f"{exam}/{choice.id}.png"
        _write_png(out / png, pixels, choice.id)
        described.append({"file": png, "title": choice.title, **entry})
        if choice.dicom:
            dicom = f"{exam}-dicom/{choice.id}.dcm"
            (out / dicom).parent.mkdir(exist_ok=True)
            header = bus_bra_header(choice, pixels, ratio=pixels.size / packed.stat().st_size)
            header.save_as(out / dicom, enforce_file_format=True)
            described.append({"file": dicom, "title": f"{choice.title}, DICOM", **entry})
    return described


def make_phantom_file(out: Path) -> dict[str, object]:
    """Write the phantom; return what samples.json says about it."""
    phantom = draw_phantom()
    file = "phantom/synthetic-phantom.dcm"
    (out / "phantom").mkdir()
    phantom_header(phantom).save_as(out / file, enforce_file_format=True)
    return {
        "file": file,
        "title": "Synthetic phantom (calibrated)",
        "truth": "none: a drawing, not tissue",
        "pathology": "",
        "histology": "",
        "birads": "",
        "scanner": "",
        "mass": list(phantom.mass),
        "burnt_in_text": True,
        "synthetic": True,
        "source": "drawn by packaging/make_phantom.py",
        "licence": "Apache-2.0",
    }


def bus_bra_header(choice: Choice, pixels: NDArray[np.uint8], ratio: float) -> Dataset:
    """The DICOM copy: no calibration, no laterality, no body part (a paired one would ask for a laterality)."""
    header = _header(choice.id, choice.dicom, pixels)
    header.ImageType = ["DERIVED", "SECONDARY"]
    header.DerivationDescription = f"From BUS-BRA {choice.id}, re-encoded as WebP, then stored as is"
    header.LossyImageCompression = "01"
    header.LossyImageCompressionRatio = f"{ratio:.2f}"
    header.LossyImageCompressionMethod = "WEBP"  # the standard's terms do not know it; anything else would be untrue
    return header


def phantom_header(phantom: Phantom) -> Dataset:
    """The phantom's DICOM: one calibrated region, in cm, and marked as synthetic in every place there is."""
    header = _header("synthetic-phantom", "PHANTOM^SYNTHETIC", phantom.pixels)
    header.ImageType = ["DERIVED", "SECONDARY", "", "SYNTHETIC"]
    header.DerivationDescription = "SYNTHETIC PHANTOM, drawn by a program"
    header.ImageComments = "SYNTHETIC PHANTOM: not a patient"
    header.LossyImageCompression = "00"
    region = Dataset()
    region.RegionSpatialFormat = 1  # 2D
    region.RegionDataType = 1  # tissue
    region.RegionFlags = 0
    left, top, right, bottom = phantom.area
    margin = 24  # a console's region reaches past the tissue, to its depth marks
    region.RegionLocationMinX0, region.RegionLocationMinY0 = left - margin, top - margin
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = right + margin - 1, bottom + margin - 1  # inclusive
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3  # cm
    region.PhysicalDeltaX = region.PhysicalDeltaY = CM_PER_PX
    region.ReferencePixelX0 = region.ReferencePixelY0 = 0
    region.ReferencePixelPhysicalValueX = region.ReferencePixelPhysicalValueY = 0.0
    header.SequenceOfUltrasoundRegions = [region]
    return header


def _header(name: str, patient: str, pixels: NDArray[np.uint8]) -> Dataset:
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.ImplementationClassUID = _uid("implementation")
    header.file_meta.ImplementationVersionName = "BMGUI_SAMPLES"
    header.SpecificCharacterSet = "ISO_IR 192"
    header.SOPClassUID = UltrasoundImageStorage
    header.SOPInstanceUID = _uid(f"instance {name}")
    header.StudyInstanceUID, header.SeriesInstanceUID = _uid(f"study {name}"), _uid(f"series {name}")
    header.Modality = "US"
    header.Manufacturer = "bmgui samples"
    header.PatientName = patient
    header.PatientID = patient.replace("^", "-")
    header.PatientBirthDate = header.PatientSex = header.ReferringPhysicianName = ""
    header.StudyDate, header.StudyTime = "20000101", "000000"  # invented, like the name
    header.StudyID = header.AccessionNumber = header.PatientOrientation = ""
    header.SeriesNumber = header.InstanceNumber = 1
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BurnedInAnnotation = "NO"  # nothing in the picture says who or when (C.7.6.1)
    header.Rows, header.Columns = pixels.shape
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 8, 8, 7, 0
    data = pixels.tobytes()
    header.PixelData = data + b"\0" * (len(data) % 2)
    header["PixelData"].VR = "OB"
    return header


def _describe(choice: Choice, row: dict[str, str], mass: tuple[int, int, int, int]) -> dict[str, object]:
    return {
        "truth": f"{row['Pathology']}, {row['Histology']} (as published)",
        "pathology": row["Pathology"],
        "histology": row["Histology"],
        "birads": row["BIRADS"],
        "scanner": row["Device"],
        "mass": list(mass),
        "burnt_in_text": choice.text,
        "synthetic": False,
        "source": SOURCE.format(id=choice.id),
        "licence": LICENCE,
    }


def _write_png(target: Path, pixels: NDArray[np.uint8], name: str) -> None:
    notes = PngInfo()
    notes.add_itxt("Source", SOURCE.format(id=name))
    notes.add_itxt("Copyright", f"see {LICENCE}")
    Image.fromarray(pixels).save(target, pnginfo=notes, optimize=True)


def _bounds(mask: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def _uid(what: str) -> UID:
    return UID("2.25." + str(int(hashlib.sha256(f"bmgui samples: {what}".encode()).hexdigest()[:32], 16)))


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    main()
