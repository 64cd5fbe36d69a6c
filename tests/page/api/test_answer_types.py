import pytest
from pydantic import TypeAdapter

from page.api import answers
from page.api.answer_types import Classified, Examined, Explained
from page.background import Background
from page.tabs.explain.evidence import Evidences
from page.tabs.explain.stream import Controls


@pytest.mark.parametrize("mode", ["average", "priority"])
def test_every_answer_is_of_its_type_and_holds_nothing_else(fake, photo, quick_evidence, mode):
    controls = Controls(mode)
    for kind, answer in (
        (Classified, answers.classify(fake, "car.jpg", photo, mode)),
        (Explained, answers.explain(fake, "car.jpg", photo, controls)),
        (Examined, answers.evidence(fake, Evidences(Background()), "car.jpg", photo, controls)),
    ):
        # Fields that a type does not name are dropped, so an answer that holds one is not equal.
        assert TypeAdapter(kind).validate_python(answer, strict=True) == answer
