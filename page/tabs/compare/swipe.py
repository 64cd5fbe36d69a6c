"""Two maps one over the other with a slider between them, and their difference beside."""

from markupsafe import Markup

from explain.attribution import difference
from explain.report.cards import CardRow
from explain.report.palette import FOR, is_signed
from explain.report.render import overlay
from explain.report.text import describe, differ, named, percent
from page.map_card import framed, legend_bars
from page.markup import finding, picture
from page.tabs.compare.grid import Cell

SIDE = 600  # longest side of a picture in px
SAME = "Please choose two different networks."
HEAD = Markup(
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


def pair(first: Cell, second: Cell, row: CardRow, names: tuple[str, str], strength: float) -> Markup:
    """The slider and the difference of the maps of two cells, by their `names` in the row of all."""
    maps = row.cards[names[0]].shown, row.cards[names[1]].shown
    change = difference(*maps)
    left, right, changed = (
        picture(overlay(attribution, first.photo, row.scale, strength, SIDE), describe(attribution), "map")
        for attribution in (*maps, change)
    )
    ends = (second.title, first.title)
    meanings = [(True, ends)] if is_signed(maps[0]) else [(False, FOR), (True, ends)]
    return Markup(
        '<div class="halves"><figure><h4>{first} | {second}</h4>'
        '<div class="swipe frame"><div>{right}</div><div class="left">{left}</div>{tags}<i></i>'
        '<input type="range" min="0" max="100" value="50" data-first="{first}" data-second="{second}" '
        'aria-label="How much of the picture shows {first} rather than {second}"></div></figure>'
        "<figure><h4>{first} − {second} <small>red: more in {first}</small></h4>{changed}</figure></div>"
        '<div class="caption">{finding}{legends}</div>'
    ).format(
        first=first.title,
        second=second.title,
        left=left,
        right=right,
        tags=_tag(first) + _tag(second),
        changed=framed(changed),
        finding=finding(_upper(differ(change)) + "."),
        legends=legend_bars(row.scale, meanings),
    )


def _tag(cell: Cell) -> Markup:
    return Markup('<span class="tag"><b>{}</b> {} {}</span>').format(
        cell.title, named(cell.says.verdict), percent(cell.says.confidence)
    )


def _upper(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
