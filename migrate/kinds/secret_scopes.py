"""Secret scopes: made empty, with their access control lists written when their secrets are in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.kinds import CATALOGUE, secrets
from lakedrill.inventory.kinds.secret_scopes import VAULT
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import BY_HAND, Blocked, Options, Wanted, Writer

_API = "/api/2.0/secrets"
NEEDS_ENTRA = f"{BY_HAND}only a user's token of Entra ID makes a scope of a Key Vault"
"""The service: "Scope with Azure KeyVault must have userAADToken defined!" (terraform-provider-databricks#4304)."""


class SecretScopes(Writer):
    """Secret scopes (`/api/2.0/secrets/scopes`). No request changes one."""

    name = "secret_scopes"
    how = "yes; of a Key Vault with a user's token of Entra ID"
    takes_any = False
    create_only = frozenset({"name", "backend_type", "keyvault_metadata"})

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Block scopes of a Key Vault where the caller can't make one, with the command for somebody who can."""
        vaults = {n: document for n, document in documents.items() if document.get("backend_type") == VAULT}
        if not vaults or target.calls_with_entra_user:
            return {}
        command = "databricks secrets create-scope --json"
        return {n: f"{NEEDS_ENTRA}; as one, run: {command} '{json.dumps(_body(d))}'" for n, d in vaults.items()}

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the scope: its maker's, or everybody's where the primary's workspace knows no other."""
        everybody = {"initial_manage_principal": "users"} if Facet.ACLS in wanted.lacking else {}
        answer = target.send("POST", f"{_API}/scopes/create", {**_body(wanted.definition), **everybody})
        return str(wanted.definition["name"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """No request does."""
        raise Blocked("the service has no request that changes a scope")

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the scope, if it is empty: the service would remove its secrets with it."""
        left = secrets.in_scope(target, key)
        if left:
            raise Blocked(f"it holds {len(left)} secrets, which would go with it")
        return target.send("POST", f"{_API}/scopes/delete", {"scope": key})

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the name as the target spells it, if there is such a scope."""
        name = str(wanted.definition["name"]).lower()
        return [scope["name"] for scope in _listed(target) if scope["name"].lower() == name]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the scope as it is now, with its list."""
        found = next((scope for scope in _listed(target) if scope["name"].lower() == key.lower()), None)
        if found is None:
            raise Refused("RESOURCE_DOES_NOT_EXIST", f"scope {key} is not listed", gone=True)
        return {**found, **_acls(target, key)}

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Give what is missing; take what is too many where that is meant. What the caller itself has goes last."""
        ought, has = (
            {item["principal"]: item["permission"] for item in acls.get("items", [])} for acls in (wanted, present)
        )
        me = target.caller.lower()
        answers = [
            target.send("POST", f"{_API}/acls/put", {"scope": key, "principal": name, "permission": ought[name]})
            for name in _last(me, ought)
            if has.get(name) != ought[name]
        ]
        if sparing is not None:
            more = [name for name in has if name not in ought and name.lower() not in sparing]
            answers += [
                target.send("POST", f"{_API}/acls/delete", {"scope": key, "principal": name})
                for name in _last(me, more)
            ]
        return answers


def _body(definition: Document) -> Document:
    """Return the request that makes a scope."""
    body: Document = {"scope": definition["name"]}
    if definition.get("backend_type") == VAULT:
        metadata = definition.get("keyvault_metadata", {})
        body |= {"scope_backend_type": VAULT, "backend_azure_keyvault": metadata}
    return body


def _listed(target: Workspace) -> list[Document]:
    found: list[Document] = target.get(f"{_API}/scopes/list").get("scopes", [])
    return found


def _acls(target: Workspace, key: str) -> Document:
    """Return a scope's list; nothing where the workspace knows none."""
    try:
        return CATALOGUE["secret_scopes"].part(target, Facet.ACLS, key)
    except Refused as refusal:
        if refusal.code == "FEATURE_DISABLED":
            return {}
        raise


def _last(me: str, names: Iterable[str]) -> list[str]:
    """Return names in their order, the caller's own behind the others."""
    return sorted(names, key=lambda name: name.lower() == me)
