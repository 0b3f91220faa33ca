"""Forecasts and what came of them go in; a record that only grows, and its scores, come out."""
