"""Everything in weights/ from one run: `python -m carmodel.release --data DIR … --work DIR`."""
