"""Who read what about whom: written down before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from hub.store import tables as t
from hub.store.writer import Done, Tx


@dataclass(frozen=True, slots=True)
class Reading:
    """A staff member looks at a person, or at a door with the people who passed it."""

    subject: str
    object: str


def note_reading(tx: Tx, reading: Reading, now: datetime) -> Done[None]:
    """Keep who read what."""
    del now
    newest = tx.execute(select(func.max(t.access_log.c.n))).scalar() or 0
    tx.execute(
        insert(t.access_log).values(
            n=newest + 1,
            at=tx.now_s,
            subject=reading.subject,
            verb="read",
            object=reading.object[:64],
        )
    )
    return Done(None)
