"""Pictures: PNG, JPEG, TIFF (each page a frame), BMP and WebP, by Pillow.

What a picture becomes: 1 bit → 0 and 255 · grey as it is · grey of more than 8 bits → its highest 8
(`value >> (bits − 8)`, so 0–65535 becomes 0–255) · palette, CMYK and YCbCr → RGB · alpha → laid over black · turned as
its EXIF orientation says. Colour profiles and gamma are not applied. Floats and 32-bit integers have no stated range
and are refused.
"""

import functools
import importlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.limits import check_size
from bmgui.imaging.scan import Scan
from bmgui.imaging.unchanged import stamp, unchanged, unreadable

_PLUGINS = {
    "PNG": "PngImagePlugin",
    "JPEG": "JpegImagePlugin",
    "TIFF": "TiffImagePlugin",
    "BMP": "BmpImagePlugin",
    "WEBP": "WebPImagePlugin",
}
_EXIF_ORIENTATION = 0x0112
_TIFF_PHOTOMETRIC, _TIFF_BITS, _WHITE_IS_ZERO = 262, 258, 0
_MOST_PAGES = 10_000
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_picture(path: Path, fingerprint: str, kind: str) -> Scan:
    """Read the header of a picture; its pixels are decoded when a frame is asked for.

    kind: "PNG", "JPEG", "TIFF", "BMP" or "WEBP". Raises KnownError("picture-unreadable", "picture-too-large").
    """
    mark = stamp(path)
    with _opened(path, kind) as image:
        width, height = image.size
        if _orientation(image) >= 5:
            width, height = height, width
        frames = _pages(path, image) if kind == "TIFF" else 1
    return Scan(
        path=path,
        fingerprint=fingerprint,
        kind="picture",
        width=width,
        height=height,
        frames=frames,
        decode=unchanged(path, mark, functools.partial(_decode, path, kind, (width, height))),
    )


def _decode(path: Path, kind: str, size: tuple[int, int], number: int) -> Frame:
    with _opened(path, kind) as image:
        try:
            if number > 1:
                image.seek(number - 1)
            check_size(path, *image.size)
            orientation = _orientation(image)
            frame = _pixels(path, image)
        except KnownError:
            raise
        except Exception as error:  # Pillow's plugins raise whatever the damage leads to
            raise _unreadable(path, error) from error
    frame = _turned(frame, orientation)
    if frame.shape[1::-1] != size:
        raise KnownError("frame-size-differs", file=str(path), frame=number, width=size[0], height=size[1])
    return frame


def _opened(path: Path, kind: str) -> Image.Image:
    # only this format's plugin: Pillow would load five at its first picture, and guess
    importlib.import_module(f"PIL.{_PLUGINS[kind]}")
    warnings.filterwarnings("ignore", module=r"PIL(\.|$)")  # what matters of it is found out and said below
    try:
        image = Image.open(path, formats=(kind,))
    except Image.DecompressionBombError as error:
        raise KnownError("picture-unreadable", file=str(path), reason="it claims far too many pixels") from error
    except Exception as error:
        raise _unreadable(path, error) from error
    try:
        check_size(path, *image.size)
    except KnownError:
        image.close()
        raise
    return image


def _pages(path: Path, image: Image.Image) -> int:
    try:
        pages = int(getattr(image, "n_frames", 1))
    except Exception as error:
        raise _unreadable(path, error) from error
    if pages > _MOST_PAGES:
        raise KnownError("picture-unreadable", file=str(path), reason=f"{pages} pages")
    return pages


def _orientation(image: Image.Image) -> int:
    """1 to 8 as EXIF counts them. Pillow turns TIFFs by itself; only what stands before the pixels is looked at."""
    data = image.info.get("exif") if image.format != "TIFF" else None
    if not data:
        return 1
    exif = Image.Exif()
    try:
        exif.load(data)
        value = int(exif.get(_EXIF_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block does not make the pixels worse
        return 1
    return value if value in _TURNS else 1


def _turned(frame: Frame, orientation: int) -> Frame:
    if orientation == 1:
        return frame
    return np.asarray(Image.fromarray(frame).transpose(_TURNS[orientation]))


def _pixels(path: Path, image: Image.Image) -> Frame:
    if image.mode.startswith("I;16"):
        return _from_16_bits(image)
    if image.has_transparency_data:
        image = _over_black(image)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if image.mode in ("P", "RGB", "RGBX", "CMYK", "YCbCr"):
        return np.asarray(image.convert("RGB"))
    raise KnownError("picture-kind-unsupported", file=str(path), kind=f"{image.format} {image.mode}")


def _from_16_bits(image: Image.Image) -> Frame:
    tags: Any = getattr(image, "tag_v2", {})
    bits = int(np.max(tags.get(_TIFF_BITS, 16)))
    values = np.asarray(image).astype(np.uint16) >> (bits - 8)
    if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:  # Pillow inverts 8-bit ones only
        values = 255 - values
    return values.astype(np.uint8)


def _over_black(image: Image.Image) -> Image.Image:
    grey = image.mode in ("L", "LA", "La", "1")
    layered = image.convert("RGBA")
    flat = Image.new("RGBA", layered.size, (0, 0, 0, 255))
    flat.alpha_composite(layered)
    return flat.convert("L" if grey else "RGB")


def _unreadable(path: Path, error: Exception) -> KnownError:
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(path, error)
    return KnownError("picture-unreadable", file=str(path), reason=str(error) or type(error).__name__)
