"""Global init scripts on the wire."""

import base64

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, ResourceDoesNotExist

TEXT = base64.b64encode(b"#!/bin/bash\necho ready\n").decode()


def _order(workspace: WorkspaceClient) -> list[tuple[str | None, int | None]]:
    return [(script.name, script.position) for script in workspace.global_init_scripts.list()]


def test_a_script_is_off_and_last_unless_told_otherwise(primary: WorkspaceClient) -> None:
    """Defaults of `create`; a listing leaves the text out."""
    primary.global_init_scripts.create(name="one", script=TEXT, enabled=True)
    second = primary.global_init_scripts.create(name="two", script=TEXT)

    found = primary.global_init_scripts.get(str(second.script_id))
    assert (found.enabled, found.position, found.script) == (False, 1, TEXT)
    raw = primary.api_client.do("GET", "/api/2.0/global-init-scripts")
    assert isinstance(raw, dict)
    assert all("script" not in script for script in raw["scripts"])


def test_an_occupied_position_moves_the_later_ones_down(primary: WorkspaceClient) -> None:
    """A position past the end means last."""
    for name, position in (("a", None), ("b", None), ("c", 0), ("d", 99)):
        primary.global_init_scripts.create(name=name, script=TEXT, position=position)

    assert _order(primary) == [("c", 0), ("a", 1), ("b", 2), ("d", 3)]


def test_update_needs_name_and_text_again_and_keeps_the_rest(primary: WorkspaceClient) -> None:
    """PATCH is a full replace of name and script only."""
    created = primary.global_init_scripts.create(name="a", script=TEXT, enabled=True)
    primary.global_init_scripts.update(str(created.script_id), name="b", script=TEXT)

    assert primary.global_init_scripts.get(str(created.script_id)).enabled is True
    with pytest.raises(InvalidParameterValue, match="Missing required field: script"):
        primary.api_client.do("PATCH", f"/api/2.0/global-init-scripts/{created.script_id}", body={"name": "c"})


def test_a_deleted_script_is_gone_and_the_rest_move_up(primary: WorkspaceClient) -> None:
    """Positions stay without gaps."""
    first = primary.global_init_scripts.create(name="a", script=TEXT)
    primary.global_init_scripts.create(name="b", script=TEXT)
    primary.global_init_scripts.delete(str(first.script_id))

    assert _order(primary) == [("b", 0)]
    with pytest.raises(ResourceDoesNotExist):
        primary.global_init_scripts.get(str(first.script_id))


def test_an_empty_listing_leaves_its_key_out(primary: WorkspaceClient) -> None:
    """As most of the service's listings do."""
    assert primary.api_client.do("GET", "/api/2.0/global-init-scripts") == {}
