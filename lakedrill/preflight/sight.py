"""Sight: both callers are admins, the listings are whole, and what is known to be there is in them."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import Catalogue, Document, Entry, Kind
from lakedrill.inventory.paths import mentions, opened, values
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.listings import ABSENT_CODES
from lakedrill.parity.mapping import Mapping as Rows
from lakedrill.parity.presence import is_named
from lakedrill.parity.side import is_builtin
from lakedrill.preflight.finding import Area, Finding, Level

_THREADS = 8
NO_ROWS = Rows()


@dataclass(frozen=True)
class Seen:
    """What a caller sees of one workspace: listings only, no content and no permissions."""

    role: str
    me: Document
    """The caller, as SCIM shows it."""
    admin: bool
    name: str
    """The caller's name, as definitions and grants name it."""
    account_id: str
    listings: Mapping[str, list[Entry] | ReadError]
    """By kind what was listed, or why it could not be."""
    read: Callable[..., Document]
    """GET of a path with a query. Raises ReadError."""

    def entries(self, kind: str) -> list[Entry]:
        """Return what was listed of a kind; nothing where the workspace says it has none. Raises ReadError else."""
        found = self.listings.get(kind, [])
        if isinstance(found, ReadError) and found.code not in ABSENT_CODES:
            raise found
        return self.listed(kind)

    def listed(self, kind: str) -> list[Entry]:
        """Return what was listed of a kind; nothing where the listing failed."""
        found = self.listings.get(kind, [])
        return [] if isinstance(found, ReadError) else found

    def keys(self, kind: Kind, rows: Rows = NO_ROWS) -> list[str]:
        """Return the keys of what was listed of a kind, as they are compared through a mapping. Raises ReadError."""
        path = kind.identity.path
        found = (str(next(values(entry.document, path), entry.id)) for entry in self.entries(kind.name))
        called = (rows.translate(kind.name, path, key) for key in found)
        return [key.lower() if kind.identity.fold_case else key for key in called]

    @cached_property
    def run_as(self) -> dict[str, str]:
        """Job id to whom it runs as. A listing need not tell, so each job that does not is read. Raises ReadError."""

        def one(entry: Entry) -> str:
            document = entry.document
            if "run_as_user_name" not in document:
                document = self.read("/api/2.2/jobs/get", job_id=entry.id)
            return str(document.get("run_as_user_name") or document.get("creator_user_name") or "")

        jobs = self.entries("jobs")
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            return dict(zip((entry.id for entry in jobs), pool.map(one, jobs), strict=True))


def look(workspace: Workspace, kinds: Collection[Kind], progress: Callable[[str, int, int], None]) -> Seen:
    """List every kind of a workspace."""
    listings: dict[str, list[Entry] | ReadError] = {}
    for kind in kinds:
        try:
            listings[kind.name] = list(kind.list(workspace))
        except ReadError as error:
            listings[kind.name] = error
        progress(f"{workspace.connection.role} kinds", len(listings), len(kinds))
    return Seen(
        workspace.connection.role,
        workspace.me,
        workspace.is_admin,
        workspace.caller,
        workspace.account_id,
        listings,
        workspace.get,
    )


def findings(
    primary: Seen, secondary: Seen, must_see: Mapping[str, Collection[str]], catalogue: Catalogue
) -> Iterator[Finding]:
    """Yield what speaks for and against that both callers see everything."""
    for seen in (primary, secondary):
        if seen.admin:
            yield _found(Level.OK, f"{seen.role} caller", f"{seen.name} is a workspace admin")
        else:
            told = f"{seen.name} is no workspace admin, and sees only what it may see; use the profile of an admin"
            yield _found(Level.FAIL, f"{seen.role} caller", told)
    for seen in (primary, secondary):
        yield from _named(seen, must_see.get(seen.role, ()), catalogue)
        yield from _listed(seen)
        yield from _empty(seen, must_see.get(seen.role, ()), catalogue)
    yield from _silent(primary, secondary, catalogue)


def counts(primary: Seen, secondary: Seen) -> dict[str, dict[str, int | str]]:
    """Return by kind and side how many objects were listed, or why none could be."""
    return {
        kind: {seen.role: _count(seen, kind) for seen in (primary, secondary)}
        for kind in dict.fromkeys([*primary.listings, *secondary.listings])
    }


def _count(seen: Seen, kind: str) -> int | str:
    found = seen.listings.get(kind, [])
    return found.code if isinstance(found, ReadError) else len(found)


def _found(level: Level, name: str, text: str) -> Finding:
    return Finding(Area.SIGHT, level, name, text)


def _named(seen: Seen, must_see: Collection[str], catalogue: Catalogue) -> Iterator[Finding]:
    name = f"{seen.role} must_see"
    lacking = [named for named in must_see if not _sees(seen, named, catalogue)]
    for named in lacking:
        told = f"{named} is not listed: the caller sees only a part, or it is called otherwise"
        yield _found(Level.FAIL, name, told)
    if must_see and not lacking:
        yield _found(Level.OK, name, f"all that drill.yaml names is listed ({len(must_see)})")


def _sees(seen: Seen, named: str, catalogue: Catalogue) -> bool:
    kind, _, key = named.partition(":")
    return any(is_named(catalogue[kind], entry.document, key) for entry in seen.listed(kind))


def _listed(seen: Seen) -> Iterator[Finding]:
    """Yield each listing that failed. A kind that the workspace says it has not is no matter of sight."""
    for kind, found in seen.listings.items():
        if isinstance(found, ReadError) and found.code not in ABSENT_CODES:
            yield _found(Level.FAIL, f"{seen.role} {kind}", f"can't be listed: {found}")


def _empty(seen: Seen, must_see: Collection[str], catalogue: Catalogue) -> Iterator[Finding]:
    """Yield that a side holds nothing of its own: an empty workspace and a blind caller look alike.

    What must be seen tells them apart where it is seen.
    """
    if any(isinstance(found, ReadError) for found in seen.listings.values()):
        return
    for kind in catalogue.kinds:
        own = (not is_builtin(kind, entry.document, seen.me) for entry in seen.listed(kind.name))
        if not kind.is_everywhere and any(own):
            return
    if any(_sees(seen, named, catalogue) for named in must_see):
        return
    told = "nothing is listed but what every workspace has from the start, as a caller who sees nothing would"
    hint = f"if it is empty, say `must_see: [groups:admins]` under `{seen.role}`"
    yield _found(Level.UNKNOWN, f"{seen.role} listings", f"{told}; {hint}")


def _silent(primary: Seen, secondary: Seen, catalogue: Catalogue) -> Iterator[Finding]:
    """Yield each kind of which neither side lists anything although listed objects refer to it."""
    for kind in catalogue.kinds:
        whole = [isinstance(seen.listings.get(kind.name), list) for seen in (primary, secondary)]
        if kind.named_only or not all(whole) or primary.listed(kind.name) or secondary.listed(kind.name):
            continue
        for seen in (primary, secondary):
            if who := _refers(seen, kind.name, catalogue):
                told = f"neither side lists any, but {who} of the {seen.role} refers to one"
                yield _found(Level.FAIL, kind.name, told)
                break


def _refers(seen: Seen, name: str, catalogue: Catalogue) -> str:
    """Return a listed object, `kind:id`, that refers to a kind and to no other that it could mean; empty: none does."""
    for kind in catalogue.kinds:
        for shape in kind.shapes.values():
            references = [r for r in shape.references if r.kinds == (name,) and not r.optional]
            for entry in seen.listed(kind.name) if references else ():
                if any(True for reference in references for _ in mentions(reference, opened(entry.document, shape))):
                    return f"{kind.name}:{next(values(entry.document, kind.identity.path), entry.id)}"
    return ""
