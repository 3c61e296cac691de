"""What the modes make of the service, on the wire; and that the state is none the wiser."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict

from fixtures.emulator import layer
from fixtures.emulator.api import ROUTES
from fixtures.emulator.modes import Modes
from fixtures.emulator.server import Running
from fixtures.plugin import client
from tests.support.workspaces import PATCH, Site

SCIM = "/api/2.0/preview/scim/v2"


@pytest.fixture
def site(emulator: Running) -> Site:
    return Site("primary", client(emulator, "primary"))


def _switch(emulator: Running, **modes: Any) -> None:
    emulator.control("primary/modes", modes)


def _digest(emulator: Running) -> str:
    return emulator.emulator.apps["primary"].workspace.state.digest


def _listed(site: Site, path: str, key: str, **query: Any) -> list[Any]:
    """Return the pages of a listing by token."""
    pages = []
    while True:
        page = site.do("GET", path, **query)
        pages.append(page.get(key, []))
        if not page.get("next_page_token"):
            return pages
        query["page_token"] = page["next_page_token"]


# The switch


def test_modes_are_told_replaced_and_cleared(emulator: Running) -> None:
    """What is not named is off, and a reset switches all off."""
    _switch(emulator, stale_reads=True, scim_lag=60)
    assert emulator.control("primary/modes")["scim_lag"] == 60
    assert emulator.control("secondary/modes") == emulator.control("secondary/modes", {})
    _switch(emulator, page_size=1)
    assert emulator.emulator.apps["primary"].workspace.modes == Modes(page_size=1)
    emulator.emulator.reset()
    assert emulator.emulator.apps["primary"].workspace.modes == Modes()


def test_words_of_a_command_line() -> None:
    words = ("unseen-reads=2", "scim_lag=0.5", "stale-reads", "empty_pages=true", "page_size=1", "no-acls=false")
    assert Modes.parse(words) == Modes(2, 0.5, stale_reads=True, empty_pages=True, page_size=1)
    assert Modes.parse(()) == Modes()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("eventual", "no such mode: eventual; there are unseen_reads,"),
        ("page_size", "mode page_size: '' is not a whole number"),
        ("page_size=1.5", "mode page_size: '1.5' is not a whole number"),
        ("unseen_reads=-1", "mode unseen_reads: -1 is not a whole number from 0 on"),
        ("scim_lag=inf", "mode scim_lag: inf is not a number of seconds from 0 on"),
        ("stale_reads=maybe", "mode stale_reads: 'maybe' is not true or false"),
    ],
)
def test_a_word_that_is_no_mode_is_refused_by_name(word: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Modes.parse([word])


@pytest.mark.parametrize("given", [[1], {"page_size": True}, {"stale_reads": 1}, {"nothing": 1}])
def test_a_control_request_with_what_is_no_mode_is_refused(emulator: Running, given: Any) -> None:
    with pytest.raises(OSError, match="400"):
        emulator.control("primary/modes", given)


# Eventual consistency


def test_what_is_new_is_there_after_so_many_reads(emulator: Running, site: Site) -> None:
    """In every family, with the family's own refusal; a list is a read too."""
    _switch(emulator, unseen_reads=2)
    job, group = site.job("new"), site.group("new")
    site.notebook("/Shared/new")
    site.script("new")
    status = "/api/2.0/workspace/get-status"
    for _ in range(2):
        with pytest.raises(Exception, match="does not exist"):
            site.do("GET", "/api/2.2/jobs/get", job_id=job)
        with pytest.raises(NotFound, match="not found"):
            site.do("GET", f"{SCIM}/Groups/{group}")
        with pytest.raises(NotFound, match="doesn't exist"):
            site.do("GET", status, path="/Shared/new")
        assert site.do("GET", "/api/2.0/global-init-scripts") == {}
    assert site.do("GET", "/api/2.2/jobs/get", job_id=job)["settings"]["name"] == "new"
    assert site.do("GET", f"{SCIM}/Groups/{group}")["displayName"] == "new"
    assert site.object_id("/Shared/new")
    assert len(site.do("GET", "/api/2.0/global-init-scripts")["scripts"]) == 1


def test_a_create_in_the_way_of_what_nobody_sees_yet_is_refused(emulator: Running, site: Site) -> None:
    """Writes see everything, and the state is what they made it."""
    _switch(emulator, unseen_reads=9, scim_lag=60, stale_reads=True)
    before = _digest(emulator)
    site.group("taken")
    site.notebook("/Shared/taken")
    after = _digest(emulator)
    with pytest.raises(ResourceConflict, match="already exists"):
        site.group("taken")
    with pytest.raises(ResourceConflict, match="already exists"):
        site.notebook("/Shared/taken")
    assert site.do("GET", f"{SCIM}/Groups", filter='displayName eq "taken"').get("Resources") is None
    assert before != after == _digest(emulator)


def test_the_first_read_after_a_write_is_stale(emulator: Running, site: Site) -> None:
    """Of a changed, of a granted and of a deleted object; the second is not."""
    job = site.job("a")
    site.notebook("/Shared/n")
    _switch(emulator, stale_reads=True)
    site.set(job, name="b")
    assert [site.do("GET", "/api/2.2/jobs/get", job_id=job)["settings"]["name"] for _ in range(2)] == ["a", "b"]
    site.grant("jobs", job, "CAN_VIEW", group_name="users")
    assert ["users" in site.grants("jobs", job) for _ in range(2)] == [False, True]
    site.post("/api/2.0/workspace/delete", path="/Shared/n")
    listed = [site.do("GET", "/api/2.0/workspace/list", path="/Shared").get("objects", []) for _ in range(2)]
    assert [len(found) for found in listed] == [1, 0]
    made = site.job("seen at once")
    assert site.do("GET", "/api/2.2/jobs/get", job_id=made)["job_id"] == made


def test_lists_of_principals_lag_by_turns_and_reads_by_id_do_not(emulator: Running, site: Site) -> None:
    """Three replicas: one is behind by the whole lag, one not at all, one by half; then all show it."""
    old = site.group("old")
    _switch(emulator, scim_lag=60)
    new = site.group("new", old)

    def shown() -> bool:
        return bool(site.do("GET", f"{SCIM}/Groups", filter='displayName eq "new"').get("Resources"))

    def has_member() -> bool:
        found = site.do("GET", f"{SCIM}/Groups")["Resources"]
        return any(group["id"] == new and group.get("members") for group in found)

    assert site.do("GET", f"{SCIM}/Groups/{new}")["members"][0]["value"] == old
    assert [shown() for _ in range(6)] == [False, True, False] * 2
    emulator.control("clock", {"advance_ms": 30_000})
    assert [has_member() for _ in range(6)] == [False, True, True] * 2
    emulator.control("clock", {"advance_ms": 30_000})
    assert all(shown() and has_member() for _ in range(3))


def test_renames_and_deletes_of_principals_are_listed_late(emulator: Running, site: Site) -> None:
    """The old name is found and the new one is not, by turns; what is gone by its id is listed still."""
    kept, gone = site.group("before"), site.group("gone")
    _switch(emulator, scim_lag=60)
    rename = {"op": "replace", "path": "displayName", "value": "after"}
    site.do("PATCH", f"{SCIM}/Groups/{kept}", {"schemas": [PATCH], "Operations": [rename]})
    site.do("DELETE", f"{SCIM}/Groups/{gone}")

    def names() -> set[str]:
        return {group["displayName"] for group in site.do("GET", f"{SCIM}/Groups")["Resources"]} - {"admins", "users"}

    assert [names() for _ in range(3)] == [{"before", "gone"}, {"after"}, {"before", "gone"}]
    with pytest.raises(NotFound):
        site.do("GET", f"{SCIM}/Groups/{gone}")


def test_pages_of_one_list_are_of_one_replica(emulator: Running, site: Site) -> None:
    """What the first page lacks does not turn up behind its end."""
    _switch(emulator, scim_lag=60)
    site.group("new")
    pages = [site.do("GET", f"{SCIM}/Groups", startIndex=start, count=2).get("Resources", []) for start in (1, 3)]
    assert [len(page) for page in pages] == [2, 0]


# Pages


def test_every_listing_by_token_has_a_row_in_the_layer() -> None:
    """What pages by itself and has none there would know nothing of the modes: give it one, then name it here."""
    by_token = ("paging.page(", "job_store.window(", " _page(")
    found = {route.handler.__name__ for route in ROUTES if any(c in inspect.getsource(route.handler) for c in by_token)}
    assert found == {
        "list_clusters",
        "events",
        "list_jobs",
        "list_runs",
        "list_folder",
        "list_apps",
        "list_endpoints",
        "list_indexes",
        "list_families",
        "list_experiments",
        "list_models",
        "search_versions",
        "list_destinations",
        "list_repos",
        "list_pipelines",
        "list_updates",
        "list_alerts",
        "list_dashboards",
        "list_spaces",
        "list_schedules",
        "list_subscriptions",
        "list_warehouses",
        "list",
    }
    assert len(found) == sum(listing.by_token for listing in layer._LISTINGS)


def test_an_empty_page_comes_before_each_page(emulator: Running, site: Site) -> None:
    """With a token, and in every listing that has tokens; the others know nothing of it."""
    emulator.control("primary/volume", {"name": "main.default.in"})
    for number in range(3):
        site.job(f"j{number}")
        site.cluster(f"c{number}")
        site.do("PUT", f"/api/2.0/fs/directories/Volumes/main/default/in/d{number}")
    _switch(emulator, empty_pages=True)
    for path, key, query in (
        ("/api/2.2/jobs/list", "jobs", {"limit": 2}),
        ("/api/2.1/clusters/list", "clusters", {"page_size": 2}),
        ("/api/2.0/fs/directories/Volumes/main/default/in", "contents", {"page_size": 2}),
    ):
        assert [len(page) for page in _listed(site, path, key, **query)] == [0, 2, 0, 1]
    assert [len(page) for page in _listed(site, "/api/2.2/jobs/runs/list", "runs")] == [0, 0]
    assert site.do("GET", "/api/2.2/jobs/list")["has_more"] is True
    assert len(site.do("GET", "/api/2.0/jobs/list")["jobs"]) == 3
    assert len(list(site.client.jobs.list())) == 3
    assert len(list(site.client.clusters.list())) == 3


@pytest.mark.parametrize("empty", [False, True])
def test_no_page_is_larger_than_the_mode_says(emulator: Running, site: Site, empty: bool) -> None:
    """Whatever was asked, SCIM too; what the service refuses is refused all the same."""
    for number in range(3):
        site.job(f"j{number}")
        cluster = site.cluster(f"c{number}")
    _switch(emulator, page_size=1, empty_pages=empty)
    for pages in (
        _listed(site, "/api/2.2/jobs/list", "jobs", limit=100),
        _listed(site, "/api/2.1/clusters/list", "clusters"),
    ):
        assert [len(page) for page in pages] == [0, 1] * 3 if empty else [1] * 3
    assert len(list(site.client.clusters.events(cluster))) == len(
        list(site.client.clusters.events(cluster, page_size=1))
    )
    found = site.do("GET", f"{SCIM}/Groups", startIndex=1, count=10_000)
    assert (len(found["Resources"]), found["itemsPerPage"], found["totalResults"]) == (1, 1, 2)
    assert "Resources" not in site.do("GET", f"{SCIM}/Groups", count=0)
    assert {group.display_name for group in site.client.groups.list()} == {"admins", "users"}
    with pytest.raises(Exception, match="limit must be between"):
        site.do("GET", "/api/2.2/jobs/list", limit=101)


# A tier without access control


def test_a_tier_without_acls_refuses_permissions_wherever_they_are_set(emulator: Running, site: Site) -> None:
    job = site.job("a")
    before = _digest(emulator)
    _switch(emulator, no_acls=True)
    entries = {"access_control_list": [{"group_name": "users", "permission_level": "CAN_VIEW"}]}
    refused = [
        ("GET", f"/api/2.0/permissions/jobs/{job}", None, "job"),
        ("GET", "/api/2.0/preview/permissions/notebooks/1/permissionLevels", None, "notebook"),
        ("PUT", f"/api/2.0/permissions/jobs/{job}", entries, "job"),
        ("PATCH", "/api/2.0/permissions/clusters/x", entries, "cluster"),
        ("POST", "/api/2.2/jobs/create", {"name": "b", **entries}, "job"),
    ]
    for method, path, body, noun in refused:
        with pytest.raises(NotFound, match=f"ACLs for {noun} are disabled or not available in this tier") as caught:
            site.do(method, path, body)
        assert caught.value.error_code == "FEATURE_DISABLED"
    with pytest.raises(PermissionDenied, match="ACL is not supported in your workspace"):
        site.do("GET", "/api/2.0/secrets/acls/list", scope="s")
    with pytest.raises(BadRequest, match="can only be created with initial_manage_principal"):
        site.post("/api/2.0/secrets/scopes/create", scope="s")
    assert _digest(emulator) == before
