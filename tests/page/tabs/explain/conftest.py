import pytest

from page.evidence import Evidences
from page.tabs.explain.handlers import ExplainHandlers


@pytest.fixture
def handle(fake, background) -> ExplainHandlers:
    return ExplainHandlers({"final": fake}, Evidences(background, fake.cache))
