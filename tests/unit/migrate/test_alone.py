"""The guard of a drill's folder."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lakedrill.inventory.errors import UsageError
from migrate.alone import FILE, Alone


def test_the_second_is_told_apart_and_may_come_when_the_first_has_gone(tmp_path: Path) -> None:
    with Alone(tmp_path), pytest.raises(UsageError, match="another run of this drill"):
        Alone(tmp_path)
    with Alone(tmp_path):
        pass


def test_who_waits_gets_it_when_the_first_has_gone(tmp_path: Path) -> None:
    first, got = Alone(tmp_path), threading.Event()

    def wait() -> None:
        with Alone(tmp_path, time.monotonic() + 60):
            got.set()

    second = threading.Thread(target=wait)
    second.start()
    assert not got.wait(0.05)
    with first:
        pass
    second.join()
    assert got.is_set()


def test_a_killed_process_leaves_the_guard_free_and_its_token_known(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\nfrom migrate.alone import Alone\n"
        "with Alone(pathlib.Path(sys.argv[1])) as alone:\n"
        "    alone.remember('token-of-the-dead')\n    print('in', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        with pytest.raises(UsageError):
            Alone(tmp_path)
        process.kill()
        process.wait()

    with Alone(tmp_path) as alone:
        assert alone.is_ours("token-of-the-dead")
        assert not alone.is_ours("another")


def test_a_token_that_a_kill_cut_short_does_not_spoil_the_next(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("first\nsec")

    with Alone(tmp_path) as alone:
        alone.remember("third")
        assert [alone.is_ours(token) for token in ("first", "sec", "third")] == [True, True, True]
