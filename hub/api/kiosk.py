"""What a kiosk asks of the hub for whoever stands before it: the card, a phone code, notices.

Bills and payments are in ``money``. A kiosk signs every request with its device key.
"""

from __future__ import annotations

import json
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from hub.acts.kiosk import NOTICES_KEY, CardShown, Posting, post_notices, recognise
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate
from hub.api.kiosk_holder import holder
from hub.api.kiosk_sessions import masked
from hub.api.phone import read_body
from hub.api.problems import reply
from hub.api.shapes import CardExchange, NoticesShown
from hub.api.staff import PhoneCode, new_phone_code
from hub.core.errors import DomainError
from hub.core.limits import Limit, Limiter
from hub.gateways.card_exchanges import Exchanges
from hub.store import tables as t

NOTICES_MAX = 4  # what fits on an untouched screen in large text
_CARDS = Limit(20, 60.0)  # a queue of people taps slower; a machine that tries cards is faster
_CODES = Limit(5, 600.0)  # for one person: each code ends the one before


class Challenged(BaseModel):
    """A card's number and its challenge under slot 4, as the kiosk's reader heard them."""

    uid: str = Field(pattern=r"^([0-9a-f]{2}){4,10}$")
    challenge: str = Field(pattern=r"^[0-9a-f]{32}$")


class Answered(BaseModel):
    """What the card said to our response."""

    exchange: str = Field(pattern=r"^[0-9a-f]{32}$")
    answer: str = Field(pattern=r"^[0-9a-f]{64}$")


class CardSession(BaseModel):
    """A visit of a card holder; the name is masked before it leaves the hub."""

    card_session: str
    holder: str
    house: str
    elder: bool


class CodeAsked(BaseModel):
    """A card holder wants to bring a phone in."""

    card_session: str = Field(min_length=1, max_length=64)


class NoticeWords(BaseModel):
    """One text in the three languages."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    zh_hans: str = Field(alias="zh-Hans", min_length=1, max_length=60)
    zh_hant: str = Field(alias="zh-Hant", min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=120)


class Notice(BaseModel):
    """A public notice: what, and when and where."""

    id: str = Field(min_length=1, max_length=32)
    kind: Literal["exercise", "meal", "health", "show", "notice"] = "notice"
    title: NoticeWords
    line: NoticeWords


class NoticesAsked(BaseModel):
    """All public notices, in the order of the screen."""

    notices: list[Notice] = Field(max_length=NOTICES_MAX)


def routes(gate: Gate) -> APIRouter:
    """The router of the kiosk's own endpoints."""
    router = APIRouter(prefix="/api/v1", tags=["kiosk"])
    _cards(router, gate)
    _notices(router, gate)
    return router


def _cards(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    exchanges = Exchanges(hub.keys.masters, hub.keys.system_id)
    cards, codes = Limiter(_CARDS), Limiter(_CODES)

    challenges = told("challengeCard", CardExchange, "too_many", by="kiosk", takes=Challenged)

    @router.post("/kiosk/cards/challenge", **challenges)
    async def challenge(request: Request) -> Response:
        kiosk, signed = await gate.device(request, "kiosk")
        gate.guard(cards, kiosk.id)
        asked = Challenged.model_validate(read_body(signed.body))
        exchange, response = exchanges.begin(
            kiosk.id,
            bytes.fromhex(asked.uid),
            bytes.fromhex(asked.challenge),
            issued=_is_issued(gate, asked.uid),
            now_s=gate.now_s(),
        )
        return reply({"exchange": exchange, "response": response.hex()}, request)

    refuses = ("card_session_refused", "card_stopped", "card_homeless", *CHANGE)
    answers = told("answerCard", CardSession, *refuses, by="kiosk", takes=Answered)

    @router.post("/kiosk/cards/answer", **answers)
    async def answer(request: Request) -> Response:
        kiosk, signed = await gate.device(request, "kiosk")
        gate.sighted()  # what a card begins lasts longer than its visit: a phone, a pass
        asked = Answered.model_validate(read_body(signed.body))
        uid = exchanges.finish(kiosk.id, asked.exchange, bytes.fromhex(asked.answer), gate.now_s())
        holder = await hub.writer.submit(recognise, CardShown(uid.hex(), kiosk.id))
        if isinstance(holder, str):
            raise DomainError(holder)
        token = gate.card_sessions.issue(
            kiosk.id, holder.household, holder.person, gate.now_s(), holder.card
        )
        session = CardSession(
            card_session=token, holder=masked(holder.name), house=holder.house, elder=holder.elder
        )
        return reply(session.model_dump(), request)

    codes_told = told(
        "issuePhoneCodeByCard", PhoneCode, "lookup_expired", "not_found", "too_many", *CHANGE,
        by="kiosk", takes=CodeAsked,
    )  # fmt: skip

    @router.post("/kiosk/phone-codes", **codes_told)
    async def phone_codes(request: Request) -> Response:
        kiosk, signed = await gate.device(request, "kiosk")
        asked = CodeAsked.model_validate(read_body(signed.body))
        _, person, card = holder(gate, asked.card_session, kiosk.id)
        gate.guard(codes, person)
        code = await new_phone_code(gate, person, f"kiosk:{kiosk.id}", card)
        return reply(code.model_dump(), request)


def _is_issued(gate: Gate, uid: str) -> bool:
    """Whether we ever gave this card out; a blocked one is told so only at the end."""
    with gate.hub.engines.read.connect() as connection:
        found = connection.execute(select(t.cards.c.id).where(t.cards.c.uid == uid)).first()
    return found is not None


def _notices(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/notices", **told("readNotices", NoticesShown))
    def notices(request: Request) -> Response:
        with hub.engines.read.connect() as connection:
            text = connection.execute(
                select(t.settings.c.value).where(t.settings.c.key == NOTICES_KEY)
            ).scalar()
        return reply({"notices": json.loads(text) if text else []}, request)

    posts = told("postNotices", None, *BODY, *CHANGE, by="operator")

    @router.post("/operator/notices", status_code=204, **posts)
    async def post(asked: NoticesAsked, request: Request) -> None:
        gate.operator(request)
        shown = [notice.model_dump(by_alias=True) for notice in asked.notices]
        await hub.writer.submit(post_notices, Posting(shown))


__all__ = ["NOTICES_MAX", "routes"]
