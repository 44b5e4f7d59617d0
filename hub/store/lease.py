"""One judge per site: taking the lease raises the epoch that stands in every signed message."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sqlalchemy import insert, select, update

from devices.mistake import Mistake
from hub.store import tables as t
from hub.store.engine import Engines


class FileLock:
    """A lock on the data folder: two hubs of one machine cannot both be the judge."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "hub.lock"
        self._handle = -1

    def take(self) -> None:
        """Take it, or say who has it."""
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            self.free()
            raise Mistake(
                f"a hub already runs on {self._path.parent}: stop it first, or use its API"
            ) from fault

    def free(self) -> None:
        """Give it back."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def take_lease(engines: Engines, holder: str, now_s: float = 0.0) -> int:
    """Become the site's judge; returns the new epoch. The former judge is fenced off by it.

    By the clock it is above that of every life of this hub, also of those that its disk forgot:
    devices would obey no other.
    """
    with engines.write.begin() as connection:
        epoch = connection.execute(select(t.site.c.epoch).with_for_update()).scalar_one()
        taken = max(int(epoch) + 1, int(now_s))
        connection.execute(insert(t.lives).values(epoch=taken, began_at=now_s))
        connection.execute(update(t.site).values(epoch=taken, holder=holder))
        return taken
