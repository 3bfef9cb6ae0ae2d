"""One codec process for all tests of a file: starting one takes longer than most tests."""

from collections.abc import Iterator

import pytest

from bmgui.imaging.codec import Codec
from tests.imaging.dicom_made import RLE, described, grey_picture, rle, write_dicom


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Codec]:
    """A codec whose process runs already, so that no test seems to have left it behind."""
    picture = grey_picture()
    path = tmp_path_factory.mktemp("warm") / "warm.dcm"
    write_dicom(path, [rle(picture)], syntax=RLE, **described(picture))
    with Codec() as codec:
        codec.decode(path, 1)
        yield codec
