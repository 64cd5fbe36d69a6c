"""What many visitors may ask: requests of every kind drawn at random, the same ones for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image, ImageEnhance, ImageOps

from carmodel.network import CLASSES
from explain.classification import AVERAGE, PRIORITY
from explain.methods.registry import METHODS
from explain.references import REFERENCES
from explain.request import NO_CLASS, PREDICTED
from explain.smoothing import SMOOTHINGS
from explain.what_if.edits import FILLS, WHOLE

VISIT = "visit"  # of the page itself, with its tabs
# How often each is drawn: what takes longest least often.
SHARES = {"classify": 20, "explain": 44, "evidence": 2, "compare": 16, "what_if": 17, VISIT: 1}
KINDS = ("final", "baseline")


@dataclass(frozen=True)
class Request:
    """One request for a photo: the name of an endpoint, or VISIT, and its settings."""

    endpoint: str
    photo: Path
    settings: dict[str, Any] = field(default_factory=dict)


def draw(photos: Sequence[Path], count: int, seed: int) -> list[Request]:
    """So many requests for these photos, of all endpoints, kinds of networks and settings."""
    random = Random(seed)
    return [_request(random, random.choice(photos)) for _ in range(count)]


def variants(pictures: Sequence[Path], count: int, folder: Path, seed: int) -> list[Path]:
    """So many different photos made from a few: cut, mirrored, brighter or darker. Written to the folder."""
    random, made = Random(seed), []
    for number in range(count):
        with Image.open(pictures[number % len(pictures)]) as image:
            left, top, right, bottom = (random.randrange(1 + side // 10) for side in image.size * 2)
            cut = image.crop((left, top, image.width - right, image.height - bottom))
        turned = ImageOps.mirror(cut) if random.random() < 0.5 else cut
        path = folder / f"{number}.jpg"
        ImageEnhance.Brightness(turned.convert("RGB")).enhance(random.uniform(0.7, 1.3)).save(path)
        made.append(path)
    return made


def _request(random: Random, photo: Path) -> Request:
    endpoint = random.choices(list(SHARES), list(SHARES.values()))[0]
    toward, against = random.sample([*CLASSES, PREDICTED], 2)
    score = {"toward": toward, "against": random.choice([against, NO_CLASS])}
    if PREDICTED in (toward, against):  # the class that is predicted cannot be told from itself
        score = {"toward": toward, "against": NO_CLASS}
    pair = {"ensemble": random.choice([AVERAGE, PRIORITY]), "networks": random.choice(KINDS)}
    made = {"reference": random.choice(list(REFERENCES)), "tolerance": random.choice([0.05, 0.2, 0.5])}
    settings: dict[str, dict[str, Any]] = {
        "classify": pair,
        "explain": score | pair | made,
        "evidence": score | pair | made | {"detail": random.choice(SMOOTHINGS)},
        "compare": score | made | {"method": random.choice(list(METHODS))},
        "what_if": score
        | pair
        | {
            "edits": random.sample(WHOLE, random.randint(1, 2)),
            "fill": random.choice(list(FILLS)),
            "methods": random.sample(list(METHODS), random.randint(1, 2)),
        },
        VISIT: pair,
    }
    return Request(endpoint, photo, settings[endpoint])
