"""Home Assistant's wishes as acts: brought before the door like anybody's, once, on record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from devices.access import DoorMode, Policy, Request, Way
from devices.messages import NO_REVISION, Assurance, Presentation
from hub.acts.events import announced
from hub.acts.policies import ask_for
from hub.core.early import early_refusal
from hub.core.effects import Announce, Forget, SendAccess
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Done, Tx

PERSON = "ha"  # no pseudonym of a person has two characters; the roster refuses this one
SETTING = "home-assistant"
SET_BY_HA = "ha.mode."  # and the id of a door: the mode that stands there by its wish


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether Home Assistant is served at this site, with which code, in which language."""

    enabled: bool = False
    code_mark: str = ""
    language: str = "zh-Hans"


def read_choice(connection: Connection) -> Choice:
    """What the site chose; off where nobody ever asked for it."""
    text = connection.execute(
        select(t.settings.c.value).where(t.settings.c.key == SETTING)
    ).scalar()
    return Choice(**json.loads(text)) if text else Choice()


def choose(tx: Tx, choice: Choice, now: datetime) -> Done[None]:
    """Serve Home Assistant from now on, or no longer."""
    del now
    body = {
        "enabled": choice.enabled,
        "code_mark": choice.code_mark,
        "language": choice.language,
    }
    _set(tx, SETTING, json.dumps(body))
    tx.journal("home_assistant", {"enabled": choice.enabled, "code": bool(choice.code_mark)})
    return Done(None, (Forget("ha"),))


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish whose form and age were right; ``refused`` says what else was not.

    ``opening`` is made of the wish's own bytes: the same bytes are the same opening.
    """

    opening: str
    door: str
    device: str
    number: int
    hub: str
    policy: Policy | None = None
    refused: str = ""


def present(tx: Tx, asked: Asked, now: datetime) -> Done[str | None]:
    """Bring Home Assistant before the door; the value is why not, or None when it is asked."""
    known = select(t.openings.c.id).where(t.openings.c.id == asked.opening)
    if tx.execute(known).first() is not None:  # a copy, also after a restart of the hub
        raise DomainError("request_spent")
    revision = asked.policy.revision if asked.policy else NO_REVISION
    request = Request(
        door=asked.number,
        way=Way.REMOTE,
        person=PERSON,
        assurance=Assurance.MUTUAL,  # the door's mark says that its credential is enough there
        revision=revision,
    )
    why = asked.refused
    if not why:
        why = early_refusal(asked.policy, request, now) or ""
    tx.execute(
        insert(t.openings).values(
            id=asked.opening,
            phone_id=PERSON,
            person_id=PERSON,
            door_id=asked.door,
            presented_at=tx.now_s,
            outcome="refused" if why else None,
            reason=why or None,
            ms={},
        )
    )
    if why:
        return Done(why, (_refused_early(tx, asked, why),))
    tx.journal("presented", {"opening": asked.opening, "person": PERSON, "door": asked.door})
    shown = Presentation(PERSON, Assurance.MUTUAL, revision, PERSON)
    return Done(None, (SendAccess(asked.opening, asked.device, asked.number, shown),))


@dataclass(frozen=True, slots=True)
class ModeAsked:
    """Home Assistant wants a door in another mode."""

    asked: Asked
    mode: DoorMode


def set_mode(tx: Tx, wish: ModeAsked, now: datetime) -> Done[str | None]:
    """Tighten a door, or take back one's own tightening; the value is why not."""
    del now
    asked, mode = wish.asked, wish.mode
    own = SET_BY_HA + asked.door
    before = tx.execute(select(t.doors.c.mode).where(t.doors.c.id == asked.door)).scalar_one()
    mine = tx.execute(select(t.settings.c.value).where(t.settings.c.key == own)).scalar()
    why = asked.refused or (
        "" if may_set(DoorMode(before), mode, mine=mine == before) else "mode_refused"
    )
    if why:
        return Done(why, (_refused_early(tx, asked, why),))
    if mode is DoorMode.LOCKED:
        tx.execute(delete(t.settings).where(t.settings.c.key == own))
    else:
        _set(tx, own, mode.value)
    tx.execute(update(t.doors).where(t.doors.c.id == asked.door).values(mode=mode.value))
    tx.journal("door_mode", {"door": asked.door, "from": before, "to": mode.value, "via": PERSON})
    return Done(None, (ask_for(tx, [asked.device]), Announce("door", {"id": asked.door})))


def disown(tx: Tx, doors: Sequence[str]) -> None:
    """People spoke of these doors' modes, if only to repeat them: now they are theirs."""
    for door in doors:
        tx.execute(delete(t.settings).where(t.settings.c.key == SET_BY_HA + door))


def may_set(before: DoorMode, after: DoorMode, *, mine: bool) -> bool:
    """Whether Home Assistant may bring a door from one mode into another; never a looser one.

    ``mine``: the mode in which the door is was set by Home Assistant itself.
    """
    order = (DoorMode.UNLOCKED, DoorMode.LOCKED, DoorMode.BLOCKED, DoorMode.LOCKED_DOWN)
    if before not in order or after not in order or after is DoorMode.UNLOCKED:
        return False
    tighter = order.index(after) > order.index(before)
    return tighter or (mine and after is DoorMode.LOCKED)


def _set(tx: Tx, key: str, value: str) -> None:
    tx.execute(delete(t.settings).where(t.settings.c.key == key))
    tx.execute(insert(t.settings).values(key=key, value=value))


def _refused_early(tx: Tx, asked: Asked, why: str) -> Announce:
    """The hub refused on the door's behalf; it stands in the log like any refusal."""
    row: dict[str, Any] = {
        "device_id": asked.hub,
        "boot": asked.opening,
        "seq": 0,
        "at": tx.now_s,
        "recorded_at": tx.now_s,
        "kind": "access",
        "door_id": asked.door,
        "outcome": "refused",
        "reason": why,
        "person_id": PERSON,
        "via": PERSON,
        "late": False,
        "ms": {},
        "body": "{}",
    }
    n = tx.record(t.events, row)
    return Announce("event", announced(n, row))
