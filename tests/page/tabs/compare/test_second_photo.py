from types import SimpleNamespace

import pytest
from PIL import Image

from page.controls import Controls
from page.tabs.compare.handlers import SECOND
from tests.document import parsed
from tests.page.steps import together

pytestmark = pytest.mark.usefixtures("quick_pictures")
CONTROLS = Controls(toward="suv", reference="black", tolerance=0.5, smoothing="pixels")
CHOICE = ("shap", "final-75", "final-100", "final-75")
TRUCK = SimpleNamespace(file="truck_1.jpg")


def titles(html):
    return [title.one("span").text for title in parsed(html).all("h4")]


def waiting(html):
    return len(parsed(html).all("div", "waiting"))


def test_example_as_second_photo(handle, session):
    first, *others = handle.on_example(TRUCK, session, 2, CONTROLS, *CHOICE)
    assert isinstance(first["photo"], Image.Image)
    assert (session.other.width, session.other.height) == first["photo"].size
    assert [waiting(step["photos"]) for step in others] == [1, 0]
    assert titles(others[-1]["photos"]) == ["This photo", "Second photo"]
    assert together(handle.refresh(session, 3, CONTROLS, *CHOICE))["photos"] == others[-1]["photos"]


def test_one_network_sees_both_photos_for_the_same_class(handle, fake, session):
    list(handle.on_example(TRUCK, session, 2, CONTROLS, "gradcam", "final-75", "final-100", "final-100"))
    [first, second] = fake.asked
    assert [settings[0] for settings in (first, second)] == [session.photo, session.other]
    assert first[1:] == second[1:] == ("gradcam", session.asked.target, "black", 0.5, ("100",))


def test_uploaded_second_photo_can_be_removed(handle, session, saved):
    steps = list(handle.on_photo(session, 2, CONTROLS, saved("car.png"), *CHOICE))
    assert session.other.width == 90 and not any("photo" in step for step in steps)  # the browser shows it
    assert titles(steps[-1]["photos"]) == ["This photo", "Second photo"]
    assert together(handle.on_remove(session, 3, CONTROLS, *CHOICE)) == {"photos": SECOND}
    assert session.other is None


def test_second_photo_that_browsers_cannot_show_is_shown_by_us(handle, session, saved):
    first, *_ = handle.on_photo(session, 2, CONTROLS, saved("car.tiff"), *CHOICE)
    assert first["photo"].size == (450, 300)


def test_broken_second_photo_is_a_sentence_and_the_one_before_stays(handle, session, broken_file):
    session.other = session.photo
    [step] = handle.on_photo(session, 2, CONTROLS, broken_file, *CHOICE)
    assert step["photo"].size == (450, 300) and session.other is session.photo
    assert "damaged" in parsed(step["photos"]).one("p", "notice").text


def test_second_photo_is_counted(handle, session):
    list(handle.on_example(TRUCK, session, 2, CONTROLS, *CHOICE))
    assert 2 * session.other.frame.nbytes < handle.cache.bytes < 2.1 * session.other.frame.nbytes


def test_second_photo_before_the_first_is_kept(handle, session, saved):
    asked, session.asked = session.asked, None
    list(handle.on_photo(session, 2, CONTROLS, saved("car.png"), *CHOICE))
    session.asked = asked
    last = together(handle.refresh(session, 3, CONTROLS, *CHOICE))
    assert titles(last["photos"]) == ["This photo", "Second photo"]
