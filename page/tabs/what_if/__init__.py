"""The What if tab: what the networks say of the photo once parts of it are changed."""
