from page.tabs.networks.tables import scroll


def test_region_can_be_reached_and_is_named():
    assert scroll("A <b>") == ('<div class="scroll" tabindex="0" role="group" aria-label="A &lt;b&gt;">')
