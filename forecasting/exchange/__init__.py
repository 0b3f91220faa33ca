"""Networks in the formats of other programs go in; case files come out."""
