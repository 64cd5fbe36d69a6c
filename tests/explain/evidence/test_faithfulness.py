import math
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from itertools import pairwise

import pytest
import torch
from torch import nn

from carmodel.network import CLASSES, Network
from carmodel.sampling import area_means
from explain.attribution import Attribution
from explain.evidence.faithfulness import (
    RANDOM_MAPS,
    STEPS,
    Beats,
    Controls,
    Curve,
    Faithfulness,
    beats,
    controls,
    curves,
    faithfulness,
    order,
)
from explain.methods.registry import METHODS
from explain.references import reference_frame
from explain.target import Target
from tests.explain.fine_grid import seen

SUV, CONTRAST = Target("suv"), Target("suv", "coupe")


class Linear(Network):
    """A network of 10 px that gives SUV `weights` (100,) times the red of its pixels; other logits are 0."""

    size = 10

    def __init__(self, weights):
        super().__init__()
        self.features = nn.Flatten()
        self.head = nn.Linear(300, 4)
        self.head.weight.data.zero_()
        self.head.weight.data[CLASSES.index("suv"), :100] = weights
        self.head.bias.data.zero_()
        self.requires_grad_(False)

    def forward(self, x):
        return self.head(self.features(x))


def attribution(map, method="shap"):
    return Attribution(map, map, METHODS[method], "75", SUV, "none", 1.0, None, None, 1, 0.0)


def on_the_frame(cells):
    return cells.reshape(10, 10).repeat_interleave(30, 0).repeat_interleave(30, 1)


def flat(area):
    return Curve((0.0, 1.0), (area, area), (0.0, 0.0))


def probability(logit, others=3):
    return math.exp(logit) / (math.exp(logit) + others)


def test_by_hand():
    # The first 20 of 100 cells are worth 0.25 logits each, and each step changes two of them.
    network = Linear(torch.tensor([0.25] * 20 + [0.0] * 80))
    found = curves(network, torch.ones(3, 300, 300), SUV, torch.arange(100), fill="black")
    falling = [5 - 0.5 * step for step in range(10)] + [0.0] * 41
    assert found.deletion.logits == pytest.approx(falling)
    assert found.insertion.logits == pytest.approx([5 - logit for logit in falling])
    for curve in (found.deletion, found.insertion):
        assert len(curve.fractions) == STEPS + 1
        assert curve.fractions == pytest.approx([0.02 * step for step in range(51)])
        assert curve.probabilities == pytest.approx([probability(logit) for logit in curve.logits])
        by_hand = sum(a + b for a, b in pairwise(curve.probabilities)) / 2 * 0.02
        assert curve.area == pytest.approx(by_hand)
    assert found.deletion.logit_area == pytest.approx(5 * 0.2 / 2)  # a triangle over the first fifth
    assert found.insertion.logit_area == pytest.approx(5 - 5 * 0.2 / 2)


def test_the_probability_of_a_contrast_is_of_its_two_classes_alone():
    network = Linear(torch.full((100,), 0.03125))
    found = curves(network, torch.ones(3, 300, 300), CONTRAST, torch.arange(100), fill="black").deletion
    assert found.probabilities == pytest.approx([probability(logit, others=1) for logit in found.logits])
    assert found.probabilities[0] == pytest.approx(1 / (1 + math.exp(-3.125)))


def test_a_perfect_map_beats_the_controls_and_an_inverted_one_loses():
    weights = torch.randn(100, generator=torch.Generator().manual_seed(0))
    network, frame = Linear(weights), torch.rand(3, 300, 300, generator=torch.Generator().manual_seed(1))
    perfect = on_the_frame(area_means(frame, 10)[0].flatten() * weights)  # what each cell adds to black
    against = controls(network, frame, SUV, fill="black")
    right, wrong = (
        faithfulness(network, frame, attribution(map), fill="black", smoothing="pixels")
        for map in (perfect, -perfect)
    )
    assert beats(right, against) == Beats(deletion=True, insertion=True)
    assert beats(wrong, against) == Beats(deletion=False, insertion=False)
    for random in (against.random, against.gaussian):
        assert right.deletion.area < random.deletion.area < wrong.deletion.area
        assert right.insertion.area > random.insertion.area > wrong.insertion.area
    # The inverted map changes cells in the opposite order: its curves are those of the map, mirrored.
    assert wrong.deletion.logits == pytest.approx(right.insertion.logits[::-1], abs=1e-5)


@pytest.mark.parametrize(
    ("kinds", "side"),
    [
        *(([(75, True)], 75), ([(100, False)], 100), ([(75, False), (100, True)], 100), ([(75, True)], 50)),
        *(([(48, True)], 48), ([(48, False), (75, True), (80, True)], 80)),  # do not divide 300
    ],
)
def test_curves_are_those_of_pictures_made_one_by_one(networks, frame, kinds, side):
    chosen = torch.randperm(side * side, generator=torch.Generator().manual_seed(3))
    pair = [networks[kind] for kind in kinds]
    found = curves(pair if len(pair) > 1 else pair[0], frame, CONTRAST, chosen)
    fill = reference_frame("blur", frame)
    exact = [deepcopy(network).double() for network in pair]
    for step in (0, 1, 20, 49, 50):
        changed = torch.zeros(side * side, dtype=torch.bool)
        changed[chosen[: math.floor(step * side * side / STEPS + 0.5)]] = True
        changed = changed.reshape(side, side)
        for covers, curve in ((changed, found.deletion), (~changed, found.insertion)):
            logits = [network(seen(frame, fill, covers, network.size)[None])[0] for network in exact]
            score = CONTRAST.score(torch.stack(logits).mean(0)).item()
            assert curve.fractions[step] == pytest.approx(changed.double().mean().item())
            assert curve.logits[step] == pytest.approx(score, abs=0.02 * max(1, abs(score)))


def test_controls_are_random_orders_and_the_centre_first():
    weights = torch.randn(100, generator=torch.Generator().manual_seed(2))
    network, frame = Linear(weights), torch.rand(3, 300, 300, generator=torch.Generator().manual_seed(3))
    found = controls(network, frame, SUV)
    orders = [
        torch.randperm(100, generator=torch.Generator().manual_seed(seed))
        for seed in range(1, RANDOM_MAPS + 1)
    ]
    # The insertions are those of the reversed orders.
    for name, used in (("deletion", orders), ("insertion", [each.flip(0) for each in orders])):
        every = [getattr(curves(network, frame, SUV, each), name) for each in used]
        mean = getattr(found.random, name)
        for values in ("fractions", "probabilities", "logits"):
            expected = [
                sum(point) / RANDOM_MAPS
                for point in zip(*(getattr(each, values) for each in every), strict=True)
            ]
            assert getattr(mean, values) == pytest.approx(expected, abs=1e-5)
    assert controls(network, frame, SUV) == found

    rows = (torch.arange(100) // 10 - 4.5) ** 2 + (torch.arange(100) % 10 - 4.5) ** 2
    centred = curves(network, frame, SUV, order(on_the_frame(-rows), 10))
    assert found.gaussian == centred


def test_order_by_hand():
    map = torch.zeros(300, 300)
    map[299, 0], map[0, 150], map[150, 299] = 3.0, 1.0, -2.0
    assert order(map, 2)[0] == 2  # bottom left, then top right
    assert order(map, 2)[1] == 1
    assert order(map, 2)[3] == 3  # bottom right speaks against
    assert order(map, 2, signed=False).tolist() == [2, 3, 1, 0]
    map[299, 10] = -3.0  # a cell is worth its sum, in which this one cancels
    assert order(map, 2, signed=False).tolist()[:2] == [3, 1]


def test_ties_are_shuffled_the_same_way_each_time():
    found = order(torch.zeros(300, 300), 75)
    assert found.sort().values.equal(torch.arange(5625))
    assert abs(torch.corrcoef(torch.stack([found, torch.arange(5625)]).double())[0, 1]) < 0.05
    assert order(torch.ones(300, 300), 75).equal(found)


def test_the_map_is_ranked_as_it_is_shown(networks, frame):
    network, map = networks[75, False], torch.randn(300, 300, generator=torch.Generator().manual_seed(0))
    regions, pixels = (
        faithfulness(network, frame, attribution(map), smoothing=smoothing)
        for smoothing in ("regions", "pixels")
    )
    assert pixels == curves(network, frame, SUV, order(map, 75))
    assert regions != pixels
    assert faithfulness(network, frame, attribution(map, "gradcam")) == pixels  # which is never smoothed


@pytest.mark.parametrize(
    ("deletion", "insertion", "expected"),
    [
        (0.1, 0.9, (True, True)),
        (0.25, 0.9, (False, True)),
        (0.1, 0.7, (True, False)),
        (0.2, 0.8, (False, False)),
    ],
)
def test_beating_means_both_controls(deletion, insertion, expected):
    against = Controls(random=Faithfulness(flat(0.2), flat(0.6)), gaussian=Faithfulness(flat(0.3), flat(0.8)))
    assert beats(Faithfulness(flat(deletion), flat(insertion)), against) == Beats(*expected)


def test_errors_say_what_there_is(frame):
    network = Linear(torch.zeros(100))
    with pytest.raises(ValueError, match="no fill 'white'; the fills are blur, mean, black"):
        controls(network, frame, SUV, fill="white")
    with pytest.raises(ValueError, match="no detail 'cells'"):
        faithfulness(network, frame, attribution(frame[0]), smoothing="cells")


def test_nothing_is_left_behind(networks, frame):
    network, photo = networks[75, True], frame.clone()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    faithfulness(network, photo, attribution(frame[0]))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(photo, frame)
    assert not photo.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())


def test_threads_get_the_curves_that_they_would_get_alone(networks, frame):
    orders = [torch.randperm(5625, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]

    def run(each):
        return curves(networks[75, True], frame, SUV, each)

    alone = [run(each) for each in orders]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, orders)) == alone
