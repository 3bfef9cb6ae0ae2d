"""What a script with torch does until its first score: imports, ResNet-50, its weights, one forward. Says "scored"."""

import os
import sys

import torch

if (
    torch.version.cuda is None
):  # torchvision's wheel is built for CUDA: without this its import fails beside a CPU torch
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision
from safetensors.torch import load_file

file, side = sys.argv[1], int(sys.argv[2])
network = torchvision.models.resnet50(num_classes=2)
weights = {name: value.float() for name, value in load_file(file).items()}
network.load_state_dict(weights, strict=False)  # strict but for BatchNorm's counters
network.eval()
with torch.inference_mode():
    network(torch.zeros(1, 3, side, side))
print("scored", flush=True)
os._exit(0)
