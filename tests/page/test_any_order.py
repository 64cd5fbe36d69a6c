"""Events of a restless visitor arrive in any order and overtake each other.

What is shown in the end is what a visitor sees who did nothing but what was done last.
"""

from functools import partial
from random import Random

import gradio as gr
import pytest

from page.page import build
from tests.page.components import component
from tests.page.visitor import Visitor

TABS = ("Explain", "Compare", "What if", "Trust")
CONTROLS = {
    "Ensemble": ("average", "priority"),
    "Class explained": ("predicted", "truck", "suv", "coupe"),
    "… and not": ("nothing", "sedan"),
    "Detail": ("regions", "pixels"),
    "Overlay strength": (0.3, 0.9),
    "Own scale for each map": (False, True),
    "Method": ("gradcam", "shap"),
    "Left": ("final-75", "final-100"),
    "Right": ("final-75", "final-100"),
    "Network": ("final-75", "final-100"),
    "In one click": (["grey"], ["mirror", "border"], []),
    "What covers it": ("grey", "mean"),
}  # label -> some of its values
PHOTO, SECOND = "photo", "second-photo"  # elements
EXAMPLES = {PHOTO: "examples", SECOND: "second-examples"}


class Restless(Visitor):
    """A visitor whose events wait, begin and go on in an order that chance decides."""

    def __init__(self, page, random):
        super().__init__(page)
        self.random = random
        self.waiting = []  # events on their way to the server
        self.running = []  # event, its steps

    def _send(self, function, data=None):
        self.number += 1
        self.values[function.inputs[-1]._id] = self.number
        inputs = [self.values[block._id] for block in function.inputs]
        event = [gr.EventData(None, vars(data))] if data else []
        self.waiting.append((function, partial(function.fn, *event, *inputs)))

    def go_on(self):
        """One thing happens at the server: an event arrives, or one that runs takes its next step."""
        choice = self.random.randrange(len(self.waiting) + len(self.running))
        if choice < len(self.waiting):
            function, begin = self.waiting.pop(choice)
            self.running.append((function, iter(begin() or ())))
            return
        function, steps = self.running[choice - len(self.waiting)]
        try:
            following = self._show(next(steps))
        except StopIteration:
            self.running.remove((function, steps))
            following = self._after(function)
        for other in following:
            self._send(other)

    def settle(self):
        while self.waiting or self.running:
            self.go_on()


@pytest.fixture
def photos(saved):
    """Two photos of a visitor's own."""
    return [saved(f"{name}.png") for name in "ab"]


def give(visitor, element, photo):
    """Gives a photo by upload or, by its name, as an example, or (None) takes it away."""
    visitor.last = {**getattr(visitor, "last", {}), element: photo}
    if photo is None:
        visitor.act(component(visitor.page, elem_id=element), "clear")
    elif photo.startswith("/"):
        visitor.act(component(visitor.page, elem_id=element), "upload", photo)
    else:
        visitor.act(component(visitor.page, elem_id=EXAMPLES[element]), "select", file=photo)


def do_anything(visitor, photos):
    """Something that a visitor may do on any of the tabs."""
    random = visitor.random
    kind = random.choice(["control"] * 5 + ["tab"] * 3 + ["photo", "photo", "second"])
    if kind == "control":
        label = random.choice(list(CONTROLS))
        visitor.choose(label, random.choice(CONTROLS[label]))
    elif kind == "tab":
        visitor.look_at(random.choice(TABS))
    else:
        some = [*photos, "truck_1.jpg", "suv_1.jpg", None]
        give(visitor, PHOTO if kind == "photo" else SECOND, random.choice(some))


def calm(page, restless):
    """A visitor who does nothing but what the restless one did last, one thing after the other."""
    visitor, labels = Visitor(page), {}
    for block in page.blocks.values():
        if isinstance(block, gr.components.FormComponent) and getattr(block, "label", None) in CONTROLS:
            labels[block.label] = visitor.values[block._id] = restless.values[block._id]
    for element, photo in restless.last.items():
        give(visitor, element, photo)
    for tab in TABS:
        visitor.look_at(tab)
    visitor.look_at("What if")
    for label in ("What covers it", "In one click"):
        visitor.choose(label, labels[label])
    return visitor


@pytest.mark.usefixtures("quick_pictures", "quick_evidence")
@pytest.mark.parametrize("seed", range(4))
def test_every_tab_shows_in_the_end_what_its_controls_say(fake, photos, seed):
    page, random = build({"final": fake}), Random(seed)
    restless = Restless(page, random)
    restless.open()
    for _ in range(30):
        do_anything(restless, photos)
        for _ in range(random.randrange(12)):
            if restless.waiting or restless.running:
                restless.go_on()
    give(restless, PHOTO, None if seed == 0 else photos[seed % 2])
    for tab in TABS:
        restless.look_at(tab)
        if random.random() < 0.5:
            restless.settle()
    for tab in TABS:
        restless.look_at(tab)
        restless.settle()
    other = calm(page, restless)
    for tab in TABS:
        assert restless.html(tab) == other.html(tab), tab
