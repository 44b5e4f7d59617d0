"""Incidents for those who decide on them: the board, both pictures, the steps, the stations.

What is restricted (duress) is not there for anybody but named responders. Each look at a picture
is written down before it is shown; nobody confirms a picture that the hub has not shown them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Row, select

from hub.acts import incidents as acts
from hub.acts.stations import Accepted, accept
from hub.api import incident_shown as shown
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate
from hub.api.incident_shapes import (
    AcceptAsked,
    ConfirmAsked,
    EnterAsked,
    IncidentDetail,
    IncidentsPage,
    IncidentState,
    NoteAsked,
    StationState,
)
from hub.api.problems import reply
from hub.api.sight import Sight, sight_of
from hub.core.alert_kinds import WITHHELD
from hub.core.errors import DomainError
from hub.core.evidence import unseal
from hub.core.policelink import Kind, State, What
from hub.store import tables as t

_ID = r"^[a-z0-9][a-z0-9-]{0,39}$"
_STEP = ("not_found", "incident_step", *CHANGE)


def routes(gate: Gate) -> APIRouter:
    """The router of the incident endpoints."""
    router = APIRouter(prefix="/api/v1", tags=["incidents"])
    _looking(router, gate)
    _beginning(router, gate)
    _deciding(router, gate)
    _stations(router, gate)
    return router


def _looking(router: APIRouter, gate: Gate) -> None:
    @router.get(
        "/incidents", **told("listIncidents", IncidentsPage, "field_wrong", "not_found", by="staff")
    )
    def listed(
        request: Request,
        state: Annotated[Literal["open", "closed"], Query()] = "open",
        before: Annotated[str | None, Query(pattern=_ID)] = None,
    ) -> Response:
        sight = sight_of(gate, request, "incident", "read")
        kinds = [kind for kind in Kind if sight.sees(kind)]
        with gate.hub.engines.read.connect() as connection:
            rows, following = shown.rows_of(connection, kinds, state, before)
            page = {
                "incidents": shown.show_incidents(gate, connection, rows, sight.by),
                "next": following,
                "stations": shown.show_stations(gate, connection),
                "may": {
                    "review": gate.lets(sight.member, "review", "incident"),
                    "export": gate.lets(sight.member, "export", "incident"),
                    "accept": gate.lets(sight.member, "accept", "station"),
                },
            }
        return reply(page, request)

    one = told("readIncident", IncidentDetail, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.get("/incidents/{incident}", **one)
    async def detail(incident: str, request: Request) -> Response:
        sight = sight_of(gate, request, "incident", "read")
        _row(gate, sight, incident)
        await gate.hub.writer.submit(acts.note_look, acts.Look(incident, sight.by))
        with gate.hub.engines.read.connect() as connection:
            found = shown.show_detail(gate, connection, incident, sight.by)
        return reply(found, request)

    @router.get("/incidents/{incident}/pictures/{n}", include_in_schema=False)
    async def picture(incident: str, n: int, request: Request) -> Response:
        sight = sight_of(gate, request, "incident", "read")
        _row(gate, sight, incident)
        held = t.incident_pictures.c
        with gate.hub.engines.read.connect() as connection:
            found = connection.execute(
                select(t.incident_pictures).where(held.incident_id == incident, held.n == n)
            ).first()
        if found is None:
            raise DomainError("not_found")
        if found.sealed is None:
            raise DomainError("picture_gone")
        await gate.hub.writer.submit(acts.note_look, acts.Look(incident, sight.by, n))
        raw = unseal(found.sealed, gate.hub.keys.incident_key(incident), incident, found.sha256)
        return Response(raw, 200, media_type=found.media_type)


def _row(gate: Gate, sight: Sight, incident: str) -> Row[Any]:
    """The incident's row; what the member may not know of is not there."""
    with gate.hub.engines.read.connect() as connection:
        row = connection.execute(select(t.incidents).where(t.incidents.c.id == incident)).first()
    if row is None or not sight.sees(Kind(row.kind)):
        raise DomainError("not_found")
    return row


def _beginning(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    enters = told("enterIncident", IncidentState, "not_found", *BODY, *CHANGE, by="staff",
                  status=201)  # fmt: skip

    @router.post("/incidents", status_code=201, **enters)
    async def enter(asked: EnterAsked, request: Request) -> Response:
        member = gate.member(request, "review", "incident")
        by, kind, name = f"staff:{member.id}", Kind(asked.kind), f"hand-{asked.key}"
        noticed = acts.Detected(
            name, kind, asked.door, "by-hand", by, hub.clock(), hub.incidents.way(kind),
            calls=False, by=by, note=asked.note,
        )  # fmt: skip
        state = await hub.writer.submit(acts.detect, noticed)
        return reply({"id": name, "state": state}, request, 201)

    raises = told(
        "raiseAlert", IncidentState, "not_found", "alert_closed", "incident_step", "field_wrong",
        *CHANGE, by="staff", status=201,
    )  # fmt: skip

    @router.post("/alerts/{alert}/incident", status_code=201, **raises)
    async def raise_alert(alert: str, request: Request) -> Response:
        sight = sight_of(gate, request, "incident", "review")

        def visible(kind: str) -> bool:
            return sight.named if kind in WITHHELD else sight.ordinary

        with hub.engines.read.connect() as connection:
            kind = connection.execute(
                select(t.alerts.c.kind).where(t.alerts.c.id == alert)
            ).scalar()
        meant = acts.FROM_ALERTS.get(kind or "")
        way = hub.incidents.way(meant) if meant is not None else ""
        name = await hub.writer.submit(acts.raise_alert, acts.Raised(alert, sight.by, way, visible))
        return reply({"id": name, "state": _row(gate, sight, name).state}, request, 201)


def _deciding(router: APIRouter, gate: Gate) -> None:
    async def move(
        incident: str,
        request: Request,
        what: What,
        act: Callable[..., Any] = acts.step,
        seen: frozenset[str] = frozenset(),
        note: str = "",
    ) -> Response:
        sight = sight_of(gate, request, "incident", "review")
        way = gate.hub.incidents.way
        wish = acts.Stepped(incident, what, sight.by, sight.sees, seen, way, note)
        state = await gate.hub.writer.submit(act, wish)
        return reply({"id": incident, "state": state}, request)

    takes = told("takeUpIncident", IncidentState, "field_wrong", *_STEP, by="staff")

    @router.post("/incidents/{incident}/take-up", **takes)
    async def take_up(incident: str, request: Request) -> Response:
        return await move(incident, request, What.TAKEN_UP)

    refused = ("incident_unseen", "incident_elsewhere", "authority_missing")
    confirms = told("confirmIncident", IncidentState, *refused, *BODY, *_STEP, by="staff")

    @router.post("/incidents/{incident}/confirm", **confirms)
    async def confirm(incident: str, asked: ConfirmAsked, request: Request) -> Response:
        return await move(incident, request, What.CONFIRMED, seen=frozenset(asked.seen))

    ends = told("dismissIncident", IncidentState, "incident_elsewhere", *BODY, *_STEP, by="staff")

    @router.post("/incidents/{incident}/dismiss", **ends)
    async def dismiss(incident: str, asked: NoteAsked, request: Request) -> Response:
        return await move(incident, request, What.DISMISSED, note=asked.note)

    handles = told("handleIncident", IncidentState, *BODY, *_STEP, by="staff")

    @router.post("/incidents/{incident}/handle", **handles)
    async def handle(incident: str, asked: NoteAsked, request: Request) -> Response:
        row = _row(gate, sight_of(gate, request, "incident", "review"), incident)
        known = row.state == State.ACKNOWLEDGED.value
        what = What.HANDLED if known else What.OTHERWISE
        return await move(incident, request, what, note=asked.note)

    sends = told("sendIncidentAgain", IncidentState, "field_wrong", *_STEP, by="staff")

    @router.post("/incidents/{incident}/send", **sends)
    async def send(incident: str, request: Request) -> Response:
        return await move(incident, request, What.SENT, acts.send_again)

    @router.post("/incidents/{incident}/pack", include_in_schema=False)
    async def pack(incident: str, request: Request) -> Response:
        sight = sight_of(gate, request, "incident", "review")
        gate.member(request, "export", "incident")
        _row(gate, sight, incident)
        raw, sha256 = shown.packed(gate, incident)
        wish = acts.Stepped(incident, What.SENT, sight.by, sight.sees, note=sha256)
        await gate.hub.writer.submit(acts.note_taken_away, wish)
        headers = {"Content-Disposition": f'attachment; filename="{incident}.zip"'}
        return Response(raw, 200, headers, "application/zip")


def _stations(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    async def decide(station: str, request: Request, basis: str) -> Response:
        member = gate.member(request, "accept", "station")
        mark = hub.incidents.mark(station)
        if not mark:
            raise DomainError("not_found", "no station of this name in hub.toml")
        wish = Accepted(station, mark, f"staff:{member.id}", basis)
        accepted = await hub.writer.submit(accept, wish)
        return reply({"accepted": accepted}, request)

    accepts = told("acceptStation", StationState, "not_found", *BODY, *CHANGE, by="staff")

    @router.post("/stations/{station}/accept", **accepts)
    async def accepted(station: str, asked: AcceptAsked, request: Request) -> Response:
        return await decide(station, request, asked.basis)

    ends = told("endStation", StationState, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.post("/stations/{station}/end", **ends)
    async def ended(station: str, request: Request) -> Response:
        return await decide(station, request, "")
