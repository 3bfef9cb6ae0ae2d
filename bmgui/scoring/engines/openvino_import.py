"""The one importer of OpenVINO: it imports it without its telemetry, so that nothing leaves the machine.

`import openvino` imports `openvino.tools.ovc` (the model converter, which we do not use), and that sends an "import"
event to Google Analytics through the package `openvino_telemetry`, without asking (2026.4: `tools/ovc/__init__.py`;
only a consent file that says no stops it). `openvino/__init__.py` goes on where the converter cannot be imported, and a
None in `sys.modules` makes it so. The same holds `openvino_telemetry` itself back; OpenVINO's native libraries open no
sockets. It also saves 0.1 s. A test watches a fresh process for sockets and files.
"""

import sys
from typing import Any

_HELD_BACK = ("openvino_telemetry", "openvino.tools.ovc")


def import_openvino() -> tuple[Any, Any]:
    """The modules `openvino` and its newest operation set that we use. Raises ImportError where it is missing."""
    if "openvino" not in sys.modules:
        for name in _HELD_BACK:
            sys.modules[name] = None  # type: ignore[assignment]  # the import system's way to say "cannot be imported"
    import openvino
    import openvino.opset13 as operations

    return openvino, operations
