"""Every random draw of a training comes from named numbers, so that a resumed run draws what an unbroken one would."""

import hashlib

import torch


def seed_of(*names: str | int) -> int:
    """A seed of 63 bits for these names: for example (seed, job, stage, epoch, step, what for)."""
    text = "\x1f".join(str(name) for name in names).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def generator(*names: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator of its own for these names."""
    return torch.Generator(device).manual_seed(seed_of(*names))


def seed_torch(*names: str | int) -> None:
    """Seed torch's common generators, on every device: dropout and first weights draw from them."""
    torch.manual_seed(seed_of(*names))
