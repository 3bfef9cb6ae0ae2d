"""Which engine runs a model on this machine."""

from pathlib import Path

from bmgui.scoring.card import Card
from bmgui.scoring.engines.engine import Device, Engine


def open_engine(folder: Path, card: Card, device: Device = "auto", throughput: bool = False) -> Engine:
    """Load the model in `folder` into the engine that fits this machine.

    auto: torch where a CUDA card and a torch that sees it are there; else OpenVINO; else torch on the CPU.
    throughput: for bulk scoring; otherwise one crop comes back as fast as it can.
    Raises KnownError: "no-engine", "no-cuda" (asked for and absent), and what `load_weights` raises.
    """
    raise NotImplementedError
