"""First values, what is frozen, rates, and the rounding that ships."""

from typing import Any

import pytest
import torch
from torch import nn

from bmgui.learning.training.networks import (
    first_layers,
    new_network,
    prepare,
    rounded,
    state_of,
    to_training,
    usual_normalisation,
)
from bmgui.learning.training.schedule import make_optimiser, set_rate, share_of_rate
from bmgui.learning.training.student import Student
from bmgui.scoring.engines.vision import import_models
from tests.learning.training.small_course import stage_of, tiny_network


def test_inceptions_normalisation_is_what_torchvisions_transform_input_makes_of_its_own() -> None:
    crops = torch.rand(2, 1, 4, 4)
    network = import_models().inception_v3(
        weights=None, num_classes=2, aux_logits=False, transform_input=True, init_weights=False
    )
    wanted = network._transform_input(usual_normalisation("resnet50")(crops))
    assert torch.allclose(usual_normalisation("inception_v3")(crops), wanted, atol=1e-6)
    assert torch.allclose(usual_normalisation("inception_v3")(crops), (255 * crops / 127.5 - 1).expand(2, 3, 4, 4))


def test_new_networks_are_seeded_and_neither_die_out_nor_explode() -> None:
    first, again, other = (new_network("vgg16", seed) for seed in (0, 0, 1))
    names = [name for name in state_of(first) if name.endswith("weight")]
    assert all(torch.equal(state_of(first)[name], state_of(again)[name]) for name in names)
    assert not any(torch.equal(state_of(first)[name], state_of(other)[name]) for name in names)
    seen: list[float] = []
    first.end.register_forward_hook(lambda *given: seen.append(float(given[2].std())))
    with torch.inference_mode():
        first.module(torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert 0.2 < seen[0] < 5


def test_the_first_convolutions_stay_as_they_are_with_their_batchnorm() -> None:
    network, stage = tiny_network(), stage_of(frozen=1)
    prepare(network, stage)
    to_training(network, stage)
    learning = {name for name, parameter in network.module.named_parameters() if parameter.requires_grad}
    assert learning == {"trunk.3.weight", "trunk.3.bias", "trunk.4.weight", "trunk.4.bias", "fc.weight", "fc.bias"}
    trunk: Any = network.module.get_submodule("trunk")
    assert (trunk[1].training, trunk[4].training) == (False, True)
    assert len(first_layers(network.module, 0)) == 0


def test_four_frozen_convolutions_of_vgg_are_its_first_four() -> None:
    network = new_network("vgg16", 0)
    assert [m.out_channels for m in first_layers(network.module, 4) if isinstance(m, nn.Conv2d)] == [64, 64, 128, 128]


@pytest.mark.parametrize("architecture", ["resnet50", "inception_v3"])
def test_dropout_is_before_the_head_and_only_while_training(architecture: Any) -> None:
    network = new_network(architecture, 0)
    prepare(network, stage_of(dropout=0.9))
    head: Any = network.module.get_submodule("fc")
    nn.init.ones_(head.weight)
    seen: list[torch.Tensor] = []
    head.register_forward_pre_hook(lambda *given: seen.append(given[1][0]))
    x = torch.randn(2, 3, 75, 75, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for training in (True, False):
            network.module.train(training)
            network.module(x)
    zeros = [float((features == 0).float().mean()) for features in seen]
    assert zeros[0] > 0.8
    assert zeros[1] < 0.5


def test_dropout_is_taken_off_for_the_next_stage() -> None:
    network = new_network("inception_v3", 0)
    prepare(network, stage_of(dropout=0.0))
    dropout: Any = network.module.get_submodule("dropout")
    assert dropout.p == 0.0  # torchvision's own is 0.5


def test_matrices_ship_in_half_precision_and_vectors_in_full() -> None:
    state = rounded(state_of(tiny_network()))
    assert state["trunk.0.weight"].dtype == state["fc.weight"].dtype == torch.float16
    assert {state[n].dtype for n in ("trunk.1.weight", "trunk.1.running_var", "trunk.3.bias", "fc.bias")} == {
        torch.float32
    }
    assert not any("num_batches" in name for name in state)


def test_vectors_do_not_decay_and_the_head_has_its_own_rate() -> None:
    network, stage = tiny_network(), stage_of(head_rate=10, weight_decay=0.1, frozen=1)
    prepare(network, stage)
    student = Student(network, usual_normalisation("resnet50"))
    optimiser = make_optimiser(student, stage)
    set_rate(optimiser, 0.5)
    names = {id(parameter): name for name, parameter in student.named_parameters()}
    found = {
        names[id(parameter)]: (group["lr"], group["weight_decay"])
        for group in optimiser.param_groups
        for parameter in group["params"]
    }
    assert found == {
        "module.trunk.3.weight": (0.5, 0.1),
        "module.trunk.3.bias": (0.5, 0.0),
        "module.trunk.4.weight": (0.5, 0.0),
        "module.trunk.4.bias": (0.5, 0.0),
        "module.fc.weight": (5.0, 0.1),
        "module.fc.bias": (5.0, 0.0),
    }


def test_rates_warm_up_then_fall_as_half_a_cosine() -> None:
    cosine = stage_of(warmup_steps=4, schedule="cosine")
    rates = [share_of_rate(cosine, step, 24) for step in range(24)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[14] == pytest.approx(0.5)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert 0 < rates[-1] < 0.01
    constant = stage_of(warmup_steps=0, schedule="constant")
    assert {share_of_rate(constant, step, 9) for step in range(9)} == {1.0}
