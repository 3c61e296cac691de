"""Experiments of MLflow on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service import ml
from databricks.sdk.service.workspace import ImportFormat, Language

from fixtures.emulator.server import Running


def _made(workspace: WorkspaceClient, name: str = "/Shared/e", **rest: object) -> str:
    return str(workspace.experiments.create_experiment(name, **rest).experiment_id)  # type: ignore[arg-type]


def _names(workspace: WorkspaceClient, **query: object) -> list[str | None]:
    return [each.name for each in workspace.experiments.list_experiments(**query)]  # type: ignore[arg-type]


def test_an_experiment_goes_with_its_folder(primary: WorkspaceClient) -> None:
    primary.workspace.mkdirs("/Shared/x")
    key = _made(primary, "/Shared/x/e")
    assert {str(each.path): each.object_id for each in primary.workspace.list("/Shared/x")} == {"/Shared/x/e": int(key)}
    primary.workspace.delete("/Shared/x", recursive=True)
    assert _names(primary) == []
    assert _names(primary, view_type=ml.ViewType.DELETED_ONLY) == ["/Shared/x/e"]
    with pytest.raises(NotFound):
        primary.experiments.get_by_name("/Shared/x/e")
    with pytest.raises(NotFound):
        primary.experiments.get_permissions(key)


def test_a_listing_comes_whole_or_in_pages(primary: WorkspaceClient) -> None:
    for n in range(3):
        _made(primary, f"/Shared/e{n}")
    assert _names(primary) == _names(primary, max_results=2) == ["/Shared/e0", "/Shared/e1", "/Shared/e2"]


def test_where_traces_go_follows_from_the_id_unless_it_is_said(primary: WorkspaceClient) -> None:
    place = ml.UcTraceLocation(catalog="main", schema="s")
    key = _made(primary, trace_location=ml.ExperimentTraceLocation(uc_trace_location=place))
    found = primary.experiments.get_experiment(key).experiment
    assert found
    assert found.trace_location
    assert found.trace_location.uc_trace_location
    assert found.trace_location.uc_trace_location.table_prefix is None
    assert key in str(found.trace_location.uc_trace_location.effective_table_prefix)


def test_access_follows_the_folder(emulator: Running, primary: WorkspaceClient) -> None:
    """One that the caller may not see is not there."""
    key = _made(primary)
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    assert _names(ann) == []
    with pytest.raises(NotFound):
        ann.experiments.set_experiment_tag(key, "a", "b")
    with pytest.raises(PermissionDenied):
        _made(ann, "/Shared/mine")
    assert _names(ann) == []
    mine = _made(ann, "/Users/ann@example.com/mine")
    ann.experiments.set_experiment_tag(mine, "a", "b")
    assert _names(ann) == ["/Users/ann@example.com/mine"]


def test_a_notebooks_own_is_made_by_its_first_run(emulator: Running, primary: WorkspaceClient) -> None:
    """It has the notebook's id, path and permissions."""
    primary.workspace.upload("/Shared/n", b"1", format=ImportFormat.SOURCE, language=Language.PYTHON)
    emulator.control("primary/first-run", {"path": "/Shared/n"})
    (found,) = primary.experiments.list_experiments()
    assert (found.name, found.experiment_id) == ("/Shared/n", str(primary.workspace.get_status("/Shared/n").object_id))
    assert [tag.value for tag in found.tags or [] if tag.key == "mlflow.experimentType"] == ["NOTEBOOK"]
    grants = primary.experiments.get_permissions(str(found.experiment_id)).access_control_list
    of_notebook = primary.workspace.get_permissions("notebooks", str(found.experiment_id)).access_control_list
    assert [each.group_name for each in grants or []] == [each.group_name for each in of_notebook or []]


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("e", InvalidParameterValue),
        ("/Nowhere/e", NotFound),
        ("/Shared/taken", ResourceAlreadyExists),
        ("/Users/nobody/e", BadRequest),
    ],
)
def test_what_is_no_place_is_refused(primary: WorkspaceClient, name: str, refusal: type[Exception]) -> None:
    _made(primary, "/Shared/taken")
    with pytest.raises(refusal):
        _made(primary, name)
