"""Two snapshots compared. Pure functions, no I/O: the part that must be right."""
