"""Dashboards: the draft in its folder, its schedules paused; published where that was asked for, with nobody's credentials."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.kinds._sql import whole
from lakedrill.inventory.kinds.dashboards import API, published, schedules
from migrate.journal import fingerprint
from migrate.target import Answer, Target
from migrate.writer import Blocked, Wanted, Writer

_FOLDER, _PATH = "parent_path", "path"


class Dashboards(Writer):
    """Dashboards (`/api/2.0/lakeview/dashboards`)."""

    name = "dashboards"
    how = "yes, as drafts, schedules paused; published with `--publish`, without credentials"
    renames = True
    create_only = frozenset({_FOLDER})

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the draft in its folder."""
        body = {name: value for name, value in wanted.definition.items() if name != _PATH}
        answer = target.send("POST", API, body)
        return str(answer.document["dashboard_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Replace the draft that was read; one that somebody changed since is refused."""
        body = {name: value for name, value in wanted.definition.items() if name not in (_PATH, _FOLDER)}
        return target.send("PATCH", f"{API}/{key}", {**body, "etag": present["etag"]})

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Move it to the trash, where it stays for thirty days."""
        return target.send("DELETE", f"{API}/{key}", None)

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the dashboard at the path."""
        found = if_there(
            lambda: str(target.get("/api/2.0/workspace/get-status", path=wanted.definition[_PATH])["resource_id"])
        )
        return [] if found is None else [found]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the dashboard as it is now, with what of it reaches others. One in the trash is gone."""
        return {**whole(target, API, key), **published(target, key), **schedules(target, key)}

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Publish the draft as it is now, or take back what is published; or write the schedules."""
        if facet is Facet.SCHEDULES:
            return list(_rescheduled(target, key, wanted["schedules"], present["schedules"]))
        path, ought = f"{API}/{key}/published", wanted["published"]
        if ought is None:
            return [target.send("DELETE", path, None)] if present["published"] else []
        if ought["embed_credentials"]:
            raise Blocked("it runs with its publisher's credentials: nobody can publish it so for somebody else")
        return [target.send("POST", path, ought)]


def is_stale(document: Document) -> bool:
    """Say whether a draft was changed after what is published of it was."""
    times = document.get("update_time"), (document.get("published") or {}).get("revision_create_time")
    changed, published = (datetime.fromisoformat(str(time)) if time else None for time in times)
    return bool(changed and published and changed > published)


def _rescheduled(target: Target, key: str, wanted: list[Document], present: list[Document]) -> Iterator[Answer]:
    """Remove the schedules that differ, make those that are missing. None can be changed in part."""
    left = {schedule["schedule_id"]: _print(schedule) for schedule in present}
    missing = []
    for schedule in wanted:
        same = next((there for there, print_ in left.items() if print_ == _print(schedule)), None)
        missing += [schedule] if same is None else []
        left.pop(same or "", None)
    for there in left:
        yield target.send("DELETE", f"{API}/{key}/schedules/{there}", None)
    for schedule in missing:
        yield from _scheduled(target, key, schedule)


def _scheduled(target: Target, key: str, schedule: Document) -> Iterator[Answer]:
    body = {name: value for name, value in schedule.items() if name != "subscriptions"}
    made = target.send("POST", f"{API}/{key}/schedules", body)
    yield made
    for subscription in schedule["subscriptions"]:
        path = f"{API}/{key}/schedules/{made.document['schedule_id']}/subscriptions"
        yield target.send("POST", path, subscription)


def _print(schedule: Document) -> str:
    """Return what tells a schedule from others, without what is of one copy alone."""
    return fingerprint(CATALOGUE["dashboards"].shapes[Facet.SCHEDULES], {"schedules": [schedule]})
