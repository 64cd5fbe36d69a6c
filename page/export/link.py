"""A link that restores the controls: its names, how it is written in the browser and read when it opens."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from explain.request import NO_CLASS
from page import examples
from page.markup import notice
from page.session import Session

Components = Mapping[str, gr.components.Component]  # of the controls, by the fields of Controls

# Field of Controls -> its name in the link, where it is another one.
NAMES = {
    "toward": "class",
    "against": "and-not",
    "kind": "networks",
    "tolerance": "accuracy",
    "smoothing": "detail",
    "own_scale": "own-scale",
}
PHOTO = "photo"  # an example picture
OTHERS = ("__", "view", "deep_link", "logs")  # what gradio's and the Space's own parameters begin with

# Runs in the browser: puts what differs from the start into the address and the clipboard.
COPY = """async (...values) => {
  const link = new URL(location.href.split(/[?#]/)[0]);
  const names = %(names)s, start = %(start)s;
  const example = document.querySelector('#examples [aria-pressed=true]');
  if (example && example.dataset.file !== %(first)s) link.searchParams.set(%(photo)s, example.dataset.file);
  names.forEach((name, at) => {
    if (values[at] !== start[at]) link.searchParams.set(name, values[at]);
  });
  history.replaceState(null, '', link);
  const own = example ? '' : ' Your own photo is not part of it.';
  let where = 'is in the address bar';
  try { await navigator.clipboard.writeText(link.href); where = 'is copied'; } catch { }
  return '<p role="status">The link ' + where + '.' + own + '</p>';
}"""


def copied(controls: Components) -> str:
    """The script behind “Copy link”: it takes the controls' values and returns what to tell."""
    start = [control.value for control in controls.values()]
    return COPY % {
        "names": json.dumps([NAMES.get(field, field) for field in controls]),
        "start": json.dumps(start),
        "first": json.dumps(examples.FIRST),
        "photo": json.dumps(PHOTO),
    }


def read(query: Mapping[str, str], controls: Components) -> tuple[dict[str, Any], str | None, str]:
    """The controls' values by field, the example picture if any, and what was ignored, as a sentence.

    What the link does not name stays as the controls begin; so does what they cannot take. "" if all is well.
    """
    names = {field: NAMES.get(field, field) for field in controls}
    values, ignored = {}, []
    for field, control in controls.items():
        name = names[field]
        values[field] = _parsed(query[name], control) if name in query else control.value
        if values[field] is None:
            ignored.append(name)
            values[field] = control.value
    if values["toward"] == values["against"]:
        values["against"] = NO_CLASS
        ignored.append(names["against"])
    photo = query.get(PHOTO)
    if photo is not None and photo not in {path.name for path in examples.FOLDER.glob("*.jpg")}:
        photo = None
        ignored.append(PHOTO)
    ignored += [
        name for name in query if name not in (*names.values(), PHOTO) and not name.startswith(OTHERS)
    ]
    if not ignored:
        return values, photo, ""
    listed = ", ".join(f"“{name[:20]}”" for name in ignored[:4])
    return values, photo, f"Part of the link means nothing here and was ignored: {listed}."


def opener(controls: Components) -> Callable[..., tuple[Any, ...]]:
    """The handler of a page being opened, before anything else: values of the controls, and what to tell."""

    def on_link(session: Session, request: gr.Request) -> tuple[Any, ...]:
        if not request.query_params:
            return (gr.skip(),) * (len(controls) + 1)
        values, session.example, sentence = read(request.query_params, controls)
        return *values.values(), notice(sentence) if sentence else ""

    return on_link


def _parsed(text: str, control: Any) -> Any:  # noqa: ANN401
    """What a text means to a control; None where it means nothing."""
    if isinstance(control, gr.Checkbox):
        return {"true": True, "false": False}.get(text)
    if isinstance(control, gr.Slider):
        try:
            value = float(text)
        except ValueError:
            return None
        return value if control.minimum <= value <= control.maximum else None
    return next((value for _, value in control.choices if str(value) == text), None)
