import torch

from carmodel.train.pseudo_labels import pseudo_labels
from carmodel.train.samples import Sample


def test_labels_by_hand():
    said = torch.tensor([[0.95, 0.03, 0.01, 0.01], [0.60, 0.30, 0.05, 0.05]])
    rows = [  # label, whole, what is said of it -> the label to learn
        (-1, 4.0, 0, 0),  # sure and whole
        (-1, None, 0, 0),  # nobody asked whether it is whole
        (-1, 1.0, 0, -1),  # not whole
        (-1, 4.0, 1, -1),  # not sure
        (0, 0.5, 0, 0),  # a label that is believed, whole or not
        (1, 4.0, 0, 1),  # hardly believed
        (3, 4.0, 0, -1),  # not believed
    ]
    samples = [Sample(None, label, "train", whole=whole) for label, whole, _, _ in rows]
    answers = said[[row for _, _, row, _ in rows]]
    learnt = pseudo_labels(samples, answers, sure=0.9, whole=1.5, doubt=0.02)
    assert learnt.tolist() == [expected for *_, expected in rows]
