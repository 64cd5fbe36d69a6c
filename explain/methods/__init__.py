"""Attribution methods, and the fast engine that they share."""
