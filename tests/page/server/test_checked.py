import errno
import inspect

import gradio as gr
import pytest

from explain.explainer import Explainer
from page.api.endpoints import publish
from page.api.what_if import further_parameters
from page.markup import SORRY
from page.photo_input import PhotoInput
from page.server.checked import CheckedBlocks, wrong
from page.server.refusals import NO_ROOM, NOT_UNDERSTOOD, NOT_UPLOADED
from page.sidebar import sidebar

PHOTO = {"path": "car.jpg", "meta": {"_type": "gradio.FileData"}}
RIGHT = {
    "photo": PHOTO,
    "ensemble": "average",
    "toward": "suv",
    "tolerance": 0.02,
    "edits": ["mirror", "grey"],
    "box": [0, 0, 1, 1],
}


def ask(photo, ensemble, toward, tolerance, edits, box) -> dict[str, str]:
    """An endpoint with a parameter of every kind."""


@pytest.fixture(scope="module")
def asked(random_weights):
    with CheckedBlocks() as page:
        publish([ask], sidebar({"final": Explainer.load(random_weights)}), further_parameters())
    (block_fn,) = page.fns.values()
    assert block_fn.api_visibility == "public"
    return block_fn


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"photo": None},  # for which the endpoints have a sentence of their own
        {"edits": []},
        {"box": None},
        {"tolerance": 0.5},
        {"tolerance": 0.001},
        {"toward": "predicted"},
    ],
)
def test_nothing_is_wrong(asked, changed):
    assert wrong(asked, list((RIGHT | changed).values())) == ""


@pytest.mark.parametrize(
    ("name", "values", "allowed"),
    [
        (
            "photo",
            ["car.jpg", 3, [], {}, {"path": "/etc/passwd"}, PHOTO | {"path": 3}, PHOTO | {"meta": None}],
            "a file that was uploaded before",
        ),
        ("ensemble", ["all", None, 1, True, ["average"], {}], "one of average, priority"),
        ("toward", ["lorry", "", "SUV", None], "one of predicted, sedan, coupe, suv, truck"),
        (
            "tolerance",
            [0, -1, 1e300, 10**400, float("nan"), float("inf"), "0.02", None, [0.02], True],
            "a number from 0.001 to 0.5",
        ),
        (
            "edits",
            ["mirror", ["lorry"], ["mirror", None], [[]], None, {}, 3],
            "a list of any of border, wheels_row, mirror, grey",
        ),
    ],
)
def test_what_is_wrong_and_what_would_be_right(asked, name, values, allowed):
    for value in values:
        assert wrong(asked, list((RIGHT | {name: value}).values())) == f"“{name}” must be {allowed}.", value


def test_too_little(asked):
    names = list(inspect.signature(ask).parameters)
    assert wrong(asked, [PHOTO]) == f"This endpoint takes a list of 6: {', '.join(names)}."


@pytest.mark.parametrize("inputs", [["c", None], ["a"], ["a", 3]])
def test_what_the_page_never_sends_is_a_sentence(inputs, run_apart):
    with CheckedBlocks() as page:
        choice, photo = gr.Radio(["a", "b"]), PhotoInput()
        choice.change(print, [choice, photo], None, api_visibility="private")
    (block_fn,) = page.fns.values()
    assert run_apart(page.preprocess_data(block_fn, ["a", None], None)) == ["a", None]
    with pytest.raises(gr.Error) as refused:
        run_apart(page.preprocess_data(block_fn, inputs, None))
    assert refused.value.message == NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (gr.Error("There is no photo.", print_exception=False), "There is no photo."),
        (gr.Error("File /etc/passwd is not in the cache folder."), NOT_UNDERSTOOD),
        (KeyError("/etc/passwd"), SORRY),
    ],
)
def test_what_a_function_raises_is_a_sentence(error, sentence, run_apart, caplog):
    def fail(number):
        raise error
        yield  # a generator, as the page's handlers are

    with CheckedBlocks() as page:
        number = gr.Number()
        number.change(fail, number, number, api_visibility="private")
    (block_fn,) = page.fns.values()
    with pytest.raises(gr.Error) as refused:
        run_apart(page.call_function(block_fn, [1]))
    assert refused.value.message == sentence
    assert not refused.value.print_exception
    assert ("/etc/passwd" in caplog.text) == (sentence == SORRY)


def test_what_cannot_be_sent_is_a_sentence(run_apart, caplog):
    with CheckedBlocks() as page:
        image = gr.Image()
        image.change(print, image, image, api_visibility="private")
    (block_fn,) = page.fns.values()
    with pytest.raises(gr.Error) as refused:
        run_apart(page.postprocess_data(block_fn, ["/nowhere/car.svg"], None))
    assert refused.value.message == SORRY and not refused.value.print_exception
    assert "could not be sent" in caplog.text


def test_full_disk_is_a_sentence(asked, monkeypatch, run_apart):
    async def full(*given, **named):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("gradio.processing_utils.async_move_files_to_cache", full)
    monkeypatch.setattr("page.server.checked.check_paths", lambda inputs: None)
    with pytest.raises(gr.Error) as refused:
        run_apart(CheckedBlocks().preprocess_data(asked, list(RIGHT.values()), None))
    assert refused.value.message == NO_ROOM


@pytest.mark.parametrize("path", ["/etc/passwd", "car.jpg", "/proc/self/environ", ""])
def test_a_file_that_was_not_uploaded_is_not_touched(asked, run_apart, path):
    """Wherever in the data of any event it is named."""
    for data in ([PHOTO | {"path": path}], ["suv", [{"x": {"path": path}}]]):
        with pytest.raises(gr.Error) as refused:
            run_apart(
                CheckedBlocks().preprocess_data(asked, [*data, *list(RIGHT.values())[len(data) :]], None)
            )
        assert refused.value.message in (NOT_UPLOADED, "“photo” must be a file that was uploaded before.")


def test_values_that_are_not_text_are_sent_as_a_whole():
    """An object of an earlier step is never changed in the browser, where it may be in use."""
    with CheckedBlocks() as page:
        outputs = [gr.HTML(), gr.Button(), PhotoInput(), gr.JSON()]
        gr.Button().click(print, None, outputs, api_visibility="private")
    (block_fn,) = page.fns.values()
    same = gr.skip()
    first = ["a", gr.update(interactive=True), PHOTO, [1]]
    second = ["ab", same, same, [1]]
    sent = [
        page.handle_streaming_diffs(block_fn, list(step), "session", "run", final)
        for step, final in ((first, False), (second, False), (second, True))
    ]
    whole = [["replace", [], same]]
    assert sent == [first, [[["append", [], "b"]], whole, whole, []], second]
