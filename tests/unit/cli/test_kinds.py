"""The matrix of kinds, and the README's copy of it."""

from pathlib import Path

from lakedrill.cli.kinds import COLUMNS, lines
from lakedrill.inventory.kinds import CATALOGUE

README = Path(__file__).parents[3] / "README.md"
BEGIN, END = "<!-- kinds -->\n", "<!-- end -->"


def test_no_cell_is_empty() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines()]

    assert [row[0] for row in rows[2:]] == list(CATALOGUE.by_name)
    assert [row for row in rows if len(row) != len(COLUMNS) or not all(row)] == []


def test_the_readme_has_it_as_it_is() -> None:
    """`python -m tests.support.readme` writes it there."""
    text = README.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == "".join(f"{line}\n" for line in lines())
