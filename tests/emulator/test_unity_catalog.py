"""Metastores and volumes on the wire: whose files those of a volume are."""

import io

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound

from fixtures.emulator.server import Running

PATH = "/Volumes/main/default/landing/f"


def _metastore(workspace: WorkspaceClient) -> str:
    return str(workspace.metastores.current().metastore_id)


def test_each_region_has_a_metastore_of_its_own(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    assert _metastore(primary) != _metastore(secondary)


def test_a_volume_is_found_in_any_case(emulator: Running, primary: WorkspaceClient) -> None:
    emulator.control("primary/volume", {"name": "main.default.landing"})
    found = primary.volumes.read("MAIN.Default.landing")
    assert (found.full_name, found.metastore_id) == ("main.default.landing", _metastore(primary))
    with pytest.raises(NotFound, match=r"Volume 'main.default.none' does not exist."):
        primary.volumes.read("main.default.none")


def test_who_shares_a_metastore_shares_its_files(
    emulator: Running, primary: WorkspaceClient, secondary: WorkspaceClient
) -> None:
    emulator.control("secondary/metastore", {"of": "primary"})
    emulator.control("secondary/volume", {"name": "main.default.landing"})
    primary.files.upload(PATH, io.BytesIO(b"one"))
    secondary.files.upload(PATH, io.BytesIO(b"another"), overwrite=True)
    found = primary.files.download(PATH).contents
    assert found is not None
    assert (found.read(), _metastore(primary)) == (b"another", _metastore(secondary))
    emulator.control("reset", {})
    assert _metastore(primary) != _metastore(secondary)


def test_a_workspace_without_a_metastore_has_no_volumes(emulator: Running, primary: WorkspaceClient) -> None:
    emulator.control("primary/metastore", {"of": ""})
    for ask in (primary.metastores.current, lambda: primary.files.get_metadata(PATH)):
        with pytest.raises(NotFound):
            ask()
