from pathlib import Path

import pytest
import torch

from benchmarks.implementations import Case, cases, request_of
from carmodel.photo import Photo
from explain.explainer import Explainer


@pytest.fixture(scope="session")
def photo() -> Photo:
    soft = torch.rand(1, 3, 15, 15, generator=torch.Generator().manual_seed(0))
    return Photo(torch.nn.functional.interpolate(soft, size=300, mode="bilinear")[0], 300, 300)


@pytest.fixture
def explainer(random_weights: Path) -> Explainer:
    return Explainer.load(random_weights)


@pytest.fixture(scope="session")
def case(random_weights: Path, photo: Photo) -> Case:
    """That of the 75 px network."""
    explainer = Explainer.load(random_weights)
    return cases(explainer, request_of(explainer, photo, "mean"))[0]
