"""All-purpose clusters: the whole specification; made, ended again and pinned, so that they cost nothing and are kept."""

from __future__ import annotations

import time
from collections.abc import Collection

from lakedrill.inventory.errors import Unreachable
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_API = "/api/2.1/clusters"
_ENDED = ("TERMINATED", "ERROR")
_POLL_SECONDS = (0.2, 5.0)
"""How soon a cluster is asked again whether it has ended: at first, and at most, for it may take minutes."""
_END_SECONDS = 600
"""How long a cluster may take to end."""


class Clusters(Writer):
    """Clusters (`/api/2.1/clusters`). A created cluster starts by itself: at most five are starting at once."""

    name = "clusters"
    how = "yes, ended and pinned"
    at_once = 5
    renames = True

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the cluster, which starts."""
        answer = target.send("POST", f"{_API}/create", wanted.definition)
        return str(answer.document["cluster_id"]), answer

    def settle(self, target: Target, key: str) -> None:
        """Tell it at once to end; it keeps its specification. That it has ended is waited for with its state."""
        target.send("POST", f"{_API}/delete", {"cluster_id": key})

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Replace the whole specification of a cluster that is not just ending."""
        if present.get("state") == "TERMINATING":
            _wait_until_ended(target, key)
        return target.send("POST", f"{_API}/edit", {**wanted.definition, "cluster_id": key})

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
        return target.get(f"{_API}/get", cluster_id=key)

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """End it if it runs, and pin it if it is not pinned."""
        answers = []
        if present.get("state") != wanted.get("state"):
            if present.get("state") != "TERMINATING":
                answers.append(target.send("POST", f"{_API}/delete", {"cluster_id": key}))
            _wait_until_ended(target, key)
        if wanted.get("pinned_by_user_name") and not present.get("pinned_by_user_name"):
            answers.append(target.send("POST", f"{_API}/pin", {"cluster_id": key}))
        return answers


def _wait_until_ended(target: Target, key: str) -> None:
    end, pause = time.monotonic() + _END_SECONDS, _POLL_SECONDS[0]
    while target.get(f"{_API}/get", cluster_id=key).get("state") not in _ENDED:
        if time.monotonic() > end:
            raise Unreachable(f"cluster {key} was told to end and still runs after {_END_SECONDS} seconds")
        time.sleep(pause)
        pause = min(pause * 1.5, _POLL_SECONDS[1])
