"""How the runs stand, in a terminal: a table in place, the figure itself, progress of long commands."""
