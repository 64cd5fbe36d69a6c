import pytest
import torch

from carmodel.ensemble import predict
from carmodel.photo import Photo
from explain.classification import Classification
from explain.what_if.edits import Box, Edits, edited
from explain.what_if.effect import UNDONE, Change, changes, sentence


def says(**shares):
    """The prediction of these probabilities in per cent, by class."""
    shares = torch.tensor([float(shares.get(name, 1e-6)) for name in ("sedan", "coupe", "suv", "truck")])
    return predict((shares / shares.sum()).log())


class Linear:
    """Two networks whose logit for SUV is linear in the frame: four times the mean of its upper half, or of
    all of it for 100 px; the other logits are 0."""

    networks = ("75", "100")

    def classify(self, photo):
        halves = {"75": photo.frame[:, :150], "100": photo.frame}
        logits = {name: torch.tensor([0.0, 0.0, 4 * half.mean(), 0.0]) for name, half in halves.items()}
        return Classification(logits, {name: predict(each) for name, each in logits.items()})


def test_changes_of_linear_networks():
    """A white photo whose lower half is covered in grey: 75 px does not see it, 100 px goes from 4 to 3."""
    white = Photo(torch.ones(3, 300, 300), 300, 300)
    found = changes(Linear(), white, edited(white, Edits(marks=(Box(0, 0.5, 1, 1),), fill="grey")))
    assert list(found.networks) == ["75", "100"] and not found.ensembles
    found = found.networks
    assert found["75"].points == pytest.approx((0, 0, 0, 0), abs=1e-6)
    e = torch.tensor(1.0).double().exp().item()
    assert found["100"].of_verdict == pytest.approx(100 * (e**3 / (e**3 + 3) - e**4 / (e**4 + 3)), abs=1e-4)
    assert sum(found["100"].points) == pytest.approx(0, abs=1e-9)
    assert not found["100"].other_verdict


def test_points_by_hand():
    change = Change(says(suv=80, truck=20), says(suv=30, truck=70))
    assert change.points == pytest.approx((0, 0, -50, 50), abs=1e-3)
    assert change.of_verdict == pytest.approx(-50, abs=1e-3)
    assert change.other_verdict


SUV_80, SUV_68, TRUCK_70 = says(suv=80, truck=20), says(suv=68, truck=32), says(suv=30, truck=70)


@pytest.mark.parametrize(
    ("edits", "small", "large", "expected"),
    [
        (
            Edits(("wheels_row",)),
            (SUV_80, SUV_80),
            (SUV_80, SUV_68),
            "Without the wheels’ row, both networks stay with SUV; 100 px loses 12 points.",
        ),
        (
            Edits(("grey", "mirror", "border"), (Box(0, 0, 1, 1),)),
            (SUV_80, TRUCK_70),
            (SUV_80, SUV_68),
            "Mirrored, in grey, without the border and what is marked, "
            "75 px changes to truck and 100 px stays with SUV; 75 px loses 50 points for SUV.",
        ),
        (
            Edits(("mirror",)),
            (SUV_68, SUV_80),
            (TRUCK_70, TRUCK_70),
            "Mirrored, 75 px stays with SUV and 100 px stays with truck; 75 px gains 12 points for SUV.",
        ),
        (
            Edits(marks=(Box(0, 0, 1, 1),)),
            (SUV_80, TRUCK_70),
            (SUV_68, TRUCK_70),
            "Without what is marked, both networks change to truck; 75 px loses 50 points for SUV.",
        ),
        (
            Edits(("grey",)),
            (SUV_80, SUV_80),
            (SUV_80, SUV_80),
            "In grey, both networks stay with SUV; neither moves by a point.",
        ),
        (Edits(), (SUV_80, SUV_80), (SUV_80, SUV_80), UNDONE),
    ],
)
def test_sentence(edits, small, large, expected):
    assert sentence(edits, {"75": Change(*small), "100": Change(*large)}) == expected
