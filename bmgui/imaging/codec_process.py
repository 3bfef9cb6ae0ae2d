"""The process that holds the native DICOM codecs: `python -m bmgui.imaging.codec_process`, spoken to by `codec.Codec`.

At its start it says `{"ready": true}`. A request is `{"path": str, "frame": int}`; the answer is the frame, or
`{"code", "fields"}` of a known error, or `{"bug"}` with the trace of one of ours. The process ends when its input
closes. What codecs print goes nowhere near the pipe. pydicom is imported here before anything of ours: here, and only
here, it may find its native plugins.
"""

import contextlib
import io
import os
import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from bmgui.base.errors import KnownError
from bmgui.base.pipes import receive, send
from bmgui.imaging.code_stream import CodeStream, is_rgb, read_code_stream, says_rgb
from bmgui.imaging.crop import Frame
from bmgui.imaging.dicom import Image, check_agrees, read_image, to_frame
from bmgui.imaging.dicom_file import UNCOMPRESSED, Bounded
from bmgui.imaging.pixel_form import as_streamed
from bmgui.imaging.pydicom_plain import quiet
from bmgui.imaging.stored import read_stored
from bmgui.imaging.unchanged import Stamp, stamp, unreadable

_JPEG_LOSSLESS = "1.2.840.10008.1.2.4.57"
_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_RLE = "1.2.840.10008.1.2.5"
_END_OF_IMAGE, _TAIL_BYTES = b"\xff\xd9", 64
_MOST_MEMORY_BYTES = 4 << 30
Values = NDArray[Any]


class _Files:
    """Remembers the file that was read last: stepping through a loop reads its header once."""

    def __init__(self) -> None:
        self._key: tuple[Path, Stamp] | None = None
        self._image: Image | None = None

    def image(self, path: Path) -> Image:
        key = (path, stamp(path))
        if self._image is None or key != self._key:
            self._image, self._key = read_image(path), key
        return self._image


def decode(path: Path, number: int, image: Image) -> Frame:
    """Frame `number` (from 1) of a DICOM file. Raises KnownError("pixels-undecodable", "stream-contradicts", …)."""
    if image.file.syntax in UNCOMPRESSED:
        values = read_stored(path, image.file, image.pixels, image.form, number)
        return to_frame(values, image.form.photometric, image)
    try:
        code = _code(path, number, image)
        stream = None if image.file.syntax == _RLE else read_code_stream(code)
        if stream is not None:
            check_agrees(path, image.form, stream.width, stream.height)
        values, photometric = _decoded(path, code, stream, image)
        if stream is not None:
            image = replace(image, form=as_streamed(image.form, stream.precision, _is_by_cosines(stream)))
    except KnownError:
        raise
    except OSError as error:
        if error.errno is None:  # Pillow's word for damage
            raise _undecodable(path, number, error) from error
        raise unreadable(path, error) from error
    except Exception as error:  # codecs raise whatever the damage leads to
        raise _undecodable(path, number, error) from error
    return to_frame(values, photometric, image)


def main() -> None:
    """Answer requests until the input closes."""
    _limit_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program that started us; then our input closes
    requests, answers = sys.stdin.buffer, _private_stdout()
    files = _Files()
    send(answers, {"ready": True})
    while (message := receive(requests)) is not None:
        header, frames = _answer(files, message[0])
        send(answers, header, frames)


def _answer(files: _Files, request: dict[str, Any]) -> tuple[dict[str, Any], list[Frame]]:
    path = Path(request["path"])
    try:
        return {}, [decode(path, request["frame"], files.image(path))]
    except KnownError as error:
        return {"code": error.code, "fields": error.fields}, []
    except MemoryError:
        known = _undecodable(path, request["frame"], MemoryError("out of memory"))
        return {"code": known.code, "fields": known.fields}, []
    except Exception:
        return {"bug": traceback.format_exc()}, []


def _code(path: Path, number: int, image: Image) -> bytes:
    """The compressed bytes of one frame, put together from its fragments."""
    quiet()
    with path.open("rb") as stream:
        stream.seek(image.pixels.offset)
        table = _extended_offsets(image)
        return get_frame(
            cast(BinaryIO, Bounded(stream, image.pixels.offset + image.pixels.present)),
            number - 1,
            number_of_frames=image.form.frames,
            extended_offsets=table,
        )


def _extended_offsets(image: Image) -> tuple[bytes, bytes] | None:
    header = image.file.dataset
    offsets, lengths = header.get("ExtendedOffsetTable"), header.get("ExtendedOffsetTableLengths")
    return (offsets, lengths) if offsets and lengths else None


def _decoded(path: Path, code: bytes, stream: CodeStream | None, image: Image) -> tuple[Values, str]:
    if stream is not None and _is_by_cosines(stream) and stream.precision == 8:
        return _jpeg_by_pillow(code, stream, image.form.photometric)
    if stream is not None and _END_OF_IMAGE not in code[-_TAIL_BYTES:]:
        raise ValueError("the compressed data ends too early")  # some decoders would give what there is
    values = _by_pydicom(path, code, stream, image)
    if values.ndim == 2 or stream is None or stream.kind == "jpeg-ls":
        return values, image.form.photometric
    return values, "RGB" if is_rgb(stream, image.form.photometric) else "YBR_FULL"


def _is_by_cosines(stream: CodeStream) -> bool:
    return stream.kind == "jpeg" and stream.process in (0, 1, 2)


def _jpeg_by_pillow(code: bytes, stream: CodeStream, photometric: str) -> tuple[Values, str]:
    """8-bit JPEG. libjpeg's own rule for what is YCbCr is `is_rgb`'s, but for streams that say nothing."""
    from PIL import Image as Pillow
    from PIL import JpegImagePlugin  # noqa: F401 - the one plugin that is needed

    with Pillow.open(io.BytesIO(code), formats=("JPEG",)) as picture:
        if stream.channels == 3:
            if is_rgb(stream, photometric) and not says_rgb(stream):
                picture.draft("YCbCr", picture.size)  # libjpeg would take them for YCbCr: as they are, please
                return np.frombuffer(picture.tobytes(), np.uint8).reshape(*picture.size[::-1], 3), "RGB"
            return np.asarray(picture.convert("RGB")), "RGB"
        if stream.channels == 1:
            return np.asarray(picture.convert("L")), photometric
    raise ValueError(f"a JPEG of {stream.channels} channels")


def _by_pydicom(path: Path, code: bytes, stream: CodeStream | None, image: Image) -> Values:
    """Every other syntax, by the plugins that pydicom finds; unsigned, two's complement."""
    form, syntax = image.form, image.file.syntax
    if syntax == _JPEG_EXTENDED:
        syntax = (
            _JPEG_LOSSLESS  # of 12 bits: pydicom refuses it, gdcm reads it, and looks at the stream for the process
        )
    samples = form.samples if stream is None else stream.channels
    options: Any = {
        "rows": form.rows,
        "columns": form.columns,
        "samples_per_pixel": samples,
        "photometric_interpretation": form.photometric if samples == form.samples else _plain(samples),
        "pixel_representation": int(form.signed),
        "bits_allocated": form.allocated,
        "bits_stored": form.stored,
        "number_of_frames": 1,
        "planar_configuration": int(form.planar) if samples == 3 else None,
        "pixel_keyword": "PixelData",
    }
    decoder = get_decoder(UID(syntax))
    if not decoder.is_available:
        raise KnownError("syntax-unsupported", file=str(path), syntax=UID(syntax).name)
    decoded = decoder.as_array(encapsulate([code]), index=0, raw=True, **options)[0]
    values: Values = decoded.view(np.dtype(f"u{decoded.dtype.itemsize}"))
    return values


def _plain(samples: int) -> str:
    return "RGB" if samples == 3 else "MONOCHROME2"


def _undecodable(path: Path, number: int, error: Exception) -> KnownError:
    said = str(error).strip().splitlines()
    reason = said[-1].strip()[:200] if said else type(error).__name__
    return KnownError("pixels-undecodable", file=str(path), frame=number, reason=reason)


def _private_stdout() -> BinaryIO:
    """The pipe, kept for us alone: descriptor 1, which native code may print to, becomes standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _limit_memory() -> None:
    """A stream that unpacks to far more than it may ends in a MemoryError here, not in a machine that swaps."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        wanted = _MOST_MEMORY_BYTES if most == resource.RLIM_INFINITY else min(most, _MOST_MEMORY_BYTES)
        resource.setrlimit(resource.RLIMIT_AS, (wanted, most))


if __name__ == "__main__":
    main()
