"""Why: attribution maps for the networks' answers, and the evidence for them."""

from explain.attribution import METHODS, REFERENCES, Attribution, Target, difference, explain, mean, refine

__all__ = ["METHODS", "REFERENCES", "Attribution", "Target", "difference", "explain", "mean", "refine"]
