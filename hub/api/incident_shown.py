"""Incidents and stations as their page sees them, and the evidence as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from drivers.cap import write
from hub.acts.incidents import RESTRICTED, STATION_EFFECT, read_incident, read_link
from hub.api.gate import Gate
from hub.core import policelink as law
from hub.core.errors import DomainError
from hub.core.evidence import unseal
from hub.core.evidence_file import Kept, evidence_file
from hub.core.policelink import Incident, Kind, Link, Pack, Picture, Refused, Role
from hub.core.words import LANGUAGES
from hub.gateways import police
from hub.live import instant
from hub.store import tables as t
from hub.store.memory import subject_name

PAGE = 50  # closed incidents of one page
OPEN_MAX = 200  # shown at once; more is no board any more but one cause
LOG_MAX = 500
NOWHERE = "none"  # the station's name in a pack that goes by hand


def rows_of(
    connection: Connection, kinds: Iterable[Kind], state: str, before: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Open ones the oldest first: who waits longest is first looked at. Closed from the newest."""
    rows = t.incidents.c
    own = rows.kind.in_([kind.value for kind in kinds])
    if state == "open":
        # a false alarm that its station has not heard of yet is not over
        owes = (rows.state == "false_alarm") & rows.sent_at.is_not(None) & ~rows.withdrawn
        query = select(t.incidents).where(own, rows.closed_at.is_(None) | owes)
        found = connection.execute(query.order_by(rows.detected_at, rows.id).limit(OPEN_MAX))
        return list(found.all()), None
    query = select(t.incidents).where(own, rows.closed_at.is_not(None))
    if before is not None:
        edge = connection.execute(select(rows.closed_at).where(own, rows.id == before)).scalar()
        if edge is None:
            raise DomainError("not_found")
        query = query.where(rows.closed_at < edge)
    ordered = query.order_by(rows.closed_at.desc(), rows.id).limit(PAGE + 1)
    closed = list(connection.execute(ordered).all())
    return closed[:PAGE], closed[PAGE - 1].id if len(closed) > PAGE else None


def show_incidents(
    gate: Gate, connection: Connection, rows: Sequence[Row[Any]], by: str
) -> list[dict[str, Any]]:
    """Incidents as people see them; ``by`` is who asks."""
    names = _staff(connection, {row.reviewer for row in rows})
    pictures = _pictures(connection, [row.id for row in rows])
    queued = _queued(connection)
    stations = {row.id: row for row in connection.execute(select(t.stations)).all()}
    return [
        _show(gate, row, pictures.get(row.id, []), stations)
        | {
            "reviewer": names.get(row.reviewer, row.reviewer),
            "mine": bool(row.reviewer) and by == f"staff:{row.reviewer}",
            "queued": row.id in queued,
        }
        for row in rows
    ]


def _show(
    gate: Gate, row: Row[Any], pictures: Sequence[Row[Any]], stations: dict[str, Row[Any]]
) -> dict[str, Any]:
    incident = read_incident(row, pictures)
    link = _link(gate, incident, row.way, stations)
    order = incident.authority
    name = subject_name(gate.hub.memory, f"door:{row.door_id}")
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "door": row.door_id,
        "name": dict.fromkeys(LANGUAGES, name) if isinstance(name, str) else dict(name),
        "source": row.source.partition(":")[0],
        "restricted": incident.kind in RESTRICTED,
        "detected_at": instant(row.detected_at),
        "order": None
        if order is None
        else {
            "authority": order.id,
            "basis": order.basis,
            "ends_at": instant(order.to_at.timestamp()),
        },
        "confirmed_at": _or_none(row.confirmed_at),
        "sent_at": _or_none(row.sent_at),
        "station": row.station or row.way,
        "message": f"{row.id}-{row.number}" if row.number else "",
        "simulated": link.simulated(gate.hub.clock()),
        "trouble": row.trouble,
        "owes_withdrawal": incident.owes_withdrawal,
        "withdrawn": row.withdrawn,
        "closed_at": _or_none(row.closed_at),
        "pictures": [
            {
                "n": one.n,
                "role": one.role,
                "taken_at": instant(one.taken_at),
                "sha256": one.sha256,
                "gone": bool(one.gone),
            }
            for one in pictures
        ],
    }


def show_stations(gate: Gate, connection: Connection) -> list[dict[str, Any]]:
    """The stations of hub.toml in its order."""
    rows = {row.id: row for row in connection.execute(select(t.stations)).all()}
    names = _staff(connection, {row.accepted_by.partition(":")[2] for row in rows.values()})
    found = []
    for name, wire in gate.hub.settings.stations.items():
        row = rows.get(name)
        link = read_link(name, row, wire.mark)
        accepted = row if row is not None and link.accepted_at is not None else None
        by = accepted.accepted_by.partition(":")[2] if accepted is not None else ""
        found.append(
            {
                "id": name,
                "kind": wire.kind,
                "accepted_at": _or_none(accepted.accepted_at if accepted is not None else None),
                "accepted_by": names.get(by, by),
                "basis": accepted.accepted_basis if accepted is not None else "",
                "failing_since": _or_none(row.failing_since if row is not None else None),
                "trouble": row.trouble if row is not None else "",
            }
        )
    return found


def show_detail(gate: Gate, connection: Connection, name: str, by: str) -> dict[str, Any]:
    """An incident with its log."""
    row = connection.execute(select(t.incidents).where(t.incidents.c.id == name)).one()
    lines = connection.execute(
        select(t.incident_log)
        .where(t.incident_log.c.incident_id == name)
        .order_by(t.incident_log.c.n)
        .limit(LOG_MAX)
    ).all()
    names = _staff(connection, {line.by.partition(":")[2] for line in lines})
    (incident,) = show_incidents(gate, connection, [row], by)
    pack = _pack(gate, connection, row)
    log = [
        {
            "at": instant(line.at),
            "what": line.what,
            "new": line.new,
            "party": line.party,
            "name": names.get(line.by.partition(":")[2], line.by),
            "number": line.number,
            "simulated": line.simulated,
            "detail": line.detail,
        }
        for line in lines
    ]
    told = pack.sha256 if isinstance(pack, Pack) else None
    return {"incident": incident, "log": log, "pack_sha256": told}


# ----------------------------------------------------------------- the evidence as a file


def packed(gate: Gate, name: str) -> tuple[bytes, str]:
    """The file, and the pack's hash; refused before a person has confirmed it."""
    with gate.hub.engines.read.connect() as connection:
        row = connection.execute(select(t.incidents).where(t.incidents.c.id == name)).one()
        pack = _pack(gate, connection, row)
        pictures = t.incident_pictures.c
        held = connection.execute(
            select(t.incident_pictures)
            .where(pictures.incident_id == name, pictures.sealed.is_not(None))
            .order_by(pictures.n)
        ).all()
    if isinstance(pack, Refused):
        raise DomainError(pack.reason)
    keys, now = gate.hub.keys, gate.hub.clock()
    key = keys.incident_key(name)
    kept = [
        Kept(
            Picture(one.sha256, Role(one.role), pack.detected_at),
            one.media_type,
            unseal(one.sealed, key, name, one.sha256),
        )
        for one in held
    ]
    sender = f"{gate.hub.memory.site}@linli.invalid"
    alert = write(police.cap_alert(pack, sender, row.number, now))
    public = keys.audit_public().public_bytes_raw()
    return evidence_file(pack, alert, kept, now, keys.signers["audit"].sign, public), pack.sha256


def _pack(gate: Gate, connection: Connection, row: Row[Any]) -> Pack | Refused:
    incident = read_incident(row, _pictures(connection, [row.id]).get(row.id, []))
    stations = {one.id: one for one in connection.execute(select(t.stations)).all()}
    now = gate.hub.clock()
    return law.kept_pack(incident, _link(gate, incident, row.way, stations), now)


def _link(gate: Gate, incident: Incident, way: str, stations: dict[str, Row[Any]]) -> Link:
    name = incident.station or way
    if not name:
        return Link(NOWHERE)
    link = read_link(name, stations.get(name), gate.hub.incidents.mark(name))
    return law.way(incident, link, gate.hub.clock())


# ----------------------------------------------------------------- rows


def _pictures(connection: Connection, names: Sequence[str]) -> dict[str, list[Row[Any]]]:
    held = t.incident_pictures.c
    rows = connection.execute(
        select(
            held.incident_id,
            held.n,
            held.sha256,
            held.role,
            held.taken_at,
            held.sealed.is_(None).label("gone"),
        )
        .where(held.incident_id.in_(names))
        .order_by(held.n)
    ).all()
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.incident_id, []).append(row)
    return found


def _queued(connection: Connection) -> frozenset[str]:
    bodies = connection.execute(
        select(t.effects.c.body).where(
            t.effects.c.done_at.is_(None), t.effects.c.kind.like(f"{STATION_EFFECT}%")
        )
    ).scalars()
    return frozenset(body["incident"] for body in bodies)


def _staff(connection: Connection, ids: set[str]) -> dict[str, str]:
    rows = connection.execute(select(t.staff.c.id, t.staff.c.name).where(t.staff.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _or_none(at_s: float | None) -> str | None:
    return instant(at_s) if at_s is not None else None
