"""A survey for `lakedrill init`: every definition of the primary, and what the two workspaces offer. Reads only."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lakedrill.inventory.errors import ReadError, if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Kind
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import below, opened, places, values
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.canonical import copied
from lakedrill.parity.side import is_builtin
from lakedrill.preflight.proposals import Offer, Proposal, Spot, absent, proposals

_CLUSTERS = "/api/2.1/clusters"
_ELSEWHERE = frozenset({"NotEnabledOnSubscription", "NotAvailableInRegion"})
"""With these a node type is listed that can't be had (terraform-provider-databricks#1533)."""
_THREADS = 8
_PRINCIPALS = {"users": "Users", "service_principals": "ServicePrincipals", "groups": "Groups"}

InAccount = Callable[[str, str], Collection[str] | None]
"""Returns the names of the account's principals of a SCIM family, by the field that names them; None where there is none."""


@dataclass
class Survey:
    """The rows that a drill of two workspaces seems to need, and notes on what no row reaches or could not be read."""

    proposals: list[Proposal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def survey(
    primary: Workspace, secondary: Workspace, in_account: InAccount, progress: Callable[[str, int, int], None]
) -> Survey:
    """Read both workspaces. What can't be read is a note, and nothing is proposed for it."""
    notes: list[str] = []
    spots: list[Spot] = []
    keys: dict[str, list[str]] = {}
    for kind in CATALOGUE.kinds:
        try:
            documents = list(_documents(kind, primary, progress))
        except ReadError as error:
            notes.append(f"the primary's {kind.name} can't be read, and may need rows: {error}")
            continue
        keys[kind.name] = [_key(kind, d) for d in documents if not is_builtin(kind, d, primary.me)]
        spots += [spot for document in documents for spot in _spots(kind, document)]
    found, beyond = proposals(spots, _offer(primary, notes), _offer(secondary, notes))
    for name, family in _PRINCIPALS.items():
        found += _absent(CATALOGUE[name], family, keys.get(name, []), secondary, in_account, notes)
    return Survey(found, [*beyond, *notes])


def _documents(kind: Kind, workspace: Workspace, progress: Callable[[str, int, int], None]) -> Iterator[Document]:
    entries = list(kind.list(workspace))

    def one(entry: Entry) -> Document | None:
        return if_there(lambda: kind.whole(workspace, entry))

    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        for done, document in enumerate(pool.map(one, entries), 1):
            progress(kind.name, done, len(entries))
            if document is not None:
                yield document


def _key(kind: Kind, document: Document) -> str:
    return str(next(values(document, kind.identity.path), ""))


def _spots(kind: Kind, document: Document) -> Iterator[Spot]:
    """Yield the texts of a definition, keys too, without what the server sets and what must not be shown."""
    shape = kind.shapes[Facet.DEFINITION]
    shown = copied(opened(document, shape))
    for fact in (*shape.assigned, *shape.sensitive):
        for container, key in places(shown, fact.path):
            if isinstance(container, list) or key in container:
                container[key] = None
    key = _key(kind, document)
    yield from (Spot(kind.name, key, path, text) for path, text in _texts(shown, ""))


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield f"{path}.", key
            yield from _texts(child, below(path, value, key))
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child, f"{path}[]")


def _offer(workspace: Workspace, notes: list[str]) -> Offer:
    def listed(path: str, names: Callable[[Document], Iterable[str]]) -> frozenset[str] | None:
        try:
            return frozenset(names(workspace.get(f"{_CLUSTERS}/{path}")))
        except ReadError as error:
            told = f"what the {workspace.connection.role} offers can't be read ({path}), and is not compared: {error}"
            notes.append(told)
            return None

    return Offer(
        workspace.host,
        listed("list-node-types", lambda d: (n["node_type_id"] for n in d.get("node_types", []) if _is_had(n))),
        listed("list-zones", lambda d: d.get("zones", [])),
        listed("spark-versions", lambda d: (version["key"] for version in d.get("versions", []))),
    )


def _is_had(node: Document) -> bool:
    return _ELSEWHERE.isdisjoint((node.get("node_info") or {}).get("status") or ())


def _absent(
    kind: Kind, family: str, keys: list[str], secondary: Workspace, in_account: InAccount, notes: list[str]
) -> list[Proposal]:
    """Return the principals that neither the secondary nor its account has."""
    try:
        present = {_key(kind, entry.document).lower() for entry in kind.list(secondary)}
        present |= {name.lower() for name in in_account(family, kind.identity.path) or ()}
    except ReadError as error:
        notes.append(f"whether the secondary has the primary's {kind.name} can't be read: {error}")
        return []
    return absent(kind.name, kind.identity.path, keys, present)
