"""The page's tabs in their order, one folder each; none imports another."""

from page.tabs.compare import tab as compare_tab
from page.tabs.explain import tab as explain_tab
from page.tabs.guide import tab as guide_tab
from page.tabs.networks import tab as networks_tab
from page.tabs.trust import tab as trust_tab
from page.tabs.what_if import tab as what_if_tab

# Each has a TITLE and `build(context) -> Tab`, which draws it within an open gr.Tab.
TABS = (explain_tab, compare_tab, what_if_tab, trust_tab, networks_tab, guide_tab)
