from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from carmodel.network import CLASSES

# One colour a class, so that a network can learn the classes from a few photos.
COLOURS = {"sedan": (200, 40, 40), "coupe": (40, 200, 40), "suv": (40, 40, 200), "truck": (200, 200, 40)}


@pytest.fixture(scope="session")
def class_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """train/ with 6 and val/ with 3 noisy photos of each class."""
    folder = tmp_path_factory.mktemp("photos")
    noise = np.random.default_rng(0)
    for split, count in (("train", 6), ("val", 3)):
        for name in CLASSES:
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = np.array(COLOURS[name]) + noise.normal(0, 30, (48, 64, 3))
                image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
                image.save(folder / split / name / f"{number}.png")
    return folder
