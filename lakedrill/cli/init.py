"""`lakedrill init`: write a commented drill.yaml."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import yaml

from lakedrill.cli._shared import say
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import FILE, schema
from lakedrill.inventory.errors import UsageError

TEMPLATE = """\
# What this drill is about. `lakedrill doctor` says whether it can be held as it stands.
version: 1

# The drill's id. Everything it makes is kept in drills/{drill}/ beside this file.
drill: {drill}
{config_file}
# The workspace that is in use, and the one that stands by. A profile says where a workspace is and how to call it, the id
# makes sure that it is the one meant. The primary is never written in a drill.
primary:
  profile: {primary}
  workspace_id: {primary_id}
  # region: eastus  # where the service does not tell it, as on Azure
  # must_see: ["jobs:nightly-etl"]
secondary:
  profile: {secondary}
  workspace_id: {secondary_id}
  # true: the workspace is for this drill alone, and whatever differs in it may be overwritten. false: only what Lakedrill
  # wrote there itself, and what `adopt` names.
  dedicated: {dedicated}
  {must_see}

# Objects that both callers are known to see if they see everything, KIND:KEY to the letter; under a side, that one's only.
# A caller who does not see one of them sees a part only, and nothing is proven then: the verdict is undecided.
# must_see: ["groups:engineers", "directories:/Shared/lib"]

# The region in which this host, this folder and the keys are. In the primary's they would be lost with it.
# stands_in: us-west-2

# The IP address of this host as the workspaces see it, or a range: their IP access lists are tried with it.
# from: 203.0.113.0/24

# provisioned: users and service principals come from the identity provider, a missing one is a finding.
# create: missing ones are created by SCIM, which adds them to the account and may mail them.
identity: {identity}

# source: notebooks are copied without their outputs. jupyter: with them.
notebooks: source

# The kinds in scope, if not all.
# kinds: [users, service_principals, groups, directories, notebooks, files, clusters, jobs]

# Whose secrets' values may be read; each read is an event in the audit log. copy: from memory to memory, read back and
# compared. compare: only that. No other value is read: a secret that is missing then is put by hand, and its value is not
# judged. `cluster`: a running cluster of the primary that reads them where the workspace gives none over REST.
{secrets}
# How much of the service's request limits the drill may use: people who work on the two workspaces share them. `scale`
# multiplies every limit, for one that the vendor has raised; `rate: off` is for an emulator that has none.
{rate}
# Objects of the secondary that may be overwritten although Lakedrill did not make them.
{adopt}
# What is called differently on the two sides: a whole value, or with `prefix` how it begins. `kind` and
# `path` are globs. `one_way` rows may lead several values to one; the way back is then unproven.
{mapping}"""

_MAPPING = """\
# mapping:
#   - {kind: clusters, path: "*zone_id", primary: us-east-1, secondary: us-west-2, prefix: true}
#   - {kind: clusters, path: "*node_type_id", primary: p3.2xlarge, secondary: g5.xlarge, one_way: true}
"""


@click.command("init")
@click.option("--primary", default="primary", show_default=True, help="The primary's profile.")
@click.option("--secondary", default="secondary", show_default=True, help="The secondary's profile.")
@click.option(
    "--config-file", type=click.Path(path_type=Path, dir_okay=False), help="The profile file, if not the usual one."
)
@click.option("--name", "drill", default="drill", show_default=True, help="The drill's id.")
@click.option("--force", is_flag=True, help="Write over a drill.yaml that is there.")
def command(primary: str, secondary: str, config_file: Path | None, drill: str, *, force: bool) -> int:
    """Write a commented drill.yaml for two profiles. Asks each workspace for its id, and nothing else."""
    from lakedrill.inventory.workspace import Workspace

    file = Path(FILE)
    if not re.fullmatch(schema()["properties"]["drill"]["pattern"], drill):
        raise UsageError(f"--name {drill}: expected letters, digits, dots, hyphens and underscores")
    if file.exists() and not force:
        raise UsageError(f"{file}: is there already; use --force to write over it")
    found = {}
    for role, profile in (("primary", primary), ("secondary", secondary)):
        found[role] = Workspace(Connection(role, profile, 0, config_file)).workspace_id
    if found["primary"] == found["secondary"]:
        raise UsageError(f"profiles {primary} and {secondary} lead to one workspace, {found['primary']}")
    text = render(drill, (primary, found["primary"]), (secondary, found["secondary"]), config_file=config_file)
    file.write_text(text, encoding="utf-8")
    say(f"{file} is written. Next: lakedrill doctor")
    return 0


def render(
    drill: str,
    primary: tuple[str, int],
    secondary: tuple[str, int],
    *,
    config_file: Path | None = None,
    dedicated: bool = False,
    identity: str = "provisioned",
    must_see: str = '# must_see: ["clusters:shared"]',
    secrets: str = '# secrets: {scopes: [{scope: "etl-*", values: copy}]}\n',
    rate: str = "# rate: {primary: 0.5, secondary: 0.8, scale: 1}\n",
    adopt: str = '# adopt:\n#   - "jobs:nightly-*"\n',
    mapping: str = _MAPPING,
) -> str:
    """Return the text of a commented drill.yaml."""
    named = (
        f"\n# The profile file, relative to this one.\nconfig_file: {json.dumps(str(config_file))}\n"
        if config_file
        else ""
    )
    return TEMPLATE.format(
        drill=_scalar(drill),
        config_file=named,
        primary=_scalar(primary[0]),
        primary_id=primary[1],
        secondary=_scalar(secondary[0]),
        secondary_id=secondary[1],
        dedicated=str(dedicated).lower(),
        identity=identity,
        must_see=must_see,
        secrets=secrets,
        rate=rate,
        adopt=adopt,
        mapping=mapping,
    )


def _scalar(text: str) -> str:
    """Return a text as YAML reads it back: bare where that is safe, else quoted."""
    return yaml.safe_dump(text, allow_unicode=True, width=1000).partition("\n")[0]
