"""The verifier: one file an aspect, every hook in `plugin.py`."""
