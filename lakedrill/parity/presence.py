"""A primary that holds nothing is an error of somebody's, not a workspace: whatever is compared with it would be equal."""

from __future__ import annotations

from lakedrill.inventory.errors import UsageError
from lakedrill.parity.comparison import Comparison


def require_objects(comparison: Comparison) -> None:
    """Raise UsageError for a primary whose listings are all complete and hold nothing of its own."""
    primary = comparison.primary
    for kind in comparison.catalogue.kinds:
        if primary.failed(kind.name):
            return
        if any(not primary.is_builtin(kind, found.n) for found in primary.snapshot.objects(kind.name)):
            return
    raise UsageError(
        f"primary ({primary.snapshot.meta['host']}): holds nothing but what every workspace has from the start; "
        "is it the right workspace, and may the caller see what is in it?"
    )
