"""Secrets' values by way of a cluster, where a workspace gives none over REST: a command that reads one and prints it sealed.

The command runs where a notebook would (`/api/1.2/contexts`, `/api/1.2/commands`). It seals the value for a key that only this
process has, made for this run: X25519, HKDF-SHA256, AES-256-GCM. Nothing clear is printed, kept by the cluster, or in the
request. What is printed is spelled in Braille, a sign a byte: a notebook blackens whatever in an output looks like one of its
secrets, and hardly any secret looks like that.
"""

from __future__ import annotations

import re
import textwrap
import threading
import time
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lakedrill.inventory.errors import ReadError, Refused, Unreachable

if TYPE_CHECKING:
    from lakedrill.inventory.kind import Document
    from lakedrill.inventory.workspace import Workspace

_API = "/api/1.2"
_ID = re.compile(r"\d{4}-\d{6}-\w+")
_PAUSE_SECONDS, _LONGEST_PAUSE = 0.05, 2.0
_LONGEST_SECONDS = 120
"""How long a context may take to start, and a command to end."""
_FAILED = "COMMAND_FAILED"
_INFO = b"lakedrill secret 1"
_BLANK = 0x2800
_BRAILLE = re.compile("[\u2800-\u28ff]+")
_PROGRAM = """
def _sealed():
    import os
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    own = X25519PrivateKey.generate()
    shared = own.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex({public!r})))
    key = HKDF(hashes.SHA256(), 32, None, {info!r}).derive(shared)
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, bytes(dbutils.secrets.getBytes({scope!r}, {name!r})), {about!r})
    return own.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw) + nonce + sealed
print("".join(chr({blank} + byte) for byte in _sealed()))
"""


class Cluster:
    """One running cluster that reads secrets for us. Threads may share it; it runs one command at a time."""

    def __init__(self, workspace: Workspace) -> None:
        """Find the cluster that drill.yaml names. Raises Refused where there is none, or it does not run: none is started."""
        self._workspace = workspace
        self._private = X25519PrivateKey.generate()
        self._public = self._private.public_key().public_bytes_raw()
        self._lock = threading.Lock()
        self._context = ""
        named = workspace.connection.commands_on
        self._id = _found(workspace, named)
        state = workspace.get("/api/2.1/clusters/get", cluster_id=self._id).get("state")
        if state != "RUNNING":
            raise Refused(
                "CLUSTER_NOT_RUNNING", f"cluster {named} is {state}, and a drill starts none; start it yourself"
            )
        workspace.cluster_id = self._id

    def read(self, scope: str, key: str) -> bytes:
        """Return a secret's value. Raises ReadError, in words that hold nothing of it."""
        about = f"{scope}/{key}".encode()
        source = textwrap.dedent(_PROGRAM).format(
            public=self._public.hex(), info=_INFO, scope=scope, name=key, about=about, blank=_BLANK
        )
        try:
            with self._lock:
                printed = self._run(source)
        except Refused as refusal:
            told = refusal.message if refusal.code == _FAILED else "the cluster refuses the command that reads it"
            raise Refused(refusal.code, told) from None
        except ReadError:
            raise Unreachable("the cluster gave no answer") from None
        return self._opened(printed, about)

    def close(self) -> None:
        """Give the execution context back: a cluster has 145 of them."""
        if self._context:
            self._workspace.post(f"{_API}/contexts/destroy", {"clusterId": self._id, "contextId": self._context})
            self._context = ""

    def _run(self, source: str) -> str:
        """Run a program and return what it printed."""
        if not self._context:
            body = {"clusterId": self._id, "language": "python"}
            self._context = str(self._workspace.post(f"{_API}/contexts/create", body)["id"])
            self._until(f"{_API}/contexts/status", {"Running"}, {"Error"}, contextId=self._context)
        body = {"clusterId": self._id, "contextId": self._context, "language": "python", "command": source}
        command = str(self._workspace.post(f"{_API}/commands/execute", body)["id"])
        asked = {"contextId": self._context, "commandId": command}
        results = self._until(f"{_API}/commands/status", {"Finished"}, {"Error", "Cancelled"}, **asked).get(
            "results", {}
        )
        if results.get("resultType") != "text" or results.get("truncated"):
            raise Refused(_FAILED, "the command that reads it failed on the cluster")
        return str(results.get("data", ""))

    def _until(self, path: str, good: set[str], bad: set[str], **asked: str) -> Document:
        end, pause = time.monotonic() + _LONGEST_SECONDS, _PAUSE_SECONDS
        while True:
            found = self._workspace.get(path, clusterId=self._id, **asked)
            if found.get("status") in good:
                return found
            if found.get("status") in bad or time.monotonic() > end:
                raise Refused(_FAILED, f"the cluster did not run the command that reads it: {found.get('status')}")
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE)

    def _opened(self, printed: str, about: bytes) -> bytes:
        found = _BRAILLE.search(printed)
        data = bytes(ord(sign) - _BLANK for sign in found[0]) if found else b""
        public, nonce, sealed = data[:32], data[32:44], data[44:]
        try:
            shared = self._private.exchange(X25519PublicKey.from_public_bytes(public))
            return AESGCM(HKDF(hashes.SHA256(), 32, None, _INFO).derive(shared)).decrypt(nonce, sealed, about)
        except (ValueError, InvalidTag):
            raise Refused(_FAILED, "what the cluster printed is not the sealed value") from None


def _found(workspace: Workspace, named: str) -> str:
    """Return the id of the one cluster of a name, or the id that was named."""
    if _ID.fullmatch(named):
        return named
    try:
        listed = workspace.pages("/api/2.1/clusters/list", "clusters", page_size=100)
        found = [str(cluster["cluster_id"]) for cluster in listed if cluster.get("cluster_name") == named]
    except ReadError as error:
        raise Refused(error.code, f"cluster {named} can't be looked up: {error}") from None
    if len(found) != 1:
        raise Refused("NO_SUCH_CLUSTER", f"{len(found)} clusters are called {named}; name one by its id")
    return found[0]
