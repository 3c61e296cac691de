"""`lakedrill init`: write a commented drill.yaml."""

from __future__ import annotations

import itertools
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml

from lakedrill.cli._shared import progress, say
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import FILE, schema
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.mounting import Mounting

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace
    from lakedrill.preflight.proposals import Proposal
    from lakedrill.preflight.survey import Survey

_MOST = 20
"""As many rows of one sort as are shown of those that may not be needed."""
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
{calls_from}

# provisioned: users and service principals come from the identity provider, a missing one is a finding.
# create: missing ones are created by SCIM, which adds them to the account and may mail them.
identity: {identity}

# source: notebooks are copied without their outputs. jupyter: with them.
notebooks: source

# The kinds in scope, if not all.
# kinds: [users, service_principals, groups, directories, notebooks, files, clusters, jobs]

# What is done with which objects. The first rule that fits decides; what none fits is copied. Globs over kind and key; with **
# one over paths. `where` asks for values in the document. What a bundle deploys is `check`, the Trash and the bundles' own
# state are `out`, unless a rule here says otherwise; `lakedrill plan` lists them all and counts.
# copy: copied and compared. check: compared, never written, because somebody else brings it to both sides. out: neither judged
# nor written; still read, for references lead through it. secondary_only: as check, and it may be on the secondary alone.
{scope}
# What may differ, for a while: at such a path, or below it, a difference is told and holds against nothing, and a copy leaves
# what the secondary has. Spelled as results.json does; [] is any item. Each row needs a reason, an owner and its last day.
# ignore:
#   - {{path: "clusters.autotermination_minutes", reason: tuned by hand, owner: platform@example.com, expires: 2026-12-31}}

# Whose secrets' values may be read; each read is an event in the audit log. copy: from memory to memory, read back and
# compared. compare: only that. No other value is read: a secret that is missing then is put by hand, and its value is not
# judged. `cluster`: a running cluster of the primary that reads them where the workspace gives none over REST.
{secrets}
# What lists the mounts, which no API does: on each side a running cluster, or a file with a JSON object a line, as
# `for m in dbutils.fs.mounts(): print(json.dumps(m._asdict()))` prints it. The secondary's cluster mounts as well, and a copy
# starts it where `may_start` is true; a rule of `scope` says that it is the secondary's own. What a mount was mounted with is
# never told: it is said here, as secrets of the secondary by name.
{mounts}
# How much of the service's request limits the drill may use: people who work on the two workspaces share them. `scale`
# multiplies every limit, for one that the vendor has raised; `rate: off` is for an emulator that has none.
{rate}
# Objects of the secondary that may be overwritten although Lakedrill did not make them.
{adopt}
# What is only compared unless it is named here: setting the configuration of SQL warehouses restarts those that run,
# experiments come without their runs, models without their versions; serving endpoints that do not scale to zero and vector
# search endpoints cost, vector search indexes are embedded anew, Genie spaces lend their maker's right to use a warehouse, and
# apps are not deployed.
{apply}
# What is called differently on the two sides: a whole value, or with `prefix` how it begins. `kind` and
# `path` are globs. `one_way` rows may lead several values to one; the way back is then unproven.
# `failback: true` makes this the drill of the way back: exchange the two profiles, and the rows are read right to left.
# failback: false
{mapping}"""

_SCOPE = """\
# scope:
#   - {kind: jobs, where: {settings.tags.managed_by: terraform}, mode: check, reason: Terraform brings it to both sides}
#   - {kind: "*", key: "/Shared/scratch/**", mode: out, reason: nobody's work}
#   - {kind: users, key: "break-glass-*", mode: secondary_only, reason: for when the primary is gone}
"""
_MOUNTS = """\
# mounts:
#   primary: {cluster: shared}
#   secondary: {cluster: drill-mounts, may_start: true}
#   credentials:
#     - source: "abfss://lake@acmewest.dfs.core.windows.net/"
#       extra_configs: {"fs.azure.account.key.acmewest.dfs.core.windows.net": "{{secrets/storage/key}}"}
#     - {source: "s3a://acme-lake-us-west-2", by: cluster}  # by its instance profile
"""
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
@click.option(
    "--from-primary",
    is_flag=True,
    help="Read the primary's definitions and what the secondary offers, and propose the mapping that the estate needs.",
)
@click.option("--mounts-cluster", metavar="NAME", help="A running cluster of the primary that lists its mounts.")
@click.option(
    "--mounts-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file with the mounts of the primary, a JSON object a line.",
)
@click.option("--force", is_flag=True, help="Write over a drill.yaml that is there.")
def command(
    primary: str,
    secondary: str,
    config_file: Path | None,
    drill: str,
    *,
    from_primary: bool,
    mounts_cluster: str | None,
    mounts_file: Path | None,
    force: bool,
) -> int:
    """Write a commented drill.yaml for two profiles. Asks each workspace for its id; with --from-primary it reads them."""
    from lakedrill.inventory.workspace import Workspace

    file = Path(FILE)
    if not re.fullmatch(schema()["properties"]["drill"]["pattern"], drill):
        raise UsageError(f"--name {drill}: expected letters, digits, dots, hyphens and underscores")
    if file.exists() and not force:
        raise UsageError(f"{file}: is there already; use --force to write over it")
    if mounts_cluster and mounts_file:
        raise UsageError("--mounts-cluster, --mounts-file: only one of the two lists the mounts of the primary")
    listed = Mounting(mounts_cluster or "", file=mounts_file)
    one = Workspace(Connection("primary", primary, 0, config_file, mounts=listed))
    other = Workspace(Connection("secondary", secondary, 0, config_file))
    if one.workspace_id == other.workspace_id:
        raise UsageError(f"profiles {primary} and {secondary} lead to one workspace, {one.workspace_id}")
    rows, left = _proposed(one, other) if from_primary else (_MAPPING, 0)
    ids = (primary, one.workspace_id), (secondary, other.workspace_id)
    text = render(drill, *ids, config_file=config_file, mounts=_mounts(listed), mapping=rows)
    file.write_text(text, encoding="utf-8")
    todo = f"fill in the {left} empty `secondary:` of its mapping, then " if left else ""
    say(f"{file} is written. Next: {todo}lakedrill doctor")
    return 0


def _mounts(listed: Mounting) -> str:
    """Return the text of what lists the mounts, as far as the command line says."""
    if not (listed.cluster or listed.file):
        return _MOUNTS
    by = {"file": str(listed.file)} if listed.file else {"cluster": listed.cluster}
    rest = _MOUNTS.splitlines(keepends=True)[2:]
    return "".join([yaml.safe_dump({"mounts": {"primary": by}}, allow_unicode=True), *rest])


def _proposed(primary: Workspace, secondary: Workspace) -> tuple[str, int]:
    """Return the text of the mapping that an estate seems to need, and how many of its rows are to be filled in."""
    from lakedrill.preflight.survey import survey
    from migrate.kinds._identity import account_names

    for workspace in (primary, secondary):
        workspace.require_admin()
    with progress("reading") as show:
        found = survey(primary, secondary, lambda family, name: account_names(secondary, family, name), show)
    return written(found), sum(not (each.secondary or each.optional) for each in found.proposals)


def written(survey: Survey) -> str:
    """Return proposals as YAML with comments. Rows that a copy may be right without are commented out."""
    from checks.subject import printable

    lines = []
    for title, group in itertools.groupby(survey.proposals, key=lambda each: each.title):
        rows = list(group)
        shown = [each for i, each in enumerate(rows) if i < _MOST or not each.optional]
        lines += ["", f"  # {title}."]
        for each in shown:
            lines += [f"  # {printable(each.told)}", f"  {'# ' * each.optional}- {_row(each)}"]
        if rows[len(shown) :]:
            lines.append(f"  # ... and {len(rows) - len(shown)} more")
    notes = [f"# Beware: {printable(note)}." for note in survey.notes]
    if not lines:
        return "\n".join([*notes, "# The primary's definitions name nothing of its region, account or host.", _MAPPING])
    head = "mapping:" if any(not each.optional for each in survey.proposals) else "# mapping:"
    return "\n".join([*notes, head, *lines, ""])


def _row(row: Proposal) -> str:
    fields = [f"{name}: {_quoted(value)}" for name, value in (("kind", row.kind), ("path", row.path)) if value != "*"]
    fields += [f"primary: {_quoted(row.primary)}", f"secondary: {_quoted(row.secondary) if row.secondary else ''}"]
    return f"{{{', '.join([*fields, *(['prefix: true'] * row.prefix)])}}}"


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=sys.maxsize).strip()


def render(
    drill: str,
    primary: tuple[str, int],
    secondary: tuple[str, int],
    *,
    config_file: Path | None = None,
    dedicated: bool = False,
    identity: str = "provisioned",
    calls_from: str = "# from: 203.0.113.0/24",
    must_see: str = '# must_see: ["clusters:shared"]',
    secrets: str = '# secrets: {scopes: [{scope: "etl-*", values: copy}]}\n',
    mounts: str = _MOUNTS,
    rate: str = "# rate: {primary: 0.5, secondary: 0.8, scale: 1}\n",
    adopt: str = '# adopt:\n#   - "jobs:nightly-*"\n',
    apply: str = "# apply: [sql_warehouse_config, experiments, registered_models, serving_endpoints, genie_spaces]\n",
    scope: str = _SCOPE,
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
        calls_from=calls_from,
        must_see=must_see,
        secrets=secrets,
        mounts=mounts,
        rate=rate,
        adopt=adopt,
        apply=apply,
        scope=scope,
        mapping=mapping,
    )


def _scalar(text: str) -> str:
    """Return a text as YAML reads it back: bare where that is safe, else quoted."""
    return yaml.safe_dump(text, allow_unicode=True, width=1000).partition("\n")[0]
