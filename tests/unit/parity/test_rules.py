"""What the rules of a cluster policy point at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.parity.canonical import Hidden, canonical, leaves
from lakedrill.parity.reference import Dangling, Ref, Text

SHAPE = CATALOGUE["cluster_policies"].shapes[Facet.DEFINITION]
KNOWN = {
    ("instance_pools", "id", "pool-1"): 1,
    ("users", "name", "ada@example.com"): 2,
    ("files", "path", "/Shared/init.sh"): 3,
    ("dbfs_files", "path", "/init/x.sh"): 4,
}


class _Names:
    def resolve(self, kind: str, handle: str, value: str) -> int | None:
        return KNOWN.get((kind, handle, value))


def _form(**policy: Any) -> Any:
    return canonical({"name": "p", **policy}, SHAPE, CATALOGUE, _Names())


@pytest.mark.parametrize("text", ["definition", "policy_family_definition_overrides"])
@pytest.mark.parametrize(
    ("attribute", "value", "found"),
    [
        ("instance_pool_id", "pool-1", Ref("instance_pools", 1)),
        ("driver_instance_pool_id", "pool-1", Ref("instance_pools", 1)),
        ("single_user_name", "ada@example.com", Ref("users", 2)),
        ("init_scripts.0.workspace.destination", "/Shared/init.sh", Ref("files", 3)),
        ("init_scripts.*.workspace.destination", "/Workspace/Shared/init.sh", Text(("/Workspace", Ref("files", 3)))),
        ("init_scripts.12.dbfs.destination", "dbfs:/init/x.sh", Text(("dbfs:", Ref("dbfs_files", 4)))),
    ],
)
def test_each_value_of_a_rule_is_what_a_cluster_would_have(text: str, attribute: str, value: str, found: Any) -> None:
    rules = {attribute: {"type": "allowlist", "value": value, "defaultValue": value, "values": [value, value]}}
    seen = _form(**{text: json.dumps(rules)})[text][attribute]
    assert seen == {"type": "allowlist", "value": found, "defaultValue": found, "values": [found, found]}


def test_what_only_looks_so_stays_as_it_is() -> None:
    """Patterns and types of rules, attributes of other names, values of other types."""
    rules = {
        "instance_pool_id": {"type": "regex", "pattern": "pool-1"},
        "custom_tags.instance_pool_id": {"type": "fixed", "value": "pool-1"},
        "instance_pool_id.x": {"type": "fixed", "value": "pool-1"},
        "autoscale.max_workers": {"type": "range", "maxValue": 10, "minValue": 1.5},
    }
    assert _form(definition=json.dumps(rules))["definition"] == rules
    assert _form(definition='{"instance_pool_id": "pool-1"}')["definition"] == {"instance_pool_id": "pool-1"}


def test_a_pool_that_is_gone_breaks_the_policy() -> None:
    rules = {"instance_pool_id": {"type": "fixed", "value": "pool-2"}}
    broken = [leaf for _, leaf in leaves(_form(definition=json.dumps(rules))) if isinstance(leaf, Dangling)]
    assert broken == [Dangling(("instance_pools",), "id", "pool-2")]


def test_what_a_family_makes_of_a_policy_is_not_compared() -> None:
    """What the policy itself overrides is."""
    overrides = json.dumps({"num_workers": {"type": "fixed", "value": 2}})
    form = _form(definition="{}", policy_family_id="job-cluster", policy_family_definition_overrides=overrides)
    assert form == {
        "name": "p",
        "policy_family_id": "job-cluster",
        "policy_family_definition_overrides": {"num_workers": {"type": "fixed", "value": 2}},
    }


def test_the_login_of_a_registry_is_not_shown() -> None:
    rules = {"docker_image.basic_auth.password": {"type": "fixed", "value": "open sesame"}}
    form = _form(definition=json.dumps(rules))["definition"]
    assert form["docker_image.basic_auth.password"]["value"] == Hidden("open sesame")
