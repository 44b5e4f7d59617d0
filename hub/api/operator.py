"""The operator's endpoints: this machine's owner, by the token file of the data folder."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from devices.identity import PublicIdentity, adoption_json
from devices.jws import unb64
from hub.acts.keeping import Keep, keep
from hub.acts.policies import Adoptee, adopt
from hub.acts.restoring import Release, release
from hub.acts.roster import KINDS, RosterPart, load_part
from hub.acts.staff import EndMember, NewClaim, end_member, offer_claim
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate
from hub.api.shapes import Adopted, RowsLoaded
from hub.api.staff import PhoneCode, new_phone_code
from hub.core.errors import DomainError
from hub.core.may import CLAIMABLE
from hub.core.otp import claim_code, spelled
from hub.core.states import CURES
from hub.core.words import PLAIN
from hub.live import instant
from hub.store import tables as t

ROWS_MAX = 1_000  # rows of one request


class RosterAsked(BaseModel):
    """Some rows of one kind."""

    kind: str
    rows: list[dict[str, Any]] = Field(max_length=ROWS_MAX)


class AdoptionAsked(BaseModel):
    """A device's public identity and the fingerprint that a person read off the device."""

    device: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    kind: str
    ed25519: str
    x25519: str
    fingerprint: str


class DeviceState(BaseModel):
    """Something that staff should know of a device, and what to do."""

    device: str
    state: str
    cure: str


class StatesShown(BaseModel):
    """How many devices there are, and what is to be known of them."""

    devices: int
    states: list[DeviceState]


class RetentionAsked(BaseModel):
    """Keep a scope for so many days (null: for ever); ``run`` forgets at once what is too old."""

    model_config = ConfigDict(strict=True)  # false is no number of days

    scope: str = Field(default="", max_length=64)
    days: int | None = None
    run: bool = False


class RetentionRule(BaseModel):
    """How long a scope is kept, and how many rows the rule has forgotten."""

    scope: str
    days: int
    forgotten: int


class RetentionShown(BaseModel):
    """All rules, and what was forgotten just now."""

    rules: list[RetentionRule]
    forgotten: int


class ClaimOffered(BaseModel):
    """A code with which one new member of staff comes in, once."""

    code: str
    role: str
    expires_at: str


class RoleAsked(BaseModel):
    """What the new member may do."""

    role: str = Field(max_length=32, pattern=PLAIN)


class ReleaseAsked(BaseModel):
    """Why nobody waits for a device after a restore."""

    reason: str = Field(min_length=3, max_length=200, pattern=PLAIN)


def routes(gate: Gate) -> APIRouter:
    """The router of the operator's endpoints."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"])
    hub = gate.hub

    @router.post("/roster", **told("loadRoster", None, *BODY, *CHANGE, by="operator"))
    async def roster(asked: RosterAsked, request: Request) -> RowsLoaded:
        gate.operator(request)
        return RowsLoaded(rows=await load_rows(gate, asked.kind, asked.rows))

    @router.post("/devices", **told("adoptDevice", None, *BODY, *CHANGE, by="operator"))
    async def devices(asked: AdoptionAsked, request: Request) -> Adopted:
        gate.operator(request)
        return Adopted(adoption=await adopt_device(gate, asked))

    codes = told("issuePhoneCodeByOperator", None, "not_found", *BODY, *CHANGE, by="operator")

    @router.post("/people/{person}/phone-codes", **codes)
    async def phone_codes(person: str, request: Request) -> PhoneCode:
        gate.operator(request)
        return await new_phone_code(gate, person, "operator")

    released = told("releaseRecall", None, "not_found", *BODY, *CHANGE, by="operator")

    @router.post("/recalls/{device}/release", status_code=204, **released)
    async def release_recall(device: str, asked: ReleaseAsked, request: Request) -> None:
        gate.operator(request)
        await hub.writer.submit(release, Release(device, "operator", asked.reason))

    @router.post("/retention", **told("keepLog", None, *BODY, *CHANGE, by="operator"))
    async def retention(asked: RetentionAsked, request: Request) -> RetentionShown:
        gate.operator(request)
        if asked.scope:
            await hub.writer.submit(keep, Keep(asked.scope, asked.days, "operator"))
        forgotten = await hub.keeping.run_once() if asked.run else 0
        with hub.engines.read.connect() as connection:
            rows = connection.execute(select(t.retention).order_by(t.retention.c.scope)).all()
        rules = [RetentionRule(scope=r.scope, days=r.days, forgotten=r.forgotten) for r in rows]
        return RetentionShown(rules=rules, forgotten=forgotten)

    _staff(router, gate)
    _states(router, gate)
    return router


def _states(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.post("/states", **told("listStates", None, by="operator"))
    def states(request: Request) -> StatesShown:
        gate.operator(request)
        found = [
            DeviceState(device=device.id, state=state, cure=CURES[state])
            for device in hub.memory.devices.values()
            for state in device.states
        ]
        return StatesShown(devices=len(hub.memory.devices), states=found)


def _staff(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    offers = told("offerClaim", None, *BODY, *CHANGE, by="operator")

    @router.post("/staff/claims", **offers)
    async def claims(asked: RoleAsked, request: Request) -> ClaimOffered:
        gate.operator(request)
        if asked.role not in CLAIMABLE:
            raise DomainError("field_wrong", f"role is one of {', '.join(CLAIMABLE)}", "role")
        code = claim_code(secrets.choice)
        mark = hub.keys.mark("staff-code", code)
        expires_s = await hub.writer.submit(offer_claim, NewClaim(mark, asked.role))
        return ClaimOffered(code=spelled(code), role=asked.role, expires_at=instant(expires_s))

    ends = told("endMember", None, "not_found", "field_wrong", *CHANGE, by="operator", status=204)

    @router.post("/staff/{name}/end", status_code=204, **ends)
    async def end(name: str, request: Request) -> None:
        gate.operator(request)
        await hub.writer.submit(end_member, EndMember(name, "operator"))


async def load_rows(gate: Gate, kind: str, rows: Sequence[dict[str, Any]]) -> int:
    """Load rows of one kind in acts of a bounded size."""
    if kind not in KINDS:
        raise DomainError("field_wrong", f"kind is one of {', '.join(KINDS)}", "kind")
    return await gate.hub.writer.submit(load_part, RosterPart(kind, rows, gate.hub.keys.mark))


async def adopt_device(gate: Gate, asked: AdoptionAsked) -> str:
    """Adopt a device whose fingerprint was compared; returns its adoption file."""
    hub = gate.hub
    keys = (unb64(asked.ed25519), unb64(asked.x25519))
    if any(key is None or len(key) != 32 for key in keys):
        raise DomainError("field_wrong", "keys are 32 bytes in base64url", "ed25519")
    public = PublicIdentity(asked.device, asked.kind, keys[0] or b"", keys[1] or b"")
    if public.fingerprint != asked.fingerprint.strip().lower():
        raise DomainError("field_wrong", "the fingerprint is another device's", "fingerprint")
    if public.device in (hub.settings.hub, "ha"):
        raise DomainError("field_wrong", "this name is not for devices", "device")
    if hub.broker is None:
        raise DomainError("not_allowed", "with your own broker, make its credential there first")
    if any(public.device in (rule.relay, rule.strike) for rule in hub.broker.relays()):
        raise DomainError("field_wrong", "this name is a relay's", "device")
    await hub.writer.submit(
        adopt, Adoptee(public.device, public.kind, public.ed25519, public.x25519)
    )
    secret = await hub.broker.add_credential(public.device)
    hub.memory.reload()
    hub.policies.wake()
    address: dict[str, str | int | None] = {
        "host": hub.broker.host,
        "port": hub.broker.port,
        "ca": None,
    }
    origin = hub.settings.http.origin or f"http://{hub.settings.http.host}:{hub.settings.http.port}"
    return adoption_json(
        public,
        hub.memory.site,
        hub.settings.hub,
        hub.keys.root_public,
        hub.keys.keyset,
        address,
        secret,
        origin,
    )
