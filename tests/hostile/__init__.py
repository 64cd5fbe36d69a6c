"""Files, requests and crowds that try to break the product. `python -m tests.hostile` runs the long forms."""
