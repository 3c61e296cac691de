"""The table tried on the emulator, and the SDK's calls that go with it."""

from __future__ import annotations

import functools
import http
import operator
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from fixtures.emulator import acl, api, principals
from fixtures.emulator.call import Route
from fixtures.emulator.seed import CALLER
from fixtures.emulator.server import Running
from fixtures.estate import SMALL, Door, build
from fixtures.plugin import client
from tests.support.fidelity import shapes
from tests.support.fidelity.probes import Outcome, at, probe
from tests.support.fidelity.table import Fact, Family, SdkCall, Step, filled
from tests.support.fidelity.wire import Answer, Wire

SITE = "primary"
_CHOICE = re.compile(r"\(\?P<(\w+)>([\w|]+)\)")


class Emulated:
    """A workspace of the emulator."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.app = running.emulator.apps[SITE]
        self._session = requests.Session()

    def reset(self) -> None:
        """Make the workspace as new."""
        self.running.emulator.reset()

    @property
    def known(self) -> dict[str, Any]:
        """Placeholders that every fact may use."""
        workspace = self.app.workspace
        me = principals.find(workspace, principals.USERS, CALLER)
        assert me is not None
        return {
            "me": CALLER,
            "me_id": me["id"],
            "admins_id": principals.admins_group(workspace),
            "workspace_id": str(workspace.workspace_id),
            "region": workspace.region,
            "now": workspace.clock.now(),
            "folder": "/Shared",
        }

    def send(self, step: Step, known: dict[str, Any]) -> Answer:
        """Send a step with the token of its caller."""
        token = self._token(str(filled(step.caller, known)))
        wire = Wire(self.running.emulator.hosts[SITE], lambda: {"Authorization": f"Bearer {token}"}, self._session)
        return wire.send(step, known)

    def control(self, step: Step, known: dict[str, Any]) -> Any:
        """Turn one of the emulator's knobs."""
        return self.running.control(step.control, filled(step.body, known))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _token(self, caller: str) -> str:
        workspace = self.app.workspace
        if not caller:
            return next(iter(workspace.tokens))
        found = principals.find(workspace, principals.USERS, caller)
        assert found is not None, f"no user {caller} to call"
        workspace.tokens[f"dapi-{caller}"] = found["id"]
        return f"dapi-{caller}"


def try_facts(bench: Emulated, facts: list[Fact]) -> list[Outcome]:
    """Try facts one by one, each on a workspace as new. A request that no route serves is a difference."""
    outcomes = []
    for fact in facts:
        bench.reset()
        outcome = probe(fact, bench)
        unknown = [f"{entry.method} {entry.path}" for entry in bench.app.log if not entry.known]
        if unknown and not fact.unrouted:
            outcome = Outcome(fact.id, fact.tier, "differing", f"the emulator has no route for {unknown[0]}")
        outcomes.append(outcome)
    bench.reset()
    return outcomes


@dataclass
class Shaped:
    """What came of the SDK's calls."""

    outcomes: list[Outcome] = field(default_factory=list)
    met: set[shapes.Finding] = field(default_factory=set)
    """Every finding, those that the table names included."""
    reached: set[str] = field(default_factory=set)
    """The routes that a call of the SDK reached, as `expanded` names them."""
    targets: set[str] = field(default_factory=set)
    """The object types whose permissions were read."""


def try_calls(bench: Emulated, families: tuple[Family, ...]) -> Shaped:
    """Call the SDK over a sample estate, and hold every answer against the class that the SDK parses it into."""
    bench.reset()
    build(Door.of(bench.running, SITE), SMALL)
    result = Shaped()
    with shapes.Witness(client(bench.running, SITE)) as witness:
        for family in families:
            known = {**bench.known, "place": f"/Shared/fidelity-{family.name}", "name": f"fidelity-{family.name}"}
            for each in family.calls:
                if each.control:
                    known |= _kept(bench.control(Step(control=each.control, body=each.arguments), known), each)
                    continue
                since = len(bench.app.log)
                result.outcomes.append(try_call(witness, each, known, families, result.met))
                for entry in bench.app.log[since:]:
                    result.reached.add(serving(entry.method, entry.path) or "")
                    found = acl.locate(re.sub(r"^/api/2.0/permissions/|/permissionLevels$", "", entry.path))
                    result.targets |= {found[0].path} if found and entry.status == http.HTTPStatus.OK else set()
    bench.reset()
    return result


def try_call(
    witness: shapes.Witness,
    each: SdkCall,
    known: dict[str, Any],
    families: tuple[Family, ...],
    met: set[shapes.Finding],
    *,
    most: int | None = None,
) -> Outcome:
    """Make one call of the SDK, or one for each item of a listing; add all findings to `met`.

    On the emulator a call must give something to hold against a class. With `most`, on a real workspace, it need not, and
    so many items are enough.
    """
    witness.answers.clear()
    wrong: list[str] = []
    found: list[Any] = []
    try:
        listed = shapes.call(witness.client, each.each, each.of, known, most) if each.each else []
        items = [{**known, **item.as_dict()} for item in listed] if each.each else [known]
        with _configured(witness.client, each):
            found = [one for item in items for one in shapes.call(witness.client, each.sdk, each.arguments, item, most)]
        if not found and most is None:
            wrong.append("it gave nothing that could be held against a class")
        if each.keep:
            known |= _kept(dict(witness.answers[-1].document), each)
    except shapes.ERRORS as error:
        wrong.append(f"{type(error).__name__}: {str(error).partition('. Config:')[0]}")
    always = {row["class"]: row["fields"] for family in families for row in family.always}
    here: set[shapes.Finding] = set()
    for answer in witness.answers:
        request = serving(answer.method, answer.path) or answer.request
        here |= {
            f if f.of != answer.request else replace(f, of=request) for f in shapes.findings(answer, always, found)
        }
    met |= here
    named = [row for family in families for row in family.unknown]
    wrong += [str(finding) for finding in sorted(here) if not any(names(row, finding) for row in named)]
    return Outcome(each.id, 2, "differing" if wrong else "agreed", "; ".join(wrong))


@contextmanager
def _configured(sdk: Any, each: SdkCall) -> Iterator[None]:
    """Give the part of the SDK that is called the settings of the call; it has a copy of the client's."""
    config = getattr(operator.attrgetter(each.sdk.rpartition(".")[0])(sdk), "_config", sdk.config)
    before = {name: getattr(config, name) for name in each.config}
    for name, value in each.config.items():
        setattr(config, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(config, name, value)


def _kept(document: Any, each: SdkCall) -> dict[str, Any]:
    return {name: at(document, path) for name, path in each.keep.items()}


def names(row: dict[str, Any], finding: shapes.Finding) -> bool:
    """Say whether a row of `unknown` names a finding."""
    of = row.get("class") or row.get("request")
    same = of == finding.of and row["field"] in (finding.field, "*")
    return same and finding.kind in ("unknown field", "unknown value") and row.get("value", "") == finding.value


# Routes


@functools.cache
def expanded() -> dict[str, Route]:
    """Return the emulator's routes by name; one that serves several families, `(?P<family>Users|Groups)`, once for each."""
    found = {}
    for route in api.ROUTES:
        for pattern in _choices(route.pattern.pattern):
            found[f"{route.method} {_plain(pattern)}"] = Route(route.method, re.compile(pattern), route.handler)
    return found


def serving(method: str, path: str) -> str | None:
    """Return the name of the route that serves a request: the first that fits, as in the emulator."""
    fits = (name for name, route in expanded().items() if route.method == method and route.pattern.fullmatch(path))
    return next(fits, None)


def asked_by(facts: tuple[Fact, ...]) -> Iterator[str]:
    """Yield the names of the routes that facts reach, without asking."""
    for fact in facts:
        for step in fact.steps:
            route = serving(step.method, re.sub(r"\{\w+\}", "1", step.path.replace("{place}", "/1")))
            if route:
                yield route


def _choices(pattern: str) -> list[str]:
    match = _CHOICE.search(pattern)
    if match is None:
        return [pattern]
    return [each for one in match[2].split("|") for each in _choices(pattern.replace(match[0], one))]


def _plain(pattern: str) -> str:
    """Return a pattern as people write it, `/api/2.{0,1}/clusters/get`."""
    text = re.sub(r"\\\.\[(\d+)\]", lambda match: f".{{{','.join(match[1])}}}", pattern)
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", text)
