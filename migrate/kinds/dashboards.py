"""Dashboards: the draft in its folder, its schedules paused. What is published stays the publisher's business."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.kinds._sql import whole
from lakedrill.inventory.kinds.dashboards import API, published
from migrate.journal import fingerprint
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_FOLDER, _PATH = "parent_path", "path"


class Dashboards(Writer):
    """Dashboards (`/api/2.0/lakeview/dashboards`)."""

    name = "dashboards"
    how = "yes, as drafts, schedules paused"
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
        try:
            return [str(target.get("/api/2.0/workspace/get-status", path=wanted.definition[_PATH])["resource_id"])]
        except Refused as refusal:
            if refusal.gone:
                return []
            raise

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the dashboard as it is now, with what of it reaches others. One in the trash is gone."""
        return {**whole(target, API, key), **published(target, key)}

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Take back what is published, if nothing is to be; make the schedules that are missing, remove those that differ."""
        answers = []
        if present["published"] and not wanted["published"]:
            answers.append(target.send("DELETE", f"{API}/{key}/published", None))
        left = {schedule["schedule_id"]: _print(schedule) for schedule in present["schedules"]}
        missing = []
        for schedule in wanted["schedules"]:
            same = next((there for there, print_ in left.items() if print_ == _print(schedule)), None)
            missing += [schedule] if same is None else []
            left.pop(same or "", None)
        answers += [target.send("DELETE", f"{API}/{key}/schedules/{there}", None) for there in left]
        return answers + [answer for schedule in missing for answer in _scheduled(target, key, schedule)]


def _scheduled(target: Target, key: str, schedule: Document) -> Iterator[Answer]:
    body = {name: value for name, value in schedule.items() if name != "subscriptions"}
    made = target.send("POST", f"{API}/{key}/schedules", body)
    yield made
    for subscription in schedule["subscriptions"]:
        path = f"{API}/{key}/schedules/{made.document['schedule_id']}/subscriptions"
        yield target.send("POST", path, subscription)


def _print(schedule: Document) -> str:
    """Return what tells a schedule from others, without what is of one copy alone."""
    return fingerprint(CATALOGUE["dashboards"].shapes[Facet.PUBLISHED], {"schedules": [schedule]})
