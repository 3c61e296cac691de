"""Git folders: cloned anew, then checked out to the primary's branch. What somebody may have edited is left as it is."""

from __future__ import annotations

from collections.abc import Collection

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.kinds.repos import API, SETTLED, get
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _tree
from migrate.target import Answer, Target
from migrate.writer import BY_HAND, Blocked, Options, Wanted, Writer

_CHECKED_OUT = frozenset({"branch", "head_commit_id"})
_NO_REMOTE = f"{BY_HAND}make a Git folder without a remote, which no API does"
_LINK = "link the provider for the copying identity on the secondary (databricks git-credentials create {}), then copy again"


class Repos(Writer):
    """Git folders (`/api/2.0/repos`). An update moves the checkout to the newest commit of a branch, and never by force."""

    name = "repos"
    how = "yes, cloned from its remote; edits that are not pushed stay where they are"
    settle_seconds = 3.0
    disturbs = frozenset({Facet.FILES})

    def is_fixed(self, path: str) -> bool:
        """The patterns of a sparse checkout may change, where there are some."""
        return path in SETTLED

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Say of those without a remote that nobody can clone them."""
        return {n: _NO_REMOTE for n, document in documents.items() if not document.get("url")}

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Clone it; its folder must be there. What it is cloned to is the remote's default branch."""
        body = {name: value for name, value in wanted.definition.items() if name not in _CHECKED_OUT}
        try:
            answer = target.send("POST", API, body)
        except Refused as refusal:
            raise _with_help(refusal, str(body["provider"])) from None
        return str(answer.document["id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Check its branch out, at the newest commit. The service refuses where that would meet edits."""
        if "branch" not in wanted.definition:
            at = wanted.definition.get("head_commit_id")
            raise Blocked(
                f"the primary is at {at} and on no branch; which tag that is no API tells: check it out yourself"
            )
        body: Document = {
            name: wanted.definition[name] for name in ("branch", "sparse_checkout") if name in wanted.definition
        }
        return target.send("PATCH", f"{API}/{key}", body)

    def permanent(self, document: Document) -> str:
        """Nobody can see whether something in it was never pushed."""
        return "what was edited in a Git folder and not pushed would be lost"

    def beyond(self, facet: Facet, document: Document) -> str:
        """Edits are in no API: they are carried by Git alone."""
        return (
            "was edited and not committed, on either side, and only Git carries edits" if facet is Facet.FILES else ""
        )

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of what lies at the path."""
        return _tree.ids_at(target, wanted.definition["path"])

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the Git folder as it is now, with the digests of what it holds."""
        return {**get(target, key), **wanted.kind.part(target, Facet.FILES, key)}

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Write nothing: the files came with the commit, and are read back to see that they are the primary's."""
        return []


def _with_help(refusal: Refused, provider: str) -> Refused:
    """Return a refusal for want of a Git credential with what helps, in the service's own words otherwise."""
    if "credential" not in refusal.message.lower():
        return refusal
    return Refused(refusal.code, f"{refusal.message} {_LINK.format(provider)}", denied=refusal.denied)
