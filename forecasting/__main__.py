"""``python -m forecasting`` goes in where the command is on no path; the same comes out."""

from forecasting.cli import entry

if __name__ == "__main__":
    entry()
