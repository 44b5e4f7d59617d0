"""Letters: a code for each person of a household; a newer letter voids the older.

A code is named after its letter: it is as good as that, and the letter lies where it was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from hub.core.errors import DomainError
from hub.core.letters import CODE_LIFE_S
from hub.store import tables as t
from hub.store.homes import homes_of
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
    """Put the codes in force and void older letters, whose codes end with them."""
    del now
    houses = [letter.household for letter in run.letters]
    tx.execute(
        update(t.letters)
        .where(t.letters.c.household_id.in_(houses), t.letters.c.voided_at.is_(None))
        .values(voided_at=tx.now_s)
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
                "id": f"{letter.id}.{place}",
                "purpose": PURPOSE,
                "subject": person,
                "mark": mark,
                "expires_at": expires,
                "tries_left": TRIES,
            }
            for letter in run.letters
            for place, (person, mark) in enumerate(letter.marks)
        ],
    )
    tx.journal("letters_posted", {"by": run.by, "letters": len(run.letters)})
    return Done(None)


def check_letter(tx: Tx, code: str, person: str) -> None:
    """Refuse a letter's code (named ``code``) that a newer letter voids, or to a home left since.

    A letter stays where it was sent: whoever finds it there after the move must not come in by it,
    though the person it names lives next door now.
    """
    name = code.partition(".")[0]
    letter = tx.execute(select(t.letters).where(t.letters.c.id == name)).first()
    if letter is None or letter.voided_at is not None:
        raise DomainError("code_wrong")
    if letter.household_id not in homes_of(tx, person, tx.now_s):
        raise DomainError("moved_out", "the letter was for a home they have left", "code")
