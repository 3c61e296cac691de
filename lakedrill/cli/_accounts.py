"""What plan and migrate tell beside the steps: the rules of the scope, what became of every object, what is left to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Column, Table
from rich.text import Text

from lakedrill.cli._shared import console, say

if TYPE_CHECKING:
    from migrate.accounting import Account
    from migrate.copy import Report

_REASONS = 20
_COLUMNS = ("listed", "copied", "unchanged", "checked only", "skipped", "failed")


def print_scope(report: Report) -> None:
    """Print every rule of the scope with the number of objects under it, and what of it has no effect."""
    table = Table("objects", "are", "rule", "because")
    for row in report.scope:
        where = "".join(f", {path} = {value}" for path, value in row["where"].items())
        built_in = " (built in)" if row["builtin"] and row["reason"] else ""
        cells = (str(row["objects"]), row["mode"], f"{row['kind']}:{row['key']}{where}", f"{row['reason']}{built_in}")
        table.add_row(*map(Text, cells))
    console.print(table)
    for line in report.decided:
        say(line)


def print_accounts(report: Report) -> None:
    """Print what became of every object of the primary, why some were left, and what somebody has to do by hand."""
    from lakedrill.inventory.manual import told

    table = Table(Column("kind", no_wrap=True), *_COLUMNS)
    for kind, account in report.accounts.items():
        table.add_row(kind, *(str(count or "") for count in _counts(account)))
    console.print(table)
    reasons = [
        (count, kind, reason) for kind, account in report.accounts.items() for reason, count in account.skipped.items()
    ]
    for count, kind, reason in sorted(reasons, reverse=True)[:_REASONS]:
        say(f"skipped   {count} {kind}: {reason}")
    if len(reasons) > _REASONS:
        say(f"... and {len(reasons) - _REASONS} more reasons; copy.json has them")
    for line in (*report.decided, *(f"by hand   {told(line)}" for line in report.beyond)):
        say(line)


def _counts(account: Account) -> tuple[int, ...]:
    parts = (account.copied, account.unchanged, account.checked_only, account.skipped.total(), account.failed.total())
    return (account.listed, *parts)
