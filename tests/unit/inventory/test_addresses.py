"""IP access lists tried on an address."""

from typing import Any

import pytest

from lakedrill.inventory.addresses import shut_out


def _list(kind: str, *addresses: str, enabled: bool = True) -> dict[str, Any]:
    return {"label": f"{kind} {addresses[0]}", "list_type": kind, "ip_addresses": list(addresses), "enabled": enabled}


OFFICE = _list("ALLOW", "198.51.100.0/24", "203.0.113.7")


@pytest.mark.parametrize(
    ("lists", "calls_from", "said"),
    [
        ([], "203.0.113.7", ""),
        ([OFFICE], "203.0.113.7", ""),
        ([OFFICE], "198.51.100.64/26", ""),
        ([OFFICE], "203.0.113.8", "no allow list holds 203.0.113.8: ALLOW 198.51.100.0/24"),
        ([OFFICE], "198.51.100.0/23", "no allow list holds 198.51.100.0/23: ALLOW 198.51.100.0/24"),
        ([OFFICE], "2001:db8::1", "no allow list holds 2001:db8::1: ALLOW 198.51.100.0/24"),
        ([_list("ALLOW", "2001:db8::/32")], "2001:db8::1", ""),
        ([{**OFFICE, "enabled": False}], "203.0.113.8", ""),
        (
            [_list("BLOCK", "203.0.113.0/24"), OFFICE],
            "203.0.113.7",
            "the block list BLOCK 203.0.113.0/24 holds 203.0.1",
        ),
        ([_list("BLOCK", "203.0.113.7")], "203.0.113.0/24", "the block list BLOCK 203.0.113.7 holds 203.0.113.0/24"),
        ([_list("BLOCK", "203.0.113.7")], "203.0.113.8", ""),
        ([_list("BLOCK", "203.0.113.7")], "2001:db8::1", ""),
        ([_list("BLOCK", "203.0.113.7", enabled=False)], "203.0.113.7", ""),
        ([_list("ALLOW", "203.0.113.9/24")], "203.0.113.7/24", ""),
    ],
)
def test_block_lists_come_first_and_one_allow_list_must_hold_it_all(
    lists: list[dict[str, Any]], calls_from: str, said: str
) -> None:
    found = shut_out(lists, calls_from)
    assert found.startswith(said)
    assert bool(found) == bool(said)
