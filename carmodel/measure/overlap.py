"""Which cars of the test no training photo shows: `python -m carmodel.measure.overlap --teacher FILE …`.

The test holds makes and models that no labelled training photo is of, but nobody knows what unlabelled photos
and listings show. So the training photo that is nearest to those of each test model is looked for, by the
cosine of what a teacher's last layer reads. How near one photo of a model is to another photo of the same
model is known from the labelled training photos: the bar is what 95 of 100 models pass when a single photo of
them is hidden among the others. A test model that stays below the bar certainly occurs in no training photo,
as far as this can tell. Accuracy is given for those models beside that for all.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from carmodel.files import write_whole
from carmodel.measure.evaluate import Subjects, ensemble_probabilities, logits_of, subjects
from carmodel.metrics import wilson
from carmodel.train.data import DataError, training_pictures
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.train.samples import Sample
from carmodel.train.teacher import BATCH, Teacher, read_teacher, whole_pictures
from carmodel.weights import WEIGHTS

MISSED = 0.05  # share of the models in training that would stay below the bar


@torch.inference_mode()
def directions(teacher: Teacher, pixels: np.ndarray) -> Tensor:
    """What a teacher reads of frames (n, 3, side, side) uint8, mirrored too, as unit vectors (n, d)."""
    device = next(teacher.parameters()).device
    parts = []
    for start in tqdm(range(0, len(pixels), BATCH), "features", mininterval=1, leave=False):
        x = whole_pictures(pixels[start : start + BATCH], teacher.size, device)
        parts.append(F.normalize(teacher.features(x) + teacher.features(x.flip(3)), dim=1).cpu())
    return torch.cat(parts)


def bar(features: Tensor, models: Sequence[str]) -> float:
    """The cosine that a model which has one photo in training passes with 95 % likelihood.

    features (n, d) are unit vectors of training photos and models (n,) what they show, "" where nobody
    knows. Each photo by turns is the only one of its model; the others of it look for it. Raises DataError
    where no model has two photos.
    """
    names = np.array(models)
    best = []
    for name in sorted({*models} - {""}):
        own = features[torch.from_numpy(names == name)]
        if len(own) > 1:
            cosines = own @ own.T
            best.append(cosines.fill_diagonal_(-1).amax(dim=1))
    if not best:
        raise DataError("No make and model has two training photos; how near they are cannot be told.")
    # Every model counts alike, however many photos it has.
    weights = torch.cat([torch.full((len(values),), 1 / len(values)) for values in best])
    values, order = torch.cat(best).sort()
    passed = weights[order].cumsum(dim=0) / weights.sum()
    return float(values[int((passed < MISSED).sum())])


def nearest_by_model(
    tested: Tensor, models: Sequence[str], pool: Tensor, training: Sequence[Sample]
) -> dict[str, dict[str, Any]]:
    """For JSON: each test model -> its photos, and the training photo that is nearest to one of them.

    tested (n, d) and pool (m, d) are unit vectors; models (n,) what the tested photos show.
    """
    cosines, rows = (tested @ pool.T).max(dim=1)
    report: dict[str, dict[str, Any]] = {}
    for name in sorted({*models} - {""}):
        photos = [place for place, model in enumerate(models) if model == name]
        closest = max(photos, key=lambda place: float(cosines[place]))
        sample = training[int(rows[closest])]
        report[name] = {
            "n": len(photos),
            "cosine": round(float(cosines[closest]), 4),
            "nearest": {"photo": sample.name, "source": sample.source, "model": sample.make_model},
        }
    return report


def passed_by_others(features: Tensor, models: Sequence[str], height: float) -> float:
    """The share of training models that would pass the bar without any photo of them, by others' alone."""
    names = np.array(models)
    labelled = torch.from_numpy(names != "")
    passed = [
        bool((features[own] @ features[labelled & ~own].T).max() >= height)
        for own in (torch.from_numpy(names == name) for name in sorted({*models} - {""}))
    ]
    return sum(passed) / len(passed)


def accuracies(
    classifiers: Mapping[str, Tensor], labels: Tensor, chosen: Tensor
) -> dict[str, dict[str, Any]]:
    """For JSON: classifier -> photos, accuracy and interval on the chosen (n,) of logits (n, 4)."""
    count = int(chosen.sum())
    report = {}
    for name, rows in classifiers.items():
        right = int((rows.argmax(dim=1) == labels)[chosen].sum())
        low_high = wilson(right, count) if count else None
        report[name] = {"n": count, "accuracy": right / count if count else None, "ci95": low_high}
    return report


def _answers(subject: Subjects) -> dict[str, Tensor]:
    """Classifier -> logits or probabilities (n, 4): every network, and the ensembles of the final ones."""
    answers = {name: logits_of(network, subject.frames.pixels) for name, network in subject.networks.items()}
    return answers | ensemble_probabilities(answers, subject.ensembles)


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("measure.overlap", "Which cars of a split no training photo shows.")
    parser.add_argument("--teacher", type=Path, required=True, metavar="FILE", help="its checkpoint")
    parser.add_argument("--split", default="test", help="name of the split (%(default)s)")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the networks")
    parser.add_argument("--out", type=Path, help="JSON file to write as well")
    options = parser.parse_args(arguments)
    subject = subjects(options.weights, options.data, options.split, options.cache)
    training, teacher = training_pictures(options.data, options.cache), read_teacher(options.teacher)
    pool = directions(teacher, training.pixels)
    learnt = [sample.make_model for sample in training.samples]
    height = bar(pool, learnt)
    tested = [sample.make_model for sample in subject.frames.samples]
    models = nearest_by_model(directions(teacher, subject.frames.pixels), tested, pool, training.samples)
    absent = {name for name, row in models.items() if row["cosine"] < height}
    classifiers = _answers(subject)
    chosen = {
        "models that are named": [name != "" for name in tested],
        "in no training photo": [name in absent for name in tested],
    }
    report = {
        "split": options.split,
        "bar": round(height, 4),
        "training models that pass it by others' photos": passed_by_others(pool, learnt, height),
        "absent": sorted(absent),
        "accuracy": {
            what: accuracies(classifiers, subject.frames.labels, torch.tensor(part))
            for what, part in chosen.items()
        },
        "models": models,
    }
    text = json.dumps(report, indent=2, ensure_ascii=False)
    if options.out:
        write_whole(options.out, text + "\n")
    print(text)


if __name__ == "__main__":
    sys.exit(main())
