"""Preflight: before any comparison counts, that both callers see everything, and what will refuse later. Reads only."""
