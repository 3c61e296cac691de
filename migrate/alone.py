"""One run of a drill's folder at a time, told on this machine before anything is asked of a workspace.

The operating system drops the guard when a process ends, however it ends: who has it knows that no other run of the folder
lives. The file keeps the tokens of the folder's runs, so that a lock which one of them left on a secondary is known as its own.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from lakedrill.inventory.errors import UsageError

if sys.platform == "win32":
    import msvcrt

    def _seize(stream: IO[str]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _seize(stream: IO[str]) -> None:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


FILE = "runs"
_LOOK_SECONDS = 0.2


class Alone:
    """The guard of a drill's folder, held as long as the context."""

    def __init__(self, folder: Path, until: float = 0.0) -> None:
        """Seize the guard, by `until` (of `time.monotonic`) at the latest. Raises UsageError while another process has it."""
        self._file = folder / FILE
        self._stream = self._file.open("a+", encoding="utf-8")
        while not self._is_seized():
            if time.monotonic() >= until:
                self._stream.close()
                raise UsageError(
                    f"{folder}: another run of this drill is under way on this machine; "
                    "let it end, or wait for it with --wait SECONDS"
                )
            time.sleep(_LOOK_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def _is_seized(self) -> bool:
        try:
            _seize(self._stream)
        except OSError:
            return False
        return True

    def is_ours(self, token: str) -> bool:
        """Say whether a run of this folder had this token. Unless it is the present one, that run is dead."""
        self._stream.seek(0)
        return token in self._stream.read().split()

    def remember(self, token: str) -> None:
        """Note the token of the present run, before it is used."""
        self._stream.seek(0)
        last = self._stream.read()
        # A kill may have cut the last token short.
        self._stream.write(f"{'' if last.endswith(chr(10)) or not last else chr(10)}{token}\n")
        self._stream.flush()
