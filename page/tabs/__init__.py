"""The page's tabs in their order, one folder each; none imports another."""

from page.tabs.compare import tab as compare
from page.tabs.explain import tab as explain
from page.tabs.guide import tab as guide
from page.tabs.networks import tab as networks
from page.tabs.trust import tab as trust
from page.tabs.what_if import tab as what_if

# Each has a TITLE and `build(context) -> Tab`, which draws it within an open gr.Tab.
TABS = (explain, compare, what_if, trust, networks, guide)
