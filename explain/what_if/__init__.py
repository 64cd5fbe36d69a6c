"""Parts of a photo covered, and what that changes."""
