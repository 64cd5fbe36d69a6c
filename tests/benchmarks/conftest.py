from pathlib import Path

import pytest
import torch

from benchmarks.implementations import Case, cases
from carmodel.photo import Photo
from explain.explainer import Explainer


@pytest.fixture(scope="session")
def photo() -> Photo:
    soft = torch.rand(1, 3, 15, 15, generator=torch.Generator().manual_seed(0))
    return Photo(torch.nn.functional.interpolate(soft, size=300, mode="bilinear")[0], 300, 300)


@pytest.fixture
def explainer(random_weights: Path) -> Explainer:
    return Explainer(random_weights)


@pytest.fixture(scope="session")
def case(random_weights: Path, photo: Photo) -> Case:
    """That of the 75 px network."""
    return cases(Explainer(random_weights), photo, "mean")[0]
