"""Each repair by itself, on a few lines of our own that have the same fault."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.server import Running
from tests.guide.published import TABLE, NotTheGuide, Script, Text, main, read, repaired, run
from tests.guide.story import VERSIONS
from tests.support.legacy_cli import LegacyCli

FAULTY = {
    "print": ('for n in [1]:\n  print "n is " + str(n)', 1, ""),
    "bytes": ('found = "a " + b"x\\ny".splitlines()[0]', 1, ""),
    "keys": ("d = {1: 1, 2: 2}\nfor k in d.keys():\n  d.pop(k)", 1, ""),
    "sys": ("import json\nassert json\ntry:\n  sys.exit(0)\nexcept SystemExit:\n  pass", 1, ""),
    "popitem": ("d = {1: 1}\nd.popitem(1, None)", 1, ""),
    "lines": ("from os import path import json\nassert json", 1, ""),
    "indentation": ("if True:\nfor n in [1]:\nassert n", 2, "012"),
}
"""By repair: the lines, how many places they have, and their depths."""


def _run(source: str) -> None:
    exec(compile(source, "faulty", "exec"), {})  # noqa: S102 - our own lines


@pytest.mark.parametrize("name", TABLE["kinds"])
def test_a_repair_lets_run_what_fails_without(name: str) -> None:
    source, places, depths = FAULTY[name]
    error: Any = getattr(builtins, TABLE["kinds"][name]["without"])
    with pytest.raises(error):
        _run(source)
    _run(repaired(source, {name: places}, depths))


def test_repairs_are_made_in_the_order_of_their_rows() -> None:
    source = 'd = {1: b"x"}\nfor k in d.keys():\nprint k\nd.popitem(k, None)'
    _run(repaired(source, {"print": 1, "keys": 1, "popitem": 1, "indentation": 2}, "0011"))


@pytest.mark.parametrize(("source", "repairs", "said"), [("d.keys()", {"keys": 2}, "keys: 1 places, 2 expected")])
def test_what_is_not_as_listed_is_not_repaired(source: str, repairs: dict[str, int], said: str) -> None:
    with pytest.raises(NotTheGuide, match=said):
        repaired(source, repairs)
    with pytest.raises(NotTheGuide, match="indentation: 1 lines, 2 expected"):
        repaired("a = 1", {"indentation": 0}, "00")


def test_another_text_is_not_the_guide() -> None:
    with pytest.raises(NotTheGuide, match="no version that is known"):
        read("```python\nfrom subprocess import check_output\n```\n")


def test_a_text_that_is_not_the_guide_is_told_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.md"
    other.write_text("# A guide\n")
    assert main([str(other), str(tmp_path / "none.md")]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{other}: no version that is known: scripts with the digests (none)"
    assert "No such file" in said[1]


def test_scripts_run_one_after_the_other_and_what_one_prints_is_filled_in(emulator: Running, tmp_path: Path) -> None:
    sources = {
        "homes": "from subprocess import check_output\ncheck_output(['databricks', 'workspace', 'ls', '/nope'])",
        "clusters": """print('Cluster mappings: {"old": "new"}')""",
        "jobs": "cluster_old_new_mappings = {'a': 'b'}\nassert cluster_old_new_mappings == {'old': 'new'}",
    }
    scripts = tuple(Script("v", name, source, source) for name, source in sources.items())
    cli = LegacyCli(emulator.emulator, tmp_path)
    assert run(Text(VERSIONS[0], scripts, ("databricks workspace ls --profile secondary > listed",)), cli) == ["homes"]
    assert (tmp_path / "listed").read_text().split() == ["Repos", "Shared", "Users"]


def test_every_script_of_every_version_has_its_repairs() -> None:
    listed = [(row["version"], row["script"]) for row in TABLE["scripts"]]
    versions = list(dict.fromkeys(version for version, _ in listed))
    assert listed == [(version, script) for version in versions for script in ("homes", "clusters", "jobs")]
    assert all(row["repairs"].keys() <= TABLE["kinds"].keys() for row in TABLE["scripts"])
    assert all(len(row["digest"]) == 64 for row in TABLE["scripts"])
