"""Forecasts and what came of them go in; a record that only grows, and its scores, come out."""

# How a ledger is called where nobody says otherwise.
USUAL = "ledger.db"
