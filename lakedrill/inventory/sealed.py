"""A secret's value by way of a cluster: a command that reads it and prints it sealed.

It seals the value for a key that only this process has, made for this run: X25519, HKDF-SHA256, AES-256-GCM. Nothing clear is
printed, kept by the cluster, or in the request.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lakedrill.inventory.commands import BLANK, FAILED, Cluster, spelled
from lakedrill.inventory.errors import ReadError, Refused, Unreachable

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_INFO = b"lakedrill secret 1"
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


class Sealing:
    """Reads secrets on one cluster. Threads may share it."""

    def __init__(self, workspace: Workspace, named: str) -> None:
        """Find the cluster. Raises Refused where there is none, or it does not run."""
        self._cluster = Cluster(workspace, named)
        self._private = X25519PrivateKey.generate()
        self._public = self._private.public_key().public_bytes_raw()

    def read(self, scope: str, key: str) -> bytes:
        """Return a secret's value. Raises ReadError, in words that hold nothing of it."""
        about = f"{scope}/{key}".encode()
        source = textwrap.dedent(_PROGRAM).format(
            public=self._public.hex(), info=_INFO, scope=scope, name=key, about=about, blank=BLANK
        )
        try:
            printed = self._cluster.run(source)
        except Refused as refusal:
            told = refusal.message if refusal.code == FAILED else "the cluster refuses the command that reads it"
            raise Refused(refusal.code, told) from None
        except ReadError:
            raise Unreachable("the cluster gave no answer") from None
        return self._opened(printed, about)

    def close(self) -> None:
        """Give back what the cluster lent."""
        self._cluster.close()

    def _opened(self, printed: str, about: bytes) -> bytes:
        data = spelled(printed)
        public, nonce, sealed = data[:32], data[32:44], data[44:]
        try:
            shared = self._private.exchange(X25519PublicKey.from_public_bytes(public))
            return AESGCM(HKDF(hashes.SHA256(), 32, None, _INFO).derive(shared)).decrypt(nonce, sealed, about)
        except (ValueError, InvalidTag):
            raise Refused(FAILED, "what the cluster printed is not the sealed value") from None
