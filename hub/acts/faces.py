"""Faces: assessed, consented to, kept sealed, compared, and given back.

Only bytes that nobody here can read pass through: the key of each consent stands in a file of its
own (``hub/faces/keystore.py``), and whoever ends a consent destroys it after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, func, insert, select, update

from hub.acts.askers import still_good
from hub.acts.policies import ask_for
from hub.core.effects import Announce, WorkWaiting
from hub.core.errors import DomainError
from hub.core.face_law import END_REASONS, MODES, ZONES, consent_wrong, equal_ways
from hub.store import tables as t
from hub.store.writer import Done, Tx

SITE = "site"
_CHUNK = 500  # the bound on parameters of small databases
WAKE = WorkWaiting("faces")


# --------------------------------------------------------------------------- before anything


@dataclass(frozen=True, slots=True)
class Assessment:
    """What faces are for here, what they mean for people, and the rates the site wants."""

    controller: str
    contact: str
    purpose: str
    necessity: str
    measures: str
    assessed_by: str
    strangers: float
    claims: float
    misses: float
    by: str
    keys: str  # the key store that serves from now on


def assess(tx: Tx, told: Assessment, now: datetime) -> Done[None]:
    """Write the impact assessment down, or a later one; only then may anybody consent.

    A site that has a key store keeps it: another one would end every consent.
    """
    del now
    texts = (told.controller, told.contact, told.purpose, told.necessity, told.measures,
             told.assessed_by)  # fmt: skip
    if not all(text.strip() for text in texts):
        raise DomainError("field_wrong", "an assessment leaves nothing empty")
    if not all(0 < rate < 1 for rate in (told.strangers, told.claims, told.misses)):
        raise DomainError("field_wrong", "a rate lies between 0 and 1")
    values: dict[str, Any] = {
        name: getattr(told, name)
        for name in ("controller", "contact", "purpose", "necessity", "measures", "assessed_by",
                     "strangers", "claims", "misses")
    } | {"assessed_at": tx.now_s}  # fmt: skip
    if tx.execute(select(t.face_site.c.id)).first() is None:
        tx.execute(insert(t.face_site).values(id=SITE, keys=told.keys, **values))
    else:
        tx.execute(update(t.face_site).values(**values))
    tx.journal("face_assessed", {"by": told.by, "purpose": told.purpose})
    return Done(None, (WAKE,))


def begin_anew(tx: Tx, told: tuple[str, str], now: datetime) -> Done[int]:
    """The keys are lost for good: end every consent, and name the (new) key store.

    ``told``: who does it, and the store's id. The value counts the consents.
    """
    del now
    by, keys = told
    if tx.execute(select(t.face_site.c.id)).first() is None:
        raise DomainError("face_assessment")
    rows = tx.execute(select(t.face_consents).where(t.face_consents.c.ended_at.is_(None))).all()
    tx.execute(delete(t.face_audits))  # it measured who is nobody here any more
    for row in rows:
        _end(tx, row, by, "key_gone")
    tx.execute(update(t.face_site).values(keys=keys))
    tx.journal("face_keys_renewed", {"by": by, "consents": len(rows)})
    return Done(len(rows), (WAKE,))


# --------------------------------------------------------------------------- consent


@dataclass(frozen=True, slots=True)
class Consent:
    """Somebody agrees that a person's face is kept; the id also names the key of its template.

    ``giver``: who speaks, the person or a child's guardian. ``by``: through whose hands it came.
    """

    id: str
    person: str
    giver: str
    turns_14_on: str | None
    notice: str
    notice_sha256: str
    language: str
    by: str


def consent(tx: Tx, told: Consent, now: datetime) -> Done[str]:
    """Record a consent; the value is the id of the one that holds, perhaps an earlier one."""
    still_good(tx, told.by)
    site = tx.execute(select(t.face_site)).first()
    if site is None:
        raise DomainError("face_assessment")
    person = tx.execute(select(t.people).where(t.people.c.id == told.person)).first()
    giver = tx.execute(select(t.people.c.id).where(t.people.c.id == told.giver)).first()
    if person is None or giver is None:
        raise DomainError("not_found", "no such person")
    today = local_day(tx, now)
    if left(tx, person, today):
        raise DomainError("face_moved")
    if wrong := consent_wrong(told.person, told.giver, told.turns_14_on, today):
        raise DomainError(wrong)
    held = tx.execute(
        select(t.face_consents.c.id).where(t.face_consents.c.open_person == told.person)
    ).scalar()
    if held is not None:
        return Done(str(held))
    tx.execute(
        insert(t.face_consents).values(
            id=told.id,
            person_id=told.person,
            open_person=told.person,
            notice=told.notice,
            notice_sha256=told.notice_sha256,
            language=told.language,
            purpose=site.purpose,
            giver_id=told.giver,
            turns_14_on=told.turns_14_on,
            given_by=told.by,
            given_at=tx.now_s,
        )
    )
    body = {"consent": told.id, "person": told.person, "giver": told.giver, "by": told.by}
    tx.journal("face_consent", {**body, "notice": told.notice, "text": told.notice_sha256})
    return Done(told.id, (WAKE, Announce("face")))


def local_day(tx: Tx | Connection, now: datetime) -> date:
    """Today where the site is."""
    zone = str(tx.execute(select(t.site.c.time_zone)).scalar_one())
    return now.astimezone(ZoneInfo(zone)).date()


def left(tx: Tx | Connection, person: Any, today: date) -> bool:
    """Whether somebody lives here no more, nor will: what hub/core/homes.py counts is over."""
    stays = tx.execute(
        select(t.tenancies.c.household_id, t.tenancies.c.valid_to).where(
            t.tenancies.c.person_id == person.id
        )
    ).all()
    day = today.isoformat()
    if any(stay.valid_to is None or day <= stay.valid_to for stay in stays):
        return False
    own = person.household_id  # counts without any limit unless a stay speaks of it
    return own is None or any(stay.household_id == own for stay in stays)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A person's consent ends, and with it everything that is kept of the face."""

    person: str
    by: str
    reason: str = "withdrawn"


def withdraw(tx: Tx, wish: Withdrawal, now: datetime) -> Done[tuple[str, ...]]:
    """End it; twice is no error. The value: consents whose keys must be destroyed now."""
    del now
    if wish.reason not in END_REASONS:
        raise DomainError("field_wrong", f"reasons are {', '.join(END_REASONS)}", "reason")
    rows = tx.execute(
        select(t.face_consents).where(t.face_consents.c.open_person == wish.person)
    ).all()
    for row in rows:
        _end(tx, row, wish.by, wish.reason)
    return Done(tuple(row.id for row in rows), (WAKE, Announce("face")) if rows else ())


def _end(tx: Tx, row: Any, by: str, reason: str) -> None:
    templates, consents = t.face_templates, t.face_consents
    tx.execute(delete(templates).where(templates.c.consent_id == row.id))
    tx.execute(
        update(consents)
        .where(consents.c.id == row.id)
        .values(open_person=None, ended_at=tx.now_s, ended_by=by, end_reason=reason)
    )
    for audit in tx.execute(select(t.face_audits)).all():
        document = _without(audit.document, lambda person: person != row.person_id)
        own = t.face_audits.c.scope == audit.scope
        tx.execute(update(t.face_audits).where(own).values(document=document))
    told = {"consent": row.id, "person": row.person_id, "by": by, "reason": reason}
    tx.journal("face_withdrawn", told)


def _without(document: Mapping[str, Any], stays: Callable[[str], bool]) -> dict[str, Any]:
    """What was measured, without pairs of look-alikes in which somebody has withdrawn."""
    pairs = [pair for pair in document.get("look_alikes", ()) if all(map(stays, pair))]
    return {**document, "look_alikes": pairs}


# --------------------------------------------------------------------------- templates


@dataclass(frozen=True, slots=True)
class SealedTemplate:
    """All photos of a person as one sealed template; it replaces the one before."""

    consent: str
    person: str
    sealed: bytes
    model_id: str
    days: Sequence[int]
    quality: Sequence[str]
    by: str

    def for_quarantine(self) -> str:
        """What may be kept of it when we fail."""
        return f"face template of {len(self.days)} photos"


def keep_template(tx: Tx, told: SealedTemplate, now: datetime) -> Done[None]:
    """Keep it under the consent that holds; without one nothing is kept."""
    del now
    still_good(tx, told.by)
    held = select(t.face_consents.c.id).where(
        t.face_consents.c.id == told.consent, t.face_consents.c.open_person == told.person
    )
    if tx.execute(held).first() is None:
        raise DomainError("face_no_consent")
    own = t.face_templates.c.consent_id == told.consent
    tx.execute(delete(t.face_templates).where(own))
    tx.execute(
        insert(t.face_templates).values(
            consent_id=told.consent,
            person_id=told.person,
            sealed=told.sealed,
            model_id=told.model_id,
            days=list(told.days),
            quality=list(told.quality),
            changed_at=tx.now_s,
        )
    )
    body = {"consent": told.consent, "person": told.person, "photos": len(told.days)}
    tx.journal("face_photo", {**body, "model": told.model_id, "by": told.by})
    return Done(None, (WAKE, Announce("face")))


def enrolled(connection: Connection) -> int:
    """Of how many people templates are kept: what the law counts."""
    return int(connection.execute(select(func.count()).select_from(t.face_templates)).scalar_one())


# --------------------------------------------------------------------------- doors


@dataclass(frozen=True, slots=True)
class FaceDoor:
    """A door that takes faces: after a claim, or also alone; None of a mode takes them no more."""

    door: str
    mode: str | None
    zone: str
    purpose: str
    turn: bool
    by: str


def set_door(tx: Tx, wish: FaceDoor, now: datetime) -> Done[None]:
    """Let a door take faces beside its other ways; a door with no other way is refused."""
    del now
    if wish.mode is None:
        tx.execute(delete(t.face_doors).where(t.face_doors.c.door_id == wish.door))
        tx.execute(delete(t.face_audits).where(t.face_audits.c.scope == wish.door))
        tx.journal("face_door", {"door": wish.door, "mode": "off", "by": wish.by})
        return Done(None, (WAKE, _tell_door(tx, wish.door)))
    if tx.execute(select(t.face_site.c.id)).first() is None:
        raise DomainError("face_assessment")
    if wish.mode not in MODES:
        raise DomainError("field_wrong", f"modes are {', '.join(MODES)}", "mode")
    if wish.zone not in ZONES:
        raise DomainError("face_zone", f"zones are {', '.join(ZONES)}", "zone")
    if not wish.purpose.strip():
        raise DomainError("field_wrong", "what the face is for at this door", "purpose")
    if tx.execute(select(t.doors.c.id).where(t.doors.c.id == wish.door)).first() is None:
        raise DomainError("door_unknown", "", "door")
    tx.execute(delete(t.face_doors).where(t.face_doors.c.door_id == wish.door))
    tx.execute(
        insert(t.face_doors).values(
            door_id=wish.door, mode=wish.mode, zone=wish.zone, purpose=wish.purpose,
            turn=wish.turn, set_by=wish.by, set_at=tx.now_s,
        )
    )  # fmt: skip
    check_ways(tx, [wish.door])
    told = {"door": wish.door, "mode": wish.mode, "zone": wish.zone, "by": wish.by}
    tx.journal("face_door", {**told, "purpose": wish.purpose, "turn": wish.turn})
    return Done(None, (WAKE, _tell_door(tx, wish.door)))


def _tell_door(tx: Tx, door: str) -> object:
    """The door's controller must know what a face may do there."""
    device = tx.execute(select(t.doors.c.device_id).where(t.doors.c.id == door)).scalar()
    return ask_for(tx, [device] if device is not None else [])


def check_ways(tx: Tx, doors: Sequence[str]) -> None:
    """Refuse face_only for a door that would open by a face and nothing else.

    Called by every act that changes doors.
    """
    for start in range(0, len(doors), _CHUNK):
        rows = tx.execute(
            select(t.doors)
            .join(t.face_doors, t.face_doors.c.door_id == t.doors.c.id)
            .where(t.doors.c.id.in_(doors[start : start + _CHUNK]))
        ).mappings()
        for row in rows:
            if not equal_ways(dict(row)):
                raise DomainError("face_only", str(row["id"]), "doors")


# --------------------------------------------------------------------------- what was measured


@dataclass(frozen=True, slots=True)
class AuditKept:
    """The newest self-audit: of everybody (scope "") and of doors that want faces alone."""

    revision: str
    model_id: str
    documents: dict[str, dict[str, Any]]


def keep_audit(tx: Tx, told: AuditKept, now: datetime) -> Done[None]:
    """Keep it in the place of the one before."""
    del now
    held = select(t.face_consents.c.open_person).where(t.face_consents.c.open_person.is_not(None))
    here = set(tx.execute(held).scalars())  # whoever withdrew while it was made is not told of
    tx.execute(delete(t.face_audits))
    for scope, document in told.documents.items():
        tx.execute(
            insert(t.face_audits).values(
                scope=scope, revision=told.revision, made_at=tx.now_s, model_id=told.model_id,
                document=_without(document, here.__contains__),
            )
        )  # fmt: skip
    tx.journal("face_audit", {"revision": told.revision, "model": told.model_id})
    return Done(None, (Announce("face"),))


@dataclass(frozen=True, slots=True)
class Match:
    """One comparison that was decided; ``person`` is None where nobody was recognised."""

    at_s: float
    door: str
    way: str
    person: str | None
    reason: str | None
    frames: int
    model_id: str
    audit: str


def note_match(tx: Tx, told: Match, now: datetime) -> Done[int]:
    """Write it into the log; the value is its number."""
    del now
    row = {
        "at": told.at_s, "door_id": told.door, "way": told.way, "person_id": told.person,
        "reason": told.reason, "frames": told.frames, "model_id": told.model_id,
        "audit": told.audit,
    }  # fmt: skip
    return Done(tx.record(t.face_matches, row))
