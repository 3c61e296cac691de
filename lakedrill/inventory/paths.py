"""Paths into raw documents, as facts spell them: `settings.tasks[].run_if`, `spark_conf.*`, `definition.{a.b|c.*}.value`."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from lakedrill.inventory.kind import Document, Reference, Shape


class Keyed(dict[str, Any]):
    """A list without order whose items are told apart by their keys: `[]` names each of them."""

    key = ""
    """The field that holds an item's key, where that is known."""


class Parsed(dict[str, Any]):
    """A JSON object that is a text in the raw document."""


class Names(str):
    """A step in braces that means several fields: `*` is any text in a name, `|` stands between names."""

    __slots__ = ()

    def mean(self, key: str) -> bool:
        """Say whether a field is one of these."""
        return re.fullmatch(self.pattern, key, re.DOTALL) is not None

    @property
    def pattern(self) -> str:
        """The same as a regular expression."""
        return "|".join(".*".join(map(re.escape, name.split("*"))) for name in self.split("|"))


_STEP = re.compile(r"\{([^{}]+)\}|\[\]|[^.\[\]{}]+")
Place = tuple[Any, Any]
"""A container and the key or index at which a value stands, or would stand, in it."""


@cache
def steps(path: str) -> tuple[str, ...]:
    """Split a path: a step is a field name, `[]` for every item of a list, `*` for every value of a map.

    A name that holds dots stands in braces, and so do several names: those of these fields that there are.
    """
    found = [(match[1], match[0]) for match in _STEP.finditer(path)]
    return tuple(step if name is None else Names(name) if set("*|") & set(name) else name for name, step in found)


@cache
def above(path: str) -> frozenset[str]:
    """Return the field names that a document must have somewhere for a path to lead anywhere in it."""
    return frozenset(step for step in steps(path)[:-1] if step not in ("[]", "*") and not isinstance(step, Names))


def names(document: Any) -> set[str]:
    """Return every field name of a document, at any depth. With `above` it rules out most paths at once."""
    found: set[str] = set()
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            found.update(value)
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return found


def places(document: Any, path: str) -> list[Place]:
    """Return every place that a path names and whose container exists; the value itself may be absent."""
    *way, last = steps(path)
    containers = [document]
    for step in way:
        containers = [c[key] for c in containers for key in _keys(c, step) if isinstance(c, list) or key in c]
        if not containers:
            return []
    return [(container, key) for container in containers for key in _keys(container, last)]


def values(document: Any, path: str) -> Iterator[Any]:
    """Yield every value that a path names."""
    for container, key in places(document, path):
        if isinstance(container, list) or key in container:
            yield container[key]


def opened(document: Document, shape: Shape) -> Document:
    """Return a raw document with the JSON objects that texts of it hold in place of those texts, `document` left as it is.

    A text that is no JSON object, or one that two readers could take differently (a key twice, NaN), stays a text.
    """
    if not shape.parsed:
        return document
    found = copy.deepcopy(document)
    for field in shape.parsed:
        for container, key in places(found, field.path):
            text = container[key] if isinstance(container, list) else container.get(key)
            if isinstance(text, str):
                container[key] = _object_in(text)
    return found


def unopened(document: Document, shape: Shape) -> dict[str, str]:
    """Return where texts stand that `opened` leaves as they are, each with the reason. An empty one holds nothing."""
    return {
        where: why
        for field in shape.parsed
        for where, text in spots(document, field.path).items()
        if isinstance(text, str) and text and (why := _why_no_object(text))
    }


def _object_in(text: str) -> Parsed | str:
    try:
        return _object(text)
    except (ValueError, RecursionError):
        return text


def _why_no_object(text: str) -> str:
    try:
        _object(text)
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return str(error)
    return ""


def _object(text: str) -> Parsed:
    found = json.loads(text, object_pairs_hook=_unambiguous, parse_constant=_no_constant)
    if not isinstance(found, dict):
        raise ValueError("it is JSON, and no object")  # noqa: TRY004 - about the text, as all that is wrong with one
    return Parsed(found)


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def spots(document: Any, path: str) -> dict[str, Any]:
    """Return every value that a path names, by where exactly it stands: `tasks[load].run_if` for `tasks[].run_if`."""
    found = {"": document}
    for step in steps(path):
        found = {
            below(where, container, key): container[key]
            for where, container in found.items()
            for key in _keys(container, step)
            if isinstance(container, list) or key in container
        }
    return found


def spelled(value: Any, path: str) -> Iterator[Place]:
    """Yield every place that is there and that a path means as people read and write it.

    That is as `below` spells it, so that keys may hold dots, and besides `[]` for any item and `*` for any value of a map.
    """
    for key, rest in begun(value, path):
        if rest:
            yield from spelled(value[key], rest)
        else:
            yield value, key


def begun(container: Any, path: str) -> Iterator[tuple[Any, str]]:
    """Yield the keys of a container that a path may begin with, and what is left of it."""
    if isinstance(container, Keyed | list):
        for key in container if isinstance(container, Keyed) else range(len(container)):
            sign = "[]" if path.startswith("[]") else f"[{key}]"
            if path.startswith(sign):
                yield key, path[len(sign) :].removeprefix(".")
    elif isinstance(container, dict):
        for key in container:
            sign = "*" if path == "*" or path.startswith(("*.", "*[")) else key
            if path == sign or (sign and path.startswith((f"{sign}.", f"{sign}["))):
                yield key, path[len(sign) :].removeprefix(".")


def below(path: str, container: Any, key: Any) -> str:
    """Return the path of a value inside a container at `path`. For people: a key that holds dots is not quoted."""
    if isinstance(container, Keyed | list):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


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


def _keys(value: Any, step: str) -> Sequence[Any]:
    """Return the keys of a container that a step means; the value at one that the step names itself may be absent."""
    if isinstance(value, Keyed | list):
        if step != "[]":
            return ()
        return tuple(value) if isinstance(value, Keyed) else range(len(value))
    if not isinstance(value, dict) or step == "[]":
        return ()
    if isinstance(step, Names):
        return tuple(key for key in value if step.mean(key))
    return tuple(value) if step == "*" else (step,)
