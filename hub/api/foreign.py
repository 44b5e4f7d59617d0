"""Other people's systems, by the operator: Home Assistant's credential, relays on MQTT."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from drivers.relay_urls import DIALECTS, RelayUrlError, make_dialect, parse
from hub.acts.homeassistant import Choice, choose
from hub.acts.relays import Assigned, assign, take_back
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate
from hub.api.shapes import Shaped
from hub.core.errors import DomainError
from hub.core.words import LANGUAGES, PLAIN
from hub.gateways.broker_rules import RelayRule
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
    doors: int = Field(description="How many doors it may operate.")
    login: BrokerLogin | None


class RelayAsked(BaseModel):
    """A relay on MQTT for a door; ``settings`` are those of its URL, each as NAME=VALUE."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,55}$")
    door: str = Field(pattern=PLAIN, min_length=1, max_length=32)
    dialect: str = Field(pattern=PLAIN, max_length=32)
    topic: str = Field(pattern=PLAIN, max_length=200)
    settings: list[str] = Field(default=[], max_length=8)


class RelayAssigned(Shaped):
    """Both logins of a relay, and the line for the controller's device.toml."""

    relay: BrokerLogin = Field(description="Typed into the device.")
    strike: BrokerLogin = Field(
        description="Its secret becomes a file of the controller's data folder."
    )
    device: str = Field(description="The controller.")
    url: str


def routes(gate: Gate) -> APIRouter:
    """The router of the foreign systems' endpoints."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"])
    ha_told = told("chooseHomeAssistant", None, *BODY, *CHANGE, by="operator")

    @router.post("/home-assistant", **ha_told)
    async def home_assistant(asked: HomeAssistantAsked, request: Request) -> HomeAssistantServed:
        gate.operator(request)
        return await choose_ha(gate, asked)

    relay_told = told("assignRelay", None, "door_unknown", "remote_only", *BODY, *CHANGE,
                      by="operator")  # fmt: skip

    @router.post("/relays", **relay_told)
    async def relays(asked: RelayAsked, request: Request) -> RelayAssigned:
        gate.operator(request)
        return await assign_relay(gate, asked)

    taken_told = told("takeRelayBack", None, "not_found", *BODY, *CHANGE, by="operator")

    @router.post("/relays/{relay}/remove", status_code=204, **taken_told)
    async def remove(relay: str, request: Request) -> None:
        gate.operator(request)
        broker = gate.hub.broker
        if broker is None or not await broker.remove_relay(relay):
            raise DomainError("not_found", "no relay of this name", "relay")
        await gate.hub.writer.submit(take_back, relay)

    return router


async def assign_relay(gate: Gate, asked: RelayAsked) -> RelayAssigned:
    """Give a door a relay on MQTT, whose topics its controller alone may write."""
    hub = gate.hub
    door = hub.memory.doors.get(asked.door)
    if door is None:
        raise DomainError("door_unknown", "", "door")
    if hub.broker is None:
        raise DomainError("not_allowed", "with your own broker, make its credentials there first")
    strike = f"{asked.id}-strike"
    taken = {hub.settings.hub, NAME, *hub.memory.devices}
    if asked.id in taken or strike in taken:
        raise DomainError("field_wrong", "this name is another device's", "id")
    if asked.dialect not in DIALECTS:
        raise DomainError("field_wrong", f"dialect is one of {', '.join(DIALECTS)}", "dialect")
    settings = {name: value for name, _, value in (each.partition("=") for each in asked.settings)}
    host, port = hub.broker.host, hub.broker.port
    query = urlencode({**settings, "secret": strike}, safe="/")
    url = f"{asked.dialect}+mqtt://{strike}@{host}:{port}/{quote(asked.topic, safe='/:')}?{query}"
    try:
        at = parse(url)  # as the controller will read it
        dialect = make_dialect(at.protocol, at.topic, strike, at.settings)
    except RelayUrlError as wrong:
        raise DomainError("field_wrong", str(wrong), "settings") from wrong
    rule = RelayRule(asked.id, strike, dialect.heard(), dialect.said())
    for other in hub.broker.relays():
        if other.relay != rule.relay and set(other.heard) & set(rule.heard):
            raise DomainError("field_wrong", f"this topic is {other.relay}'s", "topic")
    await hub.writer.submit(assign, Assigned(asked.id, door.id, asked.dialect))
    secrets = await hub.broker.add_relay(rule)
    logins = [
        BrokerLogin(host=host, port=port, user=user, secret=secret)
        for user, secret in zip((asked.id, strike), secrets, strict=True)
    ]
    return RelayAssigned(relay=logins[0], strike=logins[1], device=door.device, url=url)


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
