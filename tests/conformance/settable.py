"""Every field that a request of the pinned SDK can set, at every depth: read off its request classes, not off our own lists.

A path is spelled as the kinds' facts spell theirs: `tasks[].notebook_task.notebook_path`, `spark_conf.*`. A class that holds
itself (a for-each task holds a task) is followed once more.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.dbutils import _FsUtil

_TWICE = ("Task",)
"""Classes that hold themselves by intent; the service lets none do so a second time."""
_BODY = re.compile(r'if (?:self\.)?(\w+)(?: is not None)?:\s*body\["([^"]+)"\]')
"""How the SDK's generated code puts an argument or an attribute into a body."""


_WHOLE = re.compile(r"body = (\w+)\.as_dict\(\)")
"""And an argument that is the whole body."""
_MAP = re.compile(r"body=(?!body\b)(\w+)")
"""A map is it as it stands."""


@dataclasses.dataclass(frozen=True)
class Field:
    """A path of a request, what the SDK says may stand there, and whether that is a container."""

    path: str
    type: Any
    """`str`, `int`, `float`, `bool`, an enum; `list` or `dict` of a container."""

    @property
    def is_container(self) -> bool:
        return self.type in (list, dict)

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the values of an enum; nothing for other types."""
        is_enum = isinstance(self.type, type) and issubclass(self.type, enum.Enum)
        return tuple(str(member.value) for member in self.type) if is_enum else ()


_CALLS = {"dbutils.fs.mount": _FsUtil.mount}
"""What takes no request but a call on a cluster: its arguments, spelled as what lists the object spells them."""


@cache
def fields(method: str) -> tuple[Field, ...]:
    """Return what a method of the SDK takes into its request's body: of `jobs.create`, `settings.default_namespace.update`."""
    if method in _CALLS:
        hints = typing.get_type_hints(_CALLS[method])
        spelled = {name: re.sub(r"_(\w)", lambda m: m[1].upper(), name) for name in hints if name != "return"}
        return tuple(field for name, path in spelled.items() for field in _of(hints[name], path, ()))
    *services, name = method.split(".")
    owner: Any = WorkspaceClient
    for service in services:
        owner = typing.get_type_hints(getattr(owner, service).fget)["return"]
    function = getattr(owner, name)
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    hints = typing.get_type_hints(function)
    source = inspect.getsource(function)
    found = tuple(field for argument, wire in _BODY.findall(source) for field in _of(hints[argument], wire, ()))
    for argument in _WHOLE.findall(source):
        found += tuple(_inside(_plain(hints[argument]), "", ()))
    for argument in _MAP.findall(source):
        found += (Field("*", typing.get_args(hints[argument])[1]),)
    found += tuple(Field(name, str) for name, hint in hints.items() if hint is typing.BinaryIO)
    assert found, f"{method} takes nothing into its body"
    return found


def _of(hint: Any, path: str, within: tuple[type, ...]) -> Iterator[Field]:
    hint = _plain(hint)
    origin = typing.get_origin(hint)
    if origin is list:
        yield Field(path, list)
        yield from _of(typing.get_args(hint)[0], f"{path}[]", within)
    elif origin is dict:
        yield Field(path, dict)
        yield from _of(typing.get_args(hint)[1], f"{path}.*", within)
    elif dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if within.count(hint) <= (hint.__name__ in _TWICE):
            yield Field(path, dict)
            yield from _inside(hint, f"{path}.", within)
    else:
        yield Field(path, hint)


def _inside(hint: Any, at: str, within: tuple[type, ...]) -> Iterator[Field]:
    """Yield the fields of a class; `at` is the path before them, with its dot."""
    hints = typing.get_type_hints(hint)
    for name, wire in _BODY.findall(inspect.getsource(hint.as_dict)):
        yield from _of(hints[name], f"{at}{wire}", (*within, hint))


def _plain(hint: Any) -> Any:
    """Return a type without its `Optional`."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(one for one in typing.get_args(hint) if one is not type(None))
    return hint


def main() -> None:
    """Print every field of every request that makes something we compare: what a raise of the SDK's pin is judged by."""
    from fixtures.drift.edits import EDITS  # noqa: PLC0415 - the rest of this file knows the SDK alone

    for method in dict.fromkeys(edit.method for edit in EDITS):
        for field in fields(method):
            choices = "|".join(field.choices) or field.type.__name__
            print(f"{method} {field.path} {choices}")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main()
