"""A case, or the library's tables, go in; pages for a room of people, and what they handed in."""
