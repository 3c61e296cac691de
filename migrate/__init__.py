"""The copy: the only package that writes to a workspace."""
