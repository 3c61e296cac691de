"""What the request budget costs: a capture of the small estate with buckets that are never empty, over one without.

`python bench/budget.py [ROUNDS]` prints the ratio of the two best times, measured by turns in one run on one emulator.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fixtures import estate
from fixtures.emulator.server import Emulator, Running
from fixtures.estate import Door
from lakedrill.inventory.budget import Bucket, Budget, limit_of
from lakedrill.inventory.capture import capture
from lakedrill.inventory.connection import Connection, Rate
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.workspace import Workspace

UNLIMITED = Rate(primary=1, scale=1_000_000)
"""Every request goes the whole way through its bucket, and none has to wait."""


def main(rounds: int) -> None:
    """Measure, and print what came of it."""
    with Running(Emulator()) as running, tempfile.TemporaryDirectory() as scratch:
        estate.build(Door.of(running, "primary"), estate.SMALL)
        profiles = Path(scratch) / "databrickscfg"
        profiles.write_text(running.emulator.profiles())
        seconds: dict[Rate | None, list[float]] = {None: [], UNLIMITED: []}
        _capture(profiles, None)  # what is loaded when it is first needed
        for n in range(rounds):
            for rate in sorted(seconds, key=lambda rate: (rate is None) == (n % 2 == 0)):
                seconds[rate].append(_capture(profiles, rate))
    with_, without = min(seconds[UNLIMITED]), min(seconds[None])
    print(f"capture with budget {with_:.3f} s, without {without:.3f} s: ratio {with_ / without:.3f}")
    print(f"one turn of the bucket: {_turn() * 1e6:.1f} µs")


def _capture(profiles: Path, rate: Rate | None) -> float:
    workspace = Workspace(Connection("primary", "primary", 0, profiles, rate))
    begun = time.perf_counter()
    capture(workspace, profiles.with_name("snapshot"), CATALOGUE).close()
    return time.perf_counter() - begun


def _turn(times: int = 20_000) -> float:
    """Return the seconds that one thread needs to get through a bucket with tokens."""
    budget, request = Budget(UNLIMITED, "primary"), ("GET", "/api/2.0/workspace/export")
    limit = limit_of(*request)
    budget._buckets[limit.family] = Bucket(1e9, 1e9, time.monotonic, time.sleep)  # noqa: SLF001 - never empty
    begun = time.perf_counter()
    for _ in range(times):
        budget.enter(*request)
    return (time.perf_counter() - begun) / times


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 7)
