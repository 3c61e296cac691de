"""Vector search indexes: made anew from what they are made from, only where drill.yaml asks for it. No vector is copied."""

from __future__ import annotations

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds import vector_search_endpoints as endpoints
from lakedrill.inventory.kinds.vector_search_indexes import API, get, on_endpoint
from migrate.kinds import _rest
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_COMING = ("PROVISIONING", "STARTING")
_ENDPOINT = "endpoint_name"


class VectorSearchIndexes(Writer):
    """Vector search indexes (`/api/2.0/vector-search/indexes`), all by name. Nothing of one can be changed."""

    name = "vector_search_indexes"
    how = (
        "where `apply` in drill.yaml asks for it, on tables that are there; without what was written into one directly"
    )
    unasked = "the whole source table is embedded anew, and its endpoint runs and costs from then on"
    settle_seconds = 30.0

    def is_fixed(self, path: str) -> bool:
        """No request changes one."""
        return True

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the index, once its endpoint is up."""
        name = wanted.definition[_ENDPOINT]
        _rest.wait(lambda: not _is_coming(target, name), f"vector search endpoint {name}", "is still coming up")
        answer = target.send("POST", API, wanted.definition)
        return str(answer.document["name"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Leave it as the service made it."""
        return Answer({}, "")

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove it for good, and wait until its name is free."""
        answer = target.send("DELETE", f"{API}/{key}", None)
        _rest.wait(lambda: _is_gone(target, key), f"vector search index {key}", "was removed and is still there")
        return answer

    def permanent(self, document: Document) -> str:
        """Only its own callers know what is in one that follows no table."""
        return "what was written into it would be lost" if "direct_access_index_spec" in document else ""

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the name of the index if its endpoint hosts it: in a metastore that is shared it may be the primary's."""
        listed = on_endpoint(target, wanted.definition[_ENDPOINT])
        return [found["name"] for found in listed if found["name"] == wanted.definition["name"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the index as it is now."""
        return get(target, key)


def _is_coming(target: Target, name: str) -> bool:
    return target.get(f"{endpoints.API}/{name}").get("endpoint_status", {}).get("state") in _COMING


def _is_gone(target: Target, name: str) -> bool:
    return if_there(lambda: target.get(f"{API}/{name}")) is None
