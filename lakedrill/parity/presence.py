"""Whether a caller saw what there is: two callers who see nothing agree about everything.

Nothing in a listing says that it is only a part. So three things are asked of a snapshot, and each that is missing makes the
comparison undecided whatever else it shows: its caller was an admin, from whom the service hides nothing; the primary holds
something of its own; and what drill.yaml says must be seen is in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from lakedrill.inventory.kind import UNASKED, Document, Kind
from lakedrill.inventory.paths import values
from lakedrill.parity.side import Side

_SHOWN = 3
"""As many lacking objects as a reason names."""


def blindness(side: Side, must_see: Iterable[str] = ()) -> str:
    """Return why a side's caller may have seen only a part; empty where it saw everything, as far as can be told.

    `must_see` are objects that are known to be there, `KIND:KEY`. On the primary they are asked for always: whatever a copy
    did, nothing of the primary goes away. On the secondary they are asked for by those who judge a copy that was made. Before
    it a plan must not ask: most of them are what the copy is to bring, and a copy that waits for them would never be made.
    """
    admin = side.snapshot.meta["caller"].get("admin")
    if admin is None:
        return "the snapshot does not say whether its caller was a workspace admin; capture it anew"
    if not admin:
        return "the caller was no workspace admin, and saw only what it may see; use the profile of an admin"
    lacking = [name for name in must_see if not _sees(side, name)]
    if lacking:
        more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
        return f"the caller does not see {', '.join(lacking[:_SHOWN])}{more}, which drill.yaml says it must see"
    return ""


def emptiness(side: Side) -> str:
    """Return that a side's listings are all complete and hold nothing of its own; empty where one failed or holds something.

    One that nobody asked for is as if it were not there.
    """
    for kind in side.catalogue.kinds:
        if kind.name in side.listings and side.listings[kind.name].code == UNASKED:
            continue  # it may hold something, and would not show that the caller sees anything else
        if side.failed(kind.name):
            return ""
        own = (not side.is_builtin(kind, found.n) for found in side.snapshot.objects(kind.name))
        if not kind.is_everywhere and any(own):
            return ""
    return (
        "holds nothing but what every workspace has from the start; "
        "is it the right workspace, and may the caller see what is in it?"
    )


def is_named(kind: Kind, document: Document, key: str) -> bool:
    """Say whether a document is of the object with this key."""
    fold = str.lower if kind.identity.fold_case else str
    return any(fold(str(value)) == fold(key) for value in values(document, kind.identity.path))


def _sees(side: Side, name: str) -> bool:
    """Say whether an object is in the listing of its kind: one that only a reference led to was not listed."""
    kind_name, _, key = name.partition(":")
    kind, snapshot = side.catalogue[kind_name], side.snapshot
    found = snapshot.objects(kind_name)
    return any(each.listed and is_named(kind, snapshot.document(each.n), key) for each in found)
