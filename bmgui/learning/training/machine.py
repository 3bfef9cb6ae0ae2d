"""Where a training runs: device, precision, threads, and this process's place among several (torchrun)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed

from bmgui.base.errors import KnownError
from bmgui.base.memory import held_bytes
from bmgui.learning.plans.plan import Plan


@dataclass(frozen=True)
class Machine:
    """autocast: the lower precision of matrix work, None for float32; rank of `world` processes."""

    device: torch.device
    autocast: torch.dtype | None
    rank: int = 0
    world: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes files and tells."""
        return self.rank == 0

    def precision(self) -> torch.autocast:
        """The context that forward passes run in."""
        return torch.autocast(
            self.device.type, dtype=self.autocast or torch.bfloat16, enabled=self.autocast is not None
        )

    def meet(self) -> None:
        """Wait for the other processes: what one has written, all can read."""
        if self.world > 1:
            distributed.barrier()

    def agree(self, *numbers: float) -> list[float]:
        """The first process's numbers, in all of them."""
        if self.world == 1:
            return list(numbers)
        shared = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, 0)
        return [float(number) for number in shared]

    def memory_mb(self) -> dict[str, float]:
        """What this process holds, in MB of 10⁶ bytes: `memory_mb`, and on CUDA `card_mb`."""
        found: dict[str, float] = {}
        held = held_bytes()
        if held is not None:
            found["memory_mb"] = round(held / 1e6)
        if self.device.type == "cuda":
            found["card_mb"] = round(torch.cuda.memory_reserved(self.device) / 1e6)
        return found

    def described(self) -> str:
        """In words, for the run's record."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"
        precision = str(self.autocast).removeprefix("torch.") if self.autocast else "float32"
        return f"{name}, {precision}" + (f", {self.world} processes" if self.world > 1 else "")


def spare_a_thread() -> None:
    """Leave one thread of the processor to others, unless the plan names how many (torch takes one a core)."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(max(1, min(torch.get_num_threads(), allowed - 1)))


@contextmanager
def machine_for(plan: Plan) -> Iterator[Machine]:
    """The machine that the plan asks for; under torchrun the processes are joined, and parted at the end.

    Raises KnownError("no-cuda").
    """
    if plan.threads:
        torch.set_num_threads(plan.threads)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    device = _device(plan.device, int(os.environ.get("LOCAL_RANK", "0")))
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = True
    if world > 1:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Machine(device, _autocast(plan.autocast, device), int(os.environ.get("RANK", "0")), world)
    finally:
        if world > 1:
            distributed.destroy_process_group()


def _device(wanted: str, local_rank: int) -> torch.device:
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise KnownError("no-cuda")
    return torch.device("cuda", local_rank) if there and wanted != "cpu" else torch.device("cpu")


def _autocast(wanted: str, device: torch.device) -> torch.dtype | None:
    """bf16 where it is quick, else fp16 on CUDA and float32 on the CPU, which has no fp16 to speak of."""
    if wanted == "off":
        return None
    if device.type == "cuda":
        whole = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.float16 if wanted == "fp16" or (wanted == "auto" and not whole) else torch.bfloat16
    return torch.bfloat16 if wanted == "bf16" or _cpu_has_bf16() else None


def _cpu_has_bf16() -> bool:
    # without the processor's own instructions, bf16 is slower than float32 (AVX512_BF16, AMX)
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in names)
