import pytest

from explain.networks import every_network
from page.api.endpoints import Endpoints
from page.evidence import Evidences


@pytest.fixture
def api(fake, background) -> Endpoints:
    return Endpoints({"final": fake}, Evidences(background), every_network([fake]))
