"""The canonical form: a raw document with nothing in it that means something in its own workspace only.

`canonical` takes the steps of the design in their order: drop what the server assigns, fill in what may be left out, put
references in place of ids, and mark what has no order. Everything that no fact names stays as it was, with its type.
`spell` writes a canonical value as text in which references bear the names that the caller gives them; two values are equal
when their spellings are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from lakedrill.inventory.kind import Catalogue, Derived, Document, Facet, Field, Kind, Reference, Shape
from lakedrill.inventory.paths import Keyed, Parsed, above, below, names, opened, places, steps
from lakedrill.parity.reference import Dangling, Lookup, Ref, Text, refer

Fact = TypeVar("Fact", bound=Field | Reference)
Value = Any
"""JSON, with Ref, Dangling, Text, Hidden, Keyed and Bag in it."""


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


def canonical(
    document: Document,
    shape: Shape,
    catalogue: Catalogue,
    lookup: Lookup,
    incomplete: frozenset[str] = frozenset(),
) -> Value:
    """Return the canonical form of a facet's raw document, which is left as it is.

    What is not found among the `incomplete` kinds, whose listings failed, is not thereby known to be missing.
    """
    value = copied(opened(document, shape))
    fields = names(value)
    _drop(value, shape, fields)
    _fill_in(value, shape, fields)
    refer(value, tuple(within(shape.references, fields)), catalogue, lookup, incomplete)
    for field in within(shape.sensitive, fields):
        for container, key in places(value, field.path):
            if isinstance(container, list) or key in container:
                container[key] = Hidden(container[key])
    _unorder(value, shape, fields)
    return value


def within(facts: Iterable[Fact], fields: set[str]) -> Iterator[Fact]:
    """Yield the facts that have a place in a document with these field names, of which most have none."""
    yield from (fact for fact in facts if above(fact.path) <= fields)


def copied(value: Any) -> Any:
    """Return a copy of a canonical value or of JSON. Its leaves are immutable, which makes this much quicker than deepcopy."""
    if isinstance(value, dict):
        return type(value)((key, copied(child)) for key, child in value.items())
    if isinstance(value, list):
        return type(value)(copied(child) for child in value)
    return Hidden(copied(value.value)) if isinstance(value, Hidden) else value


def _drop(value: Value, shape: Shape, fields: set[str]) -> None:
    """Remove what the server assigns, and what it made of the object's own id."""
    for own in within(shape.own, fields):
        text = own.form.format(value.get(own.id))
        for container, key in places(value, own.path):
            if container.get(key) == text:
                del container[key]
    for field in within(shape.assigned, fields):
        for container, key in places(value, field.path):
            if not isinstance(field, Derived) or container.get(field.of):
                container.pop(key, None)


def _fill_in(value: Value, shape: Shape, fields: set[str]) -> None:
    """Put in what may be left out, where its container is there. `fields` grows with what is put in."""
    for default in within(shape.defaulted, fields):
        for container, key in places(value, default.path):
            if key not in container:
                container[key] = copied(default.value)
                fields |= names({key: default.value})
    for chosen in within(shape.chosen, fields):
        for container, key in places(value, chosen.path):
            if chosen.like in container and key not in container:
                container[key] = copied(container[chosen.like])
                fields.add(key)
    for field in within(shape.presence, fields):
        for container, key in places(value, field.path):
            container[key] = container.get(key) not in (None, False)  # False where the canonical form was written again
            fields.add(key)


def _unorder(value: Value, shape: Shape, fields: set[str]) -> None:
    """Mark lists that have no order, the inner ones first so that the outer paths still lead to them."""
    keys = {field.path: field.key for field in within(shape.keyed, fields)}
    without_order: list[Field] = [*within(shape.keyed, fields), *within(shape.unordered, fields)]
    for field in sorted(without_order, key=lambda f: -len(steps(f.path))):
        for container, key in places(value, field.path):
            found = container[key] if isinstance(container, list) else container.get(key)
            if isinstance(found, list):
                container[key] = _keyed(found, keys[field.path]) if field.path in keys else Bag(found)


def _keyed(items: list[Any], key: str) -> Keyed | Bag:
    """Return the items by their keys; a bag where one has none, or one that another has too."""
    keyed = Keyed()
    keyed.key = key
    for item in items:
        name = item.get(key) if isinstance(item, dict) else None
        if not isinstance(name, str) or name in keyed:
            return Bag(items)
        keyed[name] = item
    return keyed


def same(one: Any, other: Any) -> bool:
    """Say whether two scalars are equal in value and type: `1`, `1.0`, `true` and `"1"` all differ, as they are spelled."""
    return type(one) is type(other) and json.dumps(one) == json.dumps(other)


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
    """Return every leaf of a value with its path, `[]` for any item of a bag, the parts of a Text among them."""
    if isinstance(value, dict):
        return [leaf for key, child in value.items() for leaf in leaves(child, below(path, value, key))]
    if isinstance(value, list):
        keys = [""] * len(value) if isinstance(value, Bag) else range(len(value))
        return [leaf for i, child in zip(keys, value, strict=True) for leaf in leaves(child, below(path, value, i))]
    if isinstance(value, Hidden):
        return leaves(value.value, path)
    if isinstance(value, Text):
        return [(path, part) for part in value.parts]
    return [(path, value)]


def spell(value: Value, name: Callable[[Ref], object]) -> str:
    """Write a value as text, references by the names given, what has no order sorted. No two types spell alike."""
    if isinstance(value, Keyed | dict):
        mark = "keyed" if isinstance(value, Keyed) else "json" if isinstance(value, Parsed) else "map"
        return f"{mark}({','.join(f'{json.dumps(key)}:{spell(value[key], name)}' for key in sorted(value))})"
    if isinstance(value, Bag):
        return f"bag({','.join(sorted(spell(item, name) for item in value))})"
    if isinstance(value, list):
        return f"list({','.join(spell(item, name) for item in value)})"
    if isinstance(value, Ref):
        return f"{'number' if value.number else 'ref'}({value.kind},{name(value)})"
    if isinstance(value, Dangling):
        return f"dangling({value.kinds},{value.by},{json.dumps(value.value)})"
    if isinstance(value, Text):
        return f"text({','.join(spell(part, name) for part in value.parts)})"
    if isinstance(value, Hidden):
        return f"hidden({spell(value.value, name)})"
    return json.dumps(value)
