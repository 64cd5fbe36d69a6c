"""How far the maps can be trusted, measured over many photos: `python -m explain.survey`."""
