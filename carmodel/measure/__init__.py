"""What is measured of networks and what follows from it; each module writes one file of weights/."""
