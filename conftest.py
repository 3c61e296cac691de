"""The suite's own plugins: the checks and the fixtures."""

pytest_plugins = ["checks.plugin", "fixtures.plugin"]
