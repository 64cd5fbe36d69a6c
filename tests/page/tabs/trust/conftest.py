import pytest

from page.evidence import Evidences
from page.tabs.trust.handlers import TrustHandlers


@pytest.fixture
def handle(fake, background) -> TrustHandlers:
    return TrustHandlers({"final": fake}, Evidences(background))
