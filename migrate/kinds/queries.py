"""Queries of Databricks SQL, each in its folder and with its owner."""

from __future__ import annotations

from migrate.kinds._sql import SqlObjects


class Queries(SqlObjects):
    """Queries (`/api/2.0/sql/queries`). Those whose parameters are backed by others come after these."""

    name = "queries"
    api = "/api/2.0/sql/queries"
    noun = "query"
    circular = frozenset({"parameters"})
