"""A stage's loop: what it keeps, when it ends, and that nothing of it is lost. On a tiny network."""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bmgui.base.errors import KnownError
from bmgui.learning.runs.trainers import Stopped
from bmgui.learning.training import checkpoint
from bmgui.learning.training.checkpoint import CHECKPOINT
from bmgui.learning.training.loop import BEST_FILE, DONE_FILE, At, after_epoch, fit, is_enough
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.stages import Batch, Task
from bmgui.learning.training.validating import Figures
from tests.conftest import REPOSITORY
from tests.learning.training.small_course import best, small_course, stage_of


def child(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, env=surroundings, capture_output=True, text=True, timeout=60
    )


def assert_equal(found: Any, wanted: Any) -> None:
    assert found.keys() == wanted.keys()
    assert [name for name in wanted if not torch.equal(found[name], wanted[name])] == []


# --- exact resume ---


@pytest.mark.parametrize(
    ("optimiser", "precision"),
    [("adamw", None), ("sgd", None), ("adamw", torch.bfloat16), ("adamw", torch.float16)],  # float16 scales its loss
)
def test_a_stage_that_was_stopped_goes_on_to_the_very_same_weights(
    tmp_path: Path, optimiser: str, precision: torch.dtype | None
) -> None:
    def stop(after_epoch: bool) -> None:
        if after_epoch:
            raise Stopped("stop-after-epoch")

    machine = Machine(torch.device("cpu"), precision)
    fit(small_course(tmp_path / "whole", machine, optimiser=optimiser))
    with pytest.raises(Stopped):
        fit(small_course(tmp_path / "parts", machine, optimiser=optimiser, obey=stop))
    assert not (tmp_path / "parts" / BEST_FILE).exists()
    fit(small_course(tmp_path / "parts", machine, optimiser=optimiser))
    assert_equal(best(tmp_path / "parts"), best(tmp_path / "whole"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_stage_that_was_killed_loses_only_its_current_epoch(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    fit(small_course(tmp_path / "whole"))
    killed = child("-m", "tests.learning.training.small_course", str(tmp_path / "parts"), "{}", "4")  # in epoch 2
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    fit(small_course(tmp_path / "parts", tell=lambda event, **fields: told.append({"event": event, **fields})))
    assert told[0]["resumed_epoch"] == 1
    assert_equal(best(tmp_path / "parts"), best(tmp_path / "whole"))


def test_another_seed_of_the_draws_gives_other_weights(tmp_path: Path) -> None:
    """So that the tests above can fail."""
    fit(small_course(tmp_path / "a"))
    course = small_course(tmp_path / "b")
    fit(replace(course, names=(1, "tiny", "us")))
    a, b = best(tmp_path / "a"), best(tmp_path / "b")
    assert any(not torch.equal(a[name], b[name]) for name in a)


def test_a_batch_in_parts_learns_what_a_whole_one_does(tmp_path: Path) -> None:
    still = {"frozen_batchnorm": True, "dropout": 0.0}
    fit(small_course(tmp_path / "whole", **still))
    fit(small_course(tmp_path / "parts", at_once=3, **still))
    whole, parts = best(tmp_path / "whole"), best(tmp_path / "parts")
    assert all(torch.allclose(parts[name], whole[name], atol=1e-5) for name in whole)


# --- when the world gives out ---


class TooLarge(Task):
    """A card that holds one crop at a time."""

    def losses_and_margins(self, batch: Batch, forward: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
        if len(batch) > 1:
            raise torch.OutOfMemoryError
        return super().losses_and_margins(batch, forward)


class NeverFits(Task):
    def losses_and_margins(self, batch: Batch, forward: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
        raise torch.OutOfMemoryError


def test_where_the_memory_gives_out_the_batch_is_taken_in_parts_and_said(tmp_path: Path) -> None:
    still = {"frozen_batchnorm": True, "dropout": 0.0}
    told: list[int] = []

    def tell(event: str, **fields: Any) -> None:
        if fields.get("code") == "batch-halved":
            told.append(fields["at_once"])

    fit(small_course(tmp_path / "whole", **still))
    fit(small_course(tmp_path / "halved", task=TooLarge, tell=tell, **still))
    assert told == [2, 1]
    whole, halved = best(tmp_path / "whole"), best(tmp_path / "halved")
    assert all(torch.allclose(halved[name], whole[name], atol=1e-5) for name in whole)


def test_a_card_that_holds_no_crop_is_said(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        fit(small_course(tmp_path, task=NeverFits))
    assert caught.value.code == "out-of-memory"


def test_a_full_disk_keeps_the_former_epoch_and_can_be_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(small_course(tmp_path / "whole"))
    written = checkpoint.write_bytes

    def full(target: Path, data: bytes) -> None:
        if (tmp_path / "parts" / CHECKPOINT).exists():
            raise KnownError("file-not-written", file=str(target), reason="No space left on device")
        written(target, data)

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "write_bytes", full)
        with pytest.raises(KnownError) as caught:
            fit(small_course(tmp_path / "parts"))
    assert caught.value.code == "file-not-written"
    fit(small_course(tmp_path / "parts"))
    assert_equal(best(tmp_path / "parts"), best(tmp_path / "whole"))


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"half of a file")
    with pytest.raises(KnownError) as caught:
        fit(small_course(tmp_path))
    assert caught.value.code == "checkpoint-unreadable"


class BreaksAt(Task):
    """The loss is no number from its n-th call on."""

    last_good = 3

    def losses_and_margins(self, batch: Batch, forward: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
        self.calls = getattr(self, "calls", 0) + 1
        losses, margins = super().losses_and_margins(batch, forward)
        return losses * (float("nan") if self.calls > self.last_good else 1.0), margins


class BreaksAtOnce(BreaksAt):
    last_good = 0


def test_a_loss_that_is_no_number_ends_the_stage_with_its_last_good_epoch(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    fit(
        small_course(
            tmp_path / "lost",
            task=BreaksAt,
            tell=lambda event, **fields: told.append({"event": event, **fields}),
        )
    )
    note = next(event for event in told if event["event"] == "note")
    assert (note["code"], note["epoch"], note["step"], note["kept_epoch"]) == ("loss-not-finite", 2, 4, 1)
    done = json.loads((tmp_path / "lost" / DONE_FILE).read_bytes())
    assert done["epoch"] == 1
    assert done["gave_up"] == {"code": "loss-not-finite", "step": 4}
    assert all(bool(torch.isfinite(value).all()) for value in best(tmp_path / "lost").values())


def test_a_loss_that_never_was_a_number_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        fit(small_course(tmp_path, task=BreaksAtOnce))
    assert caught.value.code == "loss-not-finite"


# --- what is kept, and when it is enough ---


def falling_then_rising(*losses: float) -> Any:
    row = iter(losses)
    return lambda: Figures(next(row), None, 4)


def test_early_stopping_keeps_the_epoch_of_the_lowest_loss(tmp_path: Path) -> None:
    """Paper: stop when the validation loss has not fallen for so many epochs, keep the weights of the lowest."""
    told: list[dict[str, Any]] = []
    fit(
        small_course(
            tmp_path / "stopped",
            steps=20,
            keep="best-loss",
            stop_after=2,
            validate=falling_then_rising(0.7, 0.5, 0.6, 0.6, 0.1),
            tell=lambda event, **fields: told.append({"event": event, **fields}),
        )
    )
    assert [event["kept"] for event in told if event["event"] == "epoch"] == [True, True, False, False]
    assert told[-1]["early"] is True
    done = json.loads((tmp_path / "stopped" / DONE_FILE).read_bytes())
    assert (done["epoch"], done["best_epoch"], done["best_loss"]) == (4, 2, 0.5)

    def stop_after_two(after_epoch: bool) -> None:
        nonlocal epochs
        epochs += after_epoch
        if epochs == 2:
            raise Stopped("stop-after-epoch")

    epochs = 0
    with pytest.raises(Stopped):
        fit(
            small_course(
                tmp_path / "two",
                steps=20,
                keep="best-loss",
                validate=falling_then_rising(0.7, 0.5),
                obey=stop_after_two,
            )
        )
    assert_equal(best(tmp_path / "stopped"), best(tmp_path / "two"))


def test_the_books_of_an_epoch() -> None:
    by_auc = stage_of(keep="best-auc", stop_after=1)
    at = after_epoch(by_auc, At(), Figures(0.5, 0.8, 9), 2.0)
    assert at == At(1, 0.5, 0, 1, 0.5, 0.8, 2.0)
    at = after_epoch(by_auc, at, Figures(0.6, 0.9, 9), 2.0)  # a better AUC, but a higher loss
    assert at == At(2, 0.5, 1, 2, 0.6, 0.9, 4.0)
    assert is_enough(by_auc, at)
    assert not is_enough(stage_of(), at)
    at = after_epoch(by_auc, at, Figures(0.4, 0.85, 9), 2.0)
    assert (at.best_epoch, at.best_auc, at.since_lowest) == (2, 0.9, 0)


def test_what_is_kept_are_the_averaged_weights(tmp_path: Path) -> None:
    """After one step the average lies 1 − 0.1 of the way from the start to where the step came."""
    start = {f"best/{n}": v.clone() for n, v in small_course(tmp_path).learner.student.module.state_dict().items()}
    for name, average in (("plain", 0.0), ("averaged", 0.999)):
        fit(small_course(tmp_path / name, steps=1, average=average))
    plain, averaged = best(tmp_path / "plain"), best(tmp_path / "averaged")
    for name, value in plain.items():
        assert torch.allclose(averaged[name], start[name] + 0.9 * (value - start[name]), atol=1e-6), name


# --- several processes ---


def test_two_processes_learn_what_one_does_with_twice_the_batch(tmp_path: Path) -> None:
    still = {"frozen_batchnorm": True, "dropout": 0.0, "average": 0.0, "augmentation": "all-off", "batch": 4}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}  # as torchrun sets them
    arguments = ("-m", "tests.learning.training.small_course", str(tmp_path / "both"), json.dumps(still))
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda rank: child(*arguments, RANK=rank, LOCAL_RANK=rank, **shared), ("0", "1")))
    assert [done.returncode for done in both] == [0, 0], both
    fit(small_course(tmp_path / "one", **still))
    one, two = best(tmp_path / "one"), best(tmp_path / "both")
    assert max(float((two[name] - one[name]).abs().max()) for name in one) < 1e-6
