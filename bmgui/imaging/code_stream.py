"""What a compressed frame says of itself: its size, its channels, and whether they are RGB or YCbCr.

Headers and streams contradict each other; a viewer that believes the header shows green pictures. The rule here: **the
stream decides where it says anything, the header only where the stream is silent.**

JPEG of three channels (the order is libjpeg's, so that what every other program shows is what is seen here):
1. a JFIF marker: YCbCr (not for lossless JPEG, whose writers put one before RGB too);
2. an Adobe marker: RGB for transform 0, YCbCr for 1;
3. component ids "R", "G", "B": RGB;
4. chroma of fewer samples than the first channel: YCbCr (nobody subsamples green and blue);
5. else the header: RGB if it says RGB, YCbCr otherwise.

JPEG 2000: with the multiple component transform the decoder gives RGB, whatever the header says; without it the
header's YBR_FULL holds, and all else is RGB. JPEG-LS and RLE say nothing: the header decides.
"""

import struct
from dataclasses import dataclass

_START_OF_FRAME = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_RGB_IDS = (0x52, 0x47, 0x42)


@dataclass(frozen=True)
class CodeStream:
    """kind: "jpeg" (its `process` is the number of its SOF marker: 0, 1, 2 by cosines, 3 lossless), "jpeg-ls", "j2k".

    transform: a JPEG 2000's multiple component transform. subsampled, ids, jfif, adobe: a JPEG's.
    """

    kind: str
    width: int
    height: int
    channels: int
    precision: int
    process: int = -1
    ids: tuple[int, ...] = ()
    subsampled: bool = False
    jfif: bool = False
    adobe: int | None = None
    transform: bool = False


def read_code_stream(data: bytes) -> CodeStream | None:
    """Read the stream's own header; None where it is not one of these kinds, or its header is not within `data`."""
    try:
        if data[:2] == b"\xff\xd8":
            return _jpeg(data)
        start = 0 if data[:4] == b"\xff\x4f\xff\x51" else data[: 1 << 12].find(b"\xff\x4f\xff\x51")  # bare, or in a JP2
        return _j2k(data[start:]) if start >= 0 else None
    except (IndexError, struct.error):
        return None


def is_rgb(stream: CodeStream, photometric: str) -> bool:
    """Whether the stream's three channels are RGB once decoded (a JPEG: before any conversion). See above."""
    if stream.kind == "j2k":
        return stream.transform or not photometric.startswith(("YBR_FULL", "YBR_PARTIAL"))
    if stream.kind == "jpeg":
        if (stream.jfif and stream.process != 3) or says_rgb(stream):
            return says_rgb(stream)
        if stream.adobe == 1 or stream.subsampled:
            return False
    return photometric == "RGB"


def says_rgb(stream: CodeStream) -> bool:
    """Whether a JPEG itself says that its channels are RGB: by its Adobe marker, or else by its components' ids."""
    if stream.jfif and stream.process != 3:
        return False
    return stream.adobe == 0 or (stream.adobe is None and stream.ids == _RGB_IDS)


def _jpeg(data: bytes) -> CodeStream | None:
    at = 2
    jfif, adobe = False, None
    while True:
        while data[at] != 0xFF:
            at += 1
        marker = data[at + 1]
        if marker == 0xFF or marker in _STANDALONE:  # fill bytes and markers without a length
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker == 0xE0 and body[:5] == b"JFIF\0":
            jfif = True
        elif marker == 0xEE and body[:5] == b"Adobe":
            adobe = body[11]
        elif marker in _START_OF_FRAME:
            return _frame(marker, body, jfif, adobe)
        elif marker in (0xDA, 0xD9):
            return None
        at += 2 + max(length, 2)


def _frame(marker: int, body: bytes, jfif: bool, adobe: int | None) -> CodeStream:
    precision, height, width, channels = struct.unpack_from(">BHHB", body)
    parts = [(body[6 + 3 * i], body[7 + 3 * i]) for i in range(channels)]
    factors = [factor for _, factor in parts]
    return CodeStream(
        kind="jpeg-ls" if marker == 0xF7 else "jpeg",
        width=width,
        height=height,
        channels=channels,
        precision=precision,
        process=-1 if marker == 0xF7 else marker - 0xC0,
        ids=tuple(number for number, _ in parts),
        subsampled=len(set(factors)) > 1,
        jfif=jfif,
        adobe=adobe,
    )


def _j2k(data: bytes) -> CodeStream:
    length, _, x1, y1, x0, y0 = struct.unpack_from(">HHIIII", data, 4)
    (channels,) = struct.unpack_from(">H", data, 40)
    precision = (data[42] & 0x7F) + 1
    at, transform = 4 + length, False
    while data[at] == 0xFF and data[at + 1] not in (0x90, 0x93):  # until the first tile part
        if data[at + 1] == 0x52:  # coding style
            transform = data[at + 8] == 1
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return CodeStream("j2k", x1 - x0, y1 - y0, channels, precision, transform=transform)
