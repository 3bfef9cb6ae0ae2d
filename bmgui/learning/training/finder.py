"""Teaching the mass finder: a plain loop over random views, killed and resumed at will, the same weights in the end."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bmgui.learning.training.checkpoint import (
    optimiser_tensors,
    prefixed,
    read_checkpoint,
    restore_optimiser,
    write_checkpoint,
)
from bmgui.learning.training.finder_views import Picture, view
from bmgui.learning.training.networks import State, rounded
from bmgui.learning.training.schedule import warmed_up_cosine
from bmgui.scoring.engines.mass_finder_torch import FinderNetwork


@dataclass(frozen=True)
class FinderPlan:
    """widths, blocks: see FinderNetwork. side: px of a view. rate: AdamW's highest, reached after warm_up steps, then
    falling to 0 by a half cosine. memory: of the running average of the weights, which is what ships."""

    widths: tuple[int, ...] = (16, 32, 80, 160, 224)
    blocks: tuple[int, ...] = (2, 2, 2, 2)
    side: int = 192
    batch: int = 16
    steps: int = 5000
    rate: float = 2e-3
    warm_up: int = 200
    decay: float = 0.02
    memory: float = 0.997
    seed: int = 0
    half: bool = True  # bfloat16 autocast: twice as fast on a CPU that has it


class _Run:
    """What changes from step to step, and lies in the checkpoint."""

    def __init__(self, plan: FinderPlan) -> None:
        torch.manual_seed(plan.seed)
        self.step = 0
        self.network = FinderNetwork(plan.widths, plan.blocks).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(_groups(self.network, plan.decay), lr=plan.rate)
        self.average = {name: value.clone() for name, value in self.network.state_dict().items()}


def teach(
    pictures: list[Picture],
    weights: np.ndarray[Any, Any],
    plan: FinderPlan,
    folder: Path,
    tell: Callable[[str], None],
    every: int = 250,
) -> State:
    """The averaged weights after `plan.steps` steps; goes on from the checkpoint in `folder` where there is one.

    weights: how often each picture is drawn. Each step's views come from (seed, step) alone, so a resumed run sees the
    same ones. A checkpoint is written every `every` steps.
    """
    run = _Run(plan)
    _resume(run, folder)
    recent: deque[float] = deque(maxlen=50)
    while run.step < plan.steps:
        views, shares = _batch(pictures, weights, plan, run.step)
        loss = _step(run, views, shares, plan)
        if not np.isfinite(loss):
            raise FloatingPointError(f"the loss of step {run.step} is {loss}")
        recent.append(loss)
        run.step += 1
        if run.step % 50 == 0:
            tell(f"step {run.step}: loss {np.mean(recent):.4f}")
        if run.step % every == 0 or run.step == plan.steps:
            _keep(run, folder)
    return run.average


def _batch(
    pictures: list[Picture], weights: np.ndarray[Any, Any], plan: FinderPlan, step: int
) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng((plan.seed, step))
    chosen = rng.choice(len(pictures), plan.batch, p=weights / weights.sum())
    views = [view(pictures, int(index), plan.side, rng) for index in chosen]
    x, y = (torch.from_numpy(np.stack(part)[:, None]) for part in zip(*views, strict=True))
    return x.contiguous(memory_format=torch.channels_last), y


def _step(run: _Run, views: torch.Tensor, shares: torch.Tensor, plan: FinderPlan) -> float:
    for group in run.optimiser.param_groups:
        group["lr"] = plan.rate * warmed_up_cosine(run.step, plan.steps, plan.warm_up)
    run.network.train()
    with torch.autocast("cpu", torch.bfloat16, enabled=plan.half):
        logits = run.network(views)
    loss = finder_loss(logits.float(), shares)
    run.optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(run.network.parameters(), 5.0)
    run.optimiser.step()
    keep = min(plan.memory, (run.step + 1) / (run.step + 10))
    with torch.no_grad():
        for name, value in run.network.state_dict().items():
            if value.is_floating_point():
                run.average[name].lerp_(value, 1 - keep)
    return loss.item()


def finder_loss(logits: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of all cells plus, for each picture with a mass, 1 − Dice (Milletari 2016).

    logits, shares: (n, 1, h, w); shares of mass in [0, 1].
    """
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, shares)
    likely = torch.sigmoid(logits)
    held, both = (likely * shares).sum((1, 2, 3)), (likely + shares).sum((1, 2, 3))
    has_mass = (shares.sum((1, 2, 3)) >= 1).float()
    dice = (1 - (2 * held + 1) / (both + 1)) * has_mass
    return entropy + 0.5 * dice.sum() / has_mass.sum().clamp(min=1)


def _groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Kernels decay; BatchNorm's vectors and biases do not."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    return [{"params": kernels, "weight_decay": decay}, {"params": [p for p in network.parameters() if p.ndim <= 1]}]


def _keep(run: _Run, folder: Path) -> None:
    tensors = prefixed("network", run.network.state_dict()) | prefixed("average", run.average)
    write_checkpoint(folder, tensors | prefixed("optimiser", optimiser_tensors(run.optimiser)), {"step": run.step})


def _resume(run: _Run, folder: Path) -> None:
    saved = read_checkpoint(folder)
    if saved is None:
        return
    run.network.load_state_dict(saved.under("network"))
    run.average = saved.under("average")
    restore_optimiser(run.optimiser, saved.under("optimiser"))
    run.step = int(saved.numbers["step"])


def shipped(average: State) -> State:
    """What goes into the file: kernels in float16, BatchNorm's vectors and the head's bias in float32."""
    return rounded({name: value for name, value in average.items() if value.is_floating_point()})
