"""The published layouts, small and with the faults that the real ones have."""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.collections.audit import audit
from bmgui.learning.collections.collection import Box, Collection, open_collection
from bmgui.learning.collections.importing.run import Survey, import_collection
from tests.imaging.dicom_made import write_dicom
from tests.learning.collection_stand import MASS, mask, picture, save


def codes(survey: Survey) -> set[tuple[str, str, bool]]:
    return {(complaint.file, complaint.error.code, complaint.taken) for complaint in survey.complaints}


# --- BUS-BRA ---

BUS_BRA = """ID,Case,Histology,Pathology,BIRADS,Device,Width,Height,Side,BBOX
bus_0001-l,1,x,malignant,4,GE,200,160,left,"[60,50,40,24]"
bus_0001-r,1,x,malignant,4,GE,200,160,right,"[60,50,40,24]"
bus_0002-s,2,x,benign,2,GE,200,190,single,"[60,50,40,24]"
bus_0003-s,3,x,benign,3,GE,200,160,single,"[1,50,99,24]"
bus_0004-s,4,x,unclear,3,GE,200,160,single,"[60,50,40,24]"
"""


def test_bus_bra(tmp_path: Path) -> None:
    source = tmp_path / "BUSBRA"
    for number, name in enumerate(("0001-l", "0001-r", "0002-s", "0003-s")):
        save(source / f"Images/bus_{name}.png", picture(number))
        save(source / f"Masks/mask_{name}.png", mask() > 0)
    (source / "Masks/mask_0001-r.png").unlink()
    (source / "bus_data.csv").write_text(BUS_BRA)
    (source / "5-fold-cv.csv").write_text("ID,Pathology,kFold\nbus_0001-l,malignant,3\nbus_0002-s,benign,5\n")
    survey = import_collection("bus-bra", source, tmp_path / "made")
    assert codes(survey) == {
        ("Images/bus_0001-r.png", "file-missing", False),
        ("Images/bus_0002-s.png", "import-size-differs", True),
        ("Images/bus_0003-s.png", "import-box-differs", True),
        ("Images/bus_0004-s.png", "import-no-label", False),
    }
    sections = open_collection(tmp_path / "made").sections
    told = [(s.id, s.patient, s.official, s.birads, s.scanner, s.box) for s in sections]
    assert told == [
        ("bus_0001-l", "1", "3", "4", "GE", MASS),
        ("bus_0002-s", "2", "5", "2", "GE", MASS),
        ("bus_0003-s", "3", "", "3", "GE", MASS),
    ]


# --- BUSI ---


def test_busi(tmp_path: Path) -> None:
    source = tmp_path / "Dataset_BUSI_with_GT"
    save(source / "benign/benign (1).png", picture(1))
    save(source / "benign/benign (1)_mask.png", mask(box=Box(10, 10, 20, 20)))
    save(source / "benign/benign (1)_mask_1.png", mask())
    save(source / "malignant/malignant (7).png", np.asarray(picture(1) * 0.97 + 2).astype(np.uint8))  # nearly the same
    save(source / "malignant/malignant (7)_mask.png", mask())
    save(source / "malignant/malignant (8).png", picture(3))
    save(source / "normal/normal (1).png", picture(4))
    save(source / "normal/normal (1)_mask.png", mask() * 0)
    survey = import_collection("busi", source, tmp_path / "made")
    assert codes(survey) == {
        ("benign/benign (1).png", "import-several-masses", True),
        ("malignant/malignant (8).png", "import-proposed", True),
    }
    assert survey.normals == 1
    first, second, third = open_collection(tmp_path / "made").sections
    assert first.box == MASS  # the largest of the two
    assert first.group == second.group != ""
    assert (third.group, third.patient) == ("", "")


# --- BUS-UCLM ---

INFO = "\ufeffImage;Resolution;Label;Doppler;Marks;Combined\n" + "".join(
    f"{name}.png;{size};{label};No;No;No\n"
    for name, size, label in [
        ("AAAA_000", "200x160", "Benign"),
        ("AAAA_001", "200x160", "Normal"),
        ("BBBB_000", "240x170", "Malignant"),
        ("BBBB_001", "200x160", "Malignant"),
    ]
)


def test_bus_uclm(tmp_path: Path) -> None:
    source = tmp_path / "BUS-UCLM"
    (source / "masks").mkdir(parents=True)
    (source / "INFO.csv").write_text(INFO, "utf-8")
    for number, name in enumerate(("AAAA_000", "AAAA_001", "BBBB_000", "BBBB_001")):
        save(source / f"images/{name}.png", np.repeat(picture(number)[:, :, None], 3, axis=2))
    nothing = mask() * 0
    red = np.stack(
        [mask(240, 170, Box(72, 53, 48, 26)), np.zeros((170, 240), np.uint8), np.zeros((170, 240), np.uint8)], 2
    )
    green = mask() | mask(box=Box(150, 10, 20, 20))  # two masses in one file
    save(source / "masks/AAAA_000.png", np.stack([mask(box=Box(5, 5, 30, 30)), green, nothing], axis=2))
    save(source / "masks/AAAA_001.png", np.stack([nothing] * 3, axis=2))
    save(source / "masks/BBBB_000.png", red)
    save(source / "masks/BBBB_001.png", np.stack([nothing] * 3, axis=2))
    survey = import_collection("bus-uclm", source, tmp_path / "made")
    assert codes(survey) == {
        ("images/AAAA_000.png", "import-several-masses", True),
        ("images/BBBB_000.png", "import-size-differs", True),
        ("images/BBBB_000.png", "import-mask-size", True),
        ("images/BBBB_001.png", "import-mask-empty", False),
    }
    opened = open_collection(tmp_path / "made")
    benign, malignant = opened.sections
    assert (benign.label, benign.patient, benign.box) == ("benign", "AAAA", MASS)  # green, not red; the larger
    assert malignant.label == "malignant"
    assert malignant.box is not None
    assert np.allclose(
        [malignant.box.left, malignant.box.top, malignant.box.width, malignant.box.height], [60, 50, 40, 24], atol=1.5
    )
    assert [normal.file for normal in opened.normals()[0]] == ["images/AAAA_001.png"]


# --- BrEaST ---

BREAST = [
    ["CaseID", "Image_filename", "Mask_tumor_filename", "Mask_other_filename", "Pixel_size", "Age", "BIRADS"],
    ["1", "case001.png", "case001_tumor.png", "", "0.01", "57", "2"],
    ["2", "case002.png", "case002_tumor.png&case002_tumor2.png", "", "0.01", "61", "4c"],
    ["3", "case003.png", "", "", "0.01", "41", "1"],
]
CLASSES = ["Classification", "benign", "malignant", "normal"]


def workbook(path: Path, rows: list[list[str]]) -> None:
    """As spreadsheets are written: words shared, numbers in place, empty cells left out."""
    words = sorted({cell for row in rows for cell in row if cell and not cell.replace(".", "").isdecimal()})
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = ""
        for column, cell in enumerate(row):
            kind, value = (' t="s"', str(words.index(cell))) if cell in words else ("", cell)
            cells += f'<c r="{chr(65 + column)}{number}"{kind}><v>{value}</v></c>' if cell else ""
        lines.append(f'<row r="{number}">{cells}</row>')
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(path, "w") as book:
        strings = "".join(f"<si><t>{escape(word)}</t></si>" for word in words)
        book.writestr("xl/sharedStrings.xml", f"<sst {space}>{strings}</sst>")
        book.writestr(
            "xl/worksheets/sheet1.xml", f"<worksheet {space}><sheetData>{''.join(lines)}</sheetData></worksheet>"
        )


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_breast(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "BrEaST-Lesions_USG-images_and_masks"
    for number in (1, 2, 3):
        save(source / f"case00{number}.png", picture(number))
    save(source / "case001_tumor.png", mask())
    save(source / "case002_tumor.png", mask(box=Box(10, 10, 20, 20)))
    save(source / "case002_tumor2.png", mask())
    rows = [[*row, label] for row, label in zip(BREAST, CLASSES, strict=True)]
    if kind == "xlsx":
        workbook(source / "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx", rows)
    else:
        (source / "clinical.csv").write_text("\n".join(";".join(row) for row in rows))
    survey = import_collection("breast", source, tmp_path / "made")
    assert codes(survey) == {("case002.png", "import-several-masses", True)}
    first, second = open_collection(tmp_path / "made").sections
    assert (first.label, first.patient, first.age, first.birads) == ("benign", "1", 57, "2")
    assert (second.label, second.patient, second.age, second.birads) == ("malignant", "2", 61, "4c")
    assert first.box == second.box == MASS
    assert first.size_mm == 4.0  # 40 px of 0.1 mm
    assert survey.normals == 1


def test_breast_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="import-no-table"):
        import_collection("breast", tmp_path, None)
    (tmp_path / "a.xlsx").write_bytes(b"PK no zip")
    with pytest.raises(KnownError, match="list-unreadable"):
        import_collection("breast", tmp_path, None)
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    with pytest.raises(KnownError, match="document type"):
        import_collection("breast", tmp_path, None)


# --- CBIS-DDSM ---

CBIS = (
    "patient_id,breast_density,left or right breast,image view,abnormality id,abnormality type,mass shape,mass margins,"
    "assessment,pathology,subtlety,image file path,cropped image file path,ROI mask file path\n"
)


def cbis_row(patient: str, abnormality: int, pathology: str, part: str) -> str:
    name = f"Mass-{part}_{patient}_LEFT_CC"
    whole, detail = f"{name}/1.3.6/1.3.7/000000.dcm", f"{name}_{abnormality}/1.3.8/1.3.9"
    return (
        f"{patient},3,LEFT,CC,{abnormality},mass,OVAL,SPICULATED,4,{pathology},4,{whole},"
        f'"{detail}/000000.dcm\n","{detail}/000001.dcm\n"\n'
    )


def mammogram(folder: Path, patient: str, part: str, *, retriever: bool, swapped: bool, whole: bool = True) -> None:
    """One mammogram and the mask and cropped picture of its first mass, in one of the download's two layouts."""
    name = f"Mass-{part}_{patient}_LEFT_CC"
    place, detail = (
        (f"{name}/07-20-2016-DDSM-NA-1/1.0-full mammogram images-2", f"{name}_1/07-20-2016-DDSM-NA-3/1.0-ROI mask-4")
        if retriever
        else (f"{name}/1.3.6/1.3.7", f"{name}_1/1.3.8/1.3.9")
    )
    for path in (place, detail):
        (folder / path).mkdir(parents=True)
    frame = picture(len(patient) + int(patient[-1]), 300, 400).astype(np.uint16) << 8
    cropped = frame[100:200, 50:170]
    files = [("1-1.dcm", mask(300, 400)), ("1-2.dcm", cropped)]
    if whole:
        write_dicom(folder / place / "1-1.dcm", frame, Modality="MG")
    for (file, _), (_, pixels) in zip(files, files[::-1] if swapped else files, strict=True):
        write_dicom(folder / detail / file, pixels, Modality="MG")


@pytest.mark.parametrize("retriever", [True, False])
@pytest.mark.parametrize("swapped", [True, False])
def test_cbis_ddsm(tmp_path: Path, retriever: bool, swapped: bool) -> None:
    source = tmp_path / "manifest"
    images = source / "CBIS-DDSM" if retriever else source
    mammogram(images, "P_00001", "Training", retriever=retriever, swapped=swapped)
    mammogram(images, "P_00002", "Training", retriever=retriever, swapped=swapped, whole=False)
    mammogram(images, "P_00003", "Test", retriever=retriever, swapped=swapped)
    train = [
        cbis_row("P_00001", 1, "MALIGNANT", "Training"),
        cbis_row("P_00002", 1, "BENIGN_WITHOUT_CALLBACK", "Training"),
        cbis_row("P_00001", 2, "BENIGN", "Training"),  # its mask is not there
        cbis_row("P_00009", 1, "BENIGN", "Training"),
        cbis_row("P_00001", 1, "UNPROVEN", "Training"),
    ]
    (source / "mass_case_description_train_set.csv").write_text(CBIS + "".join(train))
    test = CBIS + cbis_row("P_00003", 1, "BENIGN", "Test")
    (source / "mass_case_description_test_set.csv").write_text(test)
    survey = import_collection("cbis-ddsm", source, tmp_path / "made")
    assert {(file.rsplit("/")[-1], code, taken) for file, code, taken in codes(survey)} == {
        ("Mass-Training_P_00002_LEFT_CC_1", "import-cropped-only", True),
        ("Mass-Training_P_00001_LEFT_CC_2", "import-mask-missing", False),
        ("Mass-Training_P_00009_LEFT_CC_1", "import-picture-missing", False),
        ("Mass-Training_P_00001_LEFT_CC_1", "import-no-label", False),
    }
    told = {s.id: (s.label, s.patient, s.mass, s.official, s.box) for s in open_collection(tmp_path / "made").sections}
    assert told == {
        "Mass-Training_P_00001_LEFT_CC_1": ("malignant", "P_00001", "LEFT 1", "train", MASS),
        "Mass-Training_P_00002_LEFT_CC_1": ("benign", "P_00002", "LEFT 1", "train", Box(0, 0, 120, 100)),
        "Mass-Test_P_00003_LEFT_CC_1": ("benign", "P_00003", "LEFT 1", "test", MASS),
    }


# --- the real ones, where they lie beside the checkout ---


def linked(target: Path, source: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source)  # what a file is, its content says


def doubles(opened: Collection, code: str) -> set[frozenset[str]]:
    found = (finding for finding in audit([opened]) if finding.code == code)
    return {frozenset(Path(one.file).stem for one in finding.pictures) for finding in found}


def test_busi_has_nine_pairs_of_two_classes_and_one_file_twice(shared: Path, tmp_path: Path) -> None:
    data, source = shared / "data/ultrasound/busi", tmp_path / "busi"
    lines = (data / "near_duplicate_pairs.csv").read_text("utf-8-sig").splitlines()
    pairs = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    known = {
        frozenset(p[k].removesuffix(".png") for k in ("image_a", "image_b"))
        for p in pairs
        if p["different_class"] == "1"
    }
    assert len(known) == 9
    for name in {name for pair in known for name in pair} | {f"benign ({n})" for n in range(1, 30)}:
        kind = name.split(" ")[0]
        linked(source / kind / f"{name}.png", data / kind / f"{name}.webp")
        for path in (data / kind).glob(f"{name}_mask*"):
            linked(source / kind / path.name, path)
    import_collection("busi", source, tmp_path / "made")
    opened = open_collection(tmp_path / "made")
    assert doubles(opened, "both-classes") == known
    assert doubles(opened, "same-picture") == {frozenset({"benign (433)", "malignant (145)"})}


def test_bus_uclm_has_one_patient_twice(shared: Path, tmp_path: Path) -> None:
    data, source = shared / "data/ultrasound/bus-uclm", tmp_path / "uclm"
    linked(source / "INFO.csv", data / "INFO.csv")
    for path in sorted((data / "images").glob("CH*.webp")):
        linked(source / "images" / f"{path.stem}.png", path)
        linked(source / "masks" / f"{path.stem}.png", data / "masks" / f"{path.stem}.png")
    import_collection("bus-uclm", source, tmp_path / "made")
    found = doubles(open_collection(tmp_path / "made"), "same-picture")
    assert found == {frozenset({f"CHCO_00{n}", f"CHVI_0{m}"}) for n, m in enumerate(("05", "08", "09", "13"))}
