import pytest
import torch

from carmodel.metrics import Disagreement, disagreement, scores, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (score interval without continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_newcombe(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_scores_by_hand():
    # labels:   sedan sedan coupe suv;  verdicts: sedan coupe coupe sedan;  no truck at all
    probabilities = torch.tensor(
        [[0.7, 0.1, 0.1, 0.1], [0.2, 0.6, 0.1, 0.1], [0.1, 0.9, 0.0, 0.0], [0.5, 0.1, 0.3, 0.1]]
    )
    result = scores(probabilities, torch.tensor([0, 0, 1, 2]))
    assert (result.n, result.accuracy) == (4, 0.5)
    assert result.confusion == ((1, 1, 0, 0), (0, 1, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0))
    assert result.recall == {"sedan": 0.5, "coupe": 1.0, "suv": 0.0, "truck": None}
    assert result.precision == {"sedan": 0.5, "coupe": 0.5, "suv": None, "truck": None}
    # every confidence is in a bin of its own: (0.3 + 0.6 + 0.1 + 0.5) / 4
    assert result.ece == pytest.approx(1.5 / 4, abs=1e-6)
    assert {10: 1, 13: 1, 7: 1}.items() <= {at: each.count for at, each in enumerate(result.bins)}.items()


def test_disagreement_by_hand():
    def rows(*verdicts: int) -> torch.Tensor:
        return torch.eye(4)[list(verdicts)]

    # agree · 75 px right · 100 px right · neither
    found = disagreement(rows(0, 1, 2, 3), rows(0, 2, 1, 0), torch.tensor([3, 1, 1, 2]))
    assert found == Disagreement(n=4, differ=3, small_right=1, large_right=1, neither_right=1)
