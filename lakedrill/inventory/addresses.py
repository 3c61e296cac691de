"""IP access lists tried on an address: what a workspace would answer to a call from there."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from lakedrill.inventory.kind import Document

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def shut_out(lists: Iterable[Document], calls_from: str) -> str:
    """Return why calls from an address, or from somewhere in a range, are refused; empty where all are let in.

    Block lists come first; where there is any allow list, one must hold the address (SDK `IpAccessListsAPI`). A range that
    only several allow lists hold together counts as refused.
    """
    here = ipaddress.ip_network(calls_from, strict=False)
    enabled = [each for each in lists if each.get("enabled")]
    for each in enabled:
        if each.get("list_type") == "BLOCK" and any(_meet(here, other) for other in _networks(each)):
            return f"the block list {each.get('label')} holds {calls_from}"
    allowing = [each for each in enabled if each.get("list_type") == "ALLOW"]
    if allowing and not any(_holds(other, here) for each in allowing for other in _networks(each)):
        return f"no allow list holds {calls_from}: {', '.join(str(each.get('label')) for each in allowing)}"
    return ""


def _networks(each: Document) -> list[Network]:
    return [ipaddress.ip_network(address, strict=False) for address in each.get("ip_addresses", [])]


def _meet(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _holds(outer: Network, inner: Network) -> bool:
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False
