"""How a lock is told of."""

import time

import pytest

from migrate.lock import STALE_SECONDS, Run, told


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 seconds"),
        (0.9, "0 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (5 * 86400 + 1, "5 days"),
    ],
)
def test_lengths_of_time_are_told_as_people_say_them(seconds: float, words: str) -> None:
    assert told(seconds) == words


def test_a_run_is_stale_when_it_was_not_seen_for_long() -> None:
    now = time.time()

    assert Run("d", "who", "t", 0, now - STALE_SECONDS - 1).stale
    assert not Run("d", "who", "t", 0, now - STALE_SECONDS + 60).stale


def test_what_a_lock_says_stays_in_one_line() -> None:
    assert str(Run("d", "a\nb\r\x1b", "t", 0, 0)) == "drill d of a b"
    assert len(str(Run("d" * 999, "w", "t", 0, 0))) == 200
