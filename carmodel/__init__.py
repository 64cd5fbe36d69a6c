"""The networks: everything needed to classify a photo of a car."""
