"""Letters: a code for each person of a household; a newer letter voids the older."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from hub.core.letters import CODE_LIFE_S
from hub.store import tables as t
from hub.store.writer import Done, Tx

LETTERS_MAX = 40  # of one act: with three people each about ten milliseconds
TRIES = 5
PURPOSE = "letter"


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter that was printed: the household, and each person with the code's mark."""

    id: str
    household: str
    marks: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Posting:
    """Some letters of a print run."""

    by: str
    letters: Sequence[Posted]


def post_letters(tx: Tx, run: Posting, now: datetime) -> Done[None]:
    """Put the codes in force and end those of older letters."""
    del now
    houses = [letter.household for letter in run.letters]
    tx.execute(
        update(t.letters)
        .where(t.letters.c.household_id.in_(houses), t.letters.c.voided_at.is_(None))
        .values(voided_at=tx.now_s)
    )
    people = select(t.people.c.id).where(t.people.c.household_id.in_(houses))
    tx.execute(
        update(t.codes)
        .where(t.codes.c.purpose == PURPOSE, t.codes.c.subject.in_(people))
        .values(tries_left=0)
    )
    expires = tx.now_s + CODE_LIFE_S
    tx.execute(
        insert(t.letters),
        [
            {
                "id": letter.id,
                "household_id": letter.household,
                "issued_by": run.by,
                "issued_at": tx.now_s,
                "expires_at": expires,
            }
            for letter in run.letters
        ],
    )
    tx.execute(
        insert(t.codes),
        [
            {
                "id": secrets.token_hex(8),
                "purpose": PURPOSE,
                "subject": person,
                "mark": mark,
                "expires_at": expires,
                "tries_left": TRIES,
            }
            for letter in run.letters
            for person, mark in letter.marks
        ],
    )
    tx.journal("letters_posted", {"by": run.by, "letters": len(run.letters)})
    return Done(None)
