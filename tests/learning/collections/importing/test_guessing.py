"""The layout of a folder or list is guessed from names alone; what is not known stays unknown."""

from pathlib import Path

import pytest

from bmgui.learning.collections.importing.guessing import guess_kind

LAYOUTS = {
    "bus-bra": ("bus_data.csv", "Images/bus_0001-l.png", "Masks/mask_0001-l.png"),
    "bus-uclm": ("INFO.csv", "images/ALWI_000.png", "masks/ALWI_000.png"),
    "busi": ("benign/benign (1).png", "benign/benign (1)_mask.png", "malignant/malignant (1).png"),
    "folder": ("benign/P1/a.dcm", "malignant/P2/b.dcm"),
    "breast": ("case001.png", "BrEaST.xlsx"),
    "cbis-ddsm": ("mass_case_description_train_set.csv", "CBIS-DDSM/Mass-Training_P_00001_LEFT_CC/1.dcm"),
    "": ("holiday.png",),
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_folder_is_known_by_its_names(tmp_path: Path, kind: str) -> None:
    for name in LAYOUTS[kind]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert guess_kind(tmp_path) == kind


def test_a_list_is_known_by_its_suffix_and_what_is_not_there_is_unknown(tmp_path: Path) -> None:
    for name, kind in (("a.csv", "csv"), ("a.tsv", "csv"), ("a.docx", "")):
        (tmp_path / name).touch()
        assert guess_kind(tmp_path / name) == kind
    assert guess_kind(tmp_path / "gone") == ""
