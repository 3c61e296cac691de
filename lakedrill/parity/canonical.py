"""The canonical form: a raw document with nothing in it that means something in its own workspace only.

`canonical` takes the steps of the design in their order: drop what the server assigns, fill in what may be left out, put
references in place of ids, and mark what has no order. Everything that no fact names stays as it was, with its type.
`spell` writes a canonical value as text in which references bear the names that the caller gives them; two values are equal
when their spellings are.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakedrill.inventory.kind import Catalogue, Document, Facet, Field, Kind, Shape
from lakedrill.inventory.paths import places, steps
from lakedrill.parity.reference import Dangling, Lookup, Ref, Text, refer

Value = Any
"""JSON, with Ref, Dangling, Text, Hidden, Keyed and Bag in it."""


class Keyed(dict[str, Any]):
    """A list without order whose items have keys. A key that repeats is numbered: `key#2`."""


class Bag(list[Any]):
    """A list without order. Duplicates count."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that is compared and never shown."""

    value: Value


def take(kind: Kind, facet: Facet, document: Document) -> Document:
    """Return the part of an object's whole document that belongs to a facet."""
    if facet is not Facet.DEFINITION:
        return {name: document[name] for name in kind.shapes[facet].takes if name in document}
    taken = {name for shape in kind.shapes.values() for name in shape.takes}
    return {name: value for name, value in document.items() if name not in taken}


def canonical(document: Document, shape: Shape, catalogue: Catalogue, lookup: Lookup) -> Value:
    """Return the canonical form of a facet's raw document, which is left as it is."""
    value = copy.deepcopy(document)
    _drop(value, shape)
    _fill_in(value, shape)
    refer(value, shape.references, catalogue, lookup)
    for field in shape.sensitive:
        for container, key in places(value, field.path):
            if key in container:
                container[key] = Hidden(container[key])
    _unorder(value, shape)
    return value


def _drop(value: Value, shape: Shape) -> None:
    """Remove what the server assigns."""
    for field in shape.assigned:
        for container, key in places(value, field.path):
            container.pop(key, None)


def _fill_in(value: Value, shape: Shape) -> None:
    """Put in what may be left out, where its container is there."""
    for default in shape.defaulted:
        for container, key in places(value, default.path):
            container.setdefault(key, copy.deepcopy(default.value))
    for chosen in shape.chosen:
        for container, key in places(value, chosen.path):
            if chosen.like in container:
                container.setdefault(key, container[chosen.like])
    for field in shape.presence:
        for container, key in places(value, field.path):
            container[key] = container.get(key) is not None


def _unorder(value: Value, shape: Shape) -> None:
    """Mark lists that have no order, the inner ones first so that the outer paths still lead to them."""
    keys = {field.path: field.key for field in shape.keyed}
    fields: list[Field] = [*shape.keyed, *shape.unordered]
    for field in sorted(fields, key=lambda f: -len(steps(f.path))):
        for container, key in places(value, field.path):
            found = container[key] if isinstance(container, list) else container.get(key)
            if isinstance(found, list):
                container[key] = _keyed(found, keys[field.path]) if field.path in keys else Bag(found)


def _keyed(items: list[Any], key: str) -> Keyed | Bag:
    """Return the items by their keys; a bag where one has none."""
    keyed = Keyed()
    for item in items:
        name = item.get(key) if isinstance(item, dict) else None
        if not isinstance(name, str):
            return Bag(items)
        twin = 1
        while (label := name if twin == 1 else f"{name}#{twin}") in keyed:
            twin += 1
        keyed[label] = item
    return keyed


def same(one: Any, other: Any) -> bool:
    """Say whether two scalars are equal in value and type: `1`, `true` and `"1"` differ."""
    return type(one) is type(other) and bool(one == other)


def walk(value: Value, change: Callable[[Any], Any]) -> Value:
    """Return a value with every leaf (scalar, Ref, Dangling, Text) replaced by what `change` says."""
    if isinstance(value, dict):
        return type(value)((key, walk(child, change)) for key, child in value.items())
    if isinstance(value, list):
        return type(value)(walk(child, change) for child in value)
    if isinstance(value, Hidden):
        return Hidden(walk(value.value, change))
    return change(value)


def leaves(value: Value, path: str = "") -> list[tuple[str, Any]]:
    """Return every leaf of a value with its path, the parts of a Text among them."""
    if isinstance(value, dict):
        inside = f"{path}[{{}}]" if isinstance(value, Keyed) else f"{path}.{{}}" if path else "{}"
        return [leaf for key, child in value.items() for leaf in leaves(child, inside.format(key))]
    if isinstance(value, list):
        return [leaf for i, child in enumerate(value) for leaf in leaves(child, f"{path}[{i}]")]
    if isinstance(value, Hidden):
        return leaves(value.value, path)
    if isinstance(value, Text):
        return [(path, part) for part in value.parts]
    return [(path, value)]


def spell(value: Value, name: Callable[[Ref], object]) -> str:
    """Write a value as text, references by the names given, what has no order sorted. No two types spell alike."""
    if isinstance(value, Keyed | dict):
        mark = "keyed" if isinstance(value, Keyed) else "map"
        return f"{mark}({','.join(f'{json.dumps(key)}:{spell(value[key], name)}' for key in sorted(value))})"
    if isinstance(value, Bag):
        return f"bag({','.join(sorted(spell(item, name) for item in value))})"
    if isinstance(value, list):
        return f"list({','.join(spell(item, name) for item in value)})"
    if isinstance(value, Ref):
        return f"ref({value.kind},{name(value)})"
    if isinstance(value, Dangling):
        return f"dangling({value.kinds},{value.by},{json.dumps(value.value)})"
    if isinstance(value, Text):
        return f"text({','.join(spell(part, name) for part in value.parts)})"
    if isinstance(value, Hidden):
        return f"hidden({spell(value.value, name)})"
    return json.dumps(value)
