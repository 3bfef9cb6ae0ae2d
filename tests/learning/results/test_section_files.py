"""A section as a file to look at: its stored pixels, and its square on them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.imaging.crop import make_crop
from bmgui.learning import shelf
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.results.section_files import folders_of, section_crop, section_file
from bmgui.learning.results.values import Source
from tests.learning.assessing.conftest import draw_collection


@pytest.fixture
def us(tmp_path: Path) -> Path:
    return draw_collection(tmp_path / "us", [("validation", 2, 2)])


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
def test_the_square_on_the_file_holds_what_the_network_saw(us: Path, factor: float) -> None:
    collection = open_collection(us)
    for section in collection.sections:
        path, square = section_file(us, section.id, factor)
        assert path.is_relative_to(places.user_data())
        pixels = np.asarray(Image.open(path))
        assert np.array_equal(pixels, collection.context(section))
        here = make_crop(pixels, square, 75)
        wanted = section_crop(collection, section.id, 75, factor)
        assert np.array_equal(here, wanted)


def test_it_is_written_once(us: Path) -> None:
    path, square = section_file(us, "s000")
    before = path.stat().st_mtime_ns
    assert section_file(us, "s000") == (path, square)
    assert path.stat().st_mtime_ns == before


def test_a_section_that_is_not_there_is_named(us: Path) -> None:
    with pytest.raises(KnownError) as caught:
        section_file(us, "s999")
    assert caught.value.code == "no-such-section"
    assert caught.value.fields == {"section": "s999", "file": str(us)}


def test_a_collection_is_found_by_name_and_rather_in_the_version_that_was_measured(us: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = draw_collection(tmp_path / "other" / "us", [("validation", 2, 2)], seed=9)
    for folder in (other, us):
        shelf.remember("collections", folder)
    collection = open_collection(us)
    source = Source("us", collection.version, external=False, scored=4, looks=0)
    assert folders_of([source]) == {"us": us}
    assert folders_of([dataclasses.replace(source, version="of before")]) == {"us": other}
    assert folders_of([dataclasses.replace(source, name="them")]) == {}
