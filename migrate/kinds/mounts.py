"""Mounts: mounted by a command on a cluster of the secondary, which alone sees the credentials that drill.yaml refers to."""

from __future__ import annotations

import json

from lakedrill.inventory.commands import FAILED, PRINTING, Cluster, printed
from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds import mounts
from lakedrill.inventory.mounting import Credential
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target, Unclear
from migrate.writer import Blocked, Options, Wanted, Writer

_NO_CLUSTER = "only a cluster mounts; name one of the secondary in drill.yaml: `mounts: {secondary: {cluster: NAME}}`"
_PROGRAM = """{printing}
def _changed():
    import json, re
    given, configs = json.loads({given!r}), {{}}
    for key, said in given["configs"].items():
        try:
            configs[key] = said if isinstance(said, str) else dbutils.secrets.get(*said)
        except Exception:
            return ["secret", "/".join(said)]
    try:
        getattr(dbutils.fs, given["call"])(*given["where"], **({{"extra_configs": configs}} if configs else {{}}))
        dbutils.fs.refreshMounts()
    except Exception as error:
        for known in ("already mounted", "not mounted"):
            if "Directory " + known in str(error):
                return [known, ""]
        named = re.findall(r"\\b(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error)\\b", str(error))
        return ["failed", ", ".join(dict.fromkeys([type(error).__name__, *named]))]
    return ["", ""]
_print(_changed())
"""
"""Calls `dbutils.fs`. Of what that refuses only the names of exceptions are told: its words may hold what was given."""


class Mounts(Writer):
    """Mounts (`dbutils.fs.mount`, `updateMount`, `unmount`)."""

    name = "mounts"
    how = "by a command on a cluster of the secondary, with the credentials that drill.yaml states"
    takes_any = False
    prepares_changes = True
    at_once = 4
    """Each holds an execution context."""

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Block what no cluster can mount, and sources of which nobody said how they are read."""
        named = target.connection.mounts
        if not named.cluster:
            return dict.fromkeys(documents, _NO_CLUSTER)
        return {
            n: _unstated(document["source"])
            for n, document in documents.items()
            if named.credential(document["source"]) is None
        }

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Mount it where nothing is mounted."""
        return str(wanted.definition["mountPoint"]), _mount(target, "mount", wanted)

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Mount it in place of what is there."""
        return _mount(target, "updateMount", wanted)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Take the mount away; what it leads to stays."""
        return _call(target, "unmount", [key], Credential(""))

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the mount point, if something is mounted there."""
        point = wanted.definition["mountPoint"]
        return [point for mount in mounts.documents(target) if mount["mountPoint"] == point]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the mount as it is now."""
        found = next((mount for mount in mounts.documents(target) if mount["mountPoint"] == key), None)
        if found is None:
            raise Refused("RESOURCE_DOES_NOT_EXIST", f"nothing is mounted at {key}", gone=True)
        return found


def _unstated(source: str) -> str:
    row = f"mounts: {{credentials: [{{source: {json.dumps(source)}, extra_configs: …}}]}}"
    return f"state credentials for {source} in drill.yaml: `{row}`, or `by: cluster`"


def _mount(target: Target, call: str, wanted: Wanted) -> Answer:
    mount = wanted.definition
    stated = target.connection.mounts.credential(mount["source"])
    if stated is None:
        raise Blocked(_unstated(mount["source"]))
    return _call(target, call, [mount[name] for name in ("source", "mountPoint", "encryptionType")], stated)


def _call(target: Target, call: str, where: list[str], stated: Credential) -> Answer:
    """Call `dbutils.fs` on the secondary's cluster, once. Raises Refused, Unclear or Blocked, with nothing of a value."""
    named = target.connection.mounts
    if not named.cluster:
        raise Blocked(_NO_CLUSTER)
    given = json.dumps({"call": call, "where": where, "configs": dict(stated.configs)})
    answers: list[Answer] = []

    def send(path: str, body: Document) -> Document:
        answers.append(target.send("POST", path, body))
        return answers[-1].document

    try:
        with Cluster(target, named.cluster, may_start=named.may_start) as cluster:
            found = printed(cluster.run(_PROGRAM.format(printing=PRINTING, given=given), send))
    except ReadError as error:
        if answers:
            raise Unclear(f"whether {call} had an effect is not known: {error}") from None
        raise
    how, told = found
    if how:
        raise _refused(call, how, told)
    return answers[0]


def _refused(call: str, how: str, told: str) -> Refused:
    if how == "already mounted":
        return Refused("RESOURCE_ALREADY_EXISTS", "something is mounted there; already exists")
    if how == "not mounted":
        return Refused("RESOURCE_DOES_NOT_EXIST", "nothing is mounted there", gone=True)
    if how == "secret":
        return Refused(FAILED, f"the cluster can't read the secret {told}, which drill.yaml names; nothing was mounted")
    return Refused(FAILED, f"{call} failed on the cluster with {told}; the log of its driver has its words")
