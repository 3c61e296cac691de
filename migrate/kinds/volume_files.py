"""Init scripts, libraries and code on volumes: put into volumes that are there, and never where the primary sees it."""

from __future__ import annotations

from urllib.parse import quote

from lakedrill.inventory.errors import ReadError, Refused, if_there
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.kinds.volume_files import metastore_of, volume_of
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import BY_HAND, Options, Wanted, Writer

_FILES = "/api/2.0/fs/files"
_VOLUMES = "/api/2.1/unity-catalog/volumes"
_SHARED = (
    "both workspaces have the metastore {}, so that a write to its volumes would be one to the primary's; put the file "
    "where the secondary looks for it yourself"
)


class VolumeFiles(Writer):
    """Files (`/api/2.0/fs/files`). Catalogs, schemas and volumes are no workspace's, and a copy makes none."""

    name = "volume_files"
    how = "into volumes that are there, unless both sides share a metastore"
    with_definition = frozenset({Facet.CONTENT})
    takes_any = False

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Block what would go into the primary's own metastore, or into a volume that is not there."""
        try:
            here = metastore_of(target)
        except ReadError as error:
            return dict.fromkeys(documents, f"which metastore the secondary has can't be read: {error}")
        if not here:
            return dict.fromkeys(documents, f"{BY_HAND}the secondary has no metastore; assign one, with its volumes")
        lacking = {volume: _lacks(target, volume) for volume in sorted({_volume(d) for d in documents.values()})}
        present = {"metastore_id": here}
        reasons = {n: self.shared(each, present) or lacking[_volume(each)] for n, each in documents.items()}
        return {n: reason for n, reason in reasons.items() if reason}

    def shared(self, primary: Document, secondary: Document) -> str:
        """A metastore that both sides have holds the same files for both."""
        found = str(secondary["metastore_id"])
        return _SHARED.format(found) if primary["metastore_id"] == found else ""

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Put the file where nothing lies yet, with the folders it lies in."""
        return wanted.definition["path"], _put(target, wanted, overwrite=False)

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Put it over what is there."""
        return _put(target, wanted, overwrite=True)

    def permanent(self, document: Document) -> str:
        """What the primary's workspace does not name others may."""
        return "a volume is the metastore's, and nobody knows who else reads its files"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the path, if a file lies there."""
        path = wanted.definition["path"]
        return [] if if_there(lambda: target.head(_FILES + quote(path))) is None else [path]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the file as it is now."""
        target.head(_FILES + quote(key))
        return {"path": key}


def _put(target: Target, wanted: Wanted, *, overwrite: bool) -> Answer:
    path = f"{_FILES}{quote(wanted.definition['path'])}?overwrite={str(overwrite).lower()}"
    return target.send("PUT", path, wanted.content())


def _volume(document: Document) -> str:
    return volume_of(document["path"])


def _lacks(target: Workspace, volume: str) -> str:
    """Return why nothing can be put into a volume; empty where it is there."""
    try:
        target.get(f"{_VOLUMES}/{quote(volume)}")
    except ReadError as error:
        if isinstance(error, Refused) and error.gone:
            return f"{BY_HAND}make the volume {volume} on the secondary ({error.message})"
        return f"the volume {volume} can't be read on the secondary: {error}"
    return ""
