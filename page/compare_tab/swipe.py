"""Two maps one over the other with a slider between them, and their difference beside."""

from html import escape

from explain.maps import Attribution, difference
from explain.palette import is_signed
from explain.render import overlay
from explain.words import describe, differ, named, percent
from page.compare_tab.grid import Cell
from page.explain_tab.grid import FOR, legends
from page.markup import finding, picture

SIDE = 600  # longest side of a picture in px
SAME = "Please choose two different networks."
HEAD = (
    '<header class="question"><h3>Two of them, one over the other</h3><p>Drag the handle, or use the arrow '
    "keys: left of it is the first network’s map, right of it the second’s.</p></header>"
)
# The handle moves in the browser alone and stays where it is when the maps are drawn anew.
ON_LOAD = """
let at = 50;
const move = () => {
  const range = element.querySelector('.swipe input');
  if (!range) return;
  range.value = at;
  range.parentElement.style.setProperty('--at', at + '%');
  const {first, second} = range.dataset;
  range.setAttribute('aria-valuetext', `${at} % ${first}, ${100 - at} % ${second}`);
};
element.addEventListener('input', (event) => { at = Number(event.target.value); move(); });
new MutationObserver(move).observe(element, {childList: true, subtree: true});
move();
"""


def pair(
    first: Cell, second: Cell, maps: tuple[Attribution, Attribution], scale: float, strength: float
) -> str:
    """The slider and the difference of `maps`, those of both cells as they are shown, drawn at `scale`."""
    change = difference(*maps)
    left, right, changed = (
        picture(overlay(each, first.photo, scale, strength, SIDE), describe(each), "map")
        for each in (*maps, change)
    )
    ends = (second.title, first.title)
    meanings = [(True, ends)] if is_signed(maps[0]) else [(False, FOR), (True, ends)]
    names = escape(first.title), escape(second.title)
    return (
        f'<div class="halves"><figure><h4>{names[0]} | {names[1]}</h4>'
        f'<div class="swipe frame"><div>{right}</div><div class="left">{left}</div>'
        f"{_tag(first)}{_tag(second)}<i></i>"
        f'<input type="range" min="0" max="100" value="50" data-first="{names[0]}" data-second="{names[1]}" '
        f'aria-label="How much of the picture shows {names[0]} rather than {names[1]}"></div></figure>'
        f"<figure><h4>{names[0]} − {names[1]} <small>red: more in {names[0]}</small></h4>"
        f'<div class="frame">{changed}</div></figure></div>'
        f'<div class="caption">{finding(_upper(differ(change)) + ".")}'
        f"{legends(scale, meanings)}</div>"
    )


def _tag(this: Cell) -> str:
    says = f"{named(this.says.verdict)} {percent(this.says.confidence)}"
    return f'<span class="tag"><b>{escape(this.title)}</b> {escape(says)}</span>'


def _upper(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
