"""How a kind is written. A subclass stands beside its siblings in `kinds/`; each method is one request of the API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lakedrill.inventory.kind import Document, Facet, Kind
from lakedrill.inventory.paths import steps
from lakedrill.inventory.workspace import Workspace
from migrate.patience import SETTLE_SECONDS
from migrate.target import Answer, Target

BY_HAND = "by hand: "
"""How the reason of a blocked step begins that waits for somebody. All objects with the same reason are told in one line."""


class Blocked(Exception):
    """A step can't be taken. The text says what is in its way."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator chose."""

    identity: str = "provisioned"
    notebooks: str = "source"


@dataclass
class Wanted:
    """What the target ought to hold: the object's documents with the target's own ids in them, its content, its key."""

    kind: Kind
    label: str
    documents: dict[Facet, Document] = field(default_factory=dict)
    content: Callable[[], bytes] = bytes
    """Reads the content when it is needed, so that it is not kept."""
    carried: Callable[[], bytes] | None = None
    """Reads the content with all that the compared one leaves out, where the operator wants that copied."""
    lacking: frozenset[Facet] = frozenset()
    """Facets that the primary's workspace has none of at all."""
    deferred: bool = False
    """References at the kind's deferrable paths are left out, because their targets are not made yet."""

    @property
    def definition(self) -> Document:
        """The definition."""
        return self.documents[Facet.DEFINITION]


class Writer(ABC):
    """Creates, updates and deletes objects of one kind."""

    name: ClassVar[str]
    how: ClassVar[str] = "yes"
    """What a reader of the matrix of kinds should know of its copy."""
    with_definition: ClassVar[frozenset[Facet]] = frozenset()
    """Facets that a create carries, and that an update of the definition carries too."""
    serial: ClassVar[bool] = False
    """One at a time, in the order of `rank`."""
    at_once: ClassVar[int] = 8
    """How many may be under way at the same time."""
    settle_seconds: ClassVar[float] = SETTLE_SECONDS
    """How long the service may take until a write is seen."""
    listed_within: ClassVar[float] = 0.0
    """For how many seconds lists may not show a write; 0 where they are as good as a read by id."""
    takes_any: ClassVar[bool] = True
    """Requests take a definition with whatever is in it; elsewhere they have named places only, and a field that nobody
    knows is told as a difference."""
    prepares_changes: ClassVar[bool] = False
    """`prepare` is asked about changes of an object too."""
    renames: ClassVar[bool] = False
    """An update can change the key."""
    disturbs: ClassVar[frozenset[Facet]] = frozenset()
    """Facets that an update of the definition meets: there is none where they are not as this drill left them."""
    unasked: ClassVar[str] = ""
    """Why it is made and changed only where `apply` in drill.yaml names the kind; empty where that is done always."""
    by_name: ClassVar[Mapping[str, str]] = {}
    """Keys of objects for which the name of the kind is not enough, `apply` has to say `KIND:KEY`; and why."""
    last: ClassVar[bool] = False
    """Written when everything else is, permissions too: it may forbid what a copy does."""
    create_only: ClassVar[frozenset[str]] = frozenset()
    """Paths of the definition that only a new object can have."""

    def not_unasked(self, key: str) -> tuple[str, str]:
        """Return why an object is not made or changed unasked, and what `apply` has to name; empty where it is."""
        if key in self.by_name:
            return self.by_name[key], f"{self.name}:{key}"
        return self.unasked, self.name

    def is_fixed(self, path: str) -> bool:
        """Say whether only a new object can have another value at a path of the definition."""
        return any(steps(path)[: len(steps(fixed))] == steps(fixed) for fixed in self.create_only)

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Look at the target once before objects are made of these documents; return why some can't be. Reads only."""
        return {}

    @abstractmethod
    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make an object; return its id. Raises Refused, Unclear or Blocked."""

    @abstractmethod
    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Give an object the wanted definition. `present` is its raw document. Raises Refused, Unclear or Blocked."""

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove an object, and nothing with it. `document` is its raw document."""
        raise Blocked(f"{self.name} are not removed by a copy; remove it yourself, then copy again")

    def permanent(self, document: Document) -> str:
        """Return why an object is never removed as an extra; empty where it may be."""
        return ""

    def at_odds(self, wanted: Document, present: Document) -> str:
        """Return in which way two objects of one key are of another sort, so that people know which of them to rename."""
        return ""

    def shared(self, primary: Document, secondary: Document) -> str:
        """Return why a write to the secondary's object would be one to the primary's; empty where it would not."""
        return ""

    def busy(self, target: Workspace, key: str, document: Document) -> str:
        """Return why an object is not to be removed as it is now; empty where it may be. Reads only."""
        return ""

    def beyond(self, facet: Facet, document: Document) -> str:
        """Return why a facet of an object is not the workspace's to change; empty where it is. `document` is its raw one."""
        return ""

    def rank(self, target: Workspace, document: Document) -> Any:
        """Return what a kind that is written one at a time is ordered by."""
        return 0

    @abstractmethod
    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the target's objects with the wanted key, as it is now. Used after an unclear answer."""

    @abstractmethod
    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the raw document of the object that was made as `wanted`, as it is now."""

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Write a facet that has requests of its own (members, state). `present` is the object's raw document.

        What is too many stays; with `sparing` it goes, but for these ids.
        """
        raise Blocked(f"{self.name} have no {facet} to write")

    def settle(self, target: Target, key: str) -> None:
        """Bring a new object to rest, so that it costs nothing."""
