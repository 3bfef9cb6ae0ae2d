"""Every way of storing a picture that can be made here, against the picture that went in."""

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.imaging import dicom_file
from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import open_scan
from bmgui.imaging.scan import Scan
from bmgui.wording import english
from tests.imaging.dicom_made import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    JPEG,
    JPEG_2000,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LS,
    RLE,
    colour_picture,
    described,
    grey_picture,
    jpeg,
    rle,
    write_dicom,
)

GREY, COLOUR = grey_picture(), colour_picture()


def frame(path: Path, codec: Codec, number: int = 1) -> Any:
    return open_scan(path, codec).frame(number)


def refused(path: Path, codec: Codec) -> str:
    with pytest.raises(KnownError) as caught:
        open_scan(path, codec).frame(1)
    assert caught.value.fields["file"] == str(path)
    return caught.value.code


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED])
@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
def test_uncompressed(codec: Codec, tmp_path: Path, syntax: str, picture: Any) -> None:
    assert np.array_equal(frame(write_dicom(tmp_path / "a.dcm", picture, syntax=syntax), codec), picture)


def test_colour_by_plane(codec: Codec, tmp_path: Path) -> None:
    path = write_dicom(
        tmp_path / "a.dcm",
        COLOUR.transpose(2, 0, 1).tobytes(),
        **described(COLOUR) | {"PlanarConfiguration": 1},
    )
    assert np.array_equal(frame(path, codec), COLOUR)


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
def test_only_the_wanted_frame_of_a_loop(codec: Codec, tmp_path: Path, syntax: str) -> None:
    odd = [np.full((3, 5, 3), shade, np.uint8) for shade in (10, 20, 30)]
    path = write_dicom(
        tmp_path / "a.dcm",
        b"".join(picture.tobytes() for picture in odd),
        syntax=syntax,
        NumberOfFrames=3,
        **described(odd[0]),
    )
    scan = open_scan(path, codec)
    assert scan.frames == 3
    assert [int(scan.frame(n).max()) for n in (1, 2, 3)] == [10, 20, 30]
    with pytest.raises(KnownError, match="no-such-frame"):
        scan.frame(4)


def test_big_endian_words_of_bytes(codec: Codec, tmp_path: Path) -> None:
    from pydicom import dcmread

    path = write_dicom(tmp_path / "a.dcm", GREY, syntax=BIG_ENDIAN)
    ds = dcmread(path)
    ds["PixelData"].VR = "OW"
    ds.PixelData = GREY.reshape(-1, 2)[:, ::-1].tobytes()
    ds.save_as(path)
    assert np.array_equal(frame(path, codec), GREY)


def test_one_bit(codec: Codec, tmp_path: Path) -> None:
    bits = [GREY[:5, :7] % 2, GREY[5:10, :7] // 2 % 2]
    packed = np.packbits(np.concatenate([b.ravel() for b in bits]), bitorder="little").tobytes()
    elements = described(bits[0]) | {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}
    path = write_dicom(tmp_path / "a.dcm", packed, NumberOfFrames=2, **elements)
    assert np.array_equal(frame(path, codec, 2), bits[1] * 255)


@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422"])
def test_ybr_uncompressed(codec: Codec, tmp_path: Path, photometric: str) -> None:
    ybr = np.asarray(Image.fromarray(COLOUR).convert("YCbCr"))
    stored = ybr
    if photometric == "YBR_FULL_422":
        stored = np.stack([ybr[:, 0::2, 0], ybr[:, 1::2, 0], ybr[:, 0::2, 1], ybr[:, 0::2, 2]], axis=2)
    elements = described(COLOUR) | {"PhotometricInterpretation": photometric}
    path = write_dicom(tmp_path / "a.dcm", stored.tobytes(), **elements)
    difference = np.abs(frame(path, codec).astype(int) - COLOUR)
    assert difference.mean() < 2  # chroma is shared by two pixels: only the ramp differs
    assert (difference.max() <= 3) if photometric == "YBR_FULL" else True


def test_ybr_of_reduced_range(codec: Codec, tmp_path: Path) -> None:
    stored = np.zeros((4, 4, 3), np.uint8)
    stored[:2] = (235, 128, 128)
    stored[2:] = (16, 128, 128)
    elements = described(stored) | {"PhotometricInterpretation": "YBR_PARTIAL_422"}
    decoded = frame(write_dicom(tmp_path / "a.dcm", stored.tobytes(), **elements), codec)
    assert decoded[0, 0].tolist() == [255, 255, 255]
    assert decoded[3, 3].tolist() == [0, 0, 0]


def encoded(kind: str, picture: Any) -> bytes:
    if kind == RLE:
        return rle(picture)
    if kind == JPEG_LS:
        import jpeg_ls

        return bytes(jpeg_ls.encode_array(picture))
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG2000", irreversible=False, no_jp2=True, mct=int(picture.ndim == 3))
    return buffer.getvalue()


@pytest.mark.parametrize("syntax", [RLE, JPEG_LS, JPEG_2000])
@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
def test_lossless_compression_gives_the_same_pixels(codec: Codec, tmp_path: Path, syntax: str, picture: Any) -> None:
    path = write_dicom(tmp_path / "a.dcm", [encoded(syntax, picture)], syntax=syntax, **described(picture))
    assert np.array_equal(frame(path, codec), picture)


@pytest.mark.parametrize("syntax", [JPEG, JPEG_EXTENDED, JPEG_LS, JPEG_2000])
@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize(("allocated", "stored"), [(16, 8), (16, 12), (16, 16)])
def test_a_stream_of_8_bits_is_not_darkened_by_a_header_of_more(
    codec: Codec, tmp_path: Path, syntax: str, picture: Any, allocated: int, stored: int
) -> None:
    code = jpeg(picture) if syntax in (JPEG, JPEG_EXTENDED) else encoded(syntax, picture)
    bits = {"BitsAllocated": allocated, "BitsStored": stored, "HighBit": stored - 1}
    truth = write_dicom(tmp_path / "truth.dcm", [code], syntax=syntax, **described(picture))
    path = write_dicom(tmp_path / "a.dcm", [code], syntax=syntax, **described(picture) | bits)
    assert np.array_equal(frame(path, codec), frame(truth, codec))
    assert frame(truth, codec).max() > 200


@pytest.mark.parametrize("elements", [{"BitsStored": 7, "HighBit": 6}, {"PixelRepresentation": 1}])
def test_a_jpeg_fills_its_8_bits_and_has_no_sign(codec: Codec, tmp_path: Path, elements: dict[str, int]) -> None:
    code = jpeg(GREY)
    path = write_dicom(tmp_path / "a.dcm", [code], syntax=JPEG, **described(GREY) | elements)
    assert np.array_equal(frame(path, codec), np.asarray(Image.open(io.BytesIO(code))))


def test_jpeg_2000_is_rgb_by_its_stream_whatever_the_header_says(codec: Codec, tmp_path: Path) -> None:
    elements = described(COLOUR) | {"PhotometricInterpretation": "YBR_FULL"}
    path = write_dicom(tmp_path / "a.dcm", [encoded(JPEG_2000, COLOUR)], syntax=JPEG_2000, **elements)
    assert np.array_equal(frame(path, codec), COLOUR)


def test_jpeg_lossless(codec: Codec, tmp_path: Path) -> None:
    import gdcm

    plain = write_dicom(tmp_path / "plain.dcm", GREY)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(plain))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(tmp_path / "a.dcm"))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    assert JPEG_LOSSLESS.encode() in (tmp_path / "a.dcm").read_bytes()
    assert np.array_equal(frame(tmp_path / "a.dcm", codec), GREY)


def test_frames_in_several_fragments_without_an_offset_table(codec: Codec, tmp_path: Path) -> None:
    from pydicom.encaps import itemize_frame

    codes = [encoded(JPEG_LS, GREY), encoded(JPEG_LS, 255 - GREY)]
    path = write_dicom(tmp_path / "a.dcm", codes, syntax=JPEG_LS, NumberOfFrames=2, **described(GREY))
    from pydicom import dcmread

    ds = dcmread(path)
    items = b"".join(item for code in codes for item in itemize_frame(code, nr_fragments=3))
    ds.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0" + items
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path)
    scan = open_scan(path, codec)
    assert np.array_equal(scan.frame(1), GREY)
    assert np.array_equal(scan.frame(2), 255 - GREY)


def test_without_a_preamble(codec: Codec, tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY)
    path.write_bytes(path.read_bytes()[132:])
    assert np.array_equal(frame(path, codec), GREY)


def test_items_after_the_pixels_are_nobodys_business(codec: Codec, tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", [rle(GREY)], syntax=RLE, **described(GREY))
    path.write_bytes(path.read_bytes() + b"\xfe\xff\x00\xe0\x10\0\0\0" + b"\x55" * 7)
    assert np.array_equal(frame(path, codec), GREY)


# --- what is refused ---


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"Rows": 500}, "pixels-cut"),
        ({"NumberOfFrames": 1000}, "pixels-cut"),
        ({"Rows": None}, "header-incomplete"),
        ({"Columns": 0}, "header-impossible"),
        ({"SamplesPerPixel": 2}, "header-impossible"),
        ({"SamplesPerPixel": 3}, "header-impossible"),  # of MONOCHROME2
        ({"BitsStored": 12}, "header-impossible"),
        ({"BitsAllocated": 64}, "header-impossible"),
        ({"PhotometricInterpretation": "FOO"}, "header-impossible"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette-missing"),
        ({"Rows": 65535, "Columns": 65535}, "picture-too-large"),
    ],
)
def test_impossible_headers(codec: Codec, tmp_path: Path, elements: dict[str, Any], code: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY.tobytes(), **described(GREY) | elements)
    assert refused(path, codec) == code


def test_no_image(codec: Codec, tmp_path: Path) -> None:
    assert refused(write_dicom(tmp_path / "a.dcm", None, Modality="SR"), codec) == "not-an-image"
    assert refused(write_dicom(tmp_path / "b.dcm", None, **described(GREY)), codec) == "no-pixels"


def test_a_syntax_that_nobody_here_reads(codec: Codec, tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", [b"\0\0"], syntax="1.2.840.10008.1.2.4.201", **described(GREY))
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.4.201", b"1.2.840.10008.1.2.4.111"))
    with pytest.raises(KnownError) as caught:
        open_scan(path, codec)
    assert (caught.value.code, caught.value.fields["syntax"]) == ("syntax-unsupported", "JPEG XL")


@pytest.mark.parametrize("syntax", [EXPLICIT, JPEG_LS])
def test_cut_anywhere_is_refused_in_a_known_way(codec: Codec, tmp_path: Path, syntax: str) -> None:
    pixels = GREY if syntax == EXPLICIT else [encoded(syntax, GREY)]
    whole = write_dicom(tmp_path / "a.dcm", pixels, syntax=syntax, **described(GREY)).read_bytes()
    cut = tmp_path / "cut.dcm"
    for length in range(0, len(whole), 97):
        cut.write_bytes(whole[:length])
        assert refused(cut, codec)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, RLE])
def test_damage_anywhere_is_a_picture_or_a_known_error(codec: Codec, tmp_path: Path, syntax: str) -> None:
    pixels = GREY if syntax != RLE else [rle(GREY)]
    words = {"PatientName": "A^B", "StudyDate": "20260301", "WindowCenter": 99, "WindowWidth": 80}
    whole = write_dicom(tmp_path / "a.dcm", pixels, syntax=syntax, **described(GREY) | words).read_bytes()
    chance = np.random.default_rng(7)
    damaged = tmp_path / "damaged.dcm"
    for _ in range(150):
        data = np.frombuffer(whole, np.uint8).copy()
        places = chance.integers(0, min(700, data.size), chance.choice([1, 2, 5]))
        data[places] = chance.choice([0, 255, int(chance.integers(256))])
        damaged.write_bytes(data.tobytes())
        try:
            scan = open_scan(damaged, codec)
            assert scan.frame(1).shape[:2] == (scan.height, scan.width)
        except KnownError as error:
            english(error)  # which fails where a sentence or one of its fields is missing


def test_a_stream_of_another_size_than_the_header(codec: Codec, tmp_path: Path) -> None:
    code = encoded(JPEG_LS, grey_picture(40, 40))
    path = write_dicom(tmp_path / "a.dcm", [code], syntax=JPEG_LS, **described(GREY))
    with pytest.raises(KnownError, match="stream-contradicts"):
        open_scan(path, codec)


def test_a_stream_that_ends_early_is_not_shown_in_part(codec: Codec, tmp_path: Path) -> None:
    code = encoded(JPEG_2000, GREY)
    path = write_dicom(tmp_path / "a.dcm", [code[: len(code) * 2 // 3]], syntax=JPEG_2000, **described(GREY))
    assert refused(path, codec) == "pixels-undecodable"


def test_a_claimed_length_sets_no_memory_aside(codec: Codec, tmp_path: Path) -> None:
    import tracemalloc

    path = write_dicom(tmp_path / "a.dcm", GREY)
    data = path.read_bytes()
    huge = b"\x09\0\x10\0LO\x04\0BAD \x09\0\x01\x10OB\0\0" + (0xB0000000).to_bytes(4, "little")
    path.write_bytes(data.replace(b"\x28\0\x02\0US", huge + b"\x28\0\x02\0US", 1))
    tracemalloc.start()
    try:
        assert refused(path, codec)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_deflated_bomb(codec: Codec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_file, "MOST_INFLATED_BYTES", 100_000)
    path = write_dicom(tmp_path / "a.dcm", GREY, syntax=DEFLATED)
    assert np.array_equal(frame(path, codec), GREY)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    start = path.read_bytes().index(DEFLATED.encode()) + len(DEFLATED)
    head = path.read_bytes()[: start + start % 2]
    path.write_bytes(head + packer.compress(bytes(1_000_000)) + packer.flush())
    assert refused(path, codec) == "dicom-unreadable"


def test_a_file_that_changed_since_it_was_opened(codec: Codec, tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY)
    scan: Scan = open_scan(path, codec)
    write_dicom(path, COLOUR)
    with pytest.raises(KnownError, match="file-changed"):
        scan.frame(1)
