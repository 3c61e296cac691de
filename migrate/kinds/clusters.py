"""All-purpose clusters: the whole specification; made, ended again and pinned, so that they cost nothing and are kept."""

from __future__ import annotations

from collections.abc import Collection

from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _cluster_spec, _rest
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_API = "/api/2.1/clusters"
_LIBRARIES = "/api/2.0/libraries"
_ENDED = ("TERMINATED", "ERROR")


class Clusters(Writer):
    """Clusters (`/api/2.1/clusters`). A created cluster starts by itself: at most five are starting at once."""

    name = "clusters"
    how = "yes, ended and pinned"
    at_once = 5
    renames = True

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the cluster, which starts."""
        answer = target.send("POST", f"{_API}/create", _cluster_spec.sent(wanted.definition))
        return str(answer.document["cluster_id"]), answer

    def settle(self, target: Target, key: str) -> None:
        """Tell it at once to end; it keeps its specification. That it has ended is waited for with its state."""
        target.send("POST", f"{_API}/delete", {"cluster_id": key})

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Replace the whole specification of a cluster that is not just ending."""
        if present.get("state") == "TERMINATING":
            _wait_until_ended(target, key)
        return target.send("POST", f"{_API}/edit", {**_cluster_spec.sent(wanted.definition), "cluster_id": key})

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove it for good. A pinned one has to be unpinned first."""
        if document.get("pinned_by_user_name"):
            target.send("POST", f"{_API}/unpin", {"cluster_id": key})
        return target.send("POST", f"{_API}/permanent-delete", {"cluster_id": key})

    def busy(self, target: Workspace, key: str, document: Document) -> str:
        """One that has not ended may be somebody's work."""
        state = document.get("state")
        return "" if state in _ENDED else f"it is {state}"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the clusters of this name."""
        name = wanted.definition.get("cluster_name", "")
        listed = target.pages(f"{_API}/list", "clusters", page_size=100)
        return [cluster["cluster_id"] for cluster in listed if cluster.get("cluster_name", "") == name]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the cluster as it is now."""
        found = target.get(f"{_API}/get", cluster_id=key)
        return {**found, **wanted.kind.part(target, Facet.LIBRARIES, key)}

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Give it its libraries; or end it if it runs, and pin it if it is not pinned."""
        if facet is Facet.LIBRARIES:
            return _set_libraries(target, key, wanted["libraries"], present, prune=sparing is not None)
        answers = []
        if present.get("state") != wanted.get("state"):
            if present.get("state") != "TERMINATING":
                answers.append(target.send("POST", f"{_API}/delete", {"cluster_id": key}))
            _wait_until_ended(target, key)
        if wanted.get("pinned_by_user_name") and not present.get("pinned_by_user_name"):
            answers.append(target.send("POST", f"{_API}/pin", {"cluster_id": key}))
        return answers


def _set_libraries(target: Target, key: str, wanted: list[Document], present: Document, *, prune: bool) -> list[Answer]:
    """Install what is missing, which takes effect when the cluster starts; what is too many stays unless it is to go."""
    has = present["libraries"]
    changes = {
        "uninstall": [library for library in has if library not in wanted] if prune else [],
        "install": [library for library in wanted if library not in has],
    }
    if any(changes.values()) and present.get("state") == "TERMINATING":
        _wait_until_ended(target, key)
    return [
        target.send("POST", f"{_LIBRARIES}/{verb}", {"cluster_id": key, "libraries": libraries})
        for verb, libraries in changes.items()
        if libraries
    ]


def _wait_until_ended(target: Target, key: str) -> None:
    _rest.wait(lambda: target.get(f"{_API}/get", cluster_id=key).get("state") in _ENDED, f"cluster {key}")
