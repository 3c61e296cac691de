"""`python -m tests.conformance`: score, print, and say whether everything is caught.

`--sample N --seed S`: N mutations by dice. `--kind KIND`: of these kinds only.
`--write`: write docs/score.md; with `--kind`, the rows of these kinds. Exit code 0 only if nothing is
missed, every excuse is needed, and the page is what was found.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import Counter

from lakedrill.inventory.kinds import CATALOGUE
from tests.conformance.bench import scored
from tests.conformance.report import PAGE, page
from tests.conformance.score import Result, excuses, mutations


def main() -> int:
    """Score as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance")
    parser.add_argument("--sample", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=sorted(CATALOGUE.by_name), default=[])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("-n", type=int, default=os.cpu_count() or 1, dest="processes")
    options = parser.parse_args()
    known = list(mutations())
    meant = [i for i, mutation in enumerate(known) if not options.kind or mutation.edit.kind in options.kind]
    order = random.Random(options.seed).sample(meant, min(options.sample or len(meant), len(meant)))
    found = scored(order, options.processes)
    counts = Counter(each.result for each in found)
    for each in found:
        if each.result is Result.MISSED:
            print(f"missed  {each.mutation}: {each.detail}")
    whole = not (options.sample or options.kind)
    idle = [e for e in excuses() if whole and not any(e.fits(s.mutation) for s in found if s.result is Result.EXCUSED)]
    for excuse in idle:
        print(f"excuses nothing  {excuse.kind} {excuse.path}: {excuse.reason}")
    present = PAGE.read_text(encoding="utf-8")
    if options.write and not options.sample:
        PAGE.write_text(page(found, present), encoding="utf-8")
    stale = whole and PAGE.read_text(encoding="utf-8") != page(found)
    if stale:
        print(f"{PAGE.name} is not what this run found: python -m tests.conformance --write")
    effective = counts[Result.CAUGHT] + counts[Result.MISSED]
    print(
        f"score: {counts[Result.CAUGHT]} of {effective} differences caught, {counts[Result.MISSED]} missed, "
        f"{counts[Result.EXCUSED]} excused by {len(excuses())} rows, {counts[Result.REFUSED]} refused by the service"
    )
    return int(bool(counts[Result.MISSED] or idle or stale))


if __name__ == "__main__":
    sys.exit(main())
