from collections.abc import Iterator

import pytest

from explain.methods.registry import METHODS
from explain.networks import every_network
from page.api.endpoints import Endpoints
from page.evidence import Evidences


@pytest.fixture
def api(fake, background) -> Endpoints:
    return Endpoints({"final": fake}, Evidences(background), every_network([fake]))


@pytest.fixture
def methods() -> Iterator[dict]:
    """The registry of methods, for a test to change; it is as it was afterwards, in its order too."""
    before = dict(METHODS)
    yield METHODS
    METHODS.clear()
    METHODS.update(before)
