"""The values of secrets: read only from the scopes that drill.yaml names, held in memory only, kept as keyed digests.

A digest is scrypt over the value, salted under a key that the drill makes once and keeps in a file of its own (mode 0600)
beside its folder, never in it (ADR 9). With it two sides can be compared though one of them is gone; without it a digest says
nothing of a value, however easily that is guessed. What fails is told in our own words: the service's may repeat the value.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import ReadError, Refused, Unreachable, UsageError

if TYPE_CHECKING:
    from lakedrill.inventory.drill import Drill
    from lakedrill.inventory.kind import Document
    from lakedrill.inventory.sealed import Sealing
    from lakedrill.inventory.workspace import Workspace

COPY, COMPARE = "copy", "compare"
_NOT_BY_REST = frozenset({"BAD_REQUEST", "PERMISSION_DENIED", "FEATURE_DISABLED", "ENDPOINT_NOT_FOUND"})
"""With these a workspace or a permission lets no value out over REST (SDK `SecretsAPI.get_secret`, databricks-sdk-py#77)."""
_WHY = {
    "BAD_REQUEST": "the workspace gives no values over REST",
    "PERMISSION_DENIED": "the caller may not read it",
    "RESOURCE_DOES_NOT_EXIST": "there is no such secret",
}
_KEY_BYTES = 32
_COST = {"n": 2**14, "r": 8, "p": 1, "maxmem": 2**26}
"""Of a digest: some 50 ms and 16 MB, so that who has stolen the key too must still work for each guess."""


class Values:
    """Reads values of one drill, of either side. Threads may share it."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill
        self._lock = threading.Lock()
        self._clusters: dict[str, Sealing | ReadError] = {}
        self._digests: dict[bytes, str] = {}
        """What was digested already: most values are met again on the other side."""
        self._closed_to_rest: set[str] = set()
        """Workspaces that gave no value over REST, by role."""

    @classmethod
    def of(cls, drill: Drill) -> Values | None:
        """Return what reads the values that drill.yaml names; None where it names none."""
        return cls(drill) if drill.secrets else None

    def reads(self, name: str) -> bool:
        """Say whether drill.yaml lets a secret's value be read."""
        return bool(self._drill.values_of(name.partition("/")[0]))

    def read(self, workspace: Workspace, name: str) -> bytes:
        """Return a value. Raises ReadError, in words that hold nothing of it."""
        scope, _, key = name.partition("/")
        try:
            return self._by_rest(workspace, scope, key)
        except Refused as refusal:
            if refusal.code not in _NOT_BY_REST:
                raise
            if not workspace.connection.secrets_on:
                raise
            return self._cluster(workspace).read(scope, key)

    def document(self, workspace: Workspace, name: str) -> Document:
        """Return what a snapshot keeps of a value. Raises ReadError."""
        return self.digested(name, self.read(workspace, name))

    def digested(self, name: str, value: bytes) -> Document:
        """Return the digest of a value.

        It depends on the secret's own key, so that equal values do not look equal, and not on its scope, which may be called
        otherwise on the other side.
        """
        salt = hmac.digest(self._key, b"value of " + name.partition("/")[2].lower().encode(), "sha256")
        known = hmac.digest(salt, value, "sha256")
        if known not in self._digests:
            self._digests[known] = hashlib.scrypt(value, salt=salt, **_COST).hex()
        return {"digest": self._digests[known]}

    @cached_property
    def key_id(self) -> str:
        """What tells the key from another: digests of two keys can't be compared."""
        return hmac.digest(self._key, b"which key", "sha256").hex()[:16]

    def leave(self, workspace: Workspace) -> None:
        """Give back what reading took of a workspace."""
        cluster = self._clusters.pop(workspace.connection.role, None)
        if cluster is not None and not isinstance(cluster, ReadError):
            with contextlib.suppress(ReadError):  # it is given back when the cluster ends
                cluster.close()

    def _by_rest(self, workspace: Workspace, scope: str, key: str) -> bytes:
        if workspace.connection.role in self._closed_to_rest:
            raise Refused("BAD_REQUEST", _WHY["BAD_REQUEST"])
        try:
            answer = workspace.get("/api/2.0/secrets/get", scope=scope, key=key)
            return base64.b64decode(str(answer.get("value", "")), validate=True)
        except Refused as refusal:
            if refusal.code == "BAD_REQUEST":
                self._closed_to_rest.add(workspace.connection.role)
            raise Refused(refusal.code, _WHY.get(refusal.code, "refused"), gone=refusal.gone) from None
        except (ReadError, binascii.Error):
            raise Unreachable("no answer that could be understood") from None

    def _cluster(self, workspace: Workspace) -> Sealing:
        from lakedrill.inventory.sealed import Sealing  # noqa: PLC0415 - loads cryptography, which few drills need

        role = workspace.connection.role
        with self._lock:
            if role not in self._clusters:
                try:
                    self._clusters[role] = Sealing(workspace, workspace.connection.secrets_on)
                except ReadError as error:
                    self._clusters[role] = error
            found = self._clusters[role]
        if isinstance(found, ReadError):
            raise Refused(found.code, str(found).removeprefix(f"{found.code}: "))
        return found

    @cached_property
    def _key(self) -> bytes:
        with self._lock:
            return _kept_key(self._drill.key_file)


def _kept_key(file: Path) -> bytes:
    """Return the key that a file holds; make one where there is no file. Raises UsageError."""
    try:
        if not file.exists():
            _make_key(file)
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise UsageError(f"{file}: others may read this key; make it yours alone: chmod 600 {file}")
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except OSError as error:
        raise UsageError(f"{file}: can't be read or made: {error.strerror}") from None
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise UsageError(f"{file}: is not the key of a drill; restore it, or move it away and capture both sides anew")
    return key


def _make_key(file: Path) -> None:
    """Write a new key, whole or not at all; one that another process has just written stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")  # of mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(f"{secrets.token_hex(_KEY_BYTES)}\n")
        with contextlib.suppress(FileExistsError):
            os.link(part, file)
    finally:
        Path(part).unlink(missing_ok=True)
