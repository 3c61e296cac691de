"""Globs over names and over paths, and which surely means all that another does."""

import pytest

from lakedrill.inventory.globs import covers, fits


@pytest.mark.parametrize(
    ("glob", "text", "means"),
    [
        ("nightly-*", "nightly-etl", True),
        ("nightly-*", "my nightly-etl", False),
        ("*", "/a/b", True),
        ("/Shared/*", "/Shared/a/b", True),
        ("odd [x]", "odd [x]", True),
        ("odd [x]", "odd x", True),
        ("a?c", "abc", True),
        ("/Users/*/Trash/**", "/Users/ada@example.com/Trash", True),
        ("/Users/*/Trash/**", "/Users/ada@example.com/Trash/old/n", True),
        ("/Users/*/Trash/**", "/Users/ada@example.com/work/Trash/n", False),
        ("/Users/*/Trash/**", "/Users/ada@example.com/Trashed", False),
        ("**/.bundle/**/state/**", "/Users/a/.bundle/p/prod/state/terraform.tfstate", True),
        ("**/.bundle/**/state/**", "/.bundle/state", True),
        ("**/.bundle/**/state/**", ".bundle/state/x", True),
        ("**/.bundle/**/state/**", "/Users/a/x.bundle/p/state/x", False),
        ("**/.bundle/**/state/**", "/Users/a/.bundle/p/states/x", False),
        ("/a/**x/?[!b-d]", "/a/b/c/x/1a", True),
        ("/a/**x/?[!b-d]", "/a/b/c/x/1c", False),
        ("/a.b/**", "/aXb/c", False),
        ("/a/**", "/a/line\nbreak", True),
    ],
)
def test_what_a_glob_means(glob: str, text: str, means: bool) -> None:
    assert fits(glob, text) is means


@pytest.mark.parametrize(
    ("glob", "other", "surely"),
    [
        ("*", "/a/**", True),
        ("**", "a*", True),
        ("a*", "a*", True),
        ("a*", "ab*c", True),
        ("a*", "abc", True),
        ("a?c", "abc", True),
        ("*b", "*ab", True),
        ("[ab]*", "a*", True),
        ("[ab]*", "[ab]c*", True),
        ("a?c", "a*c", False),
        ("ab*", "a*", False),
        ("a*b", "a*", False),
        ("a", "a*", False),
        ("a*", "", False),
        ("[ab]", "?", False),
        ("/a/**", "/a/b", True),
        ("/a/**", "/a/b/*", False),
    ],
)
def test_which_glob_covers_which(glob: str, other: str, surely: bool) -> None:
    """In doubt none does: that a rule means nothing is told when the objects are there."""
    assert covers(glob, other) is surely
