"""Paths into raw documents, as facts spell them: `settings.tasks[].run_if`, `spark_conf.*`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from lakedrill.inventory.kind import Reference

Place = tuple[Any, Any]
"""A container and the key or index at which a value stands, or would stand, in it."""


@cache
def steps(path: str) -> tuple[str, ...]:
    """Split a path: a step is a field name, `[]` for every item of a list, `*` for every value of a map."""
    return tuple(path.replace("[]", ".[]").split("."))


def places(document: Any, path: str) -> Iterator[Place]:
    """Yield every place that a path names and whose container exists; the value itself may be absent."""
    yield from _places(document, steps(path))


def values(document: Any, path: str) -> Iterator[Any]:
    """Yield every value that a path names."""
    for container, key in places(document, path):
        if isinstance(container, list) or key in container:
            yield container[key]


@dataclass(frozen=True, slots=True)
class Mention:
    """A value in a document that points at other objects: where it stands, and the handles in it.

    `spans` are where the handles stand in the text; empty where the whole value is the handle.
    """

    container: Any
    key: Any
    names: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] = ()


def mentions(reference: Reference, document: Any) -> Iterator[Mention]:
    """Yield every value that a reference means in a document."""
    for container, key in places(document, reference.path):
        value = container[key] if isinstance(container, list) else container.get(key)
        if value is None or value == "" or _is_plain(reference, container):
            continue
        if reference.pattern is None:
            yield Mention(container, key, (str(value),))
        elif isinstance(value, str):
            found = list(re.finditer(reference.pattern, value))
            if found:
                yield Mention(container, key, tuple(m[1] for m in found), tuple(m.span(1) for m in found))


def _is_plain(reference: Reference, container: Any) -> bool:
    if reference.unless is None or not isinstance(container, dict):
        return False
    sibling, plain = reference.unless
    return container.get(sibling) in plain


def _places(value: Any, rest: tuple[str, ...]) -> Iterator[Place]:
    step, further = rest[0], rest[1:]
    if step == "[]":
        keys: list[Any] = list(range(len(value))) if isinstance(value, list) else []
    elif not isinstance(value, dict):
        keys = []
    elif step == "*":
        keys = list(value)
    else:
        keys = [step]
    for key in keys:
        if not further:
            yield value, key
        elif isinstance(value, list) or key in value:
            yield from _places(value[key], further)
