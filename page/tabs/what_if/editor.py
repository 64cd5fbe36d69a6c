"""The photo to draw on: what is marked lies over it as SVG; strokes and boxes become gradio's select event.

A photo and some lines are all that is sent to the browser, and a stroke's points all that comes back.
"""

from typing import Any

from markupsafe import Markup

from carmodel.photo import Photo
from explain.evidence.regions import BORDER
from explain.report.render import upright
from explain.what_if.edits import WHEELS_ROW, Box, EditError, Edits, Stroke
from page.markup import picture
from page.panel import Panel, panel

THIN, THICK = 0.025, 0.07  # radii of the brushes, as fractions of the photo's width
MOST_POINTS = 2000  # of a stroke; drawing them by hand takes minutes

FIRST = "thick"
TOOLS = {"thick": "Thick brush", "thin": "Thin brush", "box": "Box"}  # tool -> what its button says

# Pointers draw into the SVG itself; what the server sends back replaces it, and a stroke that is being drawn
# meanwhile is put into the new one. Points nearer to each other than 0.5 % of the sides are left out.
ON_LOAD = """
const radii = {thin: %(thin)s, thick: %(thick)s};
let tool = '%(first)s', line = null, points = [];
const mark = () => {
  element.querySelectorAll('[data-tool]').forEach(
    (button) => button.setAttribute('aria-pressed', button.dataset.tool === tool));
};
const sheet = () => element.querySelector('.sheet');
const place = (event) => {
  const box = sheet().getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
};
const kept = (value) => Math.min(1, Math.max(0, value));
const corners = () => {
  const [first, last] = [points[0], points[points.length - 1]];
  return [0, 1].map((i) => [first[i], last[i]].map(kept).sort((a, b) => a - b));
};
const draw = () => {
  const svg = sheet().querySelector('svg'), group = svg.querySelector('g');
  const [width, height] = [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
  if (line.parentNode !== group) group.append(line);
  if (tool === 'box') {
    const [[left, right], [top, bottom]] = corners();
    Object.entries({x: left * width, y: top * height, width: (right - left) * width,
      height: (bottom - top) * height}).forEach(([name, value]) => line.setAttribute(name, value));
  } else {
    line.setAttribute('points', points.map(([x, y]) => `${x * width},${y * height}`).join(' '));
  }
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-tool]');
  if (button) { tool = button.dataset.tool; mark(); }
});
element.addEventListener('pointerdown', (event) => {
  if (event.button !== 0 || !event.target.closest('.sheet')) return;
  event.preventDefault();
  points = [place(event)];
  line = document.createElementNS('http://www.w3.org/2000/svg', tool === 'box' ? 'rect' : 'polyline');
  if (tool !== 'box') {
    points.push(points[0]);
    line.setAttribute('stroke-width', 2 * radii[tool] * sheet().querySelector('svg').viewBox.baseVal.width);
  }
  draw();
});
const move = (event) => {
  if (!line) return;
  const here = place(event), last = points[points.length - 1];
  if (tool !== 'box' && Math.hypot(here[0] - last[0], here[1] - last[1]) < 0.005) return;
  points.push(here);
  draw();
};
const end = () => {
  if (!line) return;
  const done = points, drawn = line, box = corners();
  line = null;
  if (tool !== 'box') { trigger('select', {mark: {points: done, radius: radii[tool]}}); return; }
  const [[left, right], [top, bottom]] = box;
  if (right - left < 0.01 || bottom - top < 0.01) drawn.remove();
  else trigger('select', {mark: {box: [left, top, right, bottom]}});
};
const cancel = () => { if (line) { line.remove(); line = null; } };
window.addEventListener('pointermove', move);
window.addEventListener('pointerup', end);
window.addEventListener('pointercancel', cancel);
window.addEventListener('keydown', (event) => { if (event.key === 'Escape') cancel(); });
watch('value', mark);
""" % {"thin": THIN, "thick": THICK, "first": FIRST}  # noqa: UP031 - JavaScript is full of braces


def sheet(photo: Photo, edits: Edits) -> Markup:
    """The tools, and the upright photo with what is marked over it."""
    buttons = (
        Markup('<button type="button" data-tool="{}" aria-pressed="{}">{}</button>').format(
            tool, "true" if tool == FIRST else "false", name
        )
        for tool, name in TOOLS.items()
    )
    image = picture(upright(photo), "The photo; what is marked on it is covered", "photo")
    height = 1000 * photo.height / photo.width
    return Markup(
        '<div class="tools" role="group" aria-label="Drawing tool">{}</div>'
        '<div class="sheet">{}<svg viewBox="0 0 1000 {:.1f}" preserveAspectRatio="none" '
        'aria-hidden="true"><g>{}</g></svg></div>'
    ).format(Markup().join(buttons), image, height, _marks(edits, height))


def _near(place: float) -> float:
    """A fraction of the picture's side; of what was drawn far off the picture, its direction counts."""
    return min(2.0, max(-1.0, float(place)))


def mark_of(data: Any) -> Box | Stroke:  # noqa: ANN401
    """What a select event of the sheet says was drawn. Raises EditError where it makes no sense."""
    if isinstance(data, dict) and "box" in data:
        return Box.of(data["box"])
    try:
        points = tuple((_near(x), _near(y)) for x, y in data["points"][:MOST_POINTS])
        radius = float(data["radius"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise EditError("This could not be read as a stroke; please draw it again.") from error
    return Stroke(points, radius)


def _marks(edits: Edits, height: float) -> Markup:
    """SVG of what is covered, on a picture 1,000 wide and so high."""
    shapes = []
    if "border" in edits.whole:
        x, y = 1000 * BORDER, height * BORDER
        inner = f"M{x:.1f} {y:.1f}V{height - y:.1f}H{1000 - x:.1f}V{y:.1f}z"  # the other way round: a hole
        shapes.append(Markup('<path d="M0 0H1000V{:.1f}H0z{}"/>').format(height, inner))
    for mark in (*edits.marks, *([WHEELS_ROW] if "wheels_row" in edits.whole else [])):
        if isinstance(mark, Box):
            across, down = 1000 * (mark.right - mark.left), height * (mark.bottom - mark.top)
            shapes.append(
                Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                    1000 * mark.left, height * mark.top, across, down
                )
            )
        else:
            points = " ".join(f"{1000 * x:.1f},{height * y:.1f}" for x, y in mark.points)
            line = Markup('<polyline points="{}" stroke-width="{:.1f}"/>')
            shapes.append(line.format(points, 2000 * mark.radius))
    return Markup().join(shapes)


def editor() -> Panel:
    """The component that holds the sheet."""
    return panel(js_on_load=ON_LOAD, elem_id="sheet")
