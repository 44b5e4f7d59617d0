"""Other people's systems, by the operator: Home Assistant's credential."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from pydantic import BaseModel

from hub.acts.homeassistant import Choice, choose
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate
from hub.api.shapes import Shaped
from hub.core.errors import DomainError
from hub.core.words import LANGUAGES
from hub.gateways.homeassistant import NAME

_CODE = re.compile(r"\d{4,8}", re.ASCII)


class HomeAssistantAsked(BaseModel):
    """Serve Home Assistant or no longer; a code of four to eight digits is asked before opening."""

    enabled: bool
    code: str = ""
    language: str = LANGUAGES[0]


class BrokerLogin(Shaped):
    """What somebody types once to reach the broker; the secret is not kept here."""

    host: str
    port: int
    user: str
    secret: str


class HomeAssistantServed(Shaped):
    """How Home Assistant is served; a login only where it is."""

    enabled: bool
    doors: int
    """How many doors it may operate."""
    login: BrokerLogin | None


def routes(gate: Gate) -> APIRouter:
    """The router of the foreign systems' endpoints."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"])
    ha_told = told("chooseHomeAssistant", None, *BODY, *CHANGE, by="operator")

    @router.post("/home-assistant", **ha_told)
    async def home_assistant(asked: HomeAssistantAsked, request: Request) -> HomeAssistantServed:
        gate.operator(request)
        return await choose_ha(gate, asked)

    return router


async def choose_ha(gate: Gate, asked: HomeAssistantAsked) -> HomeAssistantServed:
    """Make its credential and switch it on, or end both."""
    hub = gate.hub
    if asked.language not in LANGUAGES:
        raise DomainError("field_wrong", f"language is one of {', '.join(LANGUAGES)}", "language")
    if asked.code and not _CODE.fullmatch(asked.code):
        raise DomainError("field_wrong", "a code has four to eight digits", "code")
    if hub.broker is None:
        raise DomainError("not_allowed", "with your own broker, make its credential there first")
    mark = hub.keys.mark("ha-code", asked.code) if asked.code and asked.enabled else ""
    if not asked.enabled:  # first nobody comes in any more
        await hub.broker.remove_credential(NAME)
    await hub.writer.submit(choose, Choice(asked.enabled, mark, asked.language))
    doors = sum(1 for door in hub.memory.doors.values() if door.ha)
    if not asked.enabled:
        return HomeAssistantServed(enabled=False, doors=doors, login=None)
    secret = await hub.broker.add_credential(NAME)
    login = BrokerLogin(host=hub.broker.host, port=hub.broker.port, user=NAME, secret=secret)
    return HomeAssistantServed(enabled=True, doors=doors, login=login)
