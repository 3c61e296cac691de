"""`python -m tests.support.readme`: writes the matrix of kinds into README.md."""

from tests.unit.cli.test_kinds import BEGIN, END, README, lines

if __name__ == "__main__":
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    README.write_text(before + BEGIN + "".join(f"{line}\n" for line in lines()) + END + after, encoding="utf-8")
