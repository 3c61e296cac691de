"""drill.yaml's `mounts`, files of mounts, and what a cluster prints of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator import notebook
from lakedrill.inventory.commands import PRINTING, printed
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import Drill, load
from lakedrill.inventory.errors import Refused, UsageError
from lakedrill.inventory.kind import UNASKED
from lakedrill.inventory.kinds import mounts
from lakedrill.inventory.mounting import Credential, Mounting

_SIDES = "primary: {profile: a, workspace_id: 1}\nsecondary: {profile: b, workspace_id: 2}\n"
_ROOT = {"mountPoint": "/", "source": "DatabricksRoot", "encryptionType": ""}
_LAKE = {"mountPoint": "/mnt/lake", "source": "s3a://lake", "encryptionType": "sse-s3"}
_KEY = "hush0f9c2b7d41aa"
_LONG = "hushhushhushhushhushhushhushhushhushhushhush+/8="


def _load(folder: Path, mounts: str) -> Drill:
    file = folder / "drill.yaml"
    file.write_text(f"version: 1\ndrill: t\n{_SIDES}mounts:\n{mounts}\n")
    return load(file)


def test_a_side_has_a_cluster_or_a_file(tmp_path: Path) -> None:
    drill = _load(
        tmp_path,
        "  primary: {file: listed/of-primary}\n  secondary: {cluster: helper, may_start: true}\n  credentials:\n"
        '    - {source: "abfss://c@a.dfs.example.com/", extra_configs: {k.type: OAuth, k.secret: "{{secrets/s/k}}"}}\n'
        "    - {source: s3a://, by: cluster}\n",
    )
    assert drill.primary.mounts == Mounting(file=tmp_path / "listed/of-primary")
    assert drill.secondary.mounts == Mounting(
        "helper",
        may_start=True,
        credentials=(
            Credential("abfss://c@a.dfs.example.com/", (("k.type", "OAuth"), ("k.secret", ("s", "k")))),
            Credential("s3a://"),
        ),
    )
    assert [drill.primary.has_clusters, drill.secondary.has_clusters] == [False, True]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("  primary: {}", 6, "mounts.primary: say either cluster or file"),
        ("  primary: {cluster: a, file: b}", 6, "mounts.primary: say either cluster or file"),
        ("  primary: {cluster: a, may_start: true}", 6, "mounts.primary.may_start: False was expected; starting a"),
        ("  secondary: {file: a, may_start: true}", 6, "mounts.secondary.may_start: a file starts nothing"),
        ("  secondary: {cluster: 7}", 6, "mounts.secondary.cluster: expected text, found 7"),
        ("  tertiary: {}", 6, "mounts: unknown key 'tertiary'"),
        ("  {}", 5, "mounts: {} should be non-empty"),
        ("  credentials:\n  - {by: cluster}", 7, "mounts.credentials[0]: missing source"),
        ("  credentials:\n  - {source: s3a://a}", 7, "mounts.credentials[0]: say either extra_configs, or by: cluster"),
        (
            "  credentials:\n  - {source: s3a://a, by: cluster, extra_configs: {}}",
            7,
            "mounts.credentials[0]: say either extra_configs, or by: cluster",
        ),
        (
            "  credentials:\n  - {source: lake, by: cluster}",
            7,
            "mounts.credentials[0].source: is no address of storage",
        ),
        (
            "  credentials:\n  - {source: s3a://a, by: cluster}\n  - {source: s3a://a, extra_configs: {}}",
            8,
            "mounts.credentials[1]: credentials[0] is about the same source; keep one of the two",
        ),
        (
            '  credentials:\n  - source: s3a://a\n    extra_configs:\n      a: "x{{secrets/s/k}}"',
            9,
            "mounts.credentials[0].extra_configs.a: a reference is the whole value, {{secrets/SCOPE/KEY}}",
        ),
        ("  credentials:\n  - {source: s3a://a, extra_configs: [k]}", 7, "extra_configs: expected keys with values"),
        ("  credentials:\n  - {source: s3a://a, extra_configs: {k: 1}}", 7, "extra_configs.k: expected text"),
    ],
)
def test_what_is_wrong_is_told_by_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'drill.yaml'}:{line}: ")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "row",
    [
        f"{{source: s3a://a, extra_configs: {{fs.s3a.secret.key: {_KEY}}}}}",
        f"{{source: s3a://a, extra_configs: {{fs.azure.account.key.a.dfs.core.windows.net: {_KEY}}}}}",
        f"{{source: s3a://a, extra_configs: {{anything: {_LONG!r}}}}}",
        f"{{source: s3a://a, extra_configs: {{anything: '?sv=1&sig={_KEY}'}}}}",
        f"{{source: s3a://a, extra_configs: {{anything: ['{_KEY}']}}}}",
        f"{{source: s3a://a, extra_configs: '{_KEY}'}}",
        f"{{source: 's3a://AKIA:{_KEY}@a', by: cluster}}",
        f"{{source: s3a://a, fs.s3a.secret.key: {_KEY}}}",
    ],
)
def test_a_credential_is_refused_and_not_repeated(tmp_path: Path, row: str) -> None:
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, f"  credentials:\n  - {row}")
    told = str(caught.value)
    assert told.startswith(f"{tmp_path / 'drill.yaml'}:7: mounts.credentials[0]")
    assert "hush" not in told
    assert "hush" not in repr(caught.value.__context__)


def test_settings_that_say_how_are_no_credentials(tmp_path: Path) -> None:
    drill = _load(
        tmp_path,
        "  credentials:\n  - source: abfss://a@b/\n    extra_configs:\n"
        "      fs.azure.account.auth.type: OAuth\n"
        "      fs.azure.account.custom.token.provider.class: org.example.hadoop.TokenProvider\n"
        "      fs.azure.account.oauth2.client.id: 11111111-2222-4333-8444-555555555555\n"
        "      fs.azure.account.oauth2.client.endpoint: https://login.example.com/t/oauth2/token\n",
    )
    assert len(drill.secondary.mounts.credentials[0].configs) == 4


def test_the_longest_beginning_is_the_one() -> None:
    rows = tuple(Credential(source) for source in ("s3a://", "s3a://lake", "s3a://lake/deep/", "abfss://c@"))
    stated = replace(Mounting(), credentials=rows)
    found = {
        source: stated.credential(source)
        for source in (
            "s3a://lake",
            "s3a://lake/deep/a",
            "s3a://lake-2",
            "abfss://c@a/x",
            "gs://b",
            "s3a://lake/deeper",
        )
    }
    assert {source: row and row.source for source, row in found.items()} == {
        "s3a://lake": "s3a://lake",
        "s3a://lake/deep/a": "s3a://lake/deep/",
        "s3a://lake-2": "s3a://",
        "abfss://c@a/x": "abfss://c@",
        "gs://b": None,
        "s3a://lake/deeper": "s3a://lake",
    }


class _Reader:
    """A workspace whose mounts stand in a file, or are listed by nothing."""

    def __init__(self, file: Path | None = None) -> None:
        self.connection = Connection("primary", "p", 1, mounts=Mounting(file=file))


def _of(file: Path | None) -> list[dict[str, Any]]:
    reader: Any = _Reader(file)
    return mounts.documents(reader)


def test_a_file_of_mounts(tmp_path: Path) -> None:
    file = tmp_path / "mounts"
    secret = {**_LAKE, "mountPoint": "/mnt/open", "source": f"s3a://AKIA:{_KEY}%2F@lake/a:b@c"}
    file.write_text("\n".join(["", *(json.dumps(mount) for mount in (_ROOT, _LAKE, secret)), ""]))
    assert _of(file) == [_ROOT, _LAKE, {**secret, "source": "s3a://lake/a:b@c"}]
    assert [mounts.Mounts().is_builtin(mount) for mount in _of(file)] == [True, False, False]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], ": lists none of the mounts that every workspace has"),
        ([_LAKE], ": lists none of the mounts that every workspace has"),
        ([_ROOT, "{"], ":2: is not JSON; expected "),
        ([_ROOT, "[]"], ":2: is no mount; expected "),
        ([_ROOT, {"mountPoint": "/a", "source": "b"}], ":2: is no mount; "),
        ([_ROOT, {**_LAKE, "more": ""}], ":2: is no mount; "),
        ([_ROOT, {**_LAKE, "source": None}], ":2: is no mount; "),
        ([_ROOT, {**_LAKE, "mountPoint": "mnt"}], ":2: mountPoint is no path from /"),
        ([_ROOT, _LAKE, "", _LAKE], ":4: /mnt/lake stands in line 2 already"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, lines: list[Any], told: str) -> None:
    file = tmp_path / "mounts"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    with pytest.raises(UsageError) as caught:
        _of(file)
    assert str(caught.value).startswith(f"{file}{told}")


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere: can't be read: No such file or directory"):
        _of(tmp_path / "nowhere")
    (tmp_path / "latin").write_bytes("ü".encode("latin-1"))
    with pytest.raises(UsageError, match="latin: can't be read: is not UTF-8 text"):
        _of(tmp_path / "latin")


def test_nothing_that_lists_them_is_no_empty_list() -> None:
    with pytest.raises(
        Refused, match=r"mounts: \{primary: \{cluster: NAME\}\}.*scope: \[\{kind: mounts, mode: out"
    ) as caught:
        _of(None)
    assert caught.value.code == UNASKED


def test_what_a_program_prints_arrives_whole_or_not_at_all() -> None:
    """Whatever secret a notebook would blacken in it, and wherever it is cut."""
    source = "s3a://lake-üñ"
    mounted = {"/mnt/a": {"source": f"s3a://AKIA:{_KEY}@lake", "encryption_type": "", "configs": {}}}
    ran = notebook.run(mounts.PROGRAM, {"s/k": "bWx0"}, {**mounted, "/mnt/b": {**mounted["/mnt/a"], "source": source}})
    text = ran.results["data"]
    found = {row[0]: row[1] for row in printed(text)}
    assert (found["/mnt/a"], found["/mnt/b"], found["/"]) == ("s3a://lake", source, "DatabricksRoot")
    assert ran.mounts is None
    for cut in (text[:-1], text[:40], text[1:], "", "hush"):
        with pytest.raises(Refused, match="not whole, or not what was asked for") as caught:
            printed(cut)
        assert "hush" not in str(caught.value)
    whole = notebook.run(f"{PRINTING}_print('mlt')", {"s/k": "bWx0"}).results["data"]
    assert printed(whole) == "mlt"
