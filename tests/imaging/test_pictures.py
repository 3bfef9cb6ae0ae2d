"""PNG, JPEG, TIFF, BMP and WebP, against what was put in."""

import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.imaging import limits
from bmgui.imaging.codec import Codec
from bmgui.imaging.crop import grey
from bmgui.imaging.opening import open_scan
from tests.imaging.dicom_made import colour_picture, grey_picture

GREY, COLOUR = grey_picture(), colour_picture()
NO_CODEC = Codec()  # pictures need none: its process never starts


def shown(path: Path, image: Image.Image, kind: str = "PNG", **options: Any) -> Any:
    """What the picture looks like once it is saved under a name that says nothing and opened again."""
    file = path / "picture.bin"
    image.save(file, kind, **options)
    scan = open_scan(file, NO_CODEC)
    frame = scan.frame(1)
    assert (scan.kind, scan.width, scan.height) == ("picture", frame.shape[1], frame.shape[0])
    assert frame.dtype == np.uint8
    return frame


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
def test_lossless_kinds(tmp_path: Path, kind: str, picture: Any) -> None:
    assert np.array_equal(shown(tmp_path, Image.fromarray(picture), kind), picture)


@pytest.mark.parametrize(("kind", "options"), [("WEBP", {"lossless": True}), ("JPEG", {"quality": 98})])
def test_other_kinds(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    frame = shown(tmp_path, Image.fromarray(COLOUR), kind, **options)
    assert np.abs(frame.astype(int) - COLOUR).mean() < 4


def test_one_bit(tmp_path: Path) -> None:
    bits = Image.fromarray(GREY > 99)
    assert np.array_equal(shown(tmp_path, bits), (GREY > 99) * np.uint8(255))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_keep_their_highest_8(tmp_path: Path, kind: str) -> None:
    words = GREY.astype(np.uint16) * 256 + 200
    assert np.array_equal(shown(tmp_path, Image.fromarray(words), kind), GREY)


def test_16_bits_of_a_tiff_in_which_white_is_zero(tmp_path: Path) -> None:
    words = GREY.astype(np.uint16) * 257
    assert np.array_equal(shown(tmp_path, Image.fromarray(words), "TIFF", tiffinfo={262: 0}), 255 - GREY)


def test_a_palette(tmp_path: Path) -> None:
    image = Image.fromarray(COLOUR).quantize(256)
    assert np.array_equal(shown(tmp_path, image), np.asarray(image.convert("RGB")))


def test_cmyk(tmp_path: Path) -> None:
    image = Image.fromarray(COLOUR).convert("CMYK")
    assert np.abs(shown(tmp_path, image, "TIFF").astype(int) - COLOUR).max() <= 1
    assert np.abs(shown(tmp_path, image, "JPEG", quality=98).astype(int) - COLOUR).mean() < 4


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_alpha_is_laid_over_black(tmp_path: Path, mode: str) -> None:
    if mode == "P":
        image = Image.new("P", (40, 40), 1)
        image.putpalette([0, 0, 0, 200, 100, 50])
        image.paste(0, (0, 0, 20, 40))
        frame = shown(tmp_path, image, transparency=1)
        assert frame.max() == 0
        return
    image = Image.new(mode, (40, 40), (200, 128) if mode == "LA" else (200, 100, 50, 128))
    frame = shown(tmp_path, image)
    assert frame.ndim == (2 if mode == "LA" else 3)
    assert abs(int(frame.reshape(1600, -1)[0, 0]) - 100) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_exif_orientation(tmp_path: Path, kind: str, orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    frame = shown(tmp_path, Image.fromarray(COLOUR), kind, exif=exif, **options)
    image = Image.fromarray(COLOUR)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    assert frame.shape == expected.shape
    assert np.abs(frame.astype(int) - expected).mean() < 4


def test_the_pages_of_a_tiff_are_frames(tmp_path: Path) -> None:
    pages = [Image.fromarray(picture) for picture in (GREY, 255 - GREY, GREY // 2)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    scan = open_scan(tmp_path / "a.tif", NO_CODEC)
    assert scan.frames == 3
    assert np.array_equal(scan.frame(2), 255 - GREY)
    assert np.array_equal(scan.frame(1), GREY)


def test_a_page_of_another_size_is_not_shown(tmp_path: Path) -> None:
    pages = [Image.fromarray(GREY), Image.fromarray(GREY[:20])]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(KnownError, match="frame-size-differs"):
        open_scan(tmp_path / "a.tif", NO_CODEC).frame(2)


def test_floats_have_no_scale(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="picture-kind-unsupported"):
        shown(tmp_path, Image.fromarray(GREY.astype(np.float32)), "TIFF")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_a_cut_picture_is_refused(tmp_path: Path, kind: str) -> None:
    Image.fromarray(COLOUR).save(tmp_path / "a", kind)
    data = (tmp_path / "a").read_bytes()
    for length in range(0, len(data) * 2 // 3, max(1, len(data) // 20)):
        (tmp_path / "a").write_bytes(data[:length])
        with pytest.raises(KnownError) as caught:
            open_scan(tmp_path / "a", NO_CODEC).frame(1)
        assert caught.value.fields["file"] == str(tmp_path / "a")


def test_a_bomb_is_refused_at_its_header(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    for claimed, code in ((9000, "picture-too-large"), (60000, "picture-unreadable")):
        data[16:24] = claimed.to_bytes(4, "big") * 2
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
        (tmp_path / "a.png").write_bytes(data)
        with pytest.raises(KnownError, match=code):
            open_scan(tmp_path / "a.png", NO_CODEC)


def test_the_limit_is_the_same_for_every_kind() -> None:
    with pytest.raises(KnownError, match="picture-too-large"):
        limits.check_size(Path("a"), 8193, 8192)
    limits.check_size(Path("a"), 8192, 8192)


def test_three_equal_channels_stay_three_and_grey_is_the_same(tmp_path: Path) -> None:
    frame = shown(tmp_path, Image.fromarray(np.dstack([GREY] * 3)))
    assert frame.ndim == 3
    assert np.array_equal(grey(frame), GREY)


def test_a_png_needs_neither_pydicom_nor_other_formats(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "乳.png")
    code = """
import sys
import zlib
from pathlib import Path
from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import open_scan
open_scan(Path(sys.argv[1]), Codec()).frame(1)
print(sorted(name for name in sys.modules if name == "pydicom" or name.endswith("ImagePlugin")))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "乳.png")],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "['PIL.PngImagePlugin']", done.stderr
