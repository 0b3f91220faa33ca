"""Words typed on a terminal go in; what the other rooms answer is printed."""
