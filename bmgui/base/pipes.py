"""Messages between our processes: a JSON header and the arrays it announces. No pickle.

A message on the wire: 4 bytes, little endian: the length of the header; the header (ASCII JSON object, so that names of
files that are no UTF-8 travel too; its key `arrays` lists `[dtype, shape]`); then the arrays' bytes, one behind the
other, C order.
"""

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_LENGTH = struct.Struct("<I")
_MOST_HEADER_BYTES = 1 << 20
_MOST_ARRAY_BYTES = 1 << 31
_DTYPES = {"uint8", "uint16", "int64", "float32"}


class PipeBroken(Exception):  # noqa: N818 - a state of the world, named as such
    """The other side ended, or what it sent is not a message."""


def send(stream: BinaryIO, header: dict[str, Any], arrays: Sequence[Array] = ()) -> None:
    """Write one message and flush it. Raises PipeBroken when nobody reads any more."""
    contiguous = [np.asarray(array, order="C") for array in arrays]
    described = {**header, "arrays": [[str(a.dtype), list(a.shape)] for a in contiguous]}
    text = json.dumps(described).encode("ascii")
    try:
        stream.write(_LENGTH.pack(len(text)) + text)
        stream.writelines(array.data.cast("B") if array.size else b"" for array in contiguous)
        stream.flush()
    except (OSError, ValueError) as error:  # ValueError: the stream was closed on this side
        raise PipeBroken(str(error)) from error


def receive(stream: BinaryIO) -> tuple[dict[str, Any], list[Array]] | None:
    """Read one message; None at a clean end between messages. Raises PipeBroken."""
    prefix = stream.read(_LENGTH.size)
    if not prefix:
        return None
    if len(prefix) < _LENGTH.size or _LENGTH.unpack(prefix)[0] > _MOST_HEADER_BYTES:
        raise PipeBroken("no message")
    try:
        header = json.loads(_exactly(stream, _LENGTH.unpack(prefix)[0]))
        described = header.pop("arrays")
        return header, [_array(stream, dtype, shape) for dtype, shape in described]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PipeBroken(str(error)) from error


def _array(stream: BinaryIO, dtype: str, shape: list[int]) -> Array:
    if dtype not in _DTYPES or any(n < 0 for n in shape):
        raise PipeBroken(f"array of {dtype} {shape}")
    count = int(np.prod(shape, dtype=object)) if shape else 1
    size = count * np.dtype(dtype).itemsize
    if size > _MOST_ARRAY_BYTES:
        raise PipeBroken(f"array of {size} bytes")
    return np.frombuffer(_exactly(stream, size), dtype=dtype).reshape(shape)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise PipeBroken("cut short")
    return data
