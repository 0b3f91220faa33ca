"""A question to a network or to a case goes in; rows that answer it come out."""
