"""Letters to households, printed when they are asked for and never kept."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from hub.api.gate import Gate
from hub.core.words import PLAIN
from hub.letters import print_run


class LettersAsked(BaseModel):
    """Whose letters, and in which language; nothing said means everybody's."""

    building: str = Field(default="", max_length=32, pattern=PLAIN)
    household: str = Field(default="", max_length=32, pattern=PLAIN)
    language: Literal["zh-Hans", "zh-Hant", "en"] = "zh-Hans"


def routes(gate: Gate) -> APIRouter:
    """The router of letters: for staff by session, for the operator by token."""
    router = APIRouter(prefix="/api/v1", tags=["letters"])

    @router.post("/letters", include_in_schema=False)
    async def letters(asked: LettersAsked, request: Request) -> Response:
        member = gate.member(request, "print", "letters")
        return await _printed(gate, asked, f"staff:{member.id}")

    @router.post("/operator/letters", include_in_schema=False)
    async def operator_letters(asked: LettersAsked, request: Request) -> Response:
        gate.operator(request)
        return await _printed(gate, asked, "operator")

    return router


async def _printed(gate: Gate, asked: LettersAsked, by: str) -> Response:
    hub = gate.hub
    http = hub.settings.http
    made = await print_run(
        hub.engines,
        hub.writer,
        hub.keys,
        site=hub.memory.site_name[asked.language],
        zone=hub.memory.zone,
        origin=(http.origin or f"http://{http.host}:{http.port}").rstrip("/"),
        now=hub.clock(),
        by=by,
        language=asked.language,
        building=asked.building,
        household=asked.household,
    )
    headers = {"Content-Disposition": 'attachment; filename="linli-letters.pdf"'}
    return Response(made, 200, headers, "application/pdf")
