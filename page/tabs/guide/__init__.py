"""The Guide tab: the classes, how to read maps, and when to distrust them."""
