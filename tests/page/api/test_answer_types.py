import pytest
from pydantic import TypeAdapter

from explain.networks import every_network
from explain.request import Settings, request
from page.api import answers
from page.api.answer_types import Classified, Compared, Examined, Explained
from page.evidence import Evidences


@pytest.mark.parametrize(
    ("sizes", "ensemble"),
    [((75, 100), "average"), ((75, 100), "priority"), ((75,), "average"), ((64, 75, 128), "priority")],
)
def test_every_answer_is_of_its_type_and_holds_nothing_else(
    fake_of, photo, background, quick_evidence, sizes, ensemble
):
    fake, settings = fake_of(*sizes), Settings(ensemble)
    asked = request(fake, photo, settings)
    for kind, answer in (
        (Classified, answers.classify(fake, "car.jpg", photo, settings)),
        (Explained, answers.explain(fake, "car.jpg", photo, settings)),
        (Examined, answers.evidence(fake, Evidences(background), "car.jpg", photo, settings)),
        (Compared, answers.compare(every_network([fake]), "car.jpg", "shap", asked)),
    ):
        # Fields that a type does not name are dropped, so an answer that holds one is not equal.
        assert TypeAdapter(kind).validate_python(answer, strict=True) == answer
