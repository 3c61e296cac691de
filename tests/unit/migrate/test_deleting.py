import pytest

from migrate.deleting import in_order


@pytest.mark.parametrize(
    ("on", "order"),
    [
        ({}, [1, 2, 3, 4]),
        ({1: {2}, 2: {3}, 3: {4}}, [4, 3, 2, 1]),
        ({1: {2, 3}, 2: {4}}, [4, 2, 3, 1]),
        ({1: {9}, 2: {2}}, [1, 2, 3, 4]),
        ({1: {2}, 2: {1}}, [2, 1, 3, 4]),
        ({1: {2, 3}, 2: {1}, 4: {1}}, [2, 3, 1, 4]),
    ],
)
def test_what_hangs_on_something_comes_after_it(on: dict[int, set[int]], order: list[int]) -> None:
    assert in_order([4, 3, 2, 1], on) == order


def test_a_long_chain_is_no_trouble() -> None:
    length = 2000

    assert in_order(range(length), {n: {n + 1} for n in range(length)}) == list(reversed(range(length)))
