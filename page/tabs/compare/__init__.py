"""The Compare tab: every network beside the others, two over each other, two photos."""
