"""A class of students comes in; exercises, and what became of them, come out."""
