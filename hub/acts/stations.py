"""Speaking to stations, as the store sees it: a number before each sending, its end after it.

Whatever is killed when: what was queued is sent, what was sent and not noted is sent again under
its number, so that the station tells the copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from drivers.dc09 import next_sequence
from hub.acts.alerts import Alarm, alarm
from hub.acts.incidents import HUB, find, keep, read_link, shown_to_all, write
from hub.core import policelink as law
from hub.core.policelink import Incident, Link, Move, Moved, Party, Refused, State, What
from hub.core.stations import Message, Outcome, Told
from hub.store import tables as t
from hub.store.writer import Done, Tx

FAILURES_TOLD: Final = 3  # in a row; one lost answer is nobody's trouble
LIVES_S: Final = 86_400.0  # then an incident is no news any more, and people have telephoned
AGAIN_FIRST_S: Final = 5.0
AGAIN_MOST_S: Final = 600.0
UNMENDED_S: Final = 60.0  # the soonest for what somebody must mend first
_UNMENDED: Final = frozenset({"station_tls", "station_clock"})


@dataclass(frozen=True, slots=True)
class Begin:
    """A queued message is about to be sent; ``mark`` is that of the station's wire now."""

    effect: str
    station: str
    mark: str


@dataclass(frozen=True, slots=True)
class Sending:
    """What to send now."""

    effect: str
    incident: str
    station: str
    message: Message


def begin(tx: Tx, wish: Begin, now: datetime) -> Done[Sending | None]:
    """Give the message its number and write that it is sent; None where nobody needs it any more.

    What may not leave now (an order that ended, a day that passed) is settled with its reason.
    """
    effect = tx.execute(
        select(t.effects).where(t.effects.c.id == wish.effect, t.effects.c.done_at.is_(None))
    ).first()
    incident = find(tx, effect.body["incident"]) if effect is not None else None
    if effect is None or incident is None:
        _settle(tx, wish.effect)
        return Done(None)
    if not wish.mark:
        return _stop(tx, wish.effect, incident, "station_missing")
    row = _station(tx, wish.station)
    link = law.way(incident, read_link(wish.station, row, wish.mark), now)
    if effect.body["back"]:
        return _begin_back(tx, wish, incident, link, now)
    packed = law.pack(incident, link, now)
    if isinstance(packed, Refused):
        trouble = packed.reason if packed.reason == "authority_missing" else ""
        return _stop(tx, wish.effect, incident, trouble)
    if _too_old(incident, now):
        return _stop(tx, wish.effect, incident, "station_given_up")
    number = incident.number or _next_number(tx, wish.station, row)
    sent = keep(tx, incident, Move(What.SENT, Party.LINK, HUB, now, number=number, link=link))
    assert sent.sent_at is not None
    message = Message(packed, number, sent.sent_at, _door(tx, sent.id))
    done = Sending(wish.effect, sent.id, wish.station, message)
    return Done(done, shown_to_all(sent) if incident.sent_at is None else ())


def _begin_back(
    tx: Tx, wish: Begin, incident: Incident, link: Link, now: datetime
) -> Done[Sending | None]:
    packed = law.withdrawal(incident, link, now)
    rows = t.incidents
    kept = tx.execute(select(rows).where(rows.c.id == incident.id)).one()
    began_s = kept.withdrawal_at if kept.withdrawal_at is not None else tx.now_s
    if isinstance(packed, Refused) or tx.now_s - began_s > LIVES_S:
        trouble = "" if isinstance(packed, Refused) else "station_given_up"
        return _stop(tx, wish.effect, incident, trouble)
    number = kept.withdrawal or _next_number(tx, wish.station, _station(tx, wish.station))
    values = {"withdrawal": number, "withdrawal_at": began_s}
    tx.execute(update(rows).where(rows.c.id == incident.id).values(**values))
    at = datetime.fromtimestamp(began_s, now.tzinfo)
    message = Message(
        packed, number, at, kept.door_id, alarm_number=incident.number, alarm_at=incident.sent_at
    )
    return Done(Sending(wish.effect, incident.id, wish.station, message))


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one sending."""

    sending: Sending
    told: Told
    mark: str


def note_told(tx: Tx, ended: Ended, now: datetime) -> Done[None]:
    """Settle the message or put it off, move its incident, tell how the station fares."""
    sending, told = ended.sending, ended.told
    incident = find(tx, sending.incident)
    if told.outcome is Outcome.AGAIN:
        _put_off(tx, sending.effect, told.trouble)
    else:
        _settle(tx, sending.effect)
    effects: tuple[object, ...] = ()
    if incident is not None:
        after = _moved(tx, incident, sending, told, ended.mark, now)
        _trouble(tx, incident.id, told.trouble)
        effects = shown_to_all(after)
    return Done(None, (*effects, *_fare(tx, sending.station, told, now)))


def _moved(
    tx: Tx, incident: Incident, sending: Sending, told: Told, mark: str, now: datetime
) -> Incident:
    """The step that the station's answer is; one that came too late for the law changes nothing."""
    if told.outcome is Outcome.AGAIN:
        return incident
    if sending.message.alarm_number:
        if told.outcome is not Outcome.TAKEN:
            return incident
        link = read_link(sending.station, _station(tx, sending.station), mark)
        wish = Move(What.WITHDRAWN, Party.LINK, HUB, now, link=link)
    else:
        taken = told.outcome is Outcome.TAKEN
        what = What.ACKNOWLEDGED if taken else What.RETURNED
        wish = Move(what, Party.STATION, sending.station, now)
    moved = law.move(incident, wish)
    return write(tx, moved, told.trouble) if isinstance(moved, Moved) else incident


@dataclass(frozen=True, slots=True)
class Beaten:
    """How a supervision ended."""

    station: str
    told: Told


def note_beat(tx: Tx, beaten: Beaten, now: datetime) -> Done[None]:
    """Whether the line is well, without any incident."""
    return Done(None, _fare(tx, beaten.station, beaten.told, now))


# ----------------------------------------------------------------- acceptance


@dataclass(frozen=True, slots=True)
class Accepted:
    """A station has taken the link into service (or no longer: an empty basis ends it)."""

    station: str
    mark: str
    by: str
    basis: str = field(repr=False)

    def for_quarantine(self) -> str:
        """Which station."""
        return self.station


def accept(tx: Tx, wish: Accepted, now: datetime) -> Done[bool]:
    """From now on what goes this way is meant; in the log with who, when, and on what basis."""
    del now
    _station(tx, wish.station)
    values: dict[str, object] = {
        "accepted_at": tx.now_s if wish.basis else None,
        "accepted_by": wish.by,
        "accepted_basis": wish.basis,
        "accepted_mark": wish.mark if wish.basis else "",
    }
    tx.execute(update(t.stations).where(t.stations.c.id == wish.station).values(**values))
    told = {"station": wish.station, "by": wish.by, "basis": wish.basis, "wire": wish.mark}
    tx.journal("station_accepted" if wish.basis else "station_ended", told)
    return Done(bool(wish.basis))


# ----------------------------------------------------------------- rows


def _station(tx: Tx, name: str) -> Any:
    own = t.stations.c.id == name
    row = tx.execute(select(t.stations).where(own)).first()
    if row is None:
        tx.execute(insert(t.stations).values(id=name))
        row = tx.execute(select(t.stations).where(own)).one()
    return row


def _next_number(tx: Tx, station: str, row: Any) -> int:
    number = next_sequence(row.sequence)
    tx.execute(update(t.stations).where(t.stations.c.id == station).values(sequence=number))
    return number


def _door(tx: Tx, incident: str) -> str:
    rows = t.incidents.c
    return str(tx.execute(select(rows.door_id).where(rows.id == incident)).scalar_one())


def _too_old(incident: Incident, now: datetime) -> bool:
    begun = incident.sent_at or incident.confirmed_at
    return begun is not None and (now - begun).total_seconds() > LIVES_S


def _stop(tx: Tx, effect: str, incident: Incident, trouble: str) -> Done[Sending | None]:
    _settle(tx, effect)
    if trouble:
        _trouble(tx, incident.id, trouble)
    return Done(None, shown_to_all(incident))


def _settle(tx: Tx, effect: str) -> None:
    own = (t.effects.c.id == effect) & t.effects.c.done_at.is_(None)
    tx.execute(update(t.effects).where(own).values(done_at=tx.now_s))


def _put_off(tx: Tx, effect: str, trouble: str) -> None:
    own = (t.effects.c.id == effect) & t.effects.c.done_at.is_(None)
    tries = tx.execute(select(t.effects.c.tries).where(own)).scalar()
    if tries is None:
        return
    again_s = min(AGAIN_FIRST_S * 2.0 ** min(tries, 16), AGAIN_MOST_S)
    if trouble in _UNMENDED:
        again_s = max(again_s, UNMENDED_S)
    tx.execute(update(t.effects).where(own).values(due_at=tx.now_s + again_s, tries=tries + 1))


def _trouble(tx: Tx, incident: str, trouble: str) -> None:
    rows = t.incidents.c
    tells = rows.closed_at.is_(None) | (rows.state == State.FALSE_ALARM.value)
    tx.execute(update(t.incidents).where(rows.id == incident, tells).values(trouble=trouble))


def _fare(tx: Tx, station: str, told: Told, now: datetime) -> tuple[object, ...]:
    """Three failures in a row, or a refusal, call somebody; the first answer ends that."""
    row = _station(tx, station)
    values: dict[str, object] = {"trouble": told.trouble}
    subject = f"station:{station}"
    if told.outcome is Outcome.TAKEN:
        values |= {"failures": 0, "failing_since": None, "heard_at": tx.now_s}
        call = (
            Alarm("station_failing", subject, tx.now_s, over=True) if _calls(tx, subject) else None
        )
    else:
        failures = row.failures + 1
        values |= {"failures": failures, "failing_since": row.failing_since or tx.now_s}
        loud = failures == FAILURES_TOLD or told.outcome is Outcome.RETURNED
        call = Alarm("station_failing", subject, tx.now_s, detail=told.trouble) if loud else None
    tx.execute(update(t.stations).where(t.stations.c.id == station).values(**values))
    return alarm(tx, call, now).effects if call is not None else ()


def _calls(tx: Tx, subject: str) -> bool:
    standing = t.alerts.c.open_key == f"station_failing|{subject}"
    return tx.execute(select(t.alerts.c.id).where(standing)).first() is not None
