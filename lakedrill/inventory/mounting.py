"""drill.yaml's `mounts`: what lists the mounts of each side, and with which credentials the secondary mounts them again.

The service never gives credentials back, so they are said here, and only as references to secrets of the secondary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakedrill.inventory.discretion import discreet

_SECRET = re.compile(r"\{\{secrets/([^/{}]+)/([^/{}]+)\}\}")
_LOOKS_SECRET = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}|.*(?:\bsig=|-----BEGIN|AccountKey=).*", re.DOTALL)
"""Values that are credentials whatever they are called: keys in base64, shared access signatures, private keys."""
_IS_NAME = re.compile(r"\.(?:class|type|endpoint|id)$")
"""Keys of settings that only say how credentials are to be had."""
_URI = re.compile(r"[a-z][a-z0-9]*://\S*")
USERINFO = r"^(\w+://)[^/@:]+:[^@]+@"
"""Credentials inside a source, as `s3a://KEY:SECRET@bucket`: they are taken out of it wherever it is read."""
Said = str | tuple[str, str]
"""A setting's value: a text, or the scope and key of a secret."""


@dataclass(frozen=True)
class Credential:
    """How sources that begin so are mounted: with these settings, or by what the cluster itself may read."""

    source: str
    configs: tuple[tuple[str, Said], ...] = ()

    def fits(self, source: str) -> bool:
        """Say whether a source lies there: `s3a://lake` means neither `s3a://lake-2` nor a part of a name."""
        rest = source.removeprefix(self.source)
        return rest != source and (not rest or rest.startswith("/") or self.source.endswith(("/", "@")))


@dataclass(frozen=True)
class Mounting:
    """What lists the mounts of one side: a cluster or a file; neither: nothing does."""

    cluster: str = ""
    """By id or name."""
    may_start: bool = False
    """A copy may start it."""
    file: Path | None = None
    credentials: tuple[Credential, ...] = ()
    """Of the secondary."""

    def credential(self, source: str) -> Credential | None:
        """Return what is said of a source, by the longest beginning; None where nothing is."""
        fits = [each for each in self.credentials if each.fits(source)]
        return max(fits, key=lambda each: len(each.source), default=None)


def read(block: dict[str, Any], role: str, folder: Path) -> Mounting:
    """Return one side of `mounts`, in which `faults` found none."""
    side = block.get(role, {})
    rows = block.get("credentials", ()) if role == "secondary" else ()
    return Mounting(
        side.get("cluster", ""),
        side.get("may_start", False),
        folder / Path(side["file"]).expanduser() if "file" in side else None,
        tuple(
            Credential(row["source"], tuple((key, _said(value)) for key, value in row.get("extra_configs", {}).items()))
            for row in rows
        ),
    )


def faults(block: dict[str, Any]) -> Iterator[tuple[list[str | int], str]]:
    """Yield where `mounts` is wrong, and why. What a value is stands in none of it: it may be a credential."""
    for role in ("primary", "secondary"):
        side = block.get(role)
        if side is not None and ("cluster" in side) == ("file" in side):
            yield [role], "say either cluster or file: what lists the mounts of this side"
        if side and side.get("may_start") and "file" in side:
            yield [role, "may_start"], "a file starts nothing; name a cluster"
    seen: dict[str, int] = {}
    for i, row in enumerate(block.get("credentials", ())):
        at: list[str | int] = ["credentials", i]
        source = row["source"]
        if re.search(USERINFO, source):
            yield (
                [*at, "source"],
                "holds a credential; leave it out, and say it in extra_configs by {{secrets/SCOPE/KEY}}",
            )
        elif not _URI.fullmatch(source):
            yield [*at, "source"], "is no address of storage, as abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/"
        if source in seen:
            yield at, f"credentials[{seen[source]}] is about the same source; keep one of the two"
        seen.setdefault(source, i)
        if ("extra_configs" in row) == ("by" in row):
            yield at, "say either extra_configs, or by: cluster where the cluster's own identity may read it"
        yield from _of_configs(row.get("extra_configs", {}), [*at, "extra_configs"])


def _of_configs(configs: Any, at: list[str | int]) -> Iterator[tuple[list[str | int], str]]:
    if not isinstance(configs, dict):
        yield at, "expected keys with values"
        return
    for key, value in configs.items():
        if not isinstance(value, str) or not isinstance(key, str) or not value:
            yield [*at, str(key)], "expected text"
        elif _SECRET.fullmatch(value):
            continue
        elif "{{" in value:
            yield [*at, key], "a reference is the whole value, {{secrets/SCOPE/KEY}}"
        elif _is_credential(key, value):
            yield (
                [*at, key],
                "looks like a credential; put it into a secret of the secondary, and say {{secrets/SCOPE/KEY}}",
            )


def _is_credential(key: str, value: str) -> bool:
    named = "" if _IS_NAME.search(key) else key
    return bool(discreet(named, value) != value or _LOOKS_SECRET.fullmatch(value))


def _said(value: str) -> Said:
    secret = _SECRET.fullmatch(value)
    return (secret[1], secret[2]) if secret else value
