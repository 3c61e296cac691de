"""What a kind of object is: its facts, and how it is read.

The facts are data. A path names values in a raw document: `settings.tasks[].run_if` is the field `run_if` of each item of
the list `tasks`, `spark_conf.*` each value of a map. A name that holds dots stands in braces: `definition.{a.b}.value`; there
`*` is any text, and `|` stands between names. Every entry carries its reason and where the fact comes from, and an entry that
no test needs fails the suite.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

Document = dict[str, Any]
"""A raw JSON object, as the API returned it."""


class Facet(StrEnum):
    """The parts of an object that are read, judged and written each by itself."""

    DEFINITION = "definition"
    CONTENT = "content"
    MEMBERS = "members"
    LIBRARIES = "libraries"
    FILES = "files"
    """What a Git folder holds, as digests: edits that nobody committed show in nothing else."""
    PUBLISHED = "published"
    """The version of an object that others see."""
    SCHEDULES = "schedules"
    """When an object is run, and who is told."""
    PERMISSIONS = "permissions"
    ACLS = "acls"
    """Who may do what, where that is not the Permissions API's business."""
    VALUE = "value"
    """What a secret hides: a keyed digest, read only where drill.yaml says so, and judged only where it was read."""
    STATE = "state"
    LITERALS = "literals"
    """What its code and free text hold as plain text. No kind has it among its shapes: it is judged by itself."""
    CARRIED = "carried"
    """Content as a copy may carry it, with more than is compared. No kind has it among its shapes: it is never judged."""


APART = frozenset({Facet.CONTENT, Facet.PERMISSIONS, Facet.VALUE})
"""Facets that are read by themselves, and are no part of an object's raw document."""
HOLDINGS = frozenset({Facet.MEMBERS, Facet.LIBRARIES, Facet.PERMISSIONS, Facet.ACLS})
"""Facets that hold things: what the secondary's holds beyond the primary's is extra, and stays until it is pruned."""


@dataclass(frozen=True, slots=True)
class Field:
    """A fact about a path: why it is treated so, and who says so."""

    path: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Derived(Field):
    """A value that the server makes itself where a sibling is there."""

    of: str = ""


@dataclass(frozen=True, slots=True)
class Default(Field):
    """A constant that the server fills in: an absent value means this one."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Chosen(Field):
    """A value that the server takes from a sibling when it is left out."""

    like: str = ""


@dataclass(frozen=True, slots=True)
class Own(Field):
    """A text that the server makes of the object's own id when it is left out; with any other it was given."""

    form: str = ""
    """With `{}` for the id."""
    id: str = ""
    """The top-level field that has the id."""


@dataclass(frozen=True, slots=True)
class Keyed(Field):
    """A list without order whose items are told apart by one of their fields."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that points at another object.

    `kinds` are what it may point at, tried in turn; `by` is the handle it uses (see `Kind.handles`). With `pattern` the
    text holds references instead of being one: each match's first group is a handle, the rest stays literal; a whole
    value that the pattern does not match is plain text. `unless` names a sibling and the values with which this is no
    reference. `optional`: what resolves to nothing is plain text, as an e-mail address of an outsider is; otherwise it
    is broken. `deferrable`: may be set after the object was created, so that circles can be cut here.
    """

    path: str
    kinds: tuple[str, ...]
    source: str
    by: str = "id"
    pattern: str | None = None
    unless: tuple[str, tuple[Any, ...]] | None = None
    optional: bool = False
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The facts about the documents of one facet. What is not named here is compared exactly."""

    takes: tuple[str, ...] = ()
    """Top-level fields of the object's raw document that belong to this facet; the definition has all others."""
    parsed: tuple[Field, ...] = ()
    """Texts that hold a JSON object: compared as that, and other facts lead into it by the path of the text."""
    references: tuple[Reference, ...] = ()
    assigned: tuple[Field, ...] = ()
    """Set by the server: not compared. One that is `Derived`, where it is so."""
    own: tuple[Own, ...] = ()
    defaulted: tuple[Default, ...] = ()
    chosen: tuple[Chosen, ...] = ()
    keyed: tuple[Keyed, ...] = ()
    unordered: tuple[Field, ...] = ()
    presence: tuple[Field, ...] = ()
    """Only whether there is a value matters."""
    sensitive: tuple[Field, ...] = ()
    """Compared, never shown."""
    free: tuple[Field, ...] = ()
    """Free text: copied as it is; an id of the primary in it is worth a note and no finding."""
    identities: tuple[Field, ...] = ()
    """Who the object acts as or belongs to."""
    given: tuple[Field, ...] = ()
    """Of the definition: where the two sides differ in one of these, nobody can say whether this facet ought to be equal."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of a posture: what a value must be on the secondary while it stands by. Applied where its parent exists."""

    facet: Facet
    path: str
    value: Any
    reason: str
    instead: tuple[tuple[str, Any], ...] = ()
    """What the fields of the primary's own object must be for it to stand there after all, where somebody asked for that."""
    most: int = 0
    """Of how many objects a workspace lets it be so; 0: of all. Those that are so on the primary come first."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes an object the same object in another workspace."""

    path: str
    """Where the key stands in the definition."""
    fold_case: bool = False
    builtin: frozenset[str] = frozenset()
    """Keys that every workspace has from the start: compared, never extra, created or deleted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as a listing names it."""

    id: str
    document: Document


class Kind(ABC):
    """One kind of object. Subclasses stand one in a file, facts first, then how it is read."""

    name: ClassVar[str]
    identity: ClassVar[Identity]
    handles: ClassVar[Mapping[str, str]]
    """How others point at it: handle to the path in the definition. `id` is always one."""
    shapes: ClassVar[Mapping[Facet, Shape]]
    posture: ClassVar[Mapping[str, tuple[Setting, ...]]] = {}
    volatile: ClassVar[frozenset[str]] = frozenset()
    """Top-level fields of a listing that change while nobody changes the object."""
    named_only: ClassVar[bool] = False
    """A listing holds only what other objects name, so that what the other side has is looked up here as well."""
    id_is_name: ClassVar[bool] = False
    """Its id is the name that people gave it: a text that holds it says nothing of a workspace."""
    is_everywhere: ClassVar[bool] = False
    """Every workspace has it from the start: that it is listed does not show that the caller sees anything else."""
    encloses: ClassVar[frozenset[str]] = frozenset()
    """Kinds whose like lies in it as a part of it, and as no object of its own: a path of one that leads there refers to it."""
    told_apart: ClassVar[tuple[Facet, ...]] = ()
    """Facets whose fields of the raw document take a request of their own: `part` reads them."""
    permissions: ClassVar[str | None] = None
    """Its object type in the Permissions API's URL; None where it has no permissions of its own."""
    why_no_permissions: ClassVar[str] = ""
    """Why it has none."""

    @abstractmethod
    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every object, every page. Raises what the workspace raises: a listing that failed is not empty."""

    def whole(self, workspace: Workspace, entry: Entry) -> Document:  # noqa: ARG002 - for those whose listing is whole
        """Return the whole raw document of an entry."""
        return entry.document

    def part(self, workspace: Workspace, facet: Facet, key: str) -> Document:  # noqa: ARG002 - for those that have some
        """Return the fields of a facet that is told apart. `key` is the object's id."""
        raise TypeError(f"{self.name} have no {facet} that is told apart")

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:  # noqa: ARG002 - for those that can
        """Return an object that a complete listing lacks but a reference names, or None."""
        return None

    def content(self, workspace: Workspace, document: Document) -> bytes:  # noqa: ARG002 - for those that have some
        """Return an object's bytes. Only for kinds with the facet `content`."""
        raise TypeError(f"{self.name} have no content")

    def carried(self, workspace: Workspace, document: Document) -> bytes | None:  # noqa: ARG002 - for those that have some
        """Return an object's bytes with what the compared content leaves out; None where that is nothing."""
        return None

    def fold(self, handle: str, value: str) -> str:
        """Return a handle as it is looked up."""
        return value.lower() if handle == "name" and self.identity.fold_case else value

    def is_builtin(self, document: Document) -> bool:  # noqa: ARG002 - for those that show it by more than their key
        """Say whether every workspace has an object from the start, beside those whose keys `identity` names."""
        return False

    def mended_by(self, facet: Facet | None, primary: Document, secondary: Document) -> str:  # noqa: ARG002 - for those that can say
        """Return what mends a facet that a copy leaves as it is; empty where a copy mends it.

        Without a facet, what mends that the secondary has none; its document is empty then.
        """
        return ""

    def permission_id(self, entry: Entry) -> str:
        """Return the id under which the Permissions API knows the object."""
        return entry.id


PERMISSIONS_SOURCE = "https://docs.databricks.com/api/workspace/permissions/get"
PRINCIPAL_FIELDS = {"user_name": "users", "group_name": "groups", "service_principal_name": "service_principals"}


def permissions_shape(*, in_folders: bool = False) -> Shape:
    """Return the facts about an access control list, the same for every kind; `in_folders`: it inherits from folders."""
    entry = "access_control_list[]"
    folder = Reference(
        f"{entry}.all_permissions[].inherited_from_object[]",
        ("directories",),
        PERMISSIONS_SOURCE,
        pattern=r"^/directories/([1-9]\d*)$",
    )
    return Shape(
        references=(
            *(
                Reference(f"{entry}.{name}", (kind,), PERMISSIONS_SOURCE, by="name")
                for name, kind in PRINCIPAL_FIELDS.items()
            ),
            *((folder,) if in_folders else ()),
        ),
        assigned=(
            Field("object_id", "names the object by its own id", PERMISSIONS_SOURCE),
            Field(f"{entry}.display_name", "the principal's, compared there", PERMISSIONS_SOURCE),
        ),
        unordered=(
            Field("access_control_list", "entries come in no order", PERMISSIONS_SOURCE),
            Field(f"{entry}.all_permissions", "levels come in no order", PERMISSIONS_SOURCE),
        ),
        defaulted=(
            Default(f"{entry}.all_permissions[].inherited", "left out when direct", PERMISSIONS_SOURCE, value=False),
        ),
        identities=(Field(entry, "who has IS_OWNER", PERMISSIONS_SOURCE),),
    )


@dataclass(frozen=True)
class Catalogue:
    """The kinds that are known, by name, in an order in which a key refers to earlier kinds only."""

    kinds: tuple[Kind, ...]
    by_name: Mapping[str, Kind] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {kind.name: kind for kind in self.kinds})

    def __getitem__(self, name: str) -> Kind:
        return self.by_name[name]
