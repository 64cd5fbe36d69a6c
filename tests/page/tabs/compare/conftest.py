from dataclasses import replace

import pytest

from page.session import Session
from page.tabs.compare.handlers import CompareHandlers


@pytest.fixture
def handle(fake) -> CompareHandlers:
    return CompareHandlers([fake])


@pytest.fixture
def session(session, asked) -> Session:
    """Of a visitor who asked for quick maps, pixel by pixel."""
    session.asked = replace(asked, reference="black", tolerance=0.5, smoothing="pixels")
    return session


@pytest.fixture
def broken(fake, monkeypatch):
    """Makes the maps of one network fail."""
    refine = fake.refine

    def fail(network):
        def refine_others(photo, method, target, reference, tolerance, networks, engine):
            if networks == [network]:
                raise RuntimeError("/secret/path")
            return refine(photo, method, target, reference, tolerance, networks, engine)

        monkeypatch.setattr(fake, "refine", refine_others)

    return fail
