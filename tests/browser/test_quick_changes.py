"""Two hundred quick changes of controls on all tabs: in the end every panel shows what its controls say."""

import random
import subprocess
import sys

import pytest

from tests.browser.looking import settle_tests

CHANGES = 200
SEED = 20
PATIENCE = 300_000  # milliseconds, with both cores busy
UNCHANGED = 4000  # milliseconds for which a panel stays the same when it is done
TABS = ("Explain", "Compare", "What if", "Trust", "Networks", "Guide")
TIMES = ".time, .note, .progress, .save, img.photo"  # what differs from one visit to the next

# What a panel shows: its HTML without times and the names that gradio gives; pictures by their data.
SHOWN = """([panel, left_out]) => {
  const copy = document.querySelector(panel).cloneNode(true);
  copy.querySelectorAll(left_out).forEach((part) => part.remove());
  return copy.innerHTML.replace(/ (id|name)="(html|radio)-\\w+"/g, '');
}"""
PANELS = {
    "Explain": ("#verdict", "#maps"),
    "Compare": ("#compare",),
    "What if": ("#bars",),
    "Trust": ("#test-faithfulness", "#test-regions"),
}


def press(page, of, number):
    """Presses one of the inputs or buttons that a selector finds, whatever lies over it."""
    script = """([of, number]) => {
      const all = [...document.querySelectorAll(of)];
      all[number % all.length].click();
    }"""
    page.evaluate(script, [of, number])


def change_something(page, chance):
    """One change of something that a visitor can reach on the tab in front."""
    number = chance.randrange(1000)
    front = page.locator('[role=tab][aria-selected="true"]').first.inner_text().strip()
    own = {
        "Compare": ["#compare-method input", "#second-examples button"],
        "What if": ["#what-if .choose input[type=checkbox]", "#what-if .choose input[type=radio]"],
    }
    everywhere = ["#controls input[type=radio]", "#controls input[type=checkbox]", "#examples button"]
    kind = chance.random()
    if kind < 0.3:
        press(page, "[role=tab]", number)
    else:
        press(page, chance.choice(own.get(front, []) if kind < 0.6 and front in own else everywhere), number)


def settle_front(page):
    """Waits until nothing in the tab in front is being computed; what lies behind may have been left."""
    page.wait_for_function(
        """[...document.querySelectorAll('.computing, .busy, .pending, .progress')].every((part) =>
          !part.checkVisibility() || (part.matches('.progress') && part.textContent === ''))""",
        timeout=PATIENCE,
    )


def looks(page):
    """The choices, and what every panel shows, once nothing is computed any more and nothing changes."""
    for _ in range(5):
        choices, shown = chosen(page), {}
        for tab, panels in PANELS.items():
            page.get_by_role("tab", name=tab, exact=True).click()
            shown |= calm_look(page, panels)
        if chosen(page) == choices:  # what was still on its way may have taken a choice back
            break
    return choices, shown


def calm_look(page, panels):
    """What panels show as soon as it is the same for so long that no answer can be on its way any more."""
    latest, since = None, 0
    while since < UNCHANGED:
        page.wait_for_timeout(500)
        settle_front(page)
        shown = {panel: page.evaluate(SHOWN, [panel, TIMES]) for panel in panels}
        latest, since = shown, since + 500 if shown == latest else 0
    return shown


def repeat_choices(page, wanted, example, second):
    """Makes an untouched page's choices those of another one, one after the other."""
    press(page, f'#examples [data-file="{example}"]', 0)
    settle_tests(page, PATIENCE)
    for tab, inputs in (("Explain", "#controls"), ("Compare", "#compare"), ("What if", "#what-if .choose")):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(1000)
        for number, (_, _, on) in enumerate(wanted[inputs]):
            page.evaluate(
                """([of, number, on]) => {
                  const input = [...document.querySelectorAll(`${of} input`)]
                    .filter((each) => ['radio', 'checkbox'].includes(each.type))[number];
                  if (input.checked !== on && (on || input.type === 'checkbox')) input.click();
                }""",
                [inputs, number, on],
            )
            page.wait_for_timeout(30)
        if tab == "Compare" and second:
            press(page, f'#second-examples [data-file="{second}"]', 0)
        settle_front(page)


def chosen(page):
    """The choices by the part of the page that they are in, and the pressed examples."""
    parts = {
        of: page.evaluate(
            """(of) => [...document.querySelectorAll(`${of} input`)]
              .filter((input) => ['radio', 'checkbox'].includes(input.type))
              .map((input) => [input.type, input.value, input.checked])""",
            of,
        )
        for of in ("#controls", "#compare", "#what-if .choose")
    }
    pressed = [
        page.evaluate("(of) => document.querySelector(`${of} [aria-pressed=true]`)?.dataset.file ?? ''", of)
        for of in ("#examples", "#second-examples")
    ]
    return parts, *pressed


@pytest.fixture
def busy_cores():
    """Both cores kept busy by others."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for other in others:
        other.kill()
        other.wait()


def test_in_the_end_every_panel_shows_what_its_controls_say(open_page, busy_cores):
    page, chance = open_page(), random.Random(SEED)
    settle_tests(page, PATIENCE)
    for tab in TABS:  # so that all of them are there
        page.get_by_role("tab", name=tab, exact=True).click()
    for _ in range(CHANGES):
        change_something(page, chance)
        page.wait_for_timeout(chance.choice((0, 0, 20, 100, 400)))
    settle_front(page)  # what was pressed last is on by then
    choices, quick = looks(page)
    calm = open_page()
    settle_tests(calm, PATIENCE)
    for _ in range(4):  # on a busy machine a press may come before its input takes any
        if chosen(calm) != choices:
            repeat_choices(calm, *choices)
    repeated, slow = looks(calm)
    assert repeated == choices
    for panel, html in slow.items():
        assert quick[panel] == html, panel
