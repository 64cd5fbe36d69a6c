"""How good the networks and ensembles are: `python -m carmodel.measure.evaluate --data DIR --split test`.

For every photo source apart: accuracy with its 95 % interval, recall and precision by class, the confusion
matrix, calibration error, and how often Priority's two networks disagree and who is right then. Over all
sources: accuracy by view and by make, where they are known (`carmodel.measure.groups`).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from carmodel.ensemble import Ensembles, ensembles_of
from carmodel.files import write_whole
from carmodel.measure.groups import TABLE, accuracy_by_group, as_lines, grouped, read_views
from carmodel.metrics import disagreement, scores
from carmodel.network import CLASSES, Network
from carmodel.sampling import area_means
from carmodel.train.data import Frames, load_frames, read_samples
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.weights import WEIGHTS, WeightsError, available, kinds, load, load_rules


@dataclass(frozen=True, eq=False)
class Subjects:
    """What is evaluated, and on what."""

    networks: Mapping[str, Network]  # by name
    ensembles: Ensembles  # of the final ones among them
    frames: Frames


@torch.inference_mode()
def logits_of(network: Network, pixels: np.ndarray, batch: int = 32) -> Tensor:
    """Logits (n, 4) on the CPU of frames (n, 3, 300, 300) uint8."""
    device = next(network.parameters()).device
    parts = []
    for start in range(0, len(pixels), batch):
        frames = torch.from_numpy(pixels[start : start + batch].copy()).to(device).float().div(255)
        x = area_means(frames, network.size).contiguous(memory_format=torch.channels_last)
        parts.append(network(x).float().cpu())
    return torch.cat(parts)


def by_source(frames: Frames) -> dict[str, Tensor]:
    """For each photo source of `frames`, which photos (n,) are of it."""
    sources = [sample.source for sample in frames.samples]
    return {name: torch.tensor([source == name for source in sources]) for name in sorted(set(sources))}


def accuracy_by_source(logits: Tensor, frames: Frames) -> dict[str, float]:
    """Share of right verdicts for each photo source of `frames`."""
    right = logits.argmax(dim=1) == frames.labels
    return {name: float(right[chosen].float().mean()) for name, chosen in by_source(frames).items()}


def ensemble_probabilities(logits: Mapping[str, Tensor], ensembles: Ensembles) -> dict[str, Tensor]:
    """Probabilities (n, 4) of each ensemble from networks' logits (n, 4) by name."""
    photos = zip(*logits.values(), strict=True)
    said = [ensembles.predict(dict(zip(logits, photo, strict=True))) for photo in photos]
    return {name: torch.tensor([row[name].probabilities for row in said]) for name in ensembles.names}


def evaluate(
    frames: Frames,
    logits: Mapping[str, Tensor],
    ensembles: Ensembles,
    views: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The report, ready for JSON, of networks' logits (n, 4) by name on `frames`.

    "disagreement" is that of Priority's two networks, "compared", if there is Priority. views says from where
    the car is seen, by a photo's path inside its data folder.
    """
    labels, sources = frames.labels, by_source(frames)

    def report(probabilities: Tensor) -> dict[str, Any]:
        return {
            name: asdict(scores(probabilities[chosen], labels[chosen])) for name, chosen in sources.items()
        }

    result: dict[str, Any] = {
        "networks": {name: report(rows.double().softmax(dim=1)) for name, rows in logits.items()}
    }
    together = ensemble_probabilities(logits, ensembles)
    if together:
        result["ensembles"] = {name: report(rows) for name, rows in together.items()}
    if ensembles.priority:
        result["compared"] = sorted(ensembles.priority, key=ensembles.sizes.__getitem__)
        small, large = (logits[name] for name in result["compared"])
        result["disagreement"] = {
            name: asdict(disagreement(small[chosen], large[chosen], labels[chosen]))
            for name, chosen in sources.items()
        }
    result["groups"] = accuracy_by_group({**logits, **together}, labels, grouped(frames.samples, views or {}))
    return result


def as_text(report: Mapping[str, Any]) -> str:
    """The report in lines for a person."""
    lines = []
    for name, sources in {**report["networks"], **report.get("ensembles", {})}.items():
        for source, row in sources.items():
            low, high = row["ci95"]
            lines.append(
                f"{name}, {source}: {row['accuracy']:.2%} of {row['n']} right "
                f"(95 % interval {low:.1%} to {high:.1%}), calibration error {row['ece']:.1%}"
            )
            lines.append(f"  {'':8}{'recall':>10}{'precision':>11}   called {'  '.join(CLASSES)}")
            for label, counts in zip(CLASSES, row["confusion"], strict=True):
                cells = "  ".join(
                    f"{count:>{len(other)}}" for count, other in zip(counts, CLASSES, strict=True)
                )
                shares = "".join(
                    f"{'–':>{width}}" if share is None else f"{share:>{width}.1%}"
                    for share, width in ((row["recall"][label], 10), (row["precision"][label], 11))
                )
                lines.append(f"  {label:8}{shares}          {cells}")
    small, large = report.get("compared", ("", ""))
    for source, row in report.get("disagreement", {}).items():
        lines.append(
            f"{small} and {large}, {source}: {row['differ']} of {row['n']} verdicts differ; then {small} is "
            f"right {row['small_right']} times, {large} {row['large_right']}, neither {row['neither_right']}"
        )
    lines.extend(as_lines(report["groups"]))
    return "\n".join(lines)


def subjects(weights: Path, data: Sequence[Path], split: str, cache: Path) -> Subjects:
    """Every network in the folder `weights` and the ensembles of the final ones, and the frames of a split.

    Raises WeightsError, also for a folder without a network, and DataError.
    """
    networks = {name: load(name, weights)[0] for name in available(weights)}
    if not networks:
        raise WeightsError("There are no networks in the folder of weights; train one first.")
    finals = {name: networks[name].size for name in kinds(weights).get("final", ())}
    ensembles = ensembles_of(finals, load_rules(weights))
    return Subjects(networks, ensembles, load_frames(read_samples(data, [split]), cache))


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("measure.evaluate", __doc__.split("\n")[0])
    parser.add_argument("--split", default="test", help="name of the split (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument("--out", type=Path, help="file for the JSON object as well")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the networks")
    parser.add_argument("--views", type=Path, default=TABLE, help="CSV of photo and view")
    options = parser.parse_args(arguments)
    views = read_views(options.views)
    subject = subjects(options.weights, options.data, options.split, options.cache)
    logits = {name: logits_of(network, subject.frames.pixels) for name, network in subject.networks.items()}
    report = evaluate(subject.frames, logits, subject.ensembles, views)
    if options.out:
        write_whole(options.out, json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2) if options.json else as_text(report))


if __name__ == "__main__":
    sys.exit(main())
