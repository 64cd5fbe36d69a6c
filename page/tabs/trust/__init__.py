"""The Trust tab: tests of how far the maps of this photo can be trusted."""
