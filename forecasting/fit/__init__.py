"""Data and models go in; base rates, and an independent audit of a forecast, come out of PyMC."""
