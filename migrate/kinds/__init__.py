"""How an object of each kind is created, updated and deleted. No file for a kind: it is checked, not copied."""
