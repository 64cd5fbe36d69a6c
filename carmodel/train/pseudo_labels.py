"""Labels of photos that nobody labelled, and doubts about the others: what earlier teachers say."""

from collections.abc import Sequence

import torch
from torch import Tensor

from carmodel.train.samples import NO_LABEL, Sample


def pseudo_labels(samples: Sequence[Sample], said: Tensor, sure: float, whole: float, doubt: float) -> Tensor:
    """Class indices (n,) to learn, −1 for photos to leave alone, from teachers' probabilities said (n, 4).

    A photo without a label gets the likeliest class if the teachers are at least so `sure` of it and a
    filter, where one was asked, found the car at least so `whole` (Lee 2013, "Pseudo-label"). A label that
    they hold for less likely than `doubt` is not learnt.
    """
    confidence, verdicts = said.max(dim=1)
    labels = torch.tensor([sample.label for sample in samples])
    seen_whole = torch.tensor([sample.whole is None or sample.whole >= whole for sample in samples])
    believed = said.gather(1, labels.clamp(min=0)[:, None])[:, 0] >= doubt
    guessed = torch.where((confidence >= sure) & seen_whole, verdicts, NO_LABEL)
    return torch.where(labels == NO_LABEL, guessed, torch.where(believed, labels, NO_LABEL))
