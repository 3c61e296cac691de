"""Snapshots: written once, sealed, and never believed when they were touched."""

import sqlite3
from pathlib import Path

import pytest

from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.snapshot import Listing, Object, Snapshot, SnapshotWriter, Unreadable

META = {"role": "primary", "workspace_id": 1}


def _sealed(path: Path) -> Snapshot:
    writer = SnapshotWriter(path)
    writer.listing(Listing("jobs", 2))
    writer.listing(Listing("users", 0, "DENIED", "may not"))
    for key in ("2", "1"):
        n = writer.put(
            "jobs",
            key,
            {"id": key, "v": [1, 1.0, True, None, "ü"]},
            listed=key == "1",
            handles=[("name", "a"), ("n", key)],
        )
        writer.facet(n, Facet.PERMISSIONS, {"object_id": key} if key == "1" else Unreadable("DENIED", "no"))
    writer.facet(n, Facet.CONTENT, {"sha256": writer.content(b"x" * 99), "size": 99})
    writer.seal(META)
    return Snapshot(path)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Values with their types, objects in the order of their ids, in the service's own words what could not be read."""
    with _sealed(tmp_path / "s") as snapshot:
        found = snapshot.objects("jobs")
        assert [(o.id, o.listed) for o in found] == [("1", True), ("2", False)]
        assert isinstance(found[0], Object)
        assert repr(snapshot.document(found[0].n)["v"]) == "[1, 1.0, True, None, 'ü']"
        assert snapshot.id_of(found[0].n) == "1"
        assert snapshot.facet(found[0].n, Facet.PERMISSIONS) == {"object_id": "1"}
        assert snapshot.facet(found[1].n, Facet.PERMISSIONS) == Unreadable("DENIED", "no")
        assert snapshot.facet(found[1].n, Facet.CONTENT) is None
        content = snapshot.facet(found[0].n, Facet.CONTENT)
        assert isinstance(content, dict)
        assert snapshot.content(content["sha256"]) == b"x" * 99
        assert snapshot.listings() == {"jobs": Listing("jobs", 2), "users": Listing("users", 0, "DENIED", "may not")}
        assert sorted(kind + key for _, kind, key in snapshot.ids()) == ["jobs1", "jobs2"]
        assert snapshot.meta["format"] == 1
    assert not (tmp_path / "s.part").exists()


def test_a_name_that_several_have_names_none_of_them(tmp_path: Path) -> None:
    """Guessing would make two different references equal."""
    snapshot = _sealed(tmp_path / "s")
    assert snapshot.resolve("jobs", "name", "a") is None
    assert snapshot.resolve("jobs", "n", "1") == snapshot.resolve("jobs", "id", "1") is not None
    assert snapshot.resolve("users", "id", "1") is None


def test_a_later_reading_replaces_an_earlier_one_whole(tmp_path: Path) -> None:
    """No facet and no handle of the earlier one is left, and no number means two objects."""
    writer = SnapshotWriter(tmp_path / "s")
    old = writer.put("jobs", "1", {"v": 1}, listed=True, handles=[("name", "a")])
    writer.facet(old, Facet.PERMISSIONS, {})
    other = writer.put("users", "1", {}, listed=True, handles=[])
    new = writer.put("jobs", "1", {"v": 2}, listed=True, handles=[("name", "b")])
    writer.put("jobs", "2", {}, listed=True, handles=[])
    writer.drop("jobs", "2")
    writer.drop("jobs", "3")
    writer.seal(META)
    snapshot = Snapshot(tmp_path / "s")
    assert [o.n for o in snapshot.objects("jobs")] == [new] != [other]
    assert snapshot.facet(new, Facet.PERMISSIONS) is None
    assert snapshot.document(new) == {"v": 2}
    assert (snapshot.resolve("jobs", "name", "a"), snapshot.resolve("jobs", "name", "b")) == (None, new)


def test_a_digest_depends_on_the_rows_and_on_nothing_else(tmp_path: Path) -> None:
    """The same workspace gives the same digest; one value of another type gives another."""
    digests = []
    for i, value in enumerate((1, 1, True, "1", 1.0)):
        writer = SnapshotWriter(tmp_path / str(i))
        writer.put("jobs", "1", {"v": value}, listed=True, handles=[])
        writer.seal(META)
        digests.append(Snapshot(tmp_path / str(i)).digest)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE objects SET document = '{}'",
        "DELETE FROM facets",
        "UPDATE facets SET code = '', document = '{}' WHERE code != ''",
        "UPDATE listings SET code = ''",
        "DELETE FROM listings",
        "UPDATE contents SET data = x'00'",
        "INSERT INTO handles VALUES ('jobs', 'name', 'b', 1)",
        "UPDATE meta SET value = '2' WHERE name = 'workspace_id'",
        "INSERT INTO meta VALUES ('more', '1')",
        "UPDATE meta SET value = '\"x\"' WHERE name = 'digest'",
        "DELETE FROM meta WHERE name = 'digest'",
    ],
)
def test_a_snapshot_that_was_changed_is_refused(tmp_path: Path, change: str) -> None:
    """Any row of any table."""
    _sealed(tmp_path / "s").close()
    with sqlite3.connect(tmp_path / "s") as db:
        db.execute(change)
    db.close()
    with pytest.raises(UsageError, match="changed after it was sealed"):
        Snapshot(tmp_path / "s")


def test_what_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    """With what to do about it."""
    with pytest.raises(UsageError, match="no such snapshot; make one"):
        Snapshot(tmp_path / "none")
    for name, data in (("text", b"not a database at all"), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UsageError, match="is not a snapshot"):
            Snapshot(tmp_path / name)


def test_a_format_that_is_not_known_is_refused(tmp_path: Path) -> None:
    """Before anything else of it is believed."""
    _sealed(tmp_path / "s").close()
    with sqlite3.connect(tmp_path / "s") as db:
        db.execute("UPDATE meta SET value = '99' WHERE name = 'format'")
    db.close()
    with pytest.raises(UsageError, match="has format 99; this version reads 1"):
        Snapshot(tmp_path / "s")


def test_only_a_sealed_snapshot_takes_the_place_of_the_last_one(tmp_path: Path) -> None:
    """One that was abandoned leaves the last one as it is, and nothing else."""
    digest = _sealed(tmp_path / "s").digest
    writer = SnapshotWriter(tmp_path / "s")
    writer.put("jobs", "9", {}, listed=True, handles=[])
    writer.abandon()
    assert Snapshot(tmp_path / "s").digest == digest
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


def test_an_error_without_a_code_is_still_an_error(tmp_path: Path) -> None:
    """An empty code would make what failed look whole."""
    writer = SnapshotWriter(tmp_path / "s")
    n = writer.put("jobs", "1", {}, listed=True, handles=[])
    writer.facet(n, Facet.PERMISSIONS, Unreadable("", "no answer"))
    writer.seal(META)
    assert isinstance(Snapshot(tmp_path / "s").facet(n, Facet.PERMISSIONS), Unreadable)
