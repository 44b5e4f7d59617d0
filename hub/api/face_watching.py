"""The watch list over HTTP: what an order costs, who entered it, who else put it in force.

Whoever looks at it is written down first. Pictures go in and never come out again here: a hit
shows them, as an incident. The operator enters and ends; only a member of staff approves.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from hub.acts.face_watch import FACES_MAX
from hub.acts.operating import Factor
from hub.acts.reading import Reading, note_reading
from hub.api import face_watch_shown
from hub.api.documents import BODY, CHANGE, told
from hub.api.face_watch_shapes import (
    OperatorOrderAsked,
    WatchCost,
    WatchCostAsked,
    WatchFactorAsked,
    WatchOrderAsked,
    WatchShown,
)
from hub.api.faces import OCTETS, OFF, PHOTO
from hub.api.gate import Gate
from hub.api.operating import fresh_factor
from hub.api.problems import reply
from hub.watching import Wish

OPERATOR = "operator"
_DAY_S = 86_400.0
_ORDER = ("face_order", *OFF, *BODY, *CHANGE)
_FACTOR = ("factor_wrong", "too_many")
_FACE = ("face_order", "picture_unfit", *PHOTO, "field_wrong", *CHANGE)


def routes(gate: Gate) -> APIRouter:
    """The router of the watch list."""
    router = APIRouter(prefix="/api/v1", tags=["faces"])
    _orders(router, gate)
    _steps(router, gate)
    _operator(router, gate)
    return router


async def _shown(gate: Gate, request: Request, by: str, status: int = 200) -> Response:
    """The whole list, after it was written down who looks at it."""
    await gate.hub.writer.submit(note_reading, Reading(by, "watch_list"))
    return reply(face_watch_shown.page(gate.hub, by), request, status)


def _cost(gate: Gate, asked: WatchCostAsked) -> dict[str, Any]:
    gate.hub.recognising.ready_roll()
    _, _, expected = gate.hub.watching.cost(asked.passers_a_day, asked.alarms_a_day)
    return {"expected_a_day": expected, "faces": FACES_MAX}


async def _enter(gate: Gate, asked: OperatorOrderAsked, by: str, factor: Factor | None) -> str:
    now_s = gate.now_s()
    wish = Wish(
        asked.authority, asked.basis, now_s, now_s + asked.days * _DAY_S, asked.passers_a_day,
        asked.alarms_a_day, by, factor,
    )  # fmt: skip
    return await gate.hub.watching.enter(wish)


def _orders(router: APIRouter, gate: Gate) -> None:
    @router.get("/faces/watch", **told("readWatchList", WatchShown, *CHANGE, by="staff"))
    async def read(request: Request) -> Response:
        member = gate.member(request, "read", "watch_list")
        return await _shown(gate, request, f"staff:{member.id}")

    costs = told("costWatchOrder", WatchCost, *_ORDER, by="staff")

    @router.post("/faces/watch/cost", **costs)
    def cost(asked: WatchCostAsked, request: Request) -> Response:
        gate.member(request, "enter", "watch_list")
        return reply(_cost(gate, asked), request)

    enters = told("enterWatchOrder", WatchShown, *_ORDER, *_FACTOR, by="staff", status=201)

    @router.post("/faces/watch", status_code=201, **enters)
    async def enter(asked: WatchOrderAsked, request: Request) -> Response:
        member = gate.member(request, "enter", "watch_list")
        factor = await fresh_factor(gate, member, asked.otp)
        await _enter(gate, asked, factor.subject, factor)
        return await _shown(gate, request, factor.subject, 201)


def _steps(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    adds = told("listWatchFace", WatchShown, *_FACE, by="staff")
    adds["openapi_extra"] |= OCTETS

    @router.post("/faces/watch/{order}/faces", **adds)
    async def faces(order: str, request: Request) -> Response:
        member = gate.member(request, "enter", "watch_list")
        gate.guard(gate.faces, member.id)
        by = f"staff:{member.id}"
        await hub.watching.list_face(order, await request.body(), by)
        return await _shown(gate, request, by)

    approves = told("approveWatchOrder", WatchShown, "not_found", *_ORDER, *_FACTOR, by="staff")

    @router.post("/faces/watch/{order}/approve", **approves)
    async def approve(order: str, asked: WatchFactorAsked, request: Request) -> Response:
        member = gate.member(request, "approve", "watch_list")
        factor = await fresh_factor(gate, member, asked.otp)
        await hub.watching.approve(order, factor.subject, factor)
        return await _shown(gate, request, factor.subject)

    ends = told("endWatchOrder", WatchShown, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.post("/faces/watch/{order}/end", **ends)
    async def end(order: str, request: Request) -> Response:
        by = f"staff:{gate.member(request, 'end', 'watch_list').id}"
        await hub.watching.end(order, by)
        return await _shown(gate, request, by)


def _operator(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    reads = told("readWatchListByOperator", WatchShown, *CHANGE, by="operator")

    @router.post("/operator/faces/watch", **reads)
    async def read(request: Request) -> Response:
        gate.operator(request)
        return await _shown(gate, request, OPERATOR)

    @router.post("/operator/faces/watch/cost",
                 **told("costWatchOrderByOperator", WatchCost, *_ORDER, by="operator"))  # fmt: skip
    def cost(asked: WatchCostAsked, request: Request) -> Response:
        gate.operator(request)
        return reply(_cost(gate, asked), request)

    enters = told("enterWatchOrderByOperator", WatchShown, *_ORDER, by="operator", status=201)

    @router.post("/operator/faces/watch/orders", status_code=201, **enters)
    async def enter(asked: OperatorOrderAsked, request: Request) -> Response:
        gate.operator(request)
        await _enter(gate, asked, OPERATOR, None)
        return await _shown(gate, request, OPERATOR, 201)

    adds = told("listWatchFaceByOperator", WatchShown, *_FACE, by="operator")
    adds["openapi_extra"] |= OCTETS

    @router.post("/operator/faces/watch/{order}/faces", **adds)
    async def faces(order: str, request: Request) -> Response:
        gate.operator(request)
        await hub.watching.list_face(order, await request.body(), OPERATOR)
        return await _shown(gate, request, OPERATOR)

    ends = told("endWatchOrderByOperator", WatchShown, "not_found", "field_wrong", *CHANGE,
                by="operator")  # fmt: skip

    @router.post("/operator/faces/watch/{order}/end", **ends)
    async def end(order: str, request: Request) -> Response:
        gate.operator(request)
        await hub.watching.end(order, OPERATOR)
        return await _shown(gate, request, OPERATOR)
