"""The rows of the table: what is measured, against what, and the goal."""

import csv
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.imaging.crop import make_crop
from bmgui.imaging.square import Square, fit_square
from bmgui.scoring.client import ScoringClient
from bmgui.scoring.library import installed
from tests.bench.browsing_rows import browsing
from tests.bench.measuring import MODEL, PATIENCE_S, ROOT, SAMPLE, Home, Row, environment, pairs, timed, until_line
from tests.bench.run_rows import live_page, reading
from tests.bench.training_rows import training

BULK_PICTURES = 512


def first_picture(count: int) -> Row:
    ours, bare = pairs(
        lambda: until_line("tests.bench.child_window", "answered", said="answered"),
        lambda: until_line("tests.bench.child_bare", said="answered"),
        count,
    )
    return Row(
        "process start to the sample painted and a key answered",
        "a bare PySide6 QMainWindow, shown, a key answered",
        "≤ 6 ×",
        f"{ours / bare:.2f} × ({ours:.2f} s / {bare:.2f} s)",
        ours / bare <= 6,
    )


def first_score(count: int) -> Row:
    library = installed()
    weights, side = library.folder(MODEL) / "weights.safetensors", library.card(MODEL).side
    ours, theirs = pairs(
        lambda: until_line("tests.bench.child_window", "scored", said="scored"),
        lambda: until_line("tests.bench.child_torch", str(weights), str(side), said="scored"),
        count,
    )
    return Row(
        "process start to the first score and map on the screen, CPU (Enter as soon as a proposal is painted)",
        f"import torch and torchvision, build ResNet-50, load the weights, one forward ({side} px)",
        "≤ 0.35 ×",
        f"{ours / theirs:.2f} × ({ours:.2f} s / {theirs:.2f} s)",
        ours / theirs <= 0.35,
    )


def sample_crop() -> NDArray[np.uint8]:
    card = installed().card(MODEL)
    frame = np.asarray(Image.open(SAMPLE).convert("L"))
    side = min(frame.shape)
    square = fit_square(Square(0, 0, side), frame.shape[1], frame.shape[0])
    return make_crop(frame, square, card.side, card.channels, card.resample)


def bare_openvino(pictures: int, hint: str = "LATENCY") -> Any:
    """ResNet-50's plain forward pass to its two logits, compiled for float32 (pictures, 3, side, side). No map."""
    from bmgui.scoring.engines.graph import Graph, trunk
    from bmgui.scoring.engines.openvino_import import import_openvino
    from bmgui.scoring.weights import Weights, load_weights

    openvino, ops = import_openvino()
    library = installed()
    card, folder = library.card(MODEL), library.folder(MODEL)
    weights = Weights(load_weights(folder, card), str(folder))
    x = ops.parameter([pictures, 3, card.side, card.side], np.float32)
    features = trunk(Graph(weights), card.architecture, x)
    pooled = ops.reduce_mean(features, [2, 3], False)
    kernel, bias = weights.take("fc.weight", 2, 2048), weights.take("fc.bias", 2)
    logits = ops.add(ops.matmul(pooled, ops.constant(kernel), False, True), ops.constant(bias))
    hints = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(openvino.Model([logits], [x]), "CPU", hints)


def warm_scores(count: int) -> Sequence[Row]:
    """Both rows of the warm score: through the client and its worker, against bare OpenVINO and against captum."""
    card = installed().card(MODEL)
    crop = sample_crop()
    pictures = 2 if card.flip_average else 1
    with ScoringClient(installed().folder(MODEL), device="cpu") as client:
        client.wait_until_ready()

        def ours() -> float:
            return timed(lambda: client.score(crop[None], "now").result(PATIENCE_S), rest_s=0.02)

        request = bare_openvino(pictures).create_infer_request()
        x = np.zeros((pictures, 3, card.side, card.side), np.float32)
        a, b = pairs(ours, lambda: timed(lambda: request.infer([x]), rest_s=0.02), count, warm=5)
        explain = captum_gradcam(pictures, "cpu")
        c, d = pairs(ours, lambda: timed(explain, rest_s=0.05), count // 2, warm=3)
    batch = f"{pictures} picture{'s' if pictures > 1 else ''} a crop" + (
        ", the mirror image included" if pictures > 1 else ""
    )
    return [
        Row(
            f"warm score and map through the worker, CPU f32, ResNet-50 ({batch})",
            "the bare OpenVINO forward pass, f32, same batch, no map",
            "≤ 1.10 ×",
            f"{a / b:.2f} × ({1000 * a:.1f} ms / {1000 * b:.1f} ms)",
            a / b <= 1.10,
        ),
        Row(
            "warm score and map through the worker, CPU f32, ResNet-50",
            "torch eager forward + captum `LayerGradCam`, same batch",
            "≤ 0.40 ×",
            f"{c / d:.2f} × ({1000 * c:.1f} ms / {1000 * d:.1f} ms)",
            c / d <= 0.40,
        ),
    ]


def captum_gradcam(pictures: int, device: str) -> Callable[[], object]:
    """One call: eager forward for the score, then captum's LayerGradCam of the margin at layer4."""
    import torch
    from captum.attr import LayerGradCam

    from bmgui.scoring.engines.vision import load_network
    from bmgui.scoring.weights import load_weights

    library = installed()
    card, folder = library.card(MODEL), library.folder(MODEL)
    module: Any = load_network(card.architecture, load_weights(folder, card), str(folder)).module.to(device)
    x = torch.zeros(pictures, 3, card.side, card.side, device=device)

    def margin(batch: Any) -> Any:
        logits = module(batch)
        return logits[:, 1] - logits[:, 0]

    gradcam = LayerGradCam(margin, module.layer4)

    def call() -> object:
        with torch.inference_mode():
            score = margin(x).cpu()
        with torch.enable_grad():
            evidence = gradcam.attribute(x.clone().requires_grad_(), relu_attributions=True)
        return score, evidence.detach().cpu()

    return call


def dragging(seconds: float, count: int) -> Row:
    rates, stalls, medians = [], [], []
    for _ in range(count):
        with Home() as home:
            command = [sys.executable, "-P", "-m", "tests.bench.child_window", "drag", str(seconds)]
            result = subprocess.run(
                command, env=environment(home), stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=True
            )
        told = json.loads(result.stdout.splitlines()[-1])
        rates.append(told["updates"])
        stalls.append(float(np.percentile(told["gaps_ms"], 95)))
        medians.append(float(np.median(told["gaps_ms"])))
    rate, stall, median = (statistics.median(values) for values in (rates, stalls, medians))
    return Row(
        "the square dragged (ResNet-50), the real window",
        "the clock: updates a second of score and map; time between two ticks of a 5 ms timer",
        "≥ 15; 95th percentile ≤ 30 ms",
        f"{rate:.1f} a second; 95th percentile {stall:.1f} ms (median {median:.1f} ms)",
        rate >= 15 and stall <= 30,
    )


def bulk(count: int) -> Row:
    card = installed().card(MODEL)
    pictures = 2 if card.flip_average else 1
    with TemporaryDirectory(prefix="bmgui-bench-") as scratch:
        listed, crops = write_pictures(Path(scratch), card)
        theirs = best_throughput(crops, pictures, card)
        ours_s, theirs_s = pairs(lambda: score_list(listed), lambda: timed(theirs), count, warm=0)
    ours_rate, rate = len(crops) / ours_s, len(crops) / theirs_s
    return Row(
        f"bulk scoring of {len(crops)} PNGs by the command line, its start and decoding included",
        "OpenVINO at its best throughput on the same crops, decoded before",
        "≥ 0.7 ×",
        f"{ours_rate / rate:.2f} × ({ours_rate:.1f} / {rate:.1f} crops a second)",
        ours_rate / rate >= 0.7,
    )


def write_pictures(folder: Path, card: Any) -> tuple[Path, NDArray[np.uint8]]:
    """BULK_PICTURES different PNGs made of the samples, a list of a square on each, and the crops."""
    sources = sorted((ROOT / "resources" / "samples").rglob("*.png"))
    frames = [np.asarray(Image.open(path).convert("L")) for path in sources]
    rng = np.random.default_rng(0)
    crops, lines = [], []
    for number in range(BULK_PICTURES):
        frame = np.roll(frames[number % len(frames)], int(rng.integers(1, 50)), axis=1)
        height, width = frame.shape
        asked = Square(*(int(v) for v in rng.integers(0, 80, 2)), int(rng.integers(150, 300)))
        square = fit_square(asked, width, height)
        Image.fromarray(frame).save(folder / f"{number:04}.png")
        lines.append([f"{number:04}.png", square.left, square.top, square.side])
        crops.append(make_crop(frame, square, card.side, card.channels, card.resample))
    with (folder / "squares.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["file", "left", "top", "side"], *lines])
    return folder / "squares.csv", np.stack(crops)


def score_list(listed: Path) -> float:
    output = listed.with_name("scores.csv")
    command = [sys.executable, "-P", "-m", "bmgui", "score", "--list", str(listed), "--output", str(output)]
    command += ["--model", MODEL, "--device", "cpu"]
    with Home() as home:
        elapsed = timed(lambda: subprocess.run(command, env=environment(home), check=True, stdout=subprocess.DEVNULL))
    with output.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    if len(rows) != BULK_PICTURES or any(row["error"] or not row["probability"] for row in rows):
        raise RuntimeError("bulk scoring left rows without a score")
    return elapsed


def best_throughput(crops: NDArray[np.uint8], pictures: int, card: Any) -> Callable[[], object]:
    """All crops (and mirror images where the card wants them) through an asynchronous queue, at the fastest batch."""
    import openvino

    x = crops.astype(np.float32)[:, None] / np.float32(255)
    x = np.repeat((x - card.mean[0]) / np.float32(card.std[0]), 3, axis=1).astype(np.float32)
    if pictures == 2:
        x = np.concatenate([x, x[:, :, :, ::-1]], axis=1).reshape(-1, 3, card.side, card.side)

    def runner(batch: int) -> Callable[[NDArray[np.float32]], None]:
        queue = openvino.AsyncInferQueue(bare_openvino(batch, "THROUGHPUT"))

        def run(data: NDArray[np.float32]) -> None:
            for start in range(0, len(data) - batch + 1, batch):
                queue.start_async([data[start : start + batch]])
            queue.wait_all()

        return run

    runners = [runner(batch) for batch in (1, 2, 8)]
    speeds = []
    for run in runners:
        run(x[:16])
        speeds.append(timed(lambda run=run: run(x[:128])))  # type: ignore[misc]
    fastest = runners[int(np.argmin(speeds))]
    return lambda: fastest(x)


def cuda(count: int) -> Sequence[Row]:
    """The same on a CUDA card: warm score and map against torch eager and captum, and its scores against the CPU's."""
    import torch

    what, against = "warm score and map through the worker, CUDA, ResNet-50", "torch eager forward + captum, CUDA"
    agree, cpu = "probability on CUDA", "on the CPU"
    if not torch.cuda.is_available():
        why = f"no CUDA device that torch {torch.__version__} can use"
        return [Row(what, against, "≤ 0.40 ×", why, None), Row(agree, cpu, "within 1e-3", why, None)]
    library = installed()
    card, folder = library.card(MODEL), library.folder(MODEL)
    crop = sample_crop()
    pictures = 2 if card.flip_average else 1
    with ScoringClient(folder, device="cuda") as on_card, ScoringClient(folder, device="cpu") as on_cpu:
        on_card.wait_until_ready()
        explain = captum_gradcam(pictures, "cuda")
        a, b = pairs(
            lambda: timed(lambda: on_card.score(crop[None], "now").result(PATIENCE_S)), lambda: timed(explain), count, 5
        )
        crops = np.stack([np.roll(crop, shift, axis=1) for shift in range(0, 64, 4)])
        margins = [client.score(crops).result(PATIENCE_S).margins for client in (on_card, on_cpu)]
    off = max(abs(card.probability(float(p)) - card.probability(float(q))) for p, q in zip(*margins, strict=True))
    name = torch.cuda.get_device_name(0)
    return [
        Row(what, against, "≤ 0.40 ×", f"{a / b:.2f} × ({1000 * a:.1f} ms / {1000 * b:.1f} ms, {name})", a / b <= 0.4),
        Row(agree, cpu, "within 1e-3", f"{off:.1e} over {len(crops)} crops ({name})", off < 1e-3),
    ]


def every(quick: bool) -> dict[str, Callable[[], Row | Sequence[Row]]]:
    """Name to what measures it."""
    return {
        "picture": lambda: first_picture(3 if quick else 9),
        "score": lambda: first_score(2 if quick else 7),
        "warm": lambda: warm_scores(10 if quick else 60),
        "drag": lambda: dragging(4.0 if quick else 8.0, 1 if quick else 3),
        "bulk": lambda: bulk(1 if quick else 3),
        "cuda": lambda: cuda(10 if quick else 60),
        "train": lambda: training(5 if quick else 21),
        "live": lambda: live_page(8.0 if quick else 30.0, 5),
        "reading": lambda: reading(4.0 if quick else 8.0, 1 if quick else 3),
        "browse": lambda: browsing(180 if quick else 900),
    }


def measured(call: Callable[[], Row | Sequence[Row]]) -> tuple[list[Row], float]:
    start = time.perf_counter()
    rows = call()
    return ([rows] if isinstance(rows, Row) else list(rows)), time.perf_counter() - start
