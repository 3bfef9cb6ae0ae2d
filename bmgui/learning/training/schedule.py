"""Learning rates as pure functions of the step, and what an optimiser gets."""

import math

import torch
from torch import nn

from bmgui.learning.plans.plan import Stage

HEAD_PREFIX = "module.fc."


def share_of_rate(stage: Stage, step: int, steps: int) -> float:
    """Learning rate of step (from 0) of `steps` ÷ the stage's rate: a warm-up, then constant or half a cosine."""
    warmup = min(stage.warmup_steps, steps // 2)
    if stage.schedule == "constant" and step >= warmup:
        return 1.0
    return warmed_up_cosine(step, steps, warmup)


def warmed_up_cosine(step: int, steps: int, warmup: int) -> float:
    """Rises evenly to 1 within `warmup` steps, then falls to 0 by half a cosine; step from 0."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def make_optimiser(student: nn.Module, stage: Stage) -> torch.optim.Optimizer:
    """SGD or AdamW. No weight decay on vectors (BatchNorm, biases); the head has its own rate."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in student.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((name.startswith(HEAD_PREFIX), parameter.ndim > 1), []).append(parameter)
    described = [
        {
            "params": parameters,
            "share": stage.head_rate if is_head else 1.0,
            "weight_decay": stage.weight_decay if decays else 0.0,
        }
        for (is_head, decays), parameters in groups.items()
    ]
    if stage.optimiser == "sgd":
        return torch.optim.SGD(described, lr=stage.rate, momentum=stage.momentum)
    # not `fused`: on the CPU it is wrong, without a word, where its memory is laid out otherwise than its parameters
    return torch.optim.AdamW(described, lr=stage.rate)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate * group["share"]
