"""The hub's word of a face to a door: logged, and given only while the consent holds.

Whether somebody was recognised was decided in memory a moment ago; here the store has the last
word, in the act that writes the log: who withdrew a second ago is nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from devices.faces import ALONE
from devices.messages import Assurance, Presentation, Revision
from hub.acts.alerts import Alarm, alarm
from hub.acts.faces import Match, note_match
from hub.core.effects import Announce, SendFace
from hub.store import tables as t
from hub.store.writer import Done, Tx

VIA = "face"
# A still picture copies a face, so alone it is never as sure as a card that was challenged.
ALONE_ASSURANCE = Assurance.SIGNED


@dataclass(frozen=True, slots=True)
class FaceVerdict:
    """What a comparison at a door came to: a person, or why nobody.

    ``name`` is the word's own, ``ask`` the door's question (``ALONE``: the face alone),
    ``revision`` the policy that the door must know for it.
    """

    name: str
    door: str
    device: str
    number: int
    ask: str
    person: str | None
    reason: str | None
    frames: int
    model_id: str
    audit: str
    revision: Revision

    def for_quarantine(self) -> str:
        """What may be kept of it when we fail."""
        return f"a face at {self.door}"


def tell(tx: Tx, told: FaceVerdict, now: datetime) -> Done[str | None]:
    """Log the comparison and send the word; the value is why nobody is let in, None for a yes.

    A face alone that is nobody's gets no word: nobody asked.
    """
    person, reason = told.person, told.reason
    if person is not None:
        reason = _why_not(tx, told, person)
    if reason is not None or person is None:
        person, reason = None, reason or "face_not_matched"
    if told.frames:
        way = "claim" if told.ask else "alone"
        match = Match(
            tx.now_s, told.door, way, person, reason, told.frames, told.model_id, told.audit
        )
        note_match(tx, match, now)
    shown = None
    if person is not None:
        shown = Presentation(person, ALONE_ASSURANCE, told.revision, VIA)
    effects: tuple[object, ...] = (Announce("face"),)
    if told.ask != ALONE or shown is not None:
        word = SendFace(told.name, told.device, told.number, told.ask, shown, reason)
        effects = (word, *effects)
    return Done(reason, effects)


def _why_not(tx: Tx, told: FaceVerdict, person: str) -> str | None:
    """Why a recognised face is no word all the same."""
    mode = tx.execute(
        select(t.face_doors.c.mode).where(t.face_doors.c.door_id == told.door)
    ).scalar()
    if mode is None or (told.ask == ALONE and mode != "alone"):
        return "face_off"
    held = select(t.face_consents.c.id).where(t.face_consents.c.open_person == person)
    return None if tx.execute(held).first() is not None else "face_no_consent"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something about faces at a door that a person should look at: a kind of alert."""

    kind: str
    door: str


def suspect(tx: Tx, told: Suspicion, now: datetime) -> Done[str | None]:
    """Raise it, or count it once more; the value is the alert."""
    return alarm(tx, Alarm(told.kind, f"door:{told.door}", tx.now_s), now)
