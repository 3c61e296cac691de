"""Mounts of DBFS. No REST API tells them: a command on a cluster that drill.yaml names lists them, or a file does.

What they were mounted with is never told, and not compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakedrill.inventory.commands import PRINTING, Cluster, printed
from lakedrill.inventory.errors import Refused, UsageError
from lakedrill.inventory.kind import UNASKED, Document, Entry, Facet, Identity, Kind, Shape
from lakedrill.inventory.mounting import USERINFO

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_FIELDS = ("mountPoint", "source", "encryptionType")
"""Of the SDK's `dbutils.MountInfo`."""
_OWN = re.compile(r"/|/[Vv]olumes?|/databricks(?:[-/].*)?")
"""Mount points that every workspace has from the start, as public notebooks show them [K: whether these are all]."""
_UNNAMED = (
    "no API lists mounts; name a running cluster or a file in drill.yaml: `mounts: {{{role}: {{cluster: NAME}}}}`, "
)
_OR_OUT = "or take them out: `scope: [{{kind: mounts, mode: out, reason: WHY}}]`"
PROGRAM = f"""{PRINTING}
def _mounts():
    import re
    dbutils.fs.refreshMounts()
    for mount in dbutils.fs.mounts():
        yield [mount.mountPoint, re.sub({USERINFO!r}, "\\\\1", mount.source), mount.encryptionType]
_print(list(_mounts()))
"""
"""Lists mounts; of a source that holds credentials these stay on the cluster."""


class Mounts(Kind):
    """Mounts (`dbutils.fs.mounts()`)."""

    name = "mounts"
    identity = Identity("mountPoint")
    handles = {"path": "mountPoint"}
    id_is_name = True
    why_no_permissions = "whoever may use a cluster sees them all"
    shapes = {Facet.DEFINITION: Shape()}

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every mount, those that every workspace has among them."""
        return [Entry(str(mount["mountPoint"]), mount) for mount in documents(workspace)]

    def is_builtin(self, document: Document) -> bool:
        """Say whether the service itself mounts it."""
        return _OWN.fullmatch(str(document.get("mountPoint"))) is not None


def documents(workspace: Workspace) -> list[Document]:
    """Return the mounts as they are now. Raises UsageError for a file that is none."""
    source = workspace.connection.mounts
    if source.file is not None:
        return _of_file(source.file)
    if not source.cluster:
        raise Refused(UNASKED, (_UNNAMED + _OR_OUT).format(role=workspace.connection.role))
    with Cluster(workspace, source.cluster, may_start=source.may_start) as cluster:
        found = printed(cluster.run(PROGRAM))
    if not (isinstance(found, list) and all(_is_row(row) for row in found)):
        raise Refused("COMMAND_FAILED", "what the cluster printed is no list of mounts")
    mounts = [dict(zip(_FIELDS, row, strict=True)) for row in found]
    if lacking := _lacking(mounts):
        raise Refused("COMMAND_FAILED", f"the cluster {lacking}")
    return mounts


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and len(row) == len(_FIELDS) and all(isinstance(value, str) for value in row)


def _lacking(mounts: list[Document]) -> str:
    """Return that a listing shows nothing that must be there; empty where it does."""
    points = [mount["mountPoint"] for mount in mounts]
    if not any(_OWN.fullmatch(point) for point in points):
        return "lists none of the mounts that every workspace has, as / or /databricks-datasets; is the listing whole?"
    return ""


def _of_file(file: Path) -> list[Document]:
    """Return the mounts of a file, one JSON object a line. Raises UsageError with the line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: can't be read: is not UTF-8 text") from None
    found: dict[str, tuple[int, Document]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        mount = _of_line(line, f"{file}:{number}")
        first = found.setdefault(mount["mountPoint"], (number, mount))[0]
        if first != number:
            raise UsageError(f"{file}:{number}: {mount['mountPoint']} stands in line {first} already")
    mounts = [mount for _, mount in found.values()]
    if lacking := _lacking(mounts):
        raise UsageError(f"{file}: {lacking}")
    return mounts


def _of_line(line: str, at: str) -> Document:
    expected = 'expected {"mountPoint": …, "source": …, "encryptionType": …}, a line for each of dbutils.fs.mounts()'
    try:
        mount = json.loads(line)
    except ValueError:
        raise UsageError(f"{at}: is not JSON; {expected}") from None
    if not isinstance(mount, dict) or mount.keys() != set(_FIELDS) or not _is_row(list(mount.values())):
        raise UsageError(f"{at}: is no mount; {expected}")
    if not mount["mountPoint"].startswith("/"):
        raise UsageError(f"{at}: mountPoint is no path from /")
    return {**mount, "source": re.sub(USERINFO, r"\1", mount["source"])}
