"""pydicom without its native plugins: how every process but the codec's imports it.

`import pydicom` looks for gdcm, openjpeg, rle and pyjpegls and loads what it finds. Here they are out of reach while it
does, so that no native DICOM codec enters this process. The codec process imports pydicom itself, before this module.
"""

import logging
import sys
import warnings

_NATIVE = ("gdcm", "_gdcm", "openjpeg", "rle", "jpeg_ls", "pylibjpeg", "libjpeg")


def _import_without_plugins() -> None:
    hidden = [name for name in _NATIVE if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # an import of it now fails as if it were missing
    try:
        import pydicom  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]


if "pydicom" not in sys.modules:
    _import_without_plugins()

from pydicom import config  # noqa: E402 - after the plugins were out of the way
from pydicom.dataelem import RawDataElement  # noqa: E402
from pydicom.dataset import Dataset  # noqa: E402
from pydicom.filereader import read_dataset  # noqa: E402
from pydicom.uid import UID  # noqa: E402

__all__ = ["UID", "Dataset", "RawDataElement", "quiet", "read_dataset"]

config.settings.reading_validation_mode = config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


def quiet() -> None:
    """What pydicom would warn of, this program finds out and says itself. Called before each reading.

    Not `warnings.catch_warnings`, which is not safe among threads; adding the same filter again costs nothing.
    """
    warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
