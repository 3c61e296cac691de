"""Values of secrets: digests under a key, and what seals them on their way from a cluster."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fixtures.emulator import notebook
from fixtures.emulator.seed import entra_token
from lakedrill.inventory import entra
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import Drill, SecretRule, load
from lakedrill.inventory.errors import Refused, UsageError
from lakedrill.inventory.sealed import Sealing
from lakedrill.inventory.values import Values

_SIDES = "primary: {profile: p, workspace_id: 1}\nsecondary: {profile: s, workspace_id: 2}\n"


@pytest.fixture
def drill(tmp_path: Path) -> Drill:
    rules = (SecretRule("etl-*", "copy"), SecretRule("*", "compare"))
    sides = [Connection(role, role, 1) for role in ("primary", "secondary")]
    return Drill(tmp_path / "drill.yaml", "t", *sides, secrets=rules)


def test_a_digest_is_of_value_and_key_and_not_of_the_scope(drill: Drill) -> None:
    values = Values(drill)
    one = values.digested("a/Key", b"1")
    assert one == values.digested("b/key", b"1") == Values(drill).digested("a/Key", b"1")
    assert len({str(d) for d in (one, values.digested("a/Key", b"2"), values.digested("a/other", b"1"))}) == 3
    assert values.digested("a/Key", b"") != one


def test_another_key_gives_other_digests(drill: Drill) -> None:
    first = Values(drill)
    one = first.key_id, first.digested("a/k", b"1")
    drill.key_file.unlink()
    second = Values(drill)
    assert (second.key_id, second.digested("a/k", b"1")) != one
    assert second.key_id != one[0]


def test_the_first_row_that_fits_a_scope_is_the_one(drill: Drill) -> None:
    assert [drill.values_of(scope) for scope in ("etl-x", "ETL-x", "other")] == ["copy", "copy", "compare"]
    assert replace(drill, secrets=()).values_of("etl-x") == ""
    assert Values.of(replace(drill, secrets=())) is None
    assert not drill.key_file.exists(), "a key is made when it is needed"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_key_that_others_may_read_is_refused(drill: Drill) -> None:
    assert Values(drill).key_id
    drill.key_file.chmod(0o640)
    with pytest.raises(UsageError, match="others may read this key; make it yours alone: chmod 600"):
        assert Values(drill).key_id


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("secrets: {cluster: reader}", "secrets: missing scopes"),
        ("secrets: {scopes: []}", "secrets.scopes: [] should be non-empty"),
        ("secrets: {scopes: [{scope: a}]}", "secrets.scopes[0]: missing values"),
        (
            "secrets: {scopes: [{scope: a, values: read}]}",
            "secrets.scopes[0].values: 'read' is not one of copy, compare",
        ),
        ("secrets: {scopes: [{scope: a, values: copy, keys: b}]}", "secrets.scopes[0]: unknown key 'keys'"),
        ("secrets: {scopes: [{scope: 7, values: copy}]}", "secrets.scopes[0].scope: expected text, found 7"),
        ("secrets: copy", "secrets: expected keys with values, found 'copy'"),
    ],
)
def test_what_is_wrong_in_drill_yaml_is_told_by_line(tmp_path: Path, row: str, told: str) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text(f"version: 1\ndrill: t\n{_SIDES}{row}\n")
    with pytest.raises(UsageError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}:5: {told}")


def test_a_cluster_is_the_primarys(tmp_path: Path) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text(
        f"version: 1\ndrill: t\n{_SIDES}secrets: {{cluster: reader, scopes: [{{scope: a, values: copy}}]}}\n"
    )
    drill = load(file)
    assert (drill.primary.secrets_on, drill.secondary.secrets_on) == ("reader", "")


_CLUSTER = "0101-000000-abcdef"


class Workspace:
    """A cluster that prints what a test says."""

    def __init__(self, prints: Any = None) -> None:
        self.connection = Connection("primary", "p", 1, secrets_on=_CLUSTER)
        self.runs_on: set[str] = set()
        self.prints = prints
        self.program = ""

    def get(self, path: str, **_: str) -> dict[str, Any]:
        if path.endswith("clusters/get"):
            return {"state": "RUNNING"}
        if path.endswith("contexts/status"):
            return {"status": "Running"}
        results = self.prints or notebook.run(self.program, {"s/k": "AP9ob3R0"}).results
        return {"status": "Finished", "results": results}

    def post(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.program = body.get("command", self.program)
        return {"id": "1"}


def test_a_value_comes_sealed_from_a_cluster() -> None:
    workspace = Workspace()
    cluster = Sealing(workspace, _CLUSTER)  # type: ignore[arg-type]
    assert cluster.read("s", "k") == b"\x00\xffhott"
    printed = str(notebook.run(workspace.program, {"s/k": "AP9ob3R0"}).results["data"])
    assert set(map(ord, printed)) <= set(range(0x2800, 0x2900))
    assert "hott" not in printed
    with pytest.raises(Refused, match="is not the sealed value"):
        cluster._opened(printed, b"s/another")
    cluster._private = X25519PrivateKey.generate()
    with pytest.raises(Refused, match="is not the sealed value"):
        cluster._opened(printed, b"s/k")


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ({"resultType": "error", "summary": "hush", "cause": "hush"}, "failed on the cluster"),
        ({"resultType": "text", "data": "\u2801" * 80, "truncated": True}, "was cut short"),
        ({"resultType": "text", "data": "hush"}, "is not the sealed value"),
        ({"resultType": "text", "data": "\u2801" * 80}, "is not the sealed value"),
    ],
)
def test_what_else_a_cluster_says_is_not_repeated(results: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told) as caught:
        Sealing(Workspace(results), _CLUSTER).read("s", "k")  # type: ignore[arg-type]
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "is_users"),
    [
        (f"Bearer {entra_token('t', upn='a@example.com')}", True),
        (f"Bearer {entra_token('t', unique_name='a@example.com', idtyp='user')}", True),
        (f"Bearer {entra_token('t', idtyp='app')}", False),
        (f"Bearer {entra_token('t', upn='a@example.com', iss='https://example.com/')}", False),
        ("Bearer dapi-primary-1", False),
        ("Bearer a.b.c", False),
        ("Bearer e.W10.", False),
        ("", False),
    ],
)
def test_a_users_token_of_entra(header: str, is_users: bool) -> None:
    assert entra.is_users(header) is is_users
