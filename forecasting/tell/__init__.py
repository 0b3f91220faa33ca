"""Rows of an answer go in; tables, sentences, pages and figures come out."""
