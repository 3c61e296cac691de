"""The start-up guard."""

import subprocess
import sys
from pathlib import Path

from lakedrill.house import PACKAGES, guard

ROOT = Path(__file__).parents[2]


def test_our_packages_come_from_one_place() -> None:
    guard()
    assert all((ROOT / name / "__init__.py").is_file() for name in PACKAGES)


def test_a_stranger_is_named_with_its_path(tmp_path: Path) -> None:
    stranger = tmp_path / "migrate" / "__init__.py"
    stranger.parent.mkdir()
    stranger.touch()
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import lakedrill.house as h; h.guard()"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert f"UsageError: {stranger}: is another package named 'migrate'" in done.stderr
