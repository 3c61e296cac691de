"""The table tried on a real workspace: what only reads, and with a folder what leaves notebooks, files and paused jobs there.

Whatever is made is taken away again, after a failure too; what an earlier run was killed over is taken away first.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from requests.adapters import HTTPAdapter

from lakedrill.inventory.connection import Connection
from lakedrill.inventory.errors import ReadError, UsageError
from lakedrill.inventory.workspace import Workspace
from tests.support.fidelity import shapes
from tests.support.fidelity.emulated import try_call
from tests.support.fidelity.guard import Guard
from tests.support.fidelity.probes import PREFIX, Outcome, probe
from tests.support.fidelity.table import Fact, Family, Step
from tests.support.fidelity.wire import Answer, Wire

_ITEMS = 3
"""So many items of a listing are read one by one."""


class Live(Workspace):
    """A real workspace as a bench. Use as a context manager; raises UsageError for a profile or a folder that is none."""

    def __init__(self, profile: str, folder: str = "", config_file: Path | None = None) -> None:
        self.guard = Guard()
        super().__init__(Connection("--live", profile, 0, config_file))
        # Another one: the workspace's own configuration lets no client but its own use it.
        self._config = Config(profile=profile, config_file=str(config_file) if config_file else None)
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self.guard)
        name = self.me.get("userName") or self.me.get("applicationId")
        self.known: dict[str, Any] = {
            "me": name,
            "me_id": self.me.get("id"),
            "workspace_id": str(self.workspace_id),
            "folder": folder or "/Shared",
        }
        if folder:
            self._check_folder(folder)
            self.guard.folder = folder

    def __enter__(self) -> Self:
        self.clean()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.clean()
        finally:
            self._session.close()

    def send(self, step: Step, known: dict[str, Any]) -> Answer:
        """Send a step of the table."""
        return Wire(self.host, self._headers, self._session).send(step, known)

    def control(self, step: Step, known: dict[str, Any]) -> Any:
        """A real workspace has no knobs."""
        raise NotImplementedError(step.control)

    def sdk(self) -> WorkspaceClient:
        """Return the SDK's client, behind the same guard."""
        client = WorkspaceClient(config=self._config)
        session = client.api_client._api_client._session
        for scheme in ("https://", "http://"):
            session.mount(scheme, self.guard)
        return client

    def clean(self) -> None:
        """Take away all that was made here, and what lies about under our name below the folder."""
        if not self.guard.folder:
            return
        left: list[str] = []
        for job in sorted(self.guard.jobs):
            answer = self.send(Step("POST /api/2.2/jobs/delete", body={"job_id": job}), {})
            left += [f"job {job}"] if answer.error else []
        listed = self.send(Step("GET /api/2.0/workspace/list", query={"path": self.guard.folder}), {})
        for item in (listed.json or {}).get("objects", []):
            if item["path"].startswith(f"{self.guard.folder}/{PREFIX}"):
                step = Step("POST /api/2.0/workspace/delete", body={"path": item["path"], "recursive": True})
                left += [item["path"]] if self.send(step, {}).error else []
        if left or listed.error:
            raise RuntimeError(f"could not be taken away, please do: {', '.join(left) or self.guard.folder}")

    def _check_folder(self, folder: str) -> None:
        parts = folder.strip("/").split("/")
        if not re.fullmatch(r"(/[^/%\\]+){2,}", folder) or {".", ".."} & set(parts):
            raise UsageError(f"--live-write {folder}: name a folder of your own below a root, as in /Shared/fidelity")
        try:
            found = self.get("/api/2.0/workspace/get-status", path=folder)
        except ReadError:
            found = {}
        if found.get("object_type") != "DIRECTORY":
            raise UsageError(f"--live-write {folder}: there is no such folder; make it first")

    def _headers(self) -> dict[str, str]:
        return dict(self._config.authenticate())

    def _adapter(self) -> HTTPAdapter:
        return self.guard


def try_live(bench: Live, families: tuple[Family, ...]) -> list[Outcome]:
    """Try what may be tried; every other fact is unverified."""
    facts = [fact for family in families for fact in family.facts]
    outcomes = [_tried(bench, fact) for fact in facts]
    with shapes.Witness(bench.sdk()) as witness:
        for family in families:
            for each in (call for call in family.calls if call.sdk):
                if each.live:
                    outcomes.append(try_call(witness, each, dict(bench.known), families, set(), most=_ITEMS))
                else:
                    outcomes.append(Outcome(each.id, 2, "unverified", "only the emulator is asked"))
    return outcomes


def _tried(bench: Live, fact: Fact) -> Outcome:
    asked = fact.live == "read" or (fact.live == "write" and bench.guard.folder)
    if not asked:
        why = "asked with --live-write FOLDER" if fact.live else "only the emulator is asked"
        return Outcome(fact.id, fact.tier, "unverified", why, expected=fact.expect)
    try:
        outcome = probe(fact, bench)
    except requests.RequestException as error:
        return Outcome(fact.id, fact.tier, "unverified", f"no answer: {type(error).__name__}", expected=fact.expect)
    if outcome.outcome == "unverified":  # a guess that a real workspace bears out is one no more
        return replace(outcome, outcome="agreed")
    return outcome


# What is reported: nothing that tells whose workspace it is

_LONGEST = 400
"""So many characters of a text are told: a proxy may answer with a page."""
_SCRUBBED = (
    (re.compile(r"https?://[^\s'\"]+"), "<url>"),
    (re.compile(r"/(Users|Repos)/[^\s'\")]+"), "/<path>"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "<e-mail>"),
    (re.compile(r"\b(dapi|dkea|dose|eyJ)[\w.-]{8,}"), "<hidden>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"\b\d{4,}\b"), "<number>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b", re.IGNORECASE), "<hex>"),
)


def scrubbed(text: str, known: dict[str, Any]) -> str:
    """Return a text with what the placeholders stood for named as such, and other ids, names and addresses taken out."""
    for name, value in sorted(known.items(), key=lambda item: -len(str(item[1]))):
        if len(str(value)) > 1:
            text = text.replace(str(value), f"{{{name}}}")
    for pattern, instead in _SCRUBBED:
        text = pattern.sub(instead, text)
    return text


def shape(document: Any, like: Any = None) -> Any:
    """Return a document's shape: types for values. With `like`, of what that names alone."""
    if isinstance(document, dict):
        names = like.keys() & document.keys() if isinstance(like, dict) else document.keys()
        return {name: shape(document[name], like[name] if isinstance(like, dict) else None) for name in sorted(names)}
    if isinstance(document, list):
        inner = like.get("$contains", [None]) if isinstance(like, dict) else like or [None]
        found = [shape(each, inner[0]) for each in document]
        return [each for index, each in enumerate(found) if each not in found[:index]]
    return type(document).__name__


def reported(outcome: Outcome, who: dict[str, Any]) -> dict[str, Any]:
    """Return an outcome as the report has it: both sides, without values. `who` is whose names are taken out as well."""
    known, expected = {**who, **outcome.known}, outcome.expected or {}
    document: dict[str, Any] = {
        "id": outcome.id,
        "tier": outcome.tier,
        "outcome": outcome.outcome,
        "expected": expected,
    }
    if outcome.places:
        document["differs"] = list(outcome.places)
    elif outcome.why:
        document["why"] = scrubbed(outcome.why, known)
    if outcome.got:
        message, body = outcome.got["message"], outcome.got["body"]
        told = {
            **outcome.got,
            "message": scrubbed(message, known)[:_LONGEST] if message else None,
            "body": None if body is None else shape(body, expected.get("has")),
        }
        document["got"] = {name: value for name, value in told.items() if value is not None}
    return {name: value for name, value in document.items() if value}


def identity(me: dict[str, Any]) -> dict[str, Any]:
    """Return the texts that tell who the caller is."""
    name = me.get("name") or {}
    texts = [me.get("userName"), me.get("displayName"), me.get("applicationId"), me.get("id"), *name.values()]
    texts += [group.get("display") for group in me.get("groups", []) if group.get("display") not in ("admins", "users")]
    return {f"caller-{index}": text for index, text in enumerate(texts) if text and len(str(text)) > 2}
