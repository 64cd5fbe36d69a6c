"""How far a map can be trusted: measures of one map, and of two."""
