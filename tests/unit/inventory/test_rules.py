"""`scope` and `ignore` of drill.yaml: read whole, or refused with file, line and what to write instead."""

from datetime import date
from pathlib import Path

import pytest

from lakedrill.cli.init import render
from lakedrill.inventory.drill import Drill, load
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.scope import DEFAULTS, Mode, Rule, read, with_defaults

LEAST = "version: 1\ndrill: d\nprimary: {profile: P, workspace_id: 1}\nsecondary: {profile: S, workspace_id: 2}\n"
ROW = "ignore:\n  - {path: jobs.settings.tags, reason: r, owner: o, expires: 2026-12-31}\n"


def _load(folder: Path, text: str) -> Drill:
    (folder / "drill.yaml").write_text(LEAST + text)
    return load(folder / "drill.yaml")


def test_rules_stand_in_their_order_and_the_built_in_ones_last(tmp_path: Path) -> None:
    text = """scope:
  - {kind: jobs, key: "tf-*", mode: check, reason: Terraform}
  - {kind: "*", key: "/Shared/**", mode: out, reason: nobody's, where: {b: true, a: "x*"}}
"""
    rules = _load(tmp_path, text).scope
    assert rules[:2] == (
        Rule(Mode.CHECK, "jobs", "tf-*", reason="Terraform"),
        Rule(Mode.OUT, "*", "/Shared/**", (("a", "x*"), ("b", True)), "nobody's"),
    )
    assert all(rule.builtin for rule in rules[2:])
    assert [str(rule) for rule in rules[1:2]] == ["*:/Shared/** where a = x* and b = True is out: nobody's"]
    assert read([rule.document() for rule in rules]) == rules


def test_what_is_built_in_means_a_kind_that_there_is_and_is_overridden_by_name() -> None:
    """A default that can't fit any more is not shown."""
    assert {rule.kind for rule in with_defaults((), ["jobs"])} == {"jobs", "*"}
    assert set(with_defaults((), ["jobs", "pipelines"])) == set(DEFAULTS)
    everything = Rule(Mode.COPY, "jobs")
    assert with_defaults((everything,), ["jobs"])[0] is everything
    assert {rule.kind for rule in with_defaults((everything,), ["jobs"]) if rule.builtin} == {"*"}


def test_what_may_differ_has_a_last_day(tmp_path: Path) -> None:
    drill = _load(
        tmp_path, ROW + "  - {kind: clusters, path: 'spark_conf.a.b', reason: s, owner: p, expires: 2026-01-01}\n"
    )
    assert [(row.kind, row.path) for row in drill.ignore] == [("jobs", "settings.tags"), ("clusters", "spark_conf.a.b")]
    assert [row.kind for row in drill.ignored_on(date(2026, 1, 1))] == ["jobs", "clusters"]
    assert [row.kind for row in drill.ignored_on(date(2026, 1, 2))] == ["jobs"]
    assert str(drill.ignore[0]) == "ignore jobs.settings.tags: r (o, until 2026-12-31)"
    assert hash(drill)


def test_a_drill_may_be_called_as_a_day(tmp_path: Path) -> None:
    (tmp_path / "drill.yaml").write_text(LEAST.replace("drill: d", "drill: 2026-10-01"))
    assert load(tmp_path / "drill.yaml").id == "2026-10-01"


def test_the_examples_of_a_new_drill_are_right(tmp_path: Path) -> None:
    """Uncommented as they stand there."""
    text = render("d", ("P", 1), ("S", 2))
    for name, row in (("scope", "- {kind"), ("mapping", "- {kind"), ("ignore", "- {path")):
        text = text.replace(f"# {name}:", f"{name}:").replace(f"#   {row}", f"  {row}")
    (tmp_path / "drill.yaml").write_text(text)
    drill = load(tmp_path / "drill.yaml")
    assert [rule.mode for rule in drill.scope if not rule.builtin] == [Mode.CHECK, Mode.OUT, Mode.SECONDARY_ONLY]
    assert [(row.kind, row.path) for row in drill.ignore] == [("clusters", "autotermination_minutes")]


def _two(first: str, second: str) -> str:
    return f"scope:\n  - {{{first}}}\n  - {{{second}}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scope: jobs\n", ":5: scope: expected a list, found 'jobs'"),
        ("scope:\n  - {kind: jobs}\n", ":6: scope[0]: missing mode"),
        ("scope:\n  - {mode: check}\n", ":6: scope[0]: missing kind"),
        ("scope:\n  - {kind: jobs, mode: skip}\n", ":6: scope[0].mode: 'skip' is not one of copy, check, out, second"),
        ("scope:\n  - {kind: jobs, mode: out}\n", ":6: scope[0]: missing reason"),
        ("scope:\n  - {kind: jobs, mode: out, reason: ' '}\n", ":6: scope[0].reason: ' ' does not match"),
        ("scope:\n  - {kind: job, mode: check}\n", ":6: scope[0].kind: unknown kind 'job'; known: "),
        (
            "scope:\n  - {kind: jobs, mode: check, glob: x}\n",
            ":6: scope[0]: unknown key 'glob'; known here: key, kind, ",
        ),
        (
            "scope:\n  - {kind: jobs, mode: check, where: {a: [1]}}\n",
            ":6: scope[0].where.a: expected text or a number or true or false or null, found [1]",
        ),
        ("scope:\n  - {kind: jobs, mode: check, where: {}}\n", ":6: scope[0].where: {} should be non-empty"),
        (
            _two("kind: jobs, mode: copy", "kind: jobs, mode: check"),
            ":7: scope[1]: scope[0] means the same objects, as copy there and check here; keep one of the two",
        ),
        (
            _two("kind: jobs, mode: copy", "kind: jobs, mode: copy"),
            ":7: scope[1]: scope[0] means the same objects; keep one of the two",
        ),
        (
            _two("kind: 'j*', key: 'a*', mode: copy", "kind: jobs, key: 'ab*', mode: check, where: {x: 1}"),
            ":7: scope[1]: can never fit: scope[0], which stands before it, means all of it; put this one first",
        ),
        (
            "kinds: [users]\nscope:\n  - {kind: jobs, mode: check}\n",
            ":7: scope[0]: jobs is not among `kinds`, so that this rule can never fit",
        ),
        (ROW.replace("owner: o, ", ""), ":6: ignore[0]: missing owner"),
        (ROW.replace("reason: r, ", ""), ":6: ignore[0]: missing reason"),
        (ROW.replace(", expires: 2026-12-31", ""), ":6: ignore[0]: missing expires"),
        (ROW.replace("2026-12-31", "soon"), ":6: ignore[0].expires: 'soon' does not match"),
        (
            ROW.replace("2026-12-31", "2026-02-30"),
            ":6: ignore[0]: expires: '2026-02-30' is no day (day is out of range",
        ),
        (ROW.replace("jobs.", "job."), ":6: ignore[0]: unknown kind 'job'; write KIND.PATH, as in jobs.settings.tags;"),
        (ROW.replace("{path: jobs.settings.tags", "{kind: job, path: a"), ":6: ignore[0]: unknown kind 'job'; write"),
        (ROW.replace("jobs.settings.tags", "jobs"), ":6: ignore[0]: '' is no path; write one as results.json does"),
        (ROW.replace("settings.tags", "settings..tags"), ":6: ignore[0]: 'settings..tags' is no path; write one as"),
        (ROW.replace("settings.tags", "settings."), ":6: ignore[0]: 'settings.' is no path"),
        (ROW.replace("jobs.settings.tags", "'jobs.settings.tasks[x'"), ":6: ignore[0]: 'settings.tasks[x' is no path"),
        (ROW.replace("settings.tags", "settings.name"), ":6: ignore[0]: settings.name is what jobs are told apart by"),
        (ROW.replace("settings.tags", "settings"), ":6: ignore[0]: settings.name is what jobs are told apart by"),
        (ROW.replace("jobs.settings.tags", "'jobs.*'"), ":6: ignore[0]: settings.name is what jobs are told apart by"),
        (ROW + ROW.partition("\n")[2], ":7: ignore[1]: jobs.settings.tags stands here twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'drill.yaml'}{said}")


def test_rules_that_mean_different_things_stand_together(tmp_path: Path) -> None:
    """The particular one first; another condition; another kind."""
    rows = (
        "key: 'ab*', mode: check",
        "key: 'a*', mode: copy",
        "mode: check, where: {x: 1}",
        "mode: copy, where: {x: 2}",
    )
    text = "scope:\n" + "".join(f"  - {{kind: jobs, {row}}}\n" for row in rows) + "  - {kind: users, mode: check}\n"
    assert len(_load(tmp_path, text).scope) == 5 + len(_load(tmp_path, "").scope)
