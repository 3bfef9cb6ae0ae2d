"""What the trainer is told while it works: the word in the file `control`, and a signal that ends it."""

import contextlib
import signal
from collections.abc import Iterator
from typing import Any

import torch
from torch import distributed

from bmgui.learning.runs.trainers import Stopped, Trainer, Word
from bmgui.learning.training.machine import Machine

_TOGETHER_EVERY = 20  # steps between words that several processes share: each costs them a meeting
_CODES: tuple[Word | str, ...] = ("", "stop-after-epoch", "cancel")


class Obedience:
    """Called between steps, and with True after each epoch: waits while paused, raises Stopped."""

    def __init__(self, run: Trainer, machine: Machine) -> None:
        self._run, self._machine = run, machine
        self._signalled = False
        self._calls = 0

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Inside, SIGTERM and Ctrl+C mean "cancel": the last finished epoch stays."""

        def note(_number: int, _frame: Any) -> None:
            self._signalled = True

        before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def __call__(self, after_epoch: bool) -> None:
        self._calls += 1
        if self._machine.world > 1 and not after_epoch and self._calls % _TOGETHER_EVERY:
            return
        word = self._shared(self._word())
        if word == "cancel" or (word == "stop-after-epoch" and after_epoch):
            raise Stopped("cancel" if word == "cancel" else "stop-after-epoch")

    def _word(self) -> str:
        if not self._machine.leads:
            return "cancel" if self._signalled else ""
        word = self._run.control()
        while word == "pause" and not self._signalled:
            word = self._run.wait_while_paused()
        return "cancel" if self._signalled else word

    def _shared(self, word: str) -> str:
        """The strongest word that any of the processes has."""
        if self._machine.world == 1:
            return word
        code = torch.tensor(_CODES.index(word) if word in _CODES else 0, device=self._machine.device)
        distributed.all_reduce(code, distributed.ReduceOp.MAX)
        return _CODES[int(code)]
