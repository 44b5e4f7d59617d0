"""How faces stand, read for pages: shares, days and states; never a score or a template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from hub.acts.faces import enrolled
from hub.core.face_law import (
    FILING_PEOPLE,
    FILING_WARN_PEOPLE,
    FILING_WORKING_DAYS,
    ZONES,
    equal_ways,
    filing,
    missing,
)
from hub.core.retention import DEFAULT_DAYS
from hub.core.words import in_every_language
from hub.live import instant
from hub.parts import Hub
from hub.store import tables as t

SCALE: Final = 1_000  # of a plot: wide enough for the eye, no unit that could be climbed
MATCHES_SHOWN: Final = 30
LOG_SHOWN: Final = 200
_DAY_S: Final = 86_400


def kept_days(connection: Connection) -> int:
    """For how many days checks at doors are kept here."""
    rule = select(t.retention.c.days).where(t.retention.c.scope == "face_matches")
    return int(connection.execute(rule).scalar() or DEFAULT_DAYS["face_matches"])


def overview(hub: Hub) -> dict[str, Any]:
    """Everything of the page Faces."""
    desk = hub.recognising
    with hub.engines.read.connect() as connection:
        site = connection.execute(select(t.face_site)).first()
        people = enrolled(connection)
        audits = {row.scope: row for row in connection.execute(select(t.face_audits))}
        days = connection.execute(select(t.face_templates.c.days)).scalars().all()
        return {
            "state": desk.state,
            "missing": list(desk.missing),
            "assessment": _assessment(site) if site else None,
            "enrolled": people,
            "consents": _count(connection, t.face_consents.c.ended_at.is_(None)),
            "other_model": _other_model(connection, desk.model),
            "incomplete": sum(bool(missing(tuple(one))) for one in days),
            "filing": {
                "people": people,
                "state": filing(people),
                "near_from": FILING_WARN_PEOPLE,
                "due_from": FILING_PEOPLE,
                "working_days": FILING_WORKING_DAYS,
            },
            "audit": _audit(connection, audits[""]) if "" in audits else None,
            "doors": doors(connection, audits),
            "cameras": cameras(hub),
            "zones": list(ZONES),
        }


def _count(connection: Connection, *which: Any) -> int:
    query = select(func.count()).select_from(t.face_consents).where(*which)
    return int(connection.execute(query).scalar_one())


def _other_model(connection: Connection, model: str | None) -> int:
    if model is None:
        return 0
    query = select(func.count()).select_from(t.face_templates)
    found = connection.execute(query.where(t.face_templates.c.model_id != model))
    return int(found.scalar_one())


def _assessment(row: Row[Any]) -> dict[str, Any]:
    names = ("controller", "contact", "purpose", "necessity", "measures", "assessed_by",
             "strangers", "claims", "misses")  # fmt: skip
    told = {name: getattr(row, name) for name in names}
    return told | {"assessed_at": instant(row.assessed_at)}


def doors(connection: Connection, audits: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every door with whether it takes faces, and what else opens it."""
    known = {row.door_id: row for row in connection.execute(select(t.face_doors))}
    found = []
    for row in connection.execute(select(t.doors).order_by(t.doors.c.id)).mappings():
        wish, audit = known.get(row["id"]), audits.get(row["id"])
        alone, reason = _alone(wish, audit)
        found.append(
            {
                "door": row["id"],
                "name": in_every_language(row["name"]),
                "mode": wish.mode if wish else "off",
                "zone": wish.zone if wish else ZONES[0],
                "purpose": wish.purpose if wish else "",
                "turn": wish.turn if wish else True,
                "ways": list(equal_ways(dict(row))),
                "alone": alone,
                "reason": reason,
                "people": audit.document["people"] if audit else None,
            }
        )
    return found


def cameras(hub: Hub) -> list[dict[str, Any]]:
    """Every camera of the settings, and whether anybody looks at it."""
    known = hub.memory.doors
    return [
        {
            "name": one.name,
            "door": one.door,
            "door_name": in_every_language(known[one.door].name) if one.door in known else None,
            "state": one.state,
            "reason": one.reason,
        }
        for one in hub.face_doors.cameras()
    ]


def _alone(wish: Any, audit: Any) -> tuple[str, str | None]:
    """Whether faces alone open a door that wants it, and why not."""
    if wish is None or wish.mode != "alone":
        return "", None
    if audit is None:
        return "waiting", None
    refused = audit.document["search"]["refused"]
    return ("refused", str(refused)) if refused else ("allowed", None)


def _audit(connection: Connection, row: Any) -> dict[str, Any]:
    told = row.document
    names = _names(connection, (person for pair in told["look_alikes"] for person in pair))
    pairs = [
        {"one": {"name": names[one]}, "other": {"name": names[other]}}
        for one, other in told["look_alikes"]
        if one in names and other in names
    ]
    return {
        "made_at": instant(row.made_at),
        "model": row.model_id,
        "people": told["people"],
        "judged": told["judged"],
        "search": _verdict(told["search"]),
        "claim": _verdict(told["claim"]),
        "look_alikes": pairs,
        "plot": plot(told),
    }


def _verdict(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("refused", "predicted", "missed", "wrong")}


def plot(told: Mapping[str, Any]) -> dict[str, Any]:
    """The curves on a scale without a unit; the threshold is that of faces alone."""
    curves = told["curves"]
    threshold = told["search"]["threshold"]
    values = [value for curve in curves.values() for value, _ in curve]
    values += [threshold] if threshold is not None else []
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    width = (high - low) or 1.0

    def place(value: float) -> int:
        return round((value - low) / width * SCALE)

    shown: dict[str, Any] = {
        name: [{"at": place(value), "share": round(share, 5)} for value, share in curve]
        for name, curve in curves.items()
    }
    return shown | {"threshold": None if threshold is None else place(threshold)}


def _names(connection: Connection, people: Iterable[str]) -> dict[str, str]:
    wanted = list(set(people))
    query = select(t.people.c.id, t.people.c.name).where(t.people.c.id.in_(wanted))
    return {row.id: row.name for row in connection.execute(query)}


# --------------------------------------------------------------------------- one person


def of_person(hub: Hub, person: str) -> dict[str, Any] | None:
    """What is kept of somebody's face, and their own checks; None for nobody we know."""
    desk = hub.recognising
    with hub.engines.read.connect() as connection:
        name = connection.execute(select(t.people.c.name).where(t.people.c.id == person)).scalar()
        if name is None:
            return None
        held = connection.execute(
            select(t.face_consents).where(t.face_consents.c.open_person == person)
        ).first()
        kept = None
        if held is not None:
            own = t.face_templates.c.consent_id == held.id
            kept = connection.execute(select(t.face_templates).where(own)).first()
        giver = held is not None and held.giver_id != person
        days = tuple(kept.days) if kept else ()
        return {
            "person": {"name": name},
            "state": desk.state,
            "consent": _consent(connection, held, child=giver) if held is not None else None,
            "photos": [
                {"day": _day(day), "quality": quality}
                for day, quality in zip(days, kept.quality if kept else (), strict=True)
            ],
            "missing": list(missing(days)) if held is not None else [],
            "other_model": bool(kept and desk.model and kept.model_id != desk.model),
            "matches": _matches(hub, connection, t.face_matches.c.person_id == person),
        }


def _consent(connection: Connection, row: Any, *, child: bool) -> dict[str, Any]:
    names = _names(connection, [row.giver_id])
    return {
        "given_at": instant(row.given_at),
        "notice": row.notice,
        "guardian": {"name": names.get(row.giver_id, "")} if child else None,
        "turns_14_on": row.turns_14_on,
        "purpose": row.purpose,
    }


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * _DAY_S, UTC).date().isoformat()


def _matches(hub: Hub, connection: Connection, *which: Any) -> list[dict[str, Any]]:
    query = select(t.face_matches).where(*which).order_by(t.face_matches.c.n.desc())
    rows = connection.execute(query.limit(MATCHES_SHOWN)).all()
    return [_match(hub, row) for row in rows]


def _match(hub: Hub, row: Any) -> dict[str, Any]:
    door = hub.memory.doors.get(row.door_id)
    return {
        "at": instant(row.at),
        "door": in_every_language(door.name if door else row.door_id),
        "way": row.way,
        "known": row.person_id is not None,
        "reason": row.reason,
    }


def log_of(hub: Hub) -> list[dict[str, Any]]:
    """The newest checks at all doors, with who was recognised."""
    query = select(t.face_matches).order_by(t.face_matches.c.n.desc()).limit(LOG_SHOWN)
    with hub.engines.read.connect() as connection:
        rows = connection.execute(query).all()
        names = _names(connection, (row.person_id for row in rows if row.person_id))
    return [
        _match(hub, row)
        | {"person": {"name": names[row.person_id]} if row.person_id in names else None}
        for row in rows
    ]


__all__ = ["cameras", "doors", "kept_days", "log_of", "of_person", "overview", "plot"]
