"""Lakedrill proves that a Databricks workspace can fail over."""

__version__ = "0.1.0"
