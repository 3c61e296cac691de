"""The start-up guard: Lakedrill's packages have common names, so a stranger's may stand before ours on the path."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from lakedrill.inventory.errors import UsageError

PACKAGES = ("lakedrill", "migrate", "checks", "reports", "fixtures")


def guard() -> None:
    """Raise UsageError, with the stranger's path, unless all packages come from the place that this one comes from."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise UsageError(f"the package {name!r} is missing beside {home / 'lakedrill'}; install Lakedrill anew")
        places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
        if Path(places[0]).resolve() != home / name / "__init__.py":
            raise UsageError(
                f"{places[0]}: is another package named {name!r}, and stands before Lakedrill's own in {home}; "
                "run Lakedrill in an environment of its own, without PYTHONPATH"
            )


_START = """
import runpy, sys
root, module = sys.argv.pop(1), sys.argv.pop(1)
if root not in sys.path:  # a source checkout; an installed package is found as it is
    sys.path.insert(0, root)
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def interpreter(module: str, args: Sequence[str] = ()) -> list[str]:
    """Return the command line that runs one of our modules in a new interpreter, whatever the caller's folder holds."""
    home = Path(__file__).resolve().parent.parent
    return [sys.executable, "-I", "-c", _START, str(home), module, *args]
