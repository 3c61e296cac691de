"""drill.yaml, and the drill's folder beside it."""

from __future__ import annotations

import fnmatch
import hashlib
import ipaddress
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from lakedrill.inventory import ignore, mounting, scope
from lakedrill.inventory.connection import Connection, Rate
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.scope import DEFAULTS, Rule

FILE = "drill.yaml"
ROLES = ("primary", "secondary")
_TYPES = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


class _Loader(yaml.SafeLoader):
    """Reads a date as the text that it is: whether it is one is said with its line, and a drill may be called so."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - annotated in the base class
        first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class MappingRow:
    """One row of `mapping`."""

    primary: str
    secondary: str
    kind: str = "*"
    path: str = "*"
    prefix: bool = False
    one_way: bool = False
    line: int = field(default=0, compare=False)
    """Where it stands in the file."""


@dataclass(frozen=True)
class SecretRule:
    """One row of `secrets.scopes`: what becomes of the values of the scopes that a glob means."""

    scope: str
    values: str
    """`copy` or `compare`."""


@dataclass(frozen=True)
class Drill:
    """A drill as drill.yaml describes it."""

    file: Path
    id: str
    primary: Connection
    secondary: Connection
    dedicated: bool = False
    posture: str = "standby"
    """On the secondary nothing runs, fires or costs; what the primary does is kept in activation.json."""
    identity: str = "provisioned"
    notebooks: str = "source"
    adopt: tuple[str, ...] = ()
    apply: tuple[str, ...] = ()
    """Kinds, and objects as `KIND:KEY`, that are changed although that does more than copy."""
    kinds: tuple[str, ...] = ()
    """The kinds in scope; empty: all."""
    scope: tuple[Rule, ...] = DEFAULTS
    """What is done with the objects of these kinds: the first rule that fits decides. The built-in ones stand last."""
    ignore: tuple[Ignored, ...] = ()
    """What may differ, expired rows too."""
    mapping: tuple[MappingRow, ...] = ()
    secrets: tuple[SecretRule, ...] = ()
    """Whose secrets' values may be read; of others, none is."""
    failback: bool = False
    """The drill leads back: the mapping is read right to left."""
    must_see: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys(ROLES, ()), hash=False)
    """By side, the objects (`KIND:KEY`, to the letter) that its caller is known to see if it sees everything."""
    primary_region: str = ""
    """Where the primary is, if drill.yaml says so."""
    stands_in: str = ""
    """The region of the host that holds the drill, and of the drill's folder."""
    calls_from: str = ""
    """The address of this host as the workspaces see it, or a range that holds it."""
    digest: str = field(default="", compare=False)

    @cached_property
    def folder(self) -> Path:
        """Where everything that a drill makes is kept, beside drill.yaml. Made when first asked for."""
        folder = self.file.parent / "drills" / self.id
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: can't be made: {error.strerror}") from None
        return folder

    @property
    def user_agent(self) -> str:
        """What every request carries beside our name and version, so that the service's audit log can confirm the journal."""
        return f"drill/{self.id}"

    def snapshot(self, role: str, purpose: str = "") -> Path:
        """Return the file of the snapshot of a side. The primary's is of its last copy, unless it has another `purpose`."""
        return self.folder / f"{role}{purpose and '-'}{purpose}.snapshot"

    @property
    def key_file(self) -> Path:
        """Where the key is kept under which secrets' values are digested: beside the drill's folder, never in it."""
        return self.file.parent / "drills" / f"{self.id}.key"

    def values_of(self, scope: str) -> str:
        """Return what becomes of the values of a scope, `copy` or `compare`; empty: they are not read."""
        fits = (rule.values for rule in self.secrets if fnmatch.fnmatchcase(scope.lower(), rule.scope.lower()))
        return next(fits, "")

    def ignored_on(self, day: date) -> tuple[Ignored, ...]:
        """Return the rows of `ignore` that hold on a day."""
        return tuple(row for row in self.ignore if not row.has_expired(day))

    def asks(self, kind: str, key: str) -> bool:
        """Say whether the operator asks for what is not done unasked: of a whole kind, or of one object by name."""
        return kind in self.apply or f"{kind}:{key}" in self.apply

    def adopts(self, kind: str, key: str) -> bool:
        """Say whether the operator lets an object of the secondary be overwritten that Lakedrill did not make."""
        return self.dedicated or any(fnmatch.fnmatchcase(f"{kind}:{key}", glob) for glob in self.adopt)


def load(file: Path) -> Drill:
    """Read drill.yaml. Raises UsageError with file, line, what is wrong and what is allowed."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file; `lakedrill init` writes one") from None
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: can't be read: is not UTF-8 text") from None
    try:
        tree = yaml.compose(text, _Loader)
        document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
        _refuse_twice(file, tree)
    except RecursionError:
        raise UsageError(f"{file}: is nested too deep") from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        told = " ".join(str(getattr(error, "problem", None) or error).split())
        raise UsageError(f"{file}{line}: is not YAML: {told}") from None
    _refuse_blanks(file, document, tree)
    worst = best_match(Draft202012Validator(schema()).iter_errors(document))
    if worst is not None:
        raise UsageError(f"{file}:{_line(tree, list(worst.absolute_path), _unknown(worst))}: {_said(worst)}")
    return _drill(file.resolve(), document, tree, hashlib.sha256(text.encode()).hexdigest())


def require_globs(option: str, globs: Iterable[str]) -> None:
    """Raise UsageError for a glob of the command line that is no KIND:GLOB, or means no kind."""
    known = ", ".join(sorted(CATALOGUE.by_name))
    for glob in globs:
        kind, colon, _ = glob.partition(":")
        if not colon:
            raise UsageError(f"{option}={glob}: expected KIND:GLOB, as in jobs:nightly-*")
        if not fnmatch.filter(CATALOGUE.by_name, kind):
            raise UsageError(f"{option}={glob}: unknown kind {kind!r}; known: {known}")


def means(glob: str, kind: str, key: str) -> bool:
    """Say whether `KIND:GLOB` means an object. The key is also meant to the letter, whatever signs are in it."""
    return f"{kind}:{key}" == glob or fnmatch.fnmatchcase(f"{kind}:{key}", glob)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of drill.yaml."""
    found: dict[str, Any] = json.loads(resources.files("lakedrill.inventory").joinpath("drill.schema.json").read_text())
    return found


def _drill(file: Path, document: dict[str, Any], tree: yaml.Node | None, digest: str) -> Drill:
    sides = {}
    config_file = (file.parent / Path(document["config_file"]).expanduser()) if "config_file" in document else None
    if config_file is not None and not config_file.is_file():
        raise UsageError(f"{file}:{_line(tree, ['config_file'])}: config_file: no such file: {config_file}")
    rate = document.get("rate", {})  # `off` is YAML's word for false
    for name in rate or ():
        if math.isnan(rate[name]):
            raise UsageError(
                f"{file}:{_line(tree, ['rate', name])}: rate.{name}: expected a number, found {rate[name]}"
            )
    for path, wrong in mounting.faults(document.get("mounts", {})):
        at = ["mounts", *path]
        raise UsageError(f"{file}:{_line(tree, at)}: {_spelled(at)}: {wrong}")
    for role in ROLES:
        side = document[role]
        how_fast = None if rate is False else Rate(**rate)
        secrets_on = document.get("secrets", {}).get("cluster", "") if role == "primary" else ""
        mounts = mounting.read(document.get("mounts", {}), role, file.parent)
        at, calls_from = side["workspace_id"], document.get("from", "")
        sides[role] = Connection(role, side["profile"], at, config_file, how_fast, secrets_on, mounts, calls_from)
    if sides["primary"].workspace_id == sides["secondary"].workspace_id:
        line = _line(tree, ["secondary", "workspace_id"])
        raise UsageError(f"{file}:{line}: secondary.workspace_id: is the primary's; a drill needs two workspaces")
    _refuse_unknown_kinds(file, document, tree)
    _refuse_no_address(file, document, tree)
    _refuse_vain_rows(file, document, tree)
    rules = scope.read(document.get("scope", ()))
    for name, faults in (
        ("scope", scope.clashes(rules, document.get("kinds", ()), CATALOGUE.by_name)),
        ("ignore", ignore.faults(document.get("ignore", ()), CATALOGUE)),
    ):
        for i, wrong in faults:
            raise UsageError(f"{file}:{_line(tree, [name, i])}: {name}[{i}]: {wrong}")
    return Drill(
        file=file,
        id=document["drill"],
        primary=sides["primary"],
        secondary=sides["secondary"],
        dedicated=document["secondary"].get("dedicated", False),
        identity=document.get("identity", "provisioned"),
        notebooks=document.get("notebooks", "source"),
        adopt=tuple(document.get("adopt", ())),
        apply=tuple(document.get("apply", ())),
        kinds=tuple(document.get("kinds", ())),
        secrets=tuple(SecretRule(**row) for row in document.get("secrets", {}).get("scopes", ())),
        scope=scope.with_defaults(rules, CATALOGUE.by_name),
        ignore=ignore.read(document.get("ignore", ())),
        mapping=tuple(
            MappingRow(**row, line=_line(tree, ["mapping", i])) for i, row in enumerate(document.get("mapping", ()))
        ),
        failback=document.get("failback", False),
        must_see={
            role: tuple(dict.fromkeys((*document.get("must_see", ()), *document[role].get("must_see", ()))))
            for role in ROLES
        },
        primary_region=document["primary"].get("region", ""),
        stands_in=document.get("stands_in", ""),
        calls_from=document.get("from", ""),
        digest=digest,
    )


def _refuse_twice(file: Path, node: yaml.Node | None) -> None:
    """Raise UsageError where a key stands twice: YAML would let the last one win."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for name, value in node.value:
            if name.value in seen:
                raise UsageError(f"{file}:{name.start_mark.line + 1}: the key {name.value!r} stands here twice")
            seen.add(name.value)
            _refuse_twice(file, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twice(file, item)


def _refuse_unknown_kinds(file: Path, document: dict[str, Any], tree: yaml.Node | None) -> None:
    """Raise UsageError for a kind, or a glob over kinds, that means none."""
    rows = document.get("mapping", [])
    named: list[tuple[list[Any], str]] = [
        *((["kinds", i], name) for i, name in enumerate(document.get("kinds", []))),
        *((["adopt", i], glob.partition(":")[0]) for i, glob in enumerate(document.get("adopt", []))),
        *((["mapping", i, "kind"], row["kind"]) for i, row in enumerate(rows) if "kind" in row),
        *((["scope", i, "kind"], row["kind"]) for i, row in enumerate(document.get("scope", []))),
        *(
            ([*at, "must_see", i], name.partition(":")[0])
            for at, part in (([], document), *(([role], document[role]) for role in ROLES))
            for i, name in enumerate(part.get("must_see", []))
        ),
    ]
    for path, name in named:
        exact = "kinds" in path or "must_see" in path
        if name not in CATALOGUE.by_name and (exact or not fnmatch.filter(CATALOGUE.by_name, name)):
            known = ", ".join(sorted(CATALOGUE.by_name))
            raise UsageError(f"{file}:{_line(tree, path)}: {_spelled(path)}: unknown kind {name!r}; known: {known}")


def _refuse_blanks(file: Path, document: Any, tree: yaml.Node | None) -> None:
    """Raise UsageError for rows of the mapping in which something is left to fill in, all of them at once."""
    rows = document.get("mapping") if isinstance(document, dict) else None
    blank = [
        (_line(tree, ["mapping", i, "secondary"]), row.get("primary"))
        for i, row in enumerate(rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and "secondary" in row and row["secondary"] is None
    ]
    if blank:
        line, primary = blank[0]
        more = f"; so are {len(blank) - 1} more rows, from line {blank[1][0]} on" if blank[1:] else ""
        told = f"secondary: is empty; fill in what {primary!r} is called on the secondary, or take the row out{more}"
        raise UsageError(f"{file}:{line}: mapping: {told}")


def _refuse_vain_rows(file: Path, document: dict[str, Any], tree: yaml.Node | None) -> None:
    """Raise UsageError for rows that could change nothing: to the same value, or in what is copied as it is."""
    for i, row in enumerate(document.get("mapping", [])):
        at = f"{file}:{_line(tree, ['mapping', i])}: mapping[{i}]"
        if row["primary"] == row["secondary"]:
            raise UsageError(f"{at}: maps {row['primary']!r} to itself; leave it out: what no row means stays as it is")
        if row.get("path", "").partition(".")[0].partition("[")[0] == "content":
            raise UsageError(f"{at}: path: content is copied as it is, and no row changes it")


def _refuse_no_address(file: Path, document: dict[str, Any], tree: yaml.Node | None) -> None:
    """Raise UsageError for a `from` that is neither an address nor a range of them."""
    try:
        ipaddress.ip_network(document.get("from", "0.0.0.0/0"), strict=False)
    except ValueError:
        told = f"{document['from']!r} is neither an IP address nor a range, as 203.0.113.0/24"
        raise UsageError(f"{file}:{_line(tree, ['from'])}: from: {told}") from None


def _said(error: ValidationError) -> str:
    """Return what is wrong and what is allowed, in one line."""
    where = _spelled(error.absolute_path)
    allowed: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties":
        known = ", ".join(sorted(allowed.get("properties", {})))
        return f"{where + ': ' if where else ''}unknown key {_unknown(error)!r}; known here: {known}"
    if error.validator == "required":
        present: Any = error.instance
        missing = [name for name in allowed["required"] if name not in present]
        return f"{where + ': ' if where else ''}missing {', '.join(missing)}"
    if error.validator == "enum":
        return f"{where}: {error.instance!r} is not one of {', '.join(map(str, allowed['enum']))}"
    if error.validator == "type":
        found = "nothing" if error.instance is None else repr(error.instance)
        types = [allowed["type"]] if isinstance(allowed["type"], str) else allowed["type"]
        return f"{where + ': ' if where else ''}expected {' or '.join(_TYPES[t] for t in types)}, found {found}"
    hint = f"; {allowed['description']}" if "description" in allowed else ""
    return f"{where}: {error.message}{hint}"


def _spelled(path: Iterable[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _unknown(error: ValidationError) -> str | None:
    if error.validator != "additionalProperties" or not isinstance(error.schema, dict):
        return None
    present: Any = error.instance
    return next((str(name) for name in present if name not in error.schema.get("properties", {})), None)


def _line(node: yaml.Node | None, path: list[Any], key: str | None = None) -> int:
    """Return the line, from 1, of what a path leads to, or of a key in it."""
    line = 1
    steps = [*path, key] if key is not None else path
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.value == str(step):
                    line, node = name.start_mark.line + 1, value
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
