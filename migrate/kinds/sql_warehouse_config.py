"""The configuration of SQL warehouses: set as a whole, and only where drill.yaml asks for it."""

from __future__ import annotations

from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.sql_warehouse_config import API, read
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer


class SqlWarehouseConfig(Writer):
    """The configuration of SQL warehouses (`/api/2.0/sql/config/warehouses`)."""

    name = "sql_warehouse_config"
    how = "where `apply` in drill.yaml asks for it"
    unasked = "setting it restarts the SQL warehouses that run"

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Set it: every workspace has one."""
        return str(wanted.definition["id"]), self.update(target, "", wanted, {})

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set all of it. Serverless compute can only be switched on, and a request to switch it off is refused."""
        body = {name: value for name, value in wanted.definition.items() if name != "id"}
        if not body.get("enable_serverless_compute", True):
            del body["enable_serverless_compute"]
        return target.send("PUT", API, body)

    def permanent(self, document: Document) -> str:
        """It can be changed, and never removed."""
        return "every workspace has one"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the one that there is."""
        return [str(wanted.definition["id"])]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return it as it is now."""
        return read(target)
