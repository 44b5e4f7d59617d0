"""The keys of people's templates: a file of fixed records beside the database, in no back-up.

A consent's end overwrites its record where it stands; from then on no copy of the database, however
old, can read that template. What the records hold is wrapped by the site's own key (``seal.wrap``).
Only one task may call a store at a time; every change is on the disk when the call returns.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

NAME: Final = "faces.keys"
_MAGIC: Final = b"linli face keys 1\n"
_HEAD_BYTES: Final = 64
_RECORD_BYTES: Final = 128
_NAME_BYTES: Final = 40
_FREE: Final = bytes(_RECORD_BYTES)
_ID: Final = re.compile(r"[0-9a-f]{32}")


class KeyStore:
    """Wrapped keys by the name of a consent. Opening reads all of it (2 MB for 15,000).

    ``id`` is empty where there is no file; ``broken`` says that one is there and no store of ours.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, int] = {}
        self._wrapped: dict[str, bytes] = {}
        self._free: list[int] = []
        self._end = _HEAD_BYTES
        self.id = ""
        self.broken = False
        if path.exists():
            self._read()

    def create(self, name: str) -> None:
        """Begin an empty store of this id (32 hex digits); whatever stood there is destroyed."""
        if not _ID.fullmatch(name):
            raise ValueError("a store's id is 32 hex digits")
        for known in self.names():
            self.destroy(known)
        fresh = self._path.with_name(self._path.name + ".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, (_MAGIC + name.encode()).ljust(_HEAD_BYTES, b"\0"))
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.replace(self._path)
        self._sync_folder()
        self._places, self._wrapped, self._free = {}, {}, []
        self._end = _HEAD_BYTES
        self.id, self.broken = name, False

    def names(self) -> tuple[str, ...]:
        """Whose keys there are."""
        return tuple(self._places)

    def get(self, name: str) -> bytes | None:
        """The wrapped key, or None where there is none (any more)."""
        return self._wrapped.get(name)

    def put(self, name: str, wrapped: bytes) -> None:
        """Keep a key; the same name keeps its first key (ValueError for another)."""
        if name in self._wrapped:
            if self._wrapped[name] != wrapped:
                raise ValueError("a consent has one key")
            return
        raw = name.encode()
        room = _RECORD_BYTES - _NAME_BYTES - 2
        if not self.id or not 0 < len(raw) <= _NAME_BYTES or not 0 < len(wrapped) <= room:
            raise ValueError("this key cannot be kept here")
        sizes = bytes([len(raw), len(wrapped)])
        record = (sizes + raw.ljust(_NAME_BYTES, b"\0") + wrapped).ljust(_RECORD_BYTES, b"\0")
        place = self._free[-1] if self._free else self._end
        self._write(place, record)
        if self._free:
            self._free.pop()
        else:
            self._end += _RECORD_BYTES
        self._places[name], self._wrapped[name] = place, wrapped

    def destroy(self, name: str) -> bool:
        """Overwrite a key; whether there was one. In memory it is gone even if the disk fails."""
        self._wrapped.pop(name, None)
        place = self._places.get(name)
        if place is None:
            return False
        self._write(place, _FREE)
        del self._places[name]
        self._free.append(place)
        return True

    def _read(self) -> None:
        raw = self._path.read_bytes()
        head = raw[:_HEAD_BYTES]
        name = head[len(_MAGIC) : len(_MAGIC) + 32].decode("ascii", "replace")
        if not head.startswith(_MAGIC) or not _ID.fullmatch(name):
            self.broken = True
            return
        self.id = name
        for place in range(_HEAD_BYTES, len(raw), _RECORD_BYTES):
            self._take(place, raw[place : place + _RECORD_BYTES])
            self._end = place + _RECORD_BYTES

    def _take(self, place: int, record: bytes) -> None:
        """One record; one that a power cut left half is free again."""
        if len(record) == _RECORD_BYTES and 0 < record[0] <= _NAME_BYTES:
            told = record[2 : 2 + record[0]].decode("ascii", "replace")
            start = 2 + _NAME_BYTES
            wrapped = record[start : start + record[1]]
            if record[1] and len(wrapped) == record[1] and told not in self._places:
                self._places[told], self._wrapped[told] = place, wrapped
                return
        self._free.append(place)

    def _write(self, place: int, record: bytes) -> None:
        handle = os.open(self._path, os.O_WRONLY)
        try:
            os.pwrite(handle, record, place)
            os.fsync(handle)
        finally:
            os.close(handle)

    def _sync_folder(self) -> None:
        handle = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
