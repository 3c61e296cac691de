"""What goes wrong while reading.

DrillError            ends a command with its exit code and one clear message
  UsageError          exit 4: the configuration or the command line is wrong
  Unproven            exit 2: that everything is seen is not proven
ReadError             one request failed; whoever asked decides what that means
  Refused             the service said no: error code and message are its own
  Unreachable         no answer came
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_Found = TypeVar("_Found")


class DrillError(Exception):
    """Ends a command. The text says what is wrong and what to do."""

    exit_code = 3


class UsageError(DrillError):
    """The configuration, the command line or a profile is wrong."""

    exit_code = 4


class Unproven(DrillError):
    """What was read may be only a part of what there is."""

    exit_code = 2


class ReadError(Exception):
    """One request failed."""

    code = "UNREADABLE"


class Refused(ReadError):
    """The service refused a request."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        gone: bool = False,
        denied: bool = False,
        passing: bool = False,
        etag: str = "",
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.gone = gone
        """What was asked for does not exist."""
        self.denied = denied
        """The caller may not."""
        self.passing = passing
        """The service failed by itself, and may answer the next time."""
        self.etag = etag
        """The present version of what was asked for, where the service tells it with its refusal."""


class Unreachable(ReadError):
    """No answer, or none that could be understood: for a write, whether it took effect is not known."""

    code = "UNREACHABLE"


def if_there(ask: Callable[[], _Found]) -> _Found | None:
    """Return what is asked for; None where it does not exist. Raises whatever else it is refused for."""
    try:
        return ask()
    except Refused as refusal:
        if refusal.gone:
            return None
        raise
