import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from bmgui.base import pipes


@given(
    header=st.dictionaries(st.text().filter(lambda key: key != "arrays"), st.integers() | st.text()),
    arrays=st.lists(
        npst.arrays(
            st.sampled_from([np.uint8, np.uint16, np.int64]), npst.array_shapes(min_dims=0, max_dims=4, min_side=0)
        ),
        max_size=3,
    ),
)
def test_what_is_sent_arrives(header: dict[str, Any], arrays: list[Any]) -> None:
    stream = io.BytesIO()
    pipes.send(stream, header, arrays)
    pipes.send(stream, {"last": True})
    stream.seek(0)
    received = pipes.receive(stream)
    assert received is not None
    assert received[0] == header
    assert [(a.dtype, a.shape) for a in received[1]] == [(a.dtype, a.shape) for a in arrays]
    assert all(np.array_equal(a, b) for a, b in zip(received[1], arrays, strict=True))
    assert pipes.receive(stream) == ({"last": True}, [])
    assert pipes.receive(stream) is None


def test_a_name_that_is_no_utf8_arrives() -> None:
    stream = io.BytesIO()
    pipes.send(stream, {"path": "陈\udcff.dcm"})
    stream.seek(0)
    assert pipes.receive(stream) == ({"path": "陈\udcff.dcm"}, [])


def test_a_strided_array_arrives_in_its_own_order() -> None:
    stream = io.BytesIO()
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)[:, ::-1].T
    pipes.send(stream, {}, [array])
    stream.seek(0)
    received = pipes.receive(stream)
    assert received is not None
    np.testing.assert_array_equal(received[1][0], array)


def _message(header: bytes, body: bytes = b"") -> io.BytesIO:
    return io.BytesIO(struct.pack("<I", len(header)) + header + body)


@pytest.mark.parametrize(
    "stream",
    [
        io.BytesIO(b"\x01"),
        io.BytesIO(struct.pack("<I", 1 << 31)),
        _message(b"not json"),
        _message(b"[]"),
        _message(b"{}"),
        _message(b'{"arrays": [["object", [1]]]}', b"\0" * 8),
        _message(b'{"arrays": [["uint8", [-1]]]}'),
        _message(b'{"arrays": [["uint8", [4]]]}', b"123"),
        _message(b'{"arrays": [["uint8", [4294967296, 4294967296]]]}'),
    ],
)
def test_what_is_no_message_is_said_to_be_none(stream: io.BytesIO) -> None:
    with pytest.raises(pipes.PipeBroken):
        pipes.receive(stream)
