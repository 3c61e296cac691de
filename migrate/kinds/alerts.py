"""Alerts of Databricks SQL, each in its folder, with its owner and on its query."""

from __future__ import annotations

from migrate.kinds._sql import SqlObjects


class Alerts(SqlObjects):
    """Alerts (`/api/2.0/sql/alerts`)."""

    name = "alerts"
    api = "/api/2.0/sql/alerts"
    noun = "alert"
