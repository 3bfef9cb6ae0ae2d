"""The engines: the only part that imports OpenVINO, torch or captum; only the worker imports it.

`open_engine(folder, card, device, throughput)` gives the one that fits this machine.
"""

from bmgui.scoring.engines.choose import open_engine
from bmgui.scoring.engines.engine import METHODS, Cancelled, Device, Engine, Progress

__all__ = ["METHODS", "Cancelled", "Device", "Engine", "Progress", "open_engine"]
