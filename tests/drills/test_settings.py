"""The settings of a workspace, in a drill: compared always, set only where drill.yaml asks for it, for good only by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixtures.estate import Door
from fixtures.estate.client import Client, get_setting, set_setting
from lakedrill.cli.main import main
from lakedrill.parity.outcome import Outcome
from migrate.step import Action
from tests.support.wire import between
from tests.support.workspaces import Ground

pytestmark = pytest.mark.drill

PATH = "/api/2.0/settings/types/{}/names/default"
NAMESPACE, PROFILE = "default_namespace_ws", "shield_csp_enablement_ws_db"
POLICY, DOMAINS = "aibi_dash_embed_ws_acc_policy", "aibi_dash_embed_ws_apprvd_domains"
HIPAA = {"compliance_security_profile_workspace": {"is_enabled": True, "compliance_standards": ["HIPAA"]}}
Settings = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def _held(ground: Ground) -> None:
    """Every workspace has settings: they alone would not show that the primary is the right one."""
    ground.primary.job("nightly", tasks=[])


def _set(ground: Ground, role: str, settings: Settings) -> None:
    with Client(Door.of(ground.running, role)) as client:
        for name, setting in settings.items():
            set_setting(client, name, setting)


def _now(ground: Ground, name: str, role: str = "secondary") -> dict[str, Any]:
    with Client(Door.of(ground.running, role)) as client:
        found: dict[str, Any] = get_setting(client, name)[0]
        return {field: value for field, value in found.items() if field not in ("etag", "setting_name")}


def _writes(ground: Ground) -> list[tuple[str, str]]:
    return [(e.method, e.path.split("/")[5]) for e in ground.log() if e.write and e.path.startswith(PATH[:24])]


def _embedding(policy: str, *domains: str) -> Settings:
    return {
        DOMAINS: {"aibi_dashboard_embedding_approved_domains": {"approved_domains": list(domains)}},
        POLICY: {"aibi_dashboard_embedding_access_policy": {"access_policy_type": policy}},
    }


def test_they_are_told_and_not_touched_unless_asked_for(ground: Ground) -> None:
    _set(ground, "primary", {NAMESPACE: {"namespace": {"value": "main"}}, PROFILE: HIPAA})
    failures = {step.key: (step.action, reason) for step, reason in ground.copy().failures}
    whole = "it changes how the whole workspace behaves: `apply: [settings]` in drill.yaml asks for it"
    field = "compliance_security_profile_workspace"
    for_good = (
        f"differs in {field}.compliance_standards, {field}.is_enabled; once enabled it can never be disabled: "
        f"`apply: [settings:{PROFILE}]` in drill.yaml asks for it"
    )
    assert failures == {
        NAMESPACE: (Action.BLOCKED, f"differs in namespace; {whole}"),
        "automatic_cluster_update": (Action.BLOCKED, f"differs in automatic_cluster_update_workspace.enabled; {whole}"),
        "shield_esm_enablement_ws_db": (
            Action.BLOCKED,
            f"differs in enhanced_security_monitoring_workspace.is_enabled; {whole}",
        ),
        PROFILE: (Action.BLOCKED, for_good),
    }
    assert _writes(ground) == []
    assert {r.key for r in ground.red()} == set(failures)


def test_what_stays_for_good_is_asked_for_by_name(ground: Ground) -> None:
    _set(ground, "primary", {PROFILE: HIPAA})
    ground.configure(apply=["settings"])
    ((step, _),) = ground.copy().failures
    assert step.key == PROFILE
    assert _now(ground, PROFILE) == {"compliance_security_profile_workspace": {"is_enabled": False}}
    ground.configure(apply=[f"settings:{PROFILE}"])
    assert ground.copy().failures == []
    assert _now(ground, PROFILE) == HIPAA
    assert ground.red() == []


def test_they_are_set_where_that_is_asked_for_and_once(ground: Ground) -> None:
    warehouse = ground.primary.post("/api/2.0/sql/warehouses", name="w", cluster_size="Small")["id"]
    settings: Settings = {
        NAMESPACE: {"namespace": {"value": "größe"}},
        "default_warehouse_id": {"string_val": {"value": warehouse}},
        "enable-export-notebook": {"boolean_val": {"value": False}},
        "sql_results_download": {"boolean_val": {"value": False}},
    }
    _set(ground, "primary", settings)
    _set(ground, "secondary", {"dashboard_email_subscriptions": {"boolean_val": {"value": False}}})
    ground.configure(apply=["settings"], scope=[{"kind": "warehouses", "mode": "copy"}])
    assert ground.copy().failures == []
    ((copy,),) = [ground.secondary.do("GET", "/api/2.0/sql/warehouses")["warehouses"]]
    assert (
        _now(ground, "default_warehouse_id")
        == {"string_val": {"value": copy["id"]}}
        != {"string_val": {"value": warehouse}}
    )
    assert _now(ground, NAMESPACE) == settings[NAMESPACE]
    assert _now(ground, "dashboard_email_subscriptions") == {"boolean_val": {"value": True}}
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_what_the_primary_never_set_goes_back_to_its_default(ground: Ground) -> None:
    _set(ground, "secondary", {NAMESPACE: {"namespace": {"value": "main"}}})
    ground.configure(apply=["settings"])
    assert ground.copy().failures == []
    assert _now(ground, NAMESPACE) == {}
    assert _writes(ground)[-1] == ("DELETE", NAMESPACE)
    assert ground.red() == []


@pytest.mark.parametrize(
    ("primary", "secondary"),
    [("DENY_ALL_DOMAINS", "ALLOW_APPROVED_DOMAINS"), ("ALLOW_APPROVED_DOMAINS", "DENY_ALL_DOMAINS")],
)
def test_domains_are_set_while_the_service_lets_them(ground: Ground, primary: str, secondary: str) -> None:
    _set(ground, "primary", _embedding(primary, "b.example.com", "a.example.com"))
    _set(ground, "secondary", _embedding(secondary, "c.example.com"))
    ground.configure(apply=["settings"])
    assert ground.copy().failures == []
    assert ground.red() == []


def _stale(ground: Ground, change: Settings) -> tuple[list[str], list[tuple[Any, str]]]:
    """Copy, and have somebody else write between the read and the write of a setting; return what was sent, and failures."""
    app, meddled = ground.running.emulator.apps["secondary"], []

    def ask(method: str, path: str, _sent: bytes, _: bytes) -> tuple[int, bytes] | None:
        if method == "PATCH" and path == PATH.format(NAMESPACE) and not meddled:
            meddled.append(path)
            for name, setting in change.items():
                app.workspace.state.put("settings", name, next(iter(setting.items()))[1])
            refusal = {"error_code": "RESOURCE_CONFLICT", "message": "The etag is not the present one.", "details": []}
            return 409, json.dumps(refusal).encode()
        return None

    with ground.watched() as seen, between(app, lambda *_: None, ask=ask):
        failures = ground.copy().failures
    return [e.method for e in seen if e.write and e.path == PATH.format(NAMESPACE)], failures


def test_a_stale_etag_is_read_again_and_sent_once_more(ground: Ground) -> None:
    _set(ground, "primary", {NAMESPACE: {"namespace": {"value": "main"}}})
    ground.configure(apply=["settings"])
    sent, failures = _stale(ground, {})
    assert failures == []
    assert sent == ["PATCH"]  # the one before it was refused on the way
    assert _now(ground, NAMESPACE) == {"namespace": {"value": "main"}}


def test_what_somebody_changed_meanwhile_is_left_to_them(ground: Ground) -> None:
    _set(ground, "primary", {NAMESPACE: {"namespace": {"value": "main"}}})
    ground.configure(apply=["settings"])
    sent, ((step, reason),) = _stale(ground, {NAMESPACE: {"namespace": {"value": "theirs"}}})
    assert (step.key, reason) == (NAMESPACE, "RESOURCE_CONFLICT: The etag is not the present one.")
    assert sent == []
    assert _now(ground, NAMESPACE) == {"namespace": {"value": "theirs"}}


@pytest.mark.parametrize("status", [403, 404])
def test_a_setting_that_one_tier_lacks_is_said_for_it_alone(ground: Ground, status: int) -> None:
    path = PATH.format("automatic_cluster_update")
    rule = {"path": path, "status": status, "code": "FEATURE_DISABLED", "message": "Not in this tier", "times": -1}
    ground.configure(apply=["settings"])
    ground.faults(rule)
    ((step, reason),) = ground.copy().failures
    assert (step.key, reason) == (
        "automatic_cluster_update",
        "the secondary has none: FEATURE_DISABLED: Not in this tier",
    )
    ((key, outcome, told),) = [(r.key, r.outcome, r.reason) for r in ground.red()]
    assert (key, outcome) == ("automatic_cluster_update", Outcome.UNSUPPORTED)
    assert told == "secondary: FEATURE_DISABLED: Not in this tier"
    ground.faults(rule, role="primary")
    assert ground.red() == []
    assert ground.copy().failures == []


def test_one_that_may_not_be_read_leaves_all_undecided(ground: Ground) -> None:
    rule = {"path": PATH.format(NAMESPACE), "status": 403, "code": "PERMISSION_DENIED", "message": "No", "times": -1}
    ground.faults(rule)
    listing = ground.comparison(keep=True).judge_listing("secondary", "settings")
    assert (listing.outcome, listing.reason) == (Outcome.UNVERIFIABLE, "PERMISSION_DENIED: No")


def test_a_caller_who_is_no_admin_is_told_so(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    token = ground.running.control("secondary/callers", {"user": "ann@example.com", "admin": False})["token"]
    profiles = ground.folder / "databrickscfg"
    before = next(iter(ground.running.emulator.apps["secondary"].workspace.tokens))
    profiles.write_text(profiles.read_text().replace(before, token))
    assert main(["plan", "--drill", str(ground.folder / "drill.yaml")]) == 4
    said = capsys.readouterr().err
    assert "secondary (profile secondary): ann@example.com is no workspace admin" in said
