"""Green pictures: a JPEG whose header and stream contradict each other is shown as the stream says."""

from pathlib import Path

import numpy as np
import pytest

from bmgui.imaging.code_stream import is_rgb, read_code_stream
from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import open_scan
from tests.imaging.dicom_made import JPEG, colour_picture, described, grey_picture, jpeg, write_dicom

COLOUR = colour_picture()
ONE_TWO_THREE, LETTERS, ZERO = b"\1\2\3", b"RGB", b"\0\1\2"


@pytest.mark.parametrize(
    ("stored", "markers", "ids", "tag"),
    [
        # the stream says what it is, and the header agrees or does not
        ("YCbCr", "JFIF", ONE_TWO_THREE, "YBR_FULL"),
        ("YCbCr", "JFIF", ONE_TWO_THREE, "RGB"),
        ("YCbCr", "Adobe", ONE_TWO_THREE, "YBR_FULL_422"),
        ("YCbCr", "Adobe", ONE_TWO_THREE, "RGB"),
        ("RGB", "Adobe", ONE_TWO_THREE, "RGB"),
        ("RGB", "Adobe", ONE_TWO_THREE, "YBR_FULL"),
        ("RGB", "", LETTERS, "RGB"),
        ("RGB", "", LETTERS, "YBR_FULL_422"),
        # the stream says nothing: the header decides
        ("RGB", "", ONE_TWO_THREE, "RGB"),
        ("RGB", "", ZERO, "RGB"),
        ("YCbCr", "", ONE_TWO_THREE, "YBR_FULL"),
        ("YCbCr", "", ZERO, "YBR_FULL_422"),
    ],
)
def test_red_is_red(codec: Codec, tmp_path: Path, stored: str, markers: str, ids: bytes, tag: str) -> None:
    code = jpeg(COLOUR, stored=stored, markers=markers, ids=ids)
    elements = described(COLOUR) | {"PhotometricInterpretation": tag}
    frame = open_scan(write_dicom(tmp_path / "a.dcm", [code], syntax=JPEG, **elements), codec).frame(1)
    assert np.abs(frame.astype(int) - COLOUR).mean() < 3


def test_grey_stays_grey_in_a_jpeg(codec: Codec, tmp_path: Path) -> None:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(grey_picture()).save(buffer, "JPEG", quality=100)
    path = write_dicom(tmp_path / "a.dcm", [buffer.getvalue()], syntax=JPEG, **described(grey_picture()))
    frame = open_scan(path, codec).frame(1)
    assert frame.ndim == 2
    assert np.abs(frame.astype(int) - grey_picture()).mean() < 2


def test_a_colour_stream_under_a_grey_header_keeps_its_colours(codec: Codec, tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", [jpeg(COLOUR)], syntax=JPEG, **described(COLOUR[:, :, 0]))
    assert np.abs(open_scan(path, codec).frame(1).astype(int) - COLOUR).mean() < 3


def test_what_a_stream_says_of_itself() -> None:
    stream = read_code_stream(jpeg(COLOUR, markers="Adobe", stored="RGB", ids=LETTERS))
    assert stream is not None
    assert (stream.width, stream.height, stream.channels, stream.precision) == (64, 48, 3, 8)
    assert (stream.adobe, stream.jfif, stream.ids) == (0, False, tuple(LETTERS))


def test_subsampled_chroma_is_ycbcr_whatever_the_header_says() -> None:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(COLOUR).save(buffer, "JPEG", subsampling=2)
    bare = buffer.getvalue()
    bare = bare[:2] + bare[20:]  # without its JFIF marker
    stream = read_code_stream(bare)
    assert stream is not None
    assert not stream.jfif
    assert not is_rgb(stream, "RGB")


def test_a_jfif_marker_does_not_make_a_lossless_stream_ycbcr() -> None:
    stream = read_code_stream(jpeg(COLOUR).replace(b"\xff\xc0", b"\xff\xc3"))
    assert stream is not None
    assert stream.process == 3
    assert is_rgb(stream, "RGB")
    assert not is_rgb(stream, "YBR_FULL")


@pytest.mark.parametrize("length", [0, 2, 3, 10, 30, 100])
def test_a_stream_cut_in_its_header_says_nothing(length: int) -> None:
    assert read_code_stream(jpeg(COLOUR)[:length]) is None
