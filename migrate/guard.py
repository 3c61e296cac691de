"""What must hold before a copy may write: nobody lives where it goes."""

from __future__ import annotations

import time

from lakedrill.inventory.errors import ReadError, UsageError
from lakedrill.inventory.scope import Mode
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity import posture
from lakedrill.parity.comparison import Comparison
from migrate.kinds.pipelines import AT_REST

_DAY_MS = 24 * 3600 * 1000


def serving(target: Workspace, comparison: Comparison) -> str:
    """Return what shows that the target serves: a live trigger or pipeline, a run in the last 24 hours; empty where nothing.

    What the scope says is the secondary's own, as the drill's own jobs, shows nothing of the kind.
    """
    jobs = [each for each in comparison.pairs if each.kind == "jobs" and each.secondary is not None]
    own = {each.secondary for each in jobs if comparison.mode(each) is Mode.SECONDARY_ONLY}
    for each in jobs:
        if each.secondary is not None and each.secondary not in own:
            document = comparison.secondary.snapshot.document(each.secondary)
            rows = comparison.catalogue["jobs"].posture[posture.STANDBY]
            live = [path for path, value in posture.intended(rows, document).items() if value != "PAUSED"]
            if live:
                return f"its job {each.label} has an unpaused {live[0].split('.')[1]}"
    for each in comparison.pairs:
        if each.kind == "pipelines" and each.secondary is not None and comparison.mode(each) is not Mode.SECONDARY_ONLY:
            document = comparison.secondary.snapshot.document(each.secondary)
            if document.get("spec", {}).get("continuous"):
                return f"its pipeline {each.label} is continuous"
            if document.get("state") not in AT_REST:
                return f"its pipeline {each.label} is {document.get('state')}"
    since = int(time.time() * 1000) - _DAY_MS
    try:
        ids = {comparison.secondary.snapshot.id_of(n) for n in own if n is not None}
        listed = target.pages("/api/2.2/jobs/runs/list", "runs", start_time_from=since, limit=25 if ids else 1)
        run = next((run for run in listed if str(run.get("job_id")) not in ids), None)
    except ReadError as error:
        return f"whether it ran anything in the last 24 hours can't be read: {error}"
    return "" if run is None else f"run {run.get('run_id')} started in the last 24 hours"


def require_standby(target: Workspace, comparison: Comparison, into_live: int | None) -> None:
    """Raise UsageError for a target that serves, unless its workspace id was named."""
    reason = serving(target, comparison)
    workspace_id = target.connection.workspace_id
    if reason and into_live != workspace_id:
        raise UsageError(
            f"secondary (workspace {workspace_id}) is in use: {reason}. A copy would overwrite what somebody works with; "
            f"if that is meant, add --into-live {workspace_id}"
        )
