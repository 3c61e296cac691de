"""Runs the facts of the table against a workspace: the same interpreter for the emulator and for a real one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.support.fidelity.table import Fact, Step, filled
from tests.support.fidelity.wire import Answer

PREFIX = "lakedrill-fidelity-"
"""What everything is called that a probe makes on a real workspace."""
_OK = range(200, 300)


class Bench(Protocol):
    """A workspace that facts are tried on."""

    known: dict[str, Any]
    """Placeholders that every fact may use: `me`, `me_id`, `workspace_id`, `folder`."""

    def send(self, step: Step, known: dict[str, Any]) -> Answer:
        """Send a step, as its caller."""
        ...

    def control(self, step: Step, known: dict[str, Any]) -> Any:
        """Turn one of the emulator's knobs."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What became of one fact."""

    id: str
    tier: int
    outcome: str
    """`agreed`, `differing` or `unverified`."""
    why: str = ""
    places: tuple[str, ...] = ()
    """Where expected and got differ; unlike `why` without what stands there."""
    expected: Any = None
    got: Any = None
    known: dict[str, Any] = field(default_factory=dict, compare=False)
    """What the placeholders stood for, to be taken out of what is reported."""


def place(known: dict[str, Any], fact: Fact) -> dict[str, Any]:
    """Return the placeholders of one fact: a name that nothing else has, and a path of that name."""
    name = PREFIX + re.sub(r"[^a-z0-9]+", "-", fact.id.lower())
    return {**known, "name": name, "place": f"{known['folder']}/{name}"}


def probe(fact: Fact, bench: Bench) -> Outcome:
    """Try one fact. The last step is judged; those before it must succeed."""
    known = place(bench.known, fact)
    for number, step in enumerate(fact.setup, 1):
        if step.control:
            document = bench.control(step, known)
            known |= {name: at(document, path) for name, path in step.keep.items()}
            continue
        answer = bench.send(step, known)
        if answer.status not in _OK:
            why = f"step {number} of its setup, {step.request}, was refused: {answer.status} {answer.code} {answer.message}"
            return Outcome(fact.id, fact.tier, "differing", why, ("setup",), fact.expect, _seen(answer), known)
        known |= {name: at(answer.json, path) for name, path in step.keep.items()}
    answer = bench.send(fact.step, known)
    wrong = list(_differences(fact.expect, answer, known))
    held = "differing" if wrong else "unverified" if fact.tier == 3 else "agreed"
    why, places = "; ".join(each.words for each in wrong), tuple(each.place for each in wrong)
    return Outcome(fact.id, fact.tier, held, why, places, fact.expect, _seen(answer), known)


def at(document: Any, path: str) -> Any:
    """Return what stands at a dotted path; numbers index lists."""
    for name in filter(None, path.split(".")):
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


def _seen(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "code": answer.code if answer.error else None,
        "message": answer.message if answer.error else None,
        "class": answer.exception,
        "body": answer.json,
    }


@dataclass(frozen=True)
class Difference:
    """One place where an answer is not as expected."""

    place: str
    words: str


def _differences(expect: dict[str, Any], answer: Answer, known: dict[str, Any]) -> Iterator[Difference]:
    """Yield how an answer is not as expected."""
    found = {"status": answer.status, "code": answer.code, "message": answer.message, "text": answer.text}
    for name, value in found.items():
        if name in expect and value != filled(expect[name], known):
            yield Difference(name, f"the {name} is {value!r}, not {filled(expect[name], known)!r}")
    if expect.get("class", answer.exception) != answer.exception:
        said = f"{answer.status} {answer.code} {answer.message}"
        yield Difference("class", f"the SDK raises {answer.exception} ({said}), not {expect['class']}")
    text = answer.message or answer.text
    if not re.search(_escaped(expect.get("pattern", ""), known), text, re.DOTALL):
        yield Difference("pattern", f"the text {text!r} does not match {expect['pattern']!r}")
    for name, value in expect.get("headers", {}).items():
        yield from unlike(filled(value, known), answer.headers.get(name), f"header {name}", whole=True)
    for part in expect.keys() & {"body", "has"}:
        yield from unlike(filled(expect[part], known), answer.json, part, whole=part == "body")
    for path in expect.get("lacks", []):
        if _is_at(answer.json, filled(path, known)):
            yield Difference(path, f"{path} is there")


def _escaped(pattern: str, known: dict[str, Any]) -> str:
    return str(filled(pattern, {name: re.escape(str(value)) for name, value in known.items()}))


def unlike(wanted: Any, found: Any, path: str, *, whole: bool) -> Iterator[Difference]:
    """Yield where a document differs from the wanted one; without `whole` it may have further fields.

    A wanted text `~pattern` is a pattern for the value; `{"$contains": [...]}` is a list that has at least these.
    """
    if isinstance(wanted, dict) and "$contains" in wanted:
        items = found if isinstance(found, list) else []
        for item in wanted["$contains"]:
            if all(list(unlike(item, each, path, whole=whole)) for each in items):
                yield Difference(path, f"{path} does not contain {item!r}")
    elif isinstance(wanted, dict) and isinstance(found, dict):
        yield from _unlike_object(wanted, found, path, whole=whole)
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, pair in enumerate(zip(wanted, found, strict=True)):
            yield from unlike(*pair, f"{path}.{index}", whole=whole)
    elif not _like(wanted, found):
        yield Difference(path, f"{path} is {found!r}, not {wanted!r}")


def _unlike_object(wanted: dict[str, Any], found: dict[str, Any], path: str, *, whole: bool) -> Iterator[Difference]:
    for name, value in wanted.items():
        if name in found:
            yield from unlike(value, found[name], f"{path}.{name}", whole=whole)
        else:
            yield Difference(f"{path}.{name}", f"{path}.{name} is missing")
    for name in found.keys() - wanted.keys() if whole else ():
        yield Difference(f"{path}.{name}", f"{path}.{name} is not expected")


def _like(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, str) and wanted.startswith("~"):
        return re.fullmatch(wanted[1:], str(found), re.DOTALL) is not None
    return type(wanted) is type(found) and bool(wanted == found)


def _is_at(document: Any, path: str) -> bool:
    try:
        at(document, path)
    except (KeyError, IndexError, TypeError, ValueError):
        return False
    return True
