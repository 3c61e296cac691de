"""Serving endpoints: made whole, then changed part by part, only where drill.yaml asks for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.serving_endpoints import API, get
from lakedrill.inventory.paths import values
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _rest
from migrate.target import Answer, Target
from migrate.writer import BY_HAND, Options, Wanted, Writer

_PLAIN = (
    f"{BY_HAND}what opens its external model was given in plain text, which the service shows nobody; make the endpoint"
)
_OPENS = ("instance_profile_arn", "uc_service_credential_name")
_CONFIG, _TAGS = "config", "tags"
_OF_AN_ENTITY = frozenset({"creation_timestamp", "creator", "state"})
_GATEWAY, _NOTIFIED = "ai_gateway", "email_notifications"


class ServingEndpoints(Writer):
    """Serving endpoints (`/api/2.0/serving-endpoints`), all by name."""

    name = "serving_endpoints"
    how = "where `apply` in drill.yaml asks for it; those with a key in plain text by hand"
    unasked = "one that does not scale to zero runs and costs from then on"
    settle_seconds = 30.0

    def is_fixed(self, path: str) -> bool:
        """What no request of its own sets, only a new one can have."""
        return not path.startswith((_CONFIG, _TAGS, _GATEWAY, _NOTIFIED))

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Say of those that a key in plain text opens that nobody can make them."""
        return {n: _PLAIN for n, document in documents.items() if any(map(_is_locked, _external(document)))}

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the endpoint, which comes up by itself."""
        answer = target.send("POST", API, wanted.definition)
        return str(answer.document["id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set what differs, each part by its request; what it serves when no other update is on its way."""
        one, new, answer = f"{API}/{wanted.definition['name']}", wanted.definition, Answer({}, "")
        if _CONFIG in new and _core(new[_CONFIG]) != _core(present.get(_CONFIG, {})):
            _rest.wait(lambda: not _is_updating(target, new["name"]), f"serving endpoint {new['name']}")
            answer = target.send("PUT", f"{one}/config", new[_CONFIG])
        if new.get(_GATEWAY, {}) != present.get(_GATEWAY, {}):
            answer = target.send("PUT", f"{one}/ai-gateway", new.get(_GATEWAY, {}))
        if new.get(_NOTIFIED, {}) != present.get(_NOTIFIED, {}):
            answer = target.send("PATCH", f"{one}/notifications", {_NOTIFIED: new.get(_NOTIFIED, {})})
        tags, now = ({tag["key"]: tag for tag in of.get(_TAGS, [])} for of in (new, present))
        if tags != now:
            changed = [tag for tag in tags.values() if tag != now.get(tag["key"])]
            body = {"add_tags": changed, "delete_tags": sorted(now.keys() - tags.keys())}
            answer = target.send("PATCH", f"{one}/tags", body)
        return answer

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove it for good."""
        return target.send("DELETE", f"{API}/{document['name']}", None)

    def permanent(self, document: Document) -> str:
        """Nobody could make it again."""
        return "what opens its external model would be lost" if any(map(_is_locked, _external(document))) else ""

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the endpoint of this name."""
        found = if_there(lambda: str(get(target, wanted.definition["name"])["id"]))
        return [] if found is None else [found]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the endpoint as it is now."""
        return get(target, wanted.definition["name"])


def _core(config: Document) -> Document:
    """Return what somebody set of a configuration, its lists by the names in them."""
    entities = {each["name"]: _without(each, _OF_AN_ENTITY) for each in config.get("served_entities", [])}
    routes = config.get("traffic_config", {}).get("routes", [])
    shares = {each["served_entity_name"]: each["traffic_percentage"] for each in routes}
    capture = _without(config.get("auto_capture_config", {}), {"state"})
    return {"served_entities": entities, "traffic_config": shares, "auto_capture_config": capture}


def _without(document: Document, names: Collection[str]) -> Document:
    return {name: value for name, value in document.items() if name not in names}


def _is_updating(target: Target, name: str) -> bool:
    return bool(target.get(f"{API}/{name}").get("state", {}).get("config_update") == "IN_PROGRESS")


def _external(document: Document) -> list[Document]:
    return [found for found in values(document, "config.served_entities[].external_model") if found]


def _is_locked(external: Document) -> bool:
    """Say whether nothing that is shown of an external model opens it."""
    return not any(name in _OPENS or "{{secrets/" in str(value) for name, value in _leaves(external))


def _leaves(value: Document) -> list[tuple[str, Any]]:
    found = [leaf for child in value.values() if isinstance(child, dict) for leaf in _leaves(child)]
    return found + [(name, child) for name, child in value.items() if not isinstance(child, dict)]
