"""The values of secrets on their way from the primary to the secondary: in memory, one secret at a time."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from lakedrill.inventory.drill import Drill
from lakedrill.inventory.errors import Unreachable, UsageError
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.secret_scopes import VAULT
from lakedrill.inventory.values import COPY, Values
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.pairing import Pair
from migrate.writer import BY_HAND

IN_VAULT = f"{BY_HAND}its value lies in a Key Vault, which a copy does not write; put it into the secondary's vault"
NOT_COPIED = f"{BY_HAND}value not copied: `values: copy` is not set for this scope in drill.yaml"
NOT_KEPT = f"{BY_HAND}value not copied: no snapshot holds values, and --from-snapshot asks the primary for nothing"


class Supply:
    """Where values come from. The primary is opened when the first is needed. Threads may share it."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill
        self._values = Values(drill)
        self._primary: Workspace | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._primary is not None:
            self._values.leave(self._primary)

    def read(self, name: str) -> bytes:
        """Return a value of the primary. Raises ReadError, in words that hold nothing of it."""
        with self._lock:
            if self._primary is None:
                self._primary = self._opened()
        return self._values.read(self._primary, name)

    def present(self, target: Workspace, name: str) -> bytes:
        """Return a value of the secondary. Raises ReadError, in words that hold nothing of it."""
        return self._values.read(target, name)

    def digested(self, name: str, value: bytes) -> Document:
        """Return what a snapshot would keep of a value."""
        return self._values.digested(name, value)

    def _opened(self) -> Workspace:
        try:
            return Workspace(self._drill.primary, self._drill.user_agent)
        except UsageError as error:
            raise Unreachable(f"the primary can't be asked for values: {error}") from None


def withheld(comparison: Comparison, each: Pair, drill: Drill, *, live: bool) -> str:
    """Return why the value of a secret is not copied; empty where it is. `live`: the primary can be asked."""
    snapshot = comparison.primary.snapshot
    scope = snapshot.id_of(each.primary or 0).partition("/")[0]
    n = snapshot.resolve("secret_scopes", "name", scope.lower())
    if n is not None and snapshot.document(n).get("backend_type") == VAULT:
        return IN_VAULT
    if drill.values_of(scope) != COPY:
        return NOT_COPIED
    return "" if live else NOT_KEPT
