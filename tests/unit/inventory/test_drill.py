"""drill.yaml: read whole, or refused with file, line and what is allowed."""

from pathlib import Path

import pytest
import yaml

from lakedrill.inventory.connection import Connection, Rate
from lakedrill.inventory.drill import Drill, MappingRow, load
from lakedrill.inventory.errors import UsageError

LEAST = """version: 1
drill: dr-2026
primary:
  profile: P
  workspace_id: 1
secondary:
  profile: S
  workspace_id: 2
"""


def _load(folder: Path, text: str) -> Drill:
    (folder / "drill.yaml").write_text(text, encoding="utf-8")
    return load(folder / "drill.yaml")


def test_the_least_drill_is_careful(tmp_path: Path) -> None:
    """Standby, nothing adopted, nobody created, no objective, every kind."""
    drill = _load(tmp_path, LEAST)
    assert drill.primary == Connection("primary", "P", 1, None)
    assert drill.secondary == Connection("secondary", "S", 2, None)
    assert (drill.posture, drill.identity, drill.notebooks, drill.dedicated) == (
        "standby",
        "provisioned",
        "source",
        False,
    )
    assert (drill.adopt, drill.kinds, drill.mapping) == ((), (), ())
    assert drill.must_see == {"primary": (), "secondary": ()}
    assert (drill.primary_region, drill.stands_in, drill.calls_from) == ("", "", "")
    assert not drill.adopts("jobs", "a")


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    """Each key arrives, durations in seconds, the profile file beside drill.yaml."""
    (tmp_path / "cfg").write_text("")
    more = """config_file: cfg
identity: create
notebooks: jupyter
adopt: ["jobs:etl-*"]
apply: [sql_warehouse_config]
kinds: [jobs, users]
mapping:
  - {primary: eu, secondary: us, kind: jobs, path: "settings.*", prefix: true, one_way: true}
"""
    drill = _load(tmp_path, LEAST + more)
    assert drill.primary.config_file == tmp_path / "cfg"
    assert (drill.posture, drill.identity, drill.notebooks) == ("standby", "create", "jupyter")
    assert drill.kinds == ("jobs", "users")
    assert ([row.line for row in drill.mapping], drill.failback) == ([16], False)
    assert drill.mapping == (MappingRow("eu", "us", "jobs", "settings.*", prefix=True, one_way=True),)
    assert [drill.adopts("jobs", key) for key in ("etl-1", "other")] == [True, False]
    assert drill.apply
    assert not drill.adopts(*drill.apply, "workspace")
    assert not drill.adopts("users", "etl-1")


def test_what_must_be_seen_is_said_for_both_sides_or_one(tmp_path: Path) -> None:
    """Once for each side, however often it is named."""
    side = '  workspace_id: 1\n  must_see: ["jobs:a [*]", "users:b"]\n  region: eastus\n'
    more = 'must_see: ["users:b"]\nstands_in: us-west-2\nfrom: 203.0.113.7/24\n'
    drill = _load(tmp_path, LEAST.replace("  workspace_id: 1\n", side) + "  must_see: ['clusters:c']\n" + more)
    assert drill.must_see == {"primary": ("users:b", "jobs:a [*]"), "secondary": ("users:b", "clusters:c")}
    assert (drill.primary_region, drill.stands_in, drill.calls_from) == ("eastus", "us-west-2", "203.0.113.7/24")
    assert hash(drill)


def test_a_dedicated_secondary_adopts_all(tmp_path: Path) -> None:
    """Every kind and key."""
    assert _load(tmp_path, LEAST + "  dedicated: true\n").adopts("jobs", "any")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LEAST + "postur: active\n", ":9: unknown key 'postur'; known here: adopt, apply, config_file"),
        (LEAST + "identity: idle\n", ":9: identity: 'idle' is not one of provisioned, create"),
        (LEAST + "kinds: jobs\n", ":9: kinds: expected a list, found 'jobs'"),
        (LEAST + "mapping:\n  - {primary: a}\n", ":10: mapping[0]: missing secondary"),
        (
            LEAST + "mapping:\n  - {primary: '', secondary: b}\n",
            ":10: mapping[0].primary: '' should be non-empty; The v",
        ),
        (
            LEAST + "mapping:\n  - {primary: a, secondary: '', prefix: true}\n",
            ":10: mapping[0].secondary: '' should be n",
        ),
        (
            LEAST
            + "mapping:\n  - {primary: a, secondary: b}\n  - primary: s3://eu/\n    secondary:\n    prefix: true\n",
            ":12: mapping: secondary: is empty; fill in what 's3://eu/' is called on the secondary, or take the row out",
        ),
        (
            LEAST + "mapping:\n  - {primary: a, secondary: }\n  - {primary: b, secondary: }\n",
            ":10: mapping: secondary: is empty; fill in what 'a' is called on the secondary, or take the row out; so are",
        ),
        (LEAST + "mapping:\n  - {primary: a, secondary: a}\n", ":10: mapping[0]: maps 'a' to itself; leave it out"),
        (
            LEAST + "mapping:\n  - {primary: a, secondary: b, path: content}\n",
            ":10: mapping[0]: path: content is copied as it is, and no row changes it",
        ),
        (LEAST + "mapping:\n  - {primary: a, secondary: b, kind: job}\n", ":10: mapping[0].kind: unknown kind 'job'"),
        (LEAST + "failback: 1\n", ":9: failback: expected true or false, found 1"),
        (LEAST + "mapping:\n  - {primary: a, secondary: b, x: 1}\n", ":10: mapping[0]: unknown key 'x'"),
        (
            LEAST.replace("workspace_id: 2", "workspace_id: true"),
            ":8: secondary.workspace_id: expected a whole number, found True",
        ),
        (LEAST.replace("workspace_id: 2", "workspace_id: 1"), ":8: secondary.workspace_id: is the primary's"),
        (LEAST.replace("drill: dr-2026", "drill: ../x"), ":2: drill: '../x' does not match"),
        (LEAST.replace("version: 1", "version: 2"), ":1: version: 1 was expected"),
        (LEAST + "must_see: [jobs]\n", ":9: must_see[0]: 'jobs' does not match"),
        (
            LEAST + "must_see:\n- jobs:a\n- job:a\n",
            ":11: must_see[1]: unknown kind 'job'; known: ",
        ),
        (LEAST + "must_see: ['*:a']\n", ":9: must_see[0]: "),
        (LEAST + "  must_see: ['job:a']\n", ":9: secondary.must_see[0]: unknown kind 'job'"),
        (LEAST + "must_see: jobs:a\n", ":9: must_see: expected a list, found 'jobs:a'"),
        (LEAST + "  region: x\n", ":9: secondary: unknown key 'region'"),
        (LEAST + "from: example.com\n", ":9: from: 'example.com' is neither an IP address nor a range, as 203.0"),
        (LEAST + "stands_in: 3\n", ":9: stands_in: expected text, found 3"),
        ("drill: x\n", ":1: missing version, primary, secondary"),
        ("[]\n", ":1: expected keys with values, found []"),
        ("", ":1: expected keys with values, found nothing"),
        ("a: [\n", ":2: is not YAML"),
        (LEAST + "config_file: none.cfg\n", ":9: config_file: no such file"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """And nothing is guessed."""
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'drill.yaml'}{said}")


def test_a_file_that_can_not_be_read_is_said_so(tmp_path: Path) -> None:
    """Missing, a folder, no text."""
    with pytest.raises(UsageError, match="no such file; `lakedrill init` writes one"):
        load(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="can't be read"):
        load(tmp_path)
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UsageError, match="can't be read"):
        load(tmp_path / "b.yaml")


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """YAML's reader would silently take the last one, and with it another workspace."""
    with pytest.raises(UsageError, match=r":9: .*secondary.* twice"):
        _load(tmp_path, LEAST + "secondary: {profile: X, workspace_id: 3}\n")
    with pytest.raises(UsageError, match=r":6: .*profile.* twice"):
        _load(tmp_path, LEAST.replace("  workspace_id: 1\n", "  workspace_id: 1\n  profile: Q\n"))


def test_a_drill_keeps_its_things_beside_its_file(tmp_path: Path) -> None:
    """Made when first asked for."""
    drill = _load(tmp_path, LEAST)
    assert not (tmp_path / "drills").exists()
    assert drill.folder == tmp_path / "drills" / "dr-2026"
    assert drill.folder.is_dir()
    assert drill.snapshot("primary") == drill.folder / "primary.snapshot"


def test_the_digest_is_of_the_text(tmp_path: Path) -> None:
    """Two drills that say the same are equal; which text said so is still told."""
    one, other = _load(tmp_path, LEAST), _load(tmp_path, LEAST + "# a note\n")
    assert one == other
    assert one.digest != other.digest
    assert yaml.safe_load(LEAST)["drill"] == one.id


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("", Rate(0.5, 0.8, 1)),
        ("rate: {primary: 0.25}\n", Rate(0.25, 0.8, 1)),
        ("rate: {secondary: 1, scale: 100}\n", Rate(0.5, 1, 100)),
        ("rate: {}\n", Rate()),
        ("rate: off\n", None),
    ],
)
def test_how_fast_the_workspaces_may_be_asked(tmp_path: Path, text: str, rate: Rate | None) -> None:
    """A share of the service's limits on each side: on the one in use less."""
    drill = _load(tmp_path, LEAST + text)
    assert drill.primary.rate == drill.secondary.rate == rate


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate: on\n", ":9: rate: False was expected; write off, or shares as in {primary: 0.5, secondary: 0.8}"),
        ("rate: 0.5\n", ":9: rate: False was expected; write off, or shares"),
        ("rate:\n  primary: 0\n", ":10: rate.primary: 0 is less than or equal to the minimum of 0; A share"),
        ("rate:\n  secondary: 1.5\n", ":10: rate.secondary: 1.5 is greater than the maximum of 1; A share"),
        ("rate:\n  scale: .inf\n", ":10: rate.scale: inf is greater than the maximum"),
        ("rate:\n  primary: .nan\n", ":10: rate.primary: expected a number, found nan"),
        ("rate:\n  primary: half\n", ":10: rate.primary: expected a number, found 'half'"),
        ("rate:\n  third: 1\n", ":10: rate: unknown key 'third'; known here: primary, scale, secondary"),
    ],
)
def test_a_rate_that_can_not_be_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """And how to write it."""
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, LEAST + text)
    assert str(caught.value).startswith(f"{tmp_path / 'drill.yaml'}{said}")
