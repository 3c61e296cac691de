"""Holds each raw answer against the class that the SDK itself parses it into.

Nothing here knows which class that is: while a `Witness` looks on, every answer of the SDK's client is kept and every
`from_dict` that consumes a part of one is noted.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import functools
import importlib
import inspect
import io
import itertools
import operator
import pkgutil
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from databricks.sdk import WorkspaceClient, service
from databricks.sdk.errors.base import DatabricksError

from tests.support.fidelity.table import filled

ERRORS = (DatabricksError, LookupError, TypeError, ValueError, AttributeError)
"""What a call of the SDK raises: the service's refusals, and its own surprise at an answer that it cannot parse."""


@dataclass(frozen=True, order=True)
class Finding:
    """One place where an answer and its class disagree."""

    kind: str
    """`unknown field`, `unknown value`, `missing field` or `wrong type`."""
    of: str
    """The class, `compute.ClusterDetails`, or the request whose answer the SDK does not look at."""
    field: str
    value: str = ""

    def __str__(self) -> str:
        value = (
            self.value if re.fullmatch(r"[A-Z][A-Z0-9_]*|[a-z]+", self.value) else "…"
        )  # what is no constant is a secret
        return f"{self.kind} {self.of}.{self.field}{f' = {value}' if self.value else ''}"


class _Read(dict[str, Any]):
    """An answer that remembers which of its fields were asked for."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


@dataclass
class Witnessed:
    """One answer, and the classes that parts of it went into."""

    method: str
    path: str
    document: _Read
    parsed: list[tuple[type, Any]] = field(default_factory=list)

    @property
    def request(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


class Witness:
    """Looks on while the SDK calls and parses. Use as a context manager."""

    def __init__(self, client: WorkspaceClient) -> None:
        self.client = client
        self.answers: list[Witnessed] = []
        """What came since it was last cleared."""
        self._depth = 0
        self._original: Any = None
        self._parsers: dict[type, Any] = {}

    def __enter__(self) -> Self:
        self._original = self.client.api_client.do
        self.client.api_client.do = functools.partial(self._do, self._original)  # type: ignore[method-assign]
        self._parsers = {cls: vars(cls)["from_dict"] for cls in _parsed_classes()}
        for cls, parse in self._parsers.items():
            cls.from_dict = classmethod(self._noting(parse.__func__))  # type: ignore[attr-defined]
        return self

    def __exit__(self, *_: object) -> None:
        self.client.api_client.do = self._original  # type: ignore[method-assign]
        for cls, parse in self._parsers.items():
            cls.from_dict = parse  # type: ignore[attr-defined]

    def _do(self, original: Any, method: str, path: str = "", *args: Any, **kwargs: Any) -> Any:
        answer = original(method, path or None, *args, **kwargs)
        if not isinstance(answer, dict) or kwargs.get("raw"):
            return answer
        for name in kwargs.get("response_headers") or []:  # headers are texts, whatever the class says
            answer[name] = int(answer[name]) if str(answer.get(name, "")).isdigit() else answer.get(name)
        self.answers.append(Witnessed(method, path or urlsplit(kwargs["url"]).path, _Read(answer)))
        return self.answers[-1].document

    def _noting(self, parse: Any) -> Any:
        def from_dict(cls: type, document: Any) -> Any:
            outermost = self._depth == 0
            self._depth += 1
            try:
                if outermost:
                    self._note(cls, document)
                return parse(cls, document)
            finally:
                self._depth -= 1

        return from_dict

    def _note(self, cls: type, document: Any) -> None:
        for answer in reversed(self.answers):
            if document is answer.document or any(document is part for part in _parts(answer.document)):
                answer.parsed.append((cls, document))
                return


def findings(answer: Witnessed, always: dict[str, list[str]], given: list[Any]) -> Iterator[Finding]:
    """Yield where an answer does not fit what the SDK parses it into; `always` adds fields that a class must have.

    `given` is what the call gave: an answer that the SDK hands out as it is has no class.
    """
    if any(each is answer.document for each in given):
        return
    if any(document is answer.document for _, document in answer.parsed):
        for cls, document in answer.parsed:
            yield from compare(document, cls, always)
    elif answer.parsed:
        yield from _compare_listing(answer, always)
    elif not answer.document.asked:
        yield from (Finding("unknown field", answer.request, name) for name in answer.document)


def compare(document: Any, cls: type, always: dict[str, list[str]]) -> Iterator[Finding]:
    """Yield where a JSON object does not fit a class of the SDK, through all that is nested in it."""
    name = name_of(cls)
    if not isinstance(document, dict):
        yield Finding("wrong type", name, "", type(document).__name__)
        return
    hints, wires = _hints(cls), wire_names(cls)
    known = {wires[each.name]: each for each in dataclasses.fields(cls) if each.name in wires}
    for wire, value in dict.items(document):
        if wire not in known:
            yield Finding("unknown field", name, wire)
        elif value is not None:
            yield from _compare_value(value, hints[known[wire].name], name, wire, always)
    required = {w for w, f in known.items() if f.default is f.default_factory is dataclasses.MISSING}
    for wire in sorted(required | set(always.get(name, []))):
        if dict.get(document, wire) is None:
            yield Finding("missing field", name, wire)


def _compare_value(value: Any, hint: Any, of: str, wire: str, always: dict[str, list[str]]) -> Iterator[Finding]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        hint = next(each for each in inner if each is not type(None))
        yield from _compare_value(value, hint, of, wire, always)
    elif origin in (list, dict):
        if not isinstance(value, origin):
            yield Finding("wrong type", of, wire, type(value).__name__)
            return
        for each in value if isinstance(value, list) else value.values():
            yield from _compare_value(each, inner[-1], of, wire, always)
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        if value not in {member.value for member in hint}:
            yield Finding("unknown value", of, wire, str(value))
    elif dataclasses.is_dataclass(hint) and isinstance(hint, type):
        yield from compare(value, hint, always)
    elif hint in (int, str, bool, float) and type(value) is not hint and not (hint is float and type(value) is int):
        yield Finding("wrong type", of, wire, type(value).__name__)


def _compare_listing(answer: Witnessed, always: dict[str, list[str]]) -> Iterator[Finding]:
    """The SDK parses the items of a listing alone; the class of the whole is the one of its module that holds such items."""
    items = {cls for cls, _ in answer.parsed}
    keys = [
        key
        for key, value in dict.items(answer.document)
        if isinstance(value, list) and any(document is each for each in value for _, document in answer.parsed)
    ]
    for cls in items:
        whole = _whole(cls, keys[0]) if keys else None
        if whole is not None:
            yield from compare(answer.document, whole, always)
            return
    yield from (Finding("unknown field", answer.request, n) for n in answer.document if n not in answer.document.asked)
    for cls, document in answer.parsed:
        yield from compare(document, cls, always)


@functools.cache
def _whole(item: type, key: str) -> type | None:
    found = []
    for cls in vars(importlib.import_module(item.__module__)).values():
        if not (isinstance(cls, type) and dataclasses.is_dataclass(cls) and cls.__module__ == item.__module__):
            continue
        for name, wire in wire_names(cls).items():
            if wire == key and item in typing.get_args(next(iter(typing.get_args(_hints(cls)[name])), None)):
                found.append(cls)
    return min(found, key=lambda cls: (not cls.__name__.startswith("List"), cls.__name__), default=None)


def name_of(cls: type) -> str:
    """Return a class's name as the table has it, `compute.ClusterDetails`."""
    return f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}"


def wire_names(cls: type) -> dict[str, str]:
    """Return field → name on the wire, as the class's own `from_dict` reads it."""
    return _wires(cls.__module__).get(cls.__name__, {})


@functools.cache
def _wires(module: str) -> dict[str, dict[str, str]]:
    found = {}
    for cls in ast.parse(inspect.getsource(importlib.import_module(module))).body:
        for part in cls.body if isinstance(cls, ast.ClassDef) else []:
            if isinstance(part, ast.FunctionDef) and part.name == "from_dict" and isinstance(part.body[-1], ast.Return):
                call = part.body[-1].value
                names = {each.arg: _first_text(each.value) for each in getattr(call, "keywords", [])}
                found[cls.name] = {name: wire for name, wire in names.items() if name and wire}
    return found


def _first_text(node: ast.AST) -> str | None:
    texts = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return next(texts, None)


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


@functools.cache
def _parsed_classes() -> list[type]:
    return [
        cls
        for module in pkgutil.iter_modules(service.__path__)
        for cls in vars(importlib.import_module(f"{service.__name__}.{module.name}")).values()
        if isinstance(cls, type) and dataclasses.is_dataclass(cls) and "from_dict" in vars(cls)
    ]


def _parts(document: Any) -> Iterator[Any]:
    children = dict.values(document) if isinstance(document, dict) else document if isinstance(document, list) else ()
    for child in children:
        yield child
        yield from _parts(child)


# Calling the SDK by name


def call(
    client: WorkspaceClient, name: str, arguments: dict[str, Any], known: dict[str, Any], most: int | None = None
) -> list[Any]:
    """Call a method of the SDK, `clusters.get`, with JSON for arguments.

    Return what it gave: of a listing all items, or the first `most`.
    """
    method = operator.attrgetter(name)(client)
    hints = typing.get_type_hints(method)
    given = {argument: typed(filled(value, known), hints.get(argument)) for argument, value in arguments.items()}
    found = method(**given)
    if isinstance(found, types.GeneratorType):
        return list(itertools.islice(found, most))
    return found if isinstance(found, list) else [found]


def typed(value: Any, hint: Any) -> Any:
    """Return JSON as what an argument of the SDK is: its dataclasses, enums, and lists of them."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return typed(value, next((each for each in inner if each is not type(None)), None))
    if origin is list:
        return [typed(each, inner[0]) for each in value]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(value)
    if hint is typing.BinaryIO:
        return io.BytesIO(value.encode())
    if dataclasses.is_dataclass(hint):
        return hint.from_dict(value)  # type: ignore[union-attr]
    return value
