"""Why: attribution maps for the networks' answers, and the evidence for them."""
