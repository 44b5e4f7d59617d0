"""Reading what a device must know, and compiling it; run in a worker thread, never in an act."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Connection, select

from devices.access import Schedule
from devices.messages import Revision
from devices.policy import Compiled, encode, seal
from drivers.ntag424 import diversify
from hub.core.compile import CardRow, DoorRow, PersonRow, RuleRow, compile_policy
from hub.gateways.cards import CARD_AID
from hub.store import tables as t
from hub.store.engine import Engines

DOOR_SLOTS = (3, 4)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A compiled policy with what is needed to store and to send it."""

    compiled: Compiled
    plain_mark: str
    sealed: bytes
    before: Revision
    before_mark: str
    asked_at: float


@dataclass(frozen=True, slots=True)
class Question:
    """Compile the policy of one device as of now."""

    site: str
    zone: str
    epoch: int
    device: str
    x25519: bytes
    masters: dict[int, bytes]
    system_id: bytes


def gather(engines: Engines, ask: Question) -> Knowledge:
    """Read the rules, compile and seal them for the device."""
    with engines.read.connect() as connection:
        row = connection.execute(
            select(t.policies).where(t.policies.c.device_id == ask.device)
        ).first()
        before = Revision(row.epoch, row.number) if row else Revision(0, 0)
        asked_at = connection.execute(
            select(t.policy_changes.c.asked_at).where(t.policy_changes.c.device_id == ask.device)
        ).scalar()
        revision = Revision(ask.epoch, before.number + 1)
        compiled = _compile(connection, ask, revision)
    body = encode(compiled)
    neutral = encode(_compile_at(compiled, Revision(0, 0)))
    sealed = seal(
        body, X25519PublicKey.from_public_bytes(ask.x25519), ask.site, ask.device, revision
    )
    return Knowledge(
        compiled,
        hashlib.sha256(neutral + ask.x25519).hexdigest(),
        sealed,
        before,
        row.plain_mark if row else "",
        asked_at or 0.0,
    )


def _compile_at(compiled: Compiled, revision: Revision) -> Compiled:
    """The same policy under another revision, to see whether anything else changed."""
    return Compiled(replace(compiled.policy, revision=revision), compiled.keys)


def _compile(connection: Connection, ask: Question, revision: Revision) -> Compiled:
    doors = connection.execute(select(t.doors).where(t.doors.c.device_id == ask.device)).all()
    own = [door.id for door in doors]
    rules = connection.execute(select(t.rules).where(t.rules.c.door_id.in_(own))).all()
    people = connection.execute(
        select(t.people.c.id, t.people.c.household_id, t.households.c.building).outerjoin(
            t.households, t.people.c.household_id == t.households.c.id
        )
    ).all()
    cards = connection.execute(select(t.cards)).all()
    schedules = connection.execute(select(t.schedules)).all()
    holidays = connection.execute(select(t.holidays.c.day)).scalars().all()
    return compile_policy(
        revision,
        ask.zone,
        [
            DoorRow(
                d.id, d.number, d.kind, d.mode, d.asks, d.remote, d.hold_ms, d.hold_max_ms,
                d.fail_safe, d.ha,
            )
            for d in doors
        ],
        [
            RuleRow(
                r.id, r.door_id, r.subject_kind, r.subject, r.schedule_id, r.valid_from,
                r.valid_to, r.deny,
            )
            for r in rules
        ],
        [PersonRow(p.id, p.household_id or "", p.building or "") for p in people],
        [_card(c, ask) for c in cards],
        {
            s.id: Schedule(tuple(tuple((int(a), int(b)) for a, b in day) for day in s.days))
            for s in schedules
        },
        [date.fromisoformat(day) for day in holidays],
    )  # fmt: skip


def _card(row: Any, ask: Question) -> CardRow:
    keys = {}
    if row.kind == "ntag424" and row.blocked_at is None:
        keys = {
            slot: diversify(ask.masters[slot], bytes.fromhex(row.uid), CARD_AID, ask.system_id)
            for slot in DOOR_SLOTS
        }
    return CardRow(row.id, row.uid, row.person_id, row.blocked_at is not None, keys)
