"""Users: assigned from the account; made only where the workspace has its own and the operator said `identity: create`."""

from __future__ import annotations

from migrate.kinds._identity import Person


class Users(Person):
    """Users (`/api/2.0/preview/scim/v2/Users`)."""

    name = "users"
    how = "assigned; created when asked"
    family = "Users"
    field = "userName"
    assigned_as = "user_name"
    told = ("active", "displayName", "name")
    create_only = frozenset({"userName"})
