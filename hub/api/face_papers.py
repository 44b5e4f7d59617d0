"""Documents about faces: the impact assessment and the signs at the doors, printed on demand."""

from __future__ import annotations

import asyncio
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from hub.acts.faces import enrolled
from hub.api.face_reading import doors, kept_days
from hub.core.errors import DomainError
from hub.core.face_law import FILING_PEOPLE
from hub.core.face_words import REPORT, SIGN, of, ways
from hub.parts import Hub
from hub.store import tables as t


async def report(hub: Hub, language: str) -> bytes:
    """The impact assessment as it stands today, with what was measured."""
    from hub.gateways import face_paper  # noqa: PLC0415 - a quarter of a second

    font = _font(language)
    title, parts = _parts(hub, language)
    return await asyncio.to_thread(face_paper.print_report, title, parts, font, language)


async def signs(hub: Hub, language: str) -> bytes:
    """A sheet for each door that takes faces."""
    from hub.gateways import face_paper  # noqa: PLC0415 - a quarter of a second

    font = _font(language)
    with hub.engines.read.connect() as connection:
        site = connection.execute(select(t.face_site)).first()
        wanted = [one for one in doors(connection, {}) if one["mode"] != "off"]
    if site is None or not wanted:
        raise DomainError("not_found", "no door takes faces", "door")
    put = {"controller": site.controller, "contact": site.contact}
    sheets = [
        face_paper.DoorSign(
            str(one["name"][language]),
            of(SIGN, "title", language),
            [
                of(SIGN, name, language, purpose=one["purpose"], **put)
                for name in ("line", "stranger", "purpose", "promise", "withdraw", "who")
            ],
        )
        for one in wanted
    ]
    return await asyncio.to_thread(face_paper.print_signs, sheets, font, language)


def _font(language: str) -> Any:
    from hub.gateways.paper import find_font  # noqa: PLC0415 - as above

    font = find_font(language)
    if font is None:
        raise DomainError("font_missing")
    return font


def _parts(hub: Hub, language: str) -> tuple[str, list[tuple[str, str]]]:
    def said(name: str, **put: object) -> str:
        return of(REPORT, name, language, **put)

    with hub.engines.read.connect() as connection:
        site = connection.execute(select(t.face_site)).first()
        if site is None:
            raise DomainError("face_assessment")
        people, days = enrolled(connection), kept_days(connection)
        counts = _consents(connection)
        audits = {row.scope: row for row in connection.execute(select(t.face_audits))}
        found = doors(connection, audits)
    now = hub.clock().astimezone(ZoneInfo(hub.memory.zone))
    name = str(hub.memory.site_name[language])
    parts = [("", said("made", site=name, day=now.date().isoformat()))]
    parts += [(said("controller"), f"{site.controller} ({site.contact})")]
    parts += [(said(one), str(getattr(site, one))) for one in ("purpose", "necessity", "measures")]
    parts += [(said("kept"), said("kept_line", people=people, days=days))]
    parts += [(said("consents"), said("consents_line", **counts))]
    parts += [(said("doors"), _doors(found, language))]
    errors = _errors(audits.get(""), language)
    parts += [(said("errors"), f"{errors}\n{said('liveness')}")]
    parts += [("", said("filing", people=people, due=FILING_PEOPLE))]
    parts += [(said("assessed"), site.assessed_by)]
    return said("title"), parts


def _consents(connection: Any) -> dict[str, int]:
    c = t.face_consents.c

    def count(*which: Any) -> int:
        query = select(func.count()).select_from(t.face_consents).where(*which)
        return int(connection.execute(query).scalar_one())

    return {
        "open": count(c.ended_at.is_(None)),
        "ended": count(c.ended_at.is_not(None)),
        "guardian": count(c.ended_at.is_(None), c.giver_id != c.person_id),
    }


def _doors(found: list[dict[str, Any]], language: str) -> str:
    lines = [
        f"{one['name'][language]}: {ways((one['mode'],), language)}; "
        f"{one['purpose']}; {ways(tuple(one['ways']), language)}"
        for one in found
        if one["mode"] != "off"
    ]
    return "\n".join(lines) or of(REPORT, "never", language)


def _errors(audit: Any, language: str) -> str:
    if audit is None:
        return of(REPORT, "unknown", language)

    def share(value: float | None) -> str:
        return of(REPORT, "unknown", language) if value is None else f"{value * 100:.3g} %"

    claim, search = audit.document["claim"], audit.document["search"]
    line = of(
        REPORT, "errors_line", language, claim=share(claim["predicted"]),
        claim_missed=share(claim["missed"]), search=share(search["predicted"]),
        search_missed=share(search["missed"]), wrong=share(search["wrong"]),
    )  # fmt: skip
    return line + "\n" + of(REPORT, "alike", language, n=len(audit.document["look_alikes"]))
