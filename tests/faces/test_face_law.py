"""What the law says in figures, and what a disk does to the keys."""

import secrets
from pathlib import Path

import pytest

from hub.core import face_law
from hub.faces.keystore import NAME, KeyStore


def test_a_store_survives_what_a_disk_does(tmp_path: Path) -> None:
    path = tmp_path / NAME
    store = KeyStore(path)
    assert (store.id, store.names()) == ("", ())
    with pytest.raises(ValueError, match="cannot be kept"):
        store.put("a", b"w")
    store.create("1" * 32)
    kept = {f"{number:032x}": secrets.token_bytes(60) for number in range(5)}
    for name, wrapped in kept.items():
        store.put(name, wrapped)
    first, second, *rest = kept
    store.put(first, kept[first])
    with pytest.raises(ValueError, match="one key"):
        store.put(first, b"other")
    assert store.destroy(second)
    assert not store.destroy(second)
    assert path.stat().st_mode & 0o077 == 0
    size = path.stat().st_size
    store.put("f" * 32, b"n" * 60)  # takes the free place
    assert path.stat().st_size == size
    with path.open("ab") as file:
        file.write(b"\x20\x3chalf of a rec")
    again = KeyStore(path)
    assert set(again.names()) == {first, *rest, "f" * 32}
    assert again.get(rest[0]) == kept[rest[0]]
    again.put("e" * 32, b"e" * 60)
    assert KeyStore(path).get("e" * 32) == b"e" * 60
    path.write_bytes(b"something else")
    assert KeyStore(path).broken
    assert KeyStore(path).names() == ()


@pytest.mark.parametrize(
    ("people", "told"),
    [(0, "below"), (79_999, "below"), (80_000, "near"), (99_999, "near"), (100_000, "due")],
)
def test_filing_is_warned_of_before_it_is_due(people: int, told: str) -> None:
    assert face_law.filing(people) == told


def test_what_an_enrolment_lacks() -> None:
    assert face_law.missing(()) == ("photos", "days")
    assert face_law.missing((1, 1, 1)) == ("days",)
    assert face_law.missing((1, 2)) == ("photos", "days")
    assert face_law.missing((1, 2, 3)) == ()
