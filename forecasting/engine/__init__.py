"""A case on a day goes in; exact probabilities, their bands and their slopes come out."""
