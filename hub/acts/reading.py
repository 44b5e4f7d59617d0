"""Who read what about whom: written down before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select

from hub.store import tables as t
from hub.store.writer import Done, Tx

PAGE_S: Final = 600.0  # a page that stands open and reads itself anew is one look
_LINES: Final = 500  # of the newest that are searched for it: a log of years is not read through


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


def note_page(tx: Tx, reading: Reading, now: datetime) -> Done[None]:
    """The same for a page that follows the news: a look within ``PAGE_S`` of the last is that one.

    The line tells when it began; a page that stands open writes one every ten minutes.
    """
    log = t.access_log.c
    newest = tx.execute(select(func.max(log.n))).scalar() or 0
    same = select(func.max(log.at)).where(
        log.subject == reading.subject, log.object == reading.object[:64],
        log.n > newest - _LINES,
    )  # fmt: skip
    last = tx.execute(same).scalar()
    if last is not None and tx.now_s - last < PAGE_S:
        return Done(None)
    return note_reading(tx, reading, now)
