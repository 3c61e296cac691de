"""The fidelity table: what the service does, one file a family, each fact with its tier, its source and a probe.

`fixtures/emulator/fidelity/<family>.yaml`, checked against `schema.json` beside it. Tier 1 was recorded: status, code, text
and shape to the letter. Tier 2 is documented: status and code, the text by a pattern. Tier 3 is a guess: only the class of the
SDK's exception is asserted, and the fact counts as unverified.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "emulator" / "fidelity"
_PLACEHOLDER = re.compile(r"\{([a-z]\w*)\}")


@dataclass(frozen=True)
class Step:
    """One request, or one turn of the emulator's own knobs (`control`)."""

    request: str = ""
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    form: dict[str, Any] | None = None
    """Fields of a multipart form; `{"file": text}` is a file part."""
    data: str | None = None
    """A body as it stands, of the type `content_type`."""
    content_type: str = "application/octet-stream"
    token: str | None = None
    """Another bearer token than the caller's; empty for none."""
    caller: str = ""
    """The name of the user who sends it; the emulator only."""
    control: str = ""
    keep: dict[str, str] = field(default_factory=dict)
    """Placeholder → dotted path into the answer."""

    @property
    def method(self) -> str:
        """The method."""
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path, placeholders included."""
        return self.request.partition(" ")[2]


@dataclass(frozen=True)
class Fact:
    """One fact about the service."""

    id: str
    family: str
    what: str
    tier: int
    source: tuple[str, ...]
    setup: tuple[Step, ...]
    step: Step
    expect: dict[str, Any]
    mode: str = "federated"
    live: str = ""
    """`read` or `write` where a real workspace may be asked."""
    unrouted: bool = False
    """Asks for what no route serves, on purpose."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, the one that is judged last."""
        return (*self.setup, self.step)


@dataclass(frozen=True)
class SdkCall:
    """One call of the SDK whose raw answers must fit the classes that the SDK parses them into."""

    family: str
    sdk: str
    arguments: dict[str, Any]
    each: str = ""
    """A listing of the SDK: the call is made for each of its items, whose fields are placeholders."""
    of: dict[str, Any] = field(default_factory=dict)
    """The arguments of that listing."""
    keep: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    """Settings of the client that the call is made with."""
    control: str = ""
    live: bool = False
    label: str = ""

    @property
    def id(self) -> str:
        """Its name among the facts."""
        return f"{self.family}.shape.{self.label or self.sdk}"


@dataclass(frozen=True)
class Family:
    """One file of the table."""

    name: str
    facts: tuple[Fact, ...]
    calls: tuple[SdkCall, ...]
    apis: tuple[str, ...]
    """Attributes of the SDK's client; each public method is called or left."""
    plain: tuple[dict[str, str], ...]
    """Routes that no call of the SDK reaches, and why; a fact must reach them."""
    unknown: tuple[dict[str, Any], ...]
    """Fields and values of answers that the SDK's class lacks, with their source."""
    always: tuple[dict[str, Any], ...]
    """Fields that the SDK's class makes optional and that every answer has, with their source."""
    left: tuple[dict[str, str], ...]
    """What is consciously not in the table, and why."""


@cache
def load() -> tuple[Family, ...]:
    """Return the families. Raises ValueError, with the file, for one that the schema refuses."""
    schema = json.loads((FOLDER / "schema.json").read_text())
    return tuple(parse(_read(file), file.name, schema) for file in sorted(FOLDER.glob("*.yaml")))


def _read(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text())
    except yaml.YAMLError as error:
        raise ValueError(f"{file.name}: {error}") from None


def parse(document: Any, file: str, schema: dict[str, Any] | None = None) -> Family:
    """Return the family of one file's document."""
    schema = schema or json.loads((FOLDER / "schema.json").read_text())
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(document))
    if error is not None:
        raise ValueError(f"{file}: {error.json_path}: {error.message[:300]}")
    name = document["family"]
    if file != f"{name}.yaml":
        raise ValueError(f"{file}: the family {name} belongs into {name}.yaml")
    given = document.get("given", {})
    return Family(
        name=name,
        facts=tuple(_fact(name, row, given) for row in document.get("facts", [])),
        calls=tuple(_call(name, row) for row in document.get("calls", [])),
        apis=tuple(document.get("apis", [])),
        **{part: tuple(document.get(part, [])) for part in ("plain", "unknown", "always", "left")},
    )


def _fact(family: str, row: dict[str, Any], given: dict[str, Any]) -> Fact:
    setup: list[Step] = []
    for item in row.get("setup", []):
        if isinstance(item, str) and item not in given:
            raise ValueError(f"{family}.{row['id']}: no such setup: {item}")
        setup += [_step(each) for each in (given[item] if isinstance(item, str) else [item])]
    source = row["source"]
    return Fact(
        id=f"{family}.{row['id']}",
        family=family,
        what=row["what"],
        tier=row["tier"],
        source=tuple([source] if isinstance(source, str) else source),
        setup=tuple(setup),
        step=_step(row),
        expect=row["expect"],
        **{name: row[name] for name in ("mode", "live", "unrouted") if name in row},
    )


def _step(row: dict[str, Any]) -> Step:
    names = Step.__dataclass_fields__
    return Step(**{name: value for name, value in row.items() if name in names})


def _call(family: str, row: dict[str, Any]) -> SdkCall:
    rest = {name: row[name] for name in ("each", "of", "keep", "config", "control", "live", "label") if name in row}
    return SdkCall(family, row.get("sdk", ""), row.get("with", row.get("body", {})), **rest)


def filled(value: Any, known: dict[str, Any]) -> Any:
    """Return a value of the table with its placeholders replaced.

    `{name}` alone keeps the type of what it stands for. `{"$base64": text}` is its encoding, `{"$times": n, "of": x}` a text
    or a list n times over, `{i}` being the number, `{"$keys": n}` an object of n keys.
    """
    if isinstance(value, str):
        whole = _PLACEHOLDER.fullmatch(value)
        if whole and whole[1] in known:
            return known[whole[1]]
        return _PLACEHOLDER.sub(lambda match: str(known.get(match[1], match[0])), value)
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    if not isinstance(value, dict):
        return value
    if "$base64" in value:
        return base64.b64encode(str(filled(value["$base64"], known)).encode()).decode()
    if "$times" in value:
        of = value["of"]
        if isinstance(of, str):
            return str(filled(of, known)) * value["$times"]
        return [filled(of, {**known, "i": number}) for number in range(value["$times"])]
    if "$keys" in value:
        return {f"key{number}": "value" for number in range(value["$keys"])}
    return {filled(name, known): filled(each, known) for name, each in value.items()}
