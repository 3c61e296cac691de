"""Digests: how a facet of the secondary is, and how it ought to be, known again in another run with other snapshots."""

from __future__ import annotations

import hashlib

from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.canonical import spell, take
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.pairing import Pair
from lakedrill.parity.reference import Ref
from migrate.journal import fingerprint
from migrate.kinds._permissions import direct_only


def digest_of(comparison: Comparison, each: Pair, facet: Facet) -> str:
    """Return the digest of a facet of the secondary, as the journal keeps it."""
    assert each.secondary is not None
    kind, snapshot = comparison.catalogue[each.kind], comparison.secondary.snapshot
    read = snapshot.facet(each.secondary, facet)
    document = read if isinstance(read, dict) else take(kind, facet, snapshot.document(each.secondary))
    if facet is Facet.PERMISSIONS:
        document = direct_only(document)
    return fingerprint(kind.shapes[facet], document)


def digest_of_wanted(comparison: Comparison, each: Pair, facet: Facet) -> str:
    """Return the digest of what a facet of the secondary ought to be. References go by the primary's own ids."""
    wanted = comparison.wanted(each, facet)

    def name(ref: Ref) -> str:
        return comparison.primary.snapshot.id_of(ref.n)

    text = wanted.reason if isinstance(wanted, Unreadable) else spell(wanted.value, name)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_all(comparison: Comparison, each: Pair) -> str:
    """Return the digest of the secondary's object in all that somebody may have written, its state left out."""
    facets = [facet for facet in comparison.facets(each) if facet is not Facet.STATE]
    document = comparison.secondary.snapshot.document(each.secondary or 0)
    put_at = f";{document['last_updated_timestamp']}" if is_put(document) else ""
    return together({facet: digest_of(comparison, each, facet) for facet in facets}) + put_at


def is_put(document: Document) -> bool:
    """Say whether an object is put whole, as a secret is: what nobody reads of it may have changed with that time."""
    return "last_updated_timestamp" in document


def together(digests: dict[Facet, str]) -> str:
    """Return one digest of several facets."""
    return hashlib.sha256("".join(f"{facet}:{digests[facet]};" for facet in sorted(digests)).encode()).hexdigest()
