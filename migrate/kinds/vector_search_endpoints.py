"""Vector search endpoints: made whole, then changed part by part, only where drill.yaml asks for it."""

from __future__ import annotations

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.vector_search_endpoints import API
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_POLICY, _TAGS, _SCALING = "budget_policy_id", "custom_tags", "scaling_info"
_DEFAULT_QPS = -1
"""With this the service goes back to what it does by itself: https://docs.databricks.com/vector-search/high-qps."""


class VectorSearchEndpoints(Writer):
    """Vector search endpoints (`/api/2.0/vector-search/endpoints`), all by name."""

    name = "vector_search_endpoints"
    how = "where `apply` in drill.yaml asks for it"
    unasked = "one with an index runs and costs from then on"
    settle_seconds = 30.0

    def is_fixed(self, path: str) -> bool:
        """What no request of its own sets, only a new one can have."""
        return not path.startswith((_POLICY, _TAGS, _SCALING))

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the endpoint, which comes up by itself. Its tags are put on it afterwards."""
        body = {name: value for name, value in wanted.definition.items() if name not in (_TAGS, _SCALING)}
        answer = target.send("POST", API, {**body, **_throughput(wanted.definition)})
        return str(answer.document["id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set what differs, each part by its request."""
        one, new, answer = f"{API}/{wanted.definition['name']}", wanted.definition, Answer({}, "")
        if _throughput(new) != _throughput(present):
            answer = target.send("PATCH", one, {"target_qps": _DEFAULT_QPS, **_throughput(new)})
        if new.get(_POLICY) != present.get(_POLICY):
            answer = target.send("PATCH", f"{one}/budget-policy", {_POLICY: new.get(_POLICY, "")})
        if _tags(new) != _tags(present):
            answer = target.send("PATCH", f"{one}/tags", {_TAGS: new.get(_TAGS, [])})
        return answer

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove it for good."""
        return target.send("DELETE", f"{API}/{document['name']}", None)

    def permanent(self, document: Document) -> str:
        """An index stays bound to the endpoint that it was made on."""
        return "its indexes would be left without one" if document.get("num_indexes") else ""

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the endpoint of this name."""
        found = if_there(lambda: str(self.read(target, "", wanted)["id"]))
        return [] if found is None else [found]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the endpoint as it is now."""
        return target.get(f"{API}/{wanted.definition['name']}")


def _throughput(document: Document) -> Document:
    """Return for how many queries a second an endpoint is meant, as a request has it; nothing where that is not said."""
    wanted = document.get(_SCALING, {}).get("requested_target_qps")
    return {} if wanted is None else {"target_qps": wanted}


def _tags(document: Document) -> dict[str, Document]:
    return {tag["key"]: tag for tag in document.get(_TAGS, [])}
