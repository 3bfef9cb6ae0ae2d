"""Which engine runs a model on this machine."""

import importlib.util
import re
import shutil
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.scoring.card import Card
from bmgui.scoring.engines.engine import Device, Engine

_NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def open_engine(folder: Path, card: Card, device: Device = "auto", throughput: bool = False) -> Engine:
    """Load the model in `folder` into the engine that fits this machine.

    auto: torch where a CUDA card and a torch that sees it are there; else OpenVINO; else torch on the CPU. The engine's
    note then says why it is not the card, or not OpenVINO.
    throughput: for bulk scoring; otherwise one crop comes back as fast as it can.
    Raises KnownError: "no-engine", "no-cuda" (asked for and absent), and what `load_weights` raises.
    """
    note = "" if device == "cpu" else why_no_cuda()
    if device != "cpu" and note is None:
        from bmgui.scoring.engines.torch_engine import TorchEngine

        return TorchEngine(folder, card, "cuda")
    if device == "cuda":
        raise KnownError("no-cuda")
    return _open_on_cpu(folder, card, throughput, note or "")


def _open_on_cpu(folder: Path, card: Card, throughput: bool, note: str) -> Engine:
    from bmgui.scoring.engines.openvino_import import import_openvino

    try:
        import_openvino()
    except ImportError:
        if importlib.util.find_spec("torch") is None:
            raise KnownError("no-engine") from None
        from bmgui.scoring.engines.torch_engine import TorchEngine

        return TorchEngine(folder, card, "cpu", note or "no-openvino")
    from bmgui.scoring.engines.openvino_engine import OpenVinoEngine

    return OpenVinoEngine(folder, card, throughput, note)


def why_no_cuda() -> str | None:
    """None where torch can use a CUDA card; "" where there is no card; else the code of a note: what is missing.

    Imports torch (seconds) only where a card was found and a torch that was built for it.
    """
    if not nvidia_card_found():
        return ""
    build = torch_cuda_build()
    if build is None:
        return "cuda-card-without-torch"
    if not build:
        return "cuda-card-without-cuda-torch"
    return None if _cuda_computes() else "cuda-card-not-usable"


def _cuda_computes() -> bool:
    """Whether torch gets one sum out of the card: it calls cards available for which it has no code (old ones), and
    broken driver libraries already fail its import. The CPU is used then."""
    try:
        import torch

        return torch.cuda.is_available() and torch.ones(2, device="cuda").sum().item() == 2.0
    except (ImportError, OSError, RuntimeError, AssertionError):  # AssertionError: a torch without CUDA after all
        return False


def nvidia_card_found() -> bool:
    """Whether this machine has an NVIDIA driver at work, as far as can be told without loading it."""
    return _NVIDIA_DRIVER.exists() or shutil.which("nvidia-smi") is not None


def torch_cuda_build() -> str | None:
    """The CUDA version that the installed torch was built for, "" for a build without CUDA, None without torch.

    Read from its version file: importing torch takes a second.
    """
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        return None
    text = (Path(found.submodule_search_locations[0]) / "version.py").read_text("utf-8")
    match = re.search(r"^cuda\b[^=]*=\s*['\"]([^'\"]+)['\"]", text, re.MULTILINE)
    return match.group(1) if match else ""
