"""An import looks at every file, tells every complaint, and then is in its place whole or not at all."""

from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Box, open_collection
from bmgui.learning.collections.importing.run import Survey, import_collection
from tests.imaging.dicom_made import write_dicom
from tests.learning.collection_stand import MASS, mask, picture, save


def codes(survey: Survey) -> list[tuple[str, str, bool]]:
    return [(complaint.file, complaint.error.code, complaint.taken) for complaint in survey.complaints]


def listed(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "list.csv").write_bytes(text.encode(encoding))
    return folder / "list.csv"


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder of scans with everything wrong that can be."""
    folder = tmp_path / "scans"
    for number in range(1, 6):
        save(folder / f"{number}.png", picture(number))
    save(folder / "tiny.png", picture(1)[:20, :20])
    save(folder / "mask.png", mask())
    save(folder / "half.png", mask()[::2, ::2])
    save(folder / "other.png", mask()[:, :90])
    save(folder / "empty.png", mask() * 0)
    (folder / "broken.png").write_bytes((folder / "1.png").read_bytes()[:300])
    (folder / "text.png").write_text("no picture")
    return folder


BAD = """file,label,patient,left,top,side,mask,box_left,box_top,box_width,box_height,age
1.png,benign,P1,,,,mask.png,,,,,41
2.png,Malignant,P2,10,20,80,,,,,,unknown
3.png,MALIGNANT,P3,,,,,,,,,
4.png,maybe,P4,10,20,80,,,,,,
missing.png,benign,P5,10,20,80,,,,,,
broken.png,benign,P6,10,20,80,,,,,,
text.png,benign,P7,10,20,80,,,,,,
tiny.png,benign,P8,1,1,9,,,,,,
4.png,benign,P9,,,,half.png,,,,,
4.png,benign,P9,,,,other.png,,,,,
4.png,benign,P9,,,,empty.png,,,,,
4.png,benign,P9,,,,nowhere.png,,,,,
5.png,0,P10,,,,,60,50,40,24,
5.png,1,P10,,,,,900,50,40,24,
5.png,1,P10,1.5,2,3,,,,,,
5.png,1,P10,1,2,0,,,,,,
5.png,1,P10,-900,20,80,,,,,,
5.png,1,P10,10,20,5000,,,,,,
5.png,1,P10,-30,20,80,,,,,,400
,benign,P11,1,2,50,,,,,,
"""


def test_every_complaint_is_told_and_none_stops_the_rest(scans: Path, tmp_path: Path) -> None:
    source = listed(scans, BAD)
    survey = import_collection("csv", source, tmp_path / "made")
    assert sorted(codes(survey)) == sorted(
        [
            ("line 21", "row-without-file", False),
            ("2.png", "import-no-number", True),
            ("3.png", "import-proposed", True),
            ("4.png", "import-no-label", False),
            ("missing.png", "file-missing", False),
            ("broken.png", "picture-unreadable", False),
            ("text.png", "not-a-scan", False),
            ("tiny.png", "picture-too-small", False),
            ("4.png", "import-mask-size", True),
            ("4.png", "import-mask-shape", False),
            ("4.png", "import-mask-empty", False),
            ("4.png", "file-missing", False),
            ("5.png", "import-box-outside", False),
            ("5.png", "row-not-whole", False),
            ("5.png", "row-side", False),
            ("5.png", "import-square-outside", False),
            ("5.png", "import-square-outside", False),
            ("5.png", "import-no-such-value", True),
        ]
    )
    opened = open_collection(tmp_path / "made")
    moved_in = opened.sections[-1]  # a square that reaches over the edge with less than half of it
    assert (moved_in.file, moved_in.square, moved_in.age) == ("5.png", Square(0, 20, 80), None)
    taken = {s.file: s for s in opened.sections[:-1]}
    assert sorted(taken) == ["1.png", "2.png", "3.png", "4.png", "5.png"]
    assert [taken[f"{n}.png"].square_from for n in range(1, 6)] == ["mask", "given", "proposal", "mask", "box"]
    assert taken["1.png"].box == taken["5.png"].box == MASS
    assert taken["2.png"].square == Square(10, 20, 80)
    assert (taken["1.png"].age, taken["2.png"].age, taken["5.png"].patient) == (41, None, "P10")
    assert abs(taken["4.png"].box.left - MASS.left) <= 1  # type: ignore[union-attr]  # from the mask of half the size


def test_a_dry_run_says_the_same_and_writes_nothing(scans: Path, tmp_path: Path) -> None:
    source = listed(scans, BAD)
    before = sorted(tmp_path.rglob("*"))
    dry = import_collection("csv", source, None)
    assert sorted(tmp_path.rglob("*")) == before
    real = import_collection("csv", source, tmp_path / "made")
    assert (codes(dry), dry.sections, dry.normals) == (codes(real), real.sections, real.normals)


def test_complaints_come_before_the_collection_is_there(scans: Path, tmp_path: Path) -> None:
    told: list[bool] = []

    def refuse(survey: Survey) -> None:
        told.append((tmp_path / "made").exists())
        raise KnownError("file-not-written", file="", reason="the reader said no")

    before = sorted(tmp_path.iterdir())
    with pytest.raises(KnownError, match="the reader said no"):
        import_collection("csv", listed(scans, BAD), tmp_path / "made", on_complaints=refuse)
    assert told == [False]
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_any_office(scans: Path, tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = "File;Label;Patient;Age\r\n1.png;benign;Müller;41,5\r\n\r\n".replace(";", delimiter)
    text = text.replace("41,5", '"41,5"')
    import_collection("csv", listed(scans, text, encoding), tmp_path / "made")
    (section,) = open_collection(tmp_path / "made").sections
    assert (section.patient, section.age) == ("Müller", 41.5)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("file,patient\n1.png,P\n", "list-without-columns"),
        ("", "list-without-columns"),
        ("file,label,label\n1.png,benign,malignant\n", "list-column-twice"),
        ('file,label\n"1.png,benign\n', "list-unreadable"),
        ("file,label\n1.png,Läsion\n".encode("latin-1"), "list-unreadable"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused(scans: Path, tmp_path: Path, text: str | bytes, code: str) -> None:
    source = listed(scans, "")
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(KnownError, match=code) as caught:
        import_collection("csv", source, tmp_path / "made")
    assert caught.value.fields["file"] == str(source)
    assert not (tmp_path / "made").exists()


def test_frames_of_dicom_with_their_size_in_mm(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    write_dicom(folder / "a.dcm", picture(1), PixelSpacing=[0.2, 0.1], PatientName="Doe^Jane", PatientID="4711")
    text = "file,label,box_left,box_top,box_width,box_height\na.dcm,benign,60,50,40,24\n"
    import_collection("csv", listed(folder, text), tmp_path / "made")
    (section,) = open_collection(tmp_path / "made").sections
    assert section.size_mm == 4.8  # 24 px of 0.2 mm down, 40 px of 0.1 mm across
    stored = b"".join(path.read_bytes() for path in (tmp_path / "made").iterdir())
    assert b"Doe" not in stored
    assert b"4711" not in stored


def test_sections_of_one_picture_and_of_absolute_paths(scans: Path, tmp_path: Path) -> None:
    rows = [f"{scans / '1.png'},benign,P,{mass},10,10,60" for mass in ("a", "b", "b")]
    source = listed(tmp_path / "elsewhere", "file,label,patient,mass,left,top,side\n" + "\n".join(rows))
    import_collection("csv", source, tmp_path / "made")
    opened = open_collection(tmp_path / "made")
    assert [s.id for s in opened.sections] == ["1 a", "1 b", "1 b (2)"]
    assert {s.file for s in opened.sections} == {"1.png"}  # this machine's folders are not stored


def test_ids_are_unique_whatever_files_are_called(tmp_path: Path) -> None:
    for name in ("a.png", "a.bmp", "a (2).png"):
        save(tmp_path / "scans" / name, picture(len(name)))
    rows = "file,label,patient,left,top,side\n" + "".join(
        f"{name},benign,P,9,9,60\n" for name in ("a.png", "a.bmp", "a (2).png", "a.png")
    )
    import_collection("csv", listed(tmp_path / "scans", rows), tmp_path / "made")
    ids = [section.id for section in open_collection(tmp_path / "made").sections]
    assert ids == ["a", "a (3)", "a (2)", "a (4)"]


@pytest.mark.parametrize("kind", ["csv", "folder", "bus-bra", "busi", "bus-uclm", "breast", "cbis-ddsm"])
def test_a_source_that_is_not_of_its_kind(tmp_path: Path, kind: str) -> None:
    (tmp_path / "empty").mkdir()
    save(tmp_path / "picture.png", picture(1))
    for source in (tmp_path / "nowhere", tmp_path / "empty", tmp_path / "picture.png"):
        with pytest.raises(KnownError):
            import_collection(kind, source, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_where_nothing_can_be_taken_the_complaints_say_why(scans: Path, tmp_path: Path) -> None:
    told: list[Survey] = []
    source = listed(scans, "file,label,patient\nmissing.png,benign,P\n")
    with pytest.raises(KnownError, match="collection-empty"):
        import_collection("csv", source, tmp_path / "made", on_complaints=told.append)
    assert codes(told[0]) == [("missing.png", "file-missing", False)]


def test_nobody_knows_whose_scans_they_are(scans: Path, tmp_path: Path) -> None:
    survey = import_collection("csv", listed(scans, "file,label\n1.png,benign\n2.png,malignant\n"), None)
    assert ("list.csv", "import-no-patients", True) in codes(survey)


def test_a_folder_of_two(tmp_path: Path) -> None:
    source = tmp_path / "mine"
    for number, place in enumerate(("Benign/P1/a.png", "Benign/P1/b.png", "malignant/P2/a.png", "normal/n.png")):
        save(source / place, picture(number))
    save(source / "Benign/P1/a_mask.png", mask())
    save(source / "Benign/P1/c_mask.png", mask())
    survey = import_collection("folder", source, tmp_path / "made")
    opened = open_collection(tmp_path / "made")
    found = {s.id: (s.label, s.patient, s.square_from) for s in opened.sections}
    assert found == {
        "Benign/P1/a": ("benign", "P1", "mask"),
        "Benign/P1/b": ("benign", "P1", "proposal"),
        "malignant/P2/a": ("malignant", "P2", "proposal"),
    }
    assert ("Benign/P1/c_mask.png", "import-mask-alone", False) in codes(survey)
    assert [normal.file for normal in opened.normals()[0]] == ["normal/n.png"]
    (source / "Benign").rename(source / "gutartig")
    with pytest.raises(KnownError, match="import-no-folder"):
        import_collection("folder", source, None)


def test_a_mass_of_two_islands_and_a_slip_of_the_pen(tmp_path: Path) -> None:
    source = tmp_path / "mine"
    save(source / "benign/a.png", picture(1))
    save(source / "malignant/b.png", picture(2))
    slip = mask()
    slip[150, 190] = 255
    save(source / "benign/a_mask.png", slip)
    import_collection("folder", source, tmp_path / "made")
    assert open_collection(tmp_path / "made").sections[0].box == MASS


def test_box_is_cut_to_the_picture(scans: Path, tmp_path: Path) -> None:
    text = "file,label,box_left,box_top,box_width,box_height\n1.png,benign,-10,100,50,90\n"
    import_collection("csv", listed(scans, text), tmp_path / "made")
    assert open_collection(tmp_path / "made").sections[0].box == Box(0, 100, 40, 60)
