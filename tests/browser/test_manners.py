"""What everybody needs: no barrier that axe-core knows of, and nothing that takes a mouse."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.looking import each_size, settle

TABS = ("Explain", "Compare", "What if", "Trust", "Networks", "Guide")
BARRIERS = {"serious", "critical"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_has_a_barrier(open_page, scheme):
    page = open_page(scheme=scheme)
    settle(page)
    found = []
    for width in each_size(page):
        for tab in TABS:
            page.get_by_role("tab", name=tab).click()
            page.get_by_role("tab", name=tab, selected=True).wait_for()
            found += [
                (tab, width, each["id"], node["html"])
                for each in Axe().run(page).response["violations"]
                for node in each["nodes"]
                if each["impact"] in BARRIERS
            ]
    assert found == []


def focused(page):
    """What has the focus, and whether that can be seen: by an outline, a shadow or a border of its own."""
    return page.evaluate("""() => {
      const on = document.activeElement;
      const looks = (element) => {
        const style = getComputedStyle(element);
        return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor].join();
      };
      const chain = [on, on.parentElement, on.closest('label')].filter(Boolean);
      const before = chain.map(looks);
      on.blur();
      const after = chain.map(looks);
      on.focus();
      return {text: on.innerText || on.value || '', role: on.getAttribute('role') || on.tagName,
              file: on.dataset.file, visible: before.some((look, at) => look !== after[at])};
    }""")


def tab_to(page, wanted, presses=80):
    """Presses Tab until something wanted has the focus; all that had it before must have shown it."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        on = focused(page)
        if wanted(on):
            assert on["visible"], on
            return on
    raise AssertionError("Tab does not lead there.")


def test_everything_is_done_with_keys_alone(open_page):
    page = open_page()
    settle(page)
    tab_to(page, lambda on: on["file"] == "truck_1.jpg")
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-file="truck_1.jpg"][aria-pressed=true]')
    settle(page)
    tab_to(page, lambda on: on["text"] == "priority")  # gradio's radio buttons are a stop each
    page.keyboard.press("Space")
    page.wait_for_selector("text=/Ensemble: (75|100) px decides/")
    tab_to(page, lambda on: on["role"] == "tab" and on["text"] == "Trust")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Trust", selected=True).wait_for()
    assert page.locator("#trust").is_visible()
