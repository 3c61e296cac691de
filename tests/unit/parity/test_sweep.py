"""The sweep: it knows no references, and finds what names the primary."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lakedrill.inventory.kind import Catalogue, Facet, Field, Shape
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.kinds.jobs import Jobs
from lakedrill.parity.sweep import Sweep
from tests.support.snapshots import WORKSPACES, build

CLUSTER = "0101-120000-abcdefgh"
Found = list[tuple[str, str]]


class _Secret(Jobs):
    shapes: ClassVar = {
        Facet.DEFINITION: Shape(sensitive=(Field("s", "", ""), Field("l[]", "", "")), free=(Field("t[]", "", ""),))
    }


@pytest.fixture
def sweep(tmp_path: Path) -> Callable[..., Found]:
    """Sweep one job of the secondary, the primary having a cluster and a job of its own."""

    def run(document: dict[str, Any], acl: Any = None, *, kind: Any = CATALOGUE["jobs"], **meta: Any) -> Found:
        ours = {
            "clusters": {CLUSTER: {}},
            "jobs": {"1234567": {}, "12345678": {}, "777777777": {}},
            "dbfs_files": {"/a b/c.sh": {}},
        }
        primary = build(tmp_path / "p", "primary", ours, meta=meta.get("primary"))
        acls = {("jobs", "777777777"): acl if acl is not None else {}}
        secondary = build(
            tmp_path / "s", "secondary", {"jobs": {"777777777": document}}, permissions=acls, meta=meta.get("secondary")
        )
        return Sweep(primary, secondary).of(kind, secondary.objects("jobs")[0].n)

    return run


@pytest.mark.parametrize(
    "text",
    [CLUSTER, 12345678, "12345678", f"job-{CLUSTER}", f"{CLUSTER}-driver", f"a/{CLUSTER}?x", f"x_{CLUSTER}_y", "id=12345678;",
     "https://primary.example/x", "PRIMARY.example", WORKSPACES["primary"], f"adb-{WORKSPACES['primary']}.7.azure.net",
     "a-b-0101-120000-abcdefgh"],
)  # fmt: skip
def test_an_id_of_the_primary_is_found_however_it_is_wrapped(sweep: Callable[..., Found], text: Any) -> None:
    """As a value, as a key, in a list, in a longer name, in the permissions."""
    assert sweep({"a": [{"b": text}]}) == [("a[0].b", str(text))]
    assert sweep({"m": {str(text): None}}) == [(f"m.{text}", str(text))]
    assert sweep({}, {"object_id": text}) == [("object_id", str(text))]


@pytest.mark.parametrize(
    "value",
    ["1234567", 123456789, "x12345678", "0101-120000", f"{CLUSTER}x", 777777777, "secondary.example", True, None, 12345678.0,
     "/a b/c.sh", WORKSPACES["secondary"]],
)  # fmt: skip
def test_what_stands_for_something_else_is_not_found(sweep: Callable[..., Found], value: Any) -> None:
    """Too short, part of another word, the secondary's own as well, or no id at all."""
    assert sweep({"a": value}) == []


def test_free_text_is_no_finding(sweep: Callable[..., Found]) -> None:
    """The same id elsewhere is one all the same."""
    document = {"settings": {"description": f"see {CLUSTER}", "tags": {"from": CLUSTER}}, "x": CLUSTER}
    assert sweep(document) == [("x", CLUSTER)]


def test_what_is_secret_is_found_and_not_shown(sweep: Callable[..., Found]) -> None:
    """A secret that names the primary would be written to a report; items of a list too."""
    document = {"s": f"password of {CLUSTER}", "l": ["x", CLUSTER], "t": [CLUSTER], "o": CLUSTER}
    found = sweep(document, {"by": CLUSTER}, kind=_Secret())
    assert found == [("s", "(hidden)"), ("l[]", "(hidden)"), ("o", CLUSTER), ("by", CLUSTER)]
    assert Catalogue((_Secret(),))["jobs"].name == "jobs"


def test_permissions_that_were_not_read_have_nothing_to_sweep(tmp_path: Path, sweep: Callable[..., Found]) -> None:
    """That they were not is said elsewhere."""
    from lakedrill.inventory.snapshot import Unreadable  # noqa: PLC0415

    assert sweep({"x": CLUSTER}, Unreadable("PERMISSION_DENIED", "no")) == [("x", CLUSTER)]


def test_a_host_is_found_without_its_scheme_too(sweep: Callable[..., Found]) -> None:
    """However a snapshot spells its own. Of two workspaces behind one host, it tells nothing."""
    assert sweep({"x": "see p.example:8443/y"}, primary={"host": "P.example:8443"}) == [("x", "see p.example:8443/y")]
    same = {"host": "https://one.example"}
    assert sweep({"x": "https://one.example/long"}, primary=same, secondary=same) == []
