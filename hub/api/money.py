"""Bills and payments: what a kiosk may see and begin, and the provider's callbacks."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from hub.acts.payments import Begin, LookedUp, Payment, begin, note_lookup, note_notice
from hub.api.documents import CHANGE, told
from hub.api.gate import Gate, address_of
from hub.api.kiosk_sessions import masked
from hub.api.phone import read_body
from hub.api.problems import problem, reply
from hub.api.shapes import BillsAsked, KioskBills, PaymentAsked, PaymentShown
from hub.core.errors import DomainError
from hub.core.limits import Limit, Limiter
from hub.core.payments import Ask
from hub.core.words import in_every_language, is_text
from hub.gateways.wechatpay import CallbackRefused, ProviderRefused, ProviderSilent
from hub.live import instant
from hub.store import tables as t
from hub.store.homes import living_in

if TYPE_CHECKING:  # a provider's client costs a third of a second of every start
    from hub.payments import Payments

log = logging.getLogger(__name__)

BILLS_SHOWN_MAX = 24  # two years of monthly bills; older ones are the office's business
_CALLBACK_CODES = {
    "timestamp": "callback_timestamp",
    "serial": "callback_serial",
    "signature": "callback_signature",
    "cipher": "callback_cipher",
    "appid": "callback_merchant",
    "mchid": "callback_merchant",
    "currency": "callback_merchant",
}
_CALLBACKS = Limit(600, 60.0)  # signature checks cost 0.1 ms; a storm must not


def routes(gate: Gate) -> APIRouter:
    """The router of the money endpoints; without a provider bills can be seen, and not paid."""
    router = APIRouter(prefix="/api/v1", tags=["money"])
    callbacks = Limiter(_CALLBACKS)

    bills_told = told(
        "lookUpBills", KioskBills, "lookup_expired", "house_unknown", "too_many", *CHANGE,
        by="kiosk", takes=BillsAsked,
    )  # fmt: skip

    @router.post("/kiosk/bills", **bills_told)
    async def bills(request: Request) -> Response:
        return await _bills(gate, request)

    pay_told = told(
        "beginPayment", PaymentShown, "lookup_expired", "bill_unknown", "bill_paid",
        "bill_pending", "payment_conflict", "provider_refused", *CHANGE,
        by="kiosk", takes=PaymentAsked,
    )  # fmt: skip

    @router.post("/payments", **pay_told)
    async def pay(request: Request) -> Response:
        return await _begin(gate, request)

    if gate.hub.payments is None:
        return router
    look_told = told("readPayment", PaymentShown, "payment_unknown", "field_wrong", by="kiosk")

    @router.get("/payments/{payment}", **look_told)
    async def look(payment: str, request: Request) -> Response:
        kiosk, _ = await gate.device(request, "kiosk")
        return reply(_shown(gate, _own(gate, payment, kiosk.id)), request)

    refuses = ("payment_unknown", "field_wrong", *CHANGE)
    close_told = told("closePayment", PaymentShown, *refuses, by="kiosk")

    @router.post("/payments/{payment}/close", **close_told)
    async def close(payment: str, request: Request) -> Response:
        kiosk, _ = await gate.device(request, "kiosk")
        return reply(_shown(gate, await _refresh(gate, payment, kiosk.id)), request)

    callback_told = told(
        "takeWechatpayNotice", None, *_CALLBACK_CODES.values(), "callback_form",
        "callback_amount", "too_many", "oversize", *CHANGE, by="provider",
    )  # fmt: skip

    @router.post("/callbacks/wechatpay", status_code=204, **callback_told)
    async def callback(request: Request) -> Response:
        gate.guard(callbacks, address_of(request))
        return await _callback(gate, request)

    return router


def _payments(gate: Gate) -> Payments:
    payments: Payments | None = gate.hub.payments
    if payments is None:
        raise DomainError("provider_refused", "no payment provider is named in hub.toml")
    return payments


# --------------------------------------------------------------------------- bills


async def _bills(gate: Gate, request: Request) -> Response:
    kiosk, signed = await gate.device(request, "kiosk")
    body = read_body(signed.body)
    now_s = gate.now_s()
    person: str | None = None
    if "card_session" in body:
        found = gate.card_sessions.resolve(str(body["card_session"]), kiosk.id, now_s)
        household, person = found.household_id, found.person_id
    else:
        household = _household(gate, body, kiosk.id)
    await gate.hub.writer.submit(note_lookup, LookedUp(kiosk.id, household, person))
    token = gate.lookups_store.issue(kiosk.id, household, person, now_s)
    return reply({"lookup": token, **_household_bills(gate, household, person)}, request)


def _household(gate: Gate, body: dict[str, Any], kiosk: str) -> str:
    """House number and the last four digits of a phone; slow to guess, the same answer to all."""
    house, digits = body.get("house"), body.get("phone_last4")
    if not isinstance(house, str) or not is_text(house, 1, 32):
        raise DomainError("field_wrong", "house is a house number such as 1-2-302", "house")
    if not isinstance(digits, str) or len(digits) != 4 or not digits.isascii():
        raise DomainError("field_wrong", "phone_last4 is four digits", "phone_last4")
    gate.guard(gate.lookups, f"kiosk:{kiosk}")
    gate.guard(gate.lookups, f"house:{house.upper()}")
    gate.guard(gate.lookups_wrong, house.upper())
    with gate.hub.engines.read.connect() as connection:
        home = connection.execute(
            select(t.households.c.id).where(t.households.c.house == house.upper())
        ).first()
        mark = gate.hub.keys.mark("phone4", f"{home.id if home else ''}|{digits}")
        there = living_in(connection, home.id if home else "", gate.now_s())
        held = connection.execute(
            select(t.people.c.id).where(t.people.c.id.in_(there), t.people.c.phone_mark == mark)
        ).first()
    if home is None or held is None:
        raise DomainError("house_unknown")
    gate.lookups_wrong.forgive(house.upper())
    return str(home.id)


def _household_bills(gate: Gate, household: str, person: str | None) -> dict[str, Any]:
    with gate.hub.engines.read.connect() as connection:
        home = connection.execute(
            select(t.households.c.house).where(t.households.c.id == household)
        ).one()
        there = {person} if person else living_in(connection, household, gate.now_s())
        holder = select(t.people.c.name).where(t.people.c.id.in_(there))
        name = connection.execute(holder.order_by(t.people.c.id)).scalar()
        rows = connection.execute(
            select(t.bills)
            .where(t.bills.c.household_id == household)
            .order_by(t.bills.c.due_on.desc(), t.bills.c.id)
            .limit(BILLS_SHOWN_MAX)
        ).all()
    return {
        "holder": masked(str(name or "")),
        "house": home.house,
        "bills": [
            {
                "id": row.id,
                "kind": row.kind,
                "period": row.period,
                "amount_fen": row.amount_fen,
                "due_on": row.due_on,
                "lines": [{**line, "text": in_every_language(line["text"])} for line in row.lines],
                "state": row.state,
            }
            for row in rows
        ],
    }


# --------------------------------------------------------------------------- payments


async def _begin(gate: Gate, request: Request) -> Response:
    kiosk, signed = await gate.device(request, "kiosk")
    body = read_body(signed.body)
    for name in ("id", "bill", "lookup"):
        if not is_text(body.get(name), 1, 128):
            raise DomainError("field_wrong", f"{name} is a text", name)
    known = _payments(gate).find(body["id"])
    if known is not None and (known.kiosk, known.bill) == (kiosk.id, body["bill"]):
        household = _household_of(gate, known.bill)  # a repeat outlives its lookup
    else:
        seen = gate.lookups_store.resolve(body["lookup"], kiosk.id, gate.now_s())
        household = seen.household_id
    wish = Begin(body["id"], kiosk.id, body["bill"], household)
    payment = await gate.hub.writer.submit(begin, wish)
    try:
        payment = await _payments(gate).code_for(payment)
    except ProviderSilent as silent:
        log.warning("no code: %s", silent.why)  # the kiosk asks again with the same id
    except ProviderRefused as refused:
        log.warning("no code: %s", refused.code)
        raise DomainError("provider_refused") from refused
    return reply(_shown(gate, payment), request)


def _household_of(gate: Gate, bill: str) -> str:
    with gate.hub.engines.read.connect() as connection:
        return str(
            connection.execute(select(t.bills.c.household_id).where(t.bills.c.id == bill)).scalar()
        )


def _own(gate: Gate, payment: str, kiosk: str) -> Payment:
    found = _payments(gate).find(payment)
    if found is None or found.kiosk != kiosk:
        raise DomainError("payment_unknown")
    return found


async def _refresh(gate: Gate, payment: str, kiosk: str) -> Payment:
    """Somebody leaves: ask the provider once more; the code's own time decides the rest."""
    found = _own(gate, payment, kiosk)
    if found.state in ("created", "pending"):
        try:
            await _payments(gate).ask(payment)
        except (ProviderSilent, ProviderRefused) as silent:
            log.info("close: %s", silent)
    return _own(gate, payment, kiosk)


def _shown(gate: Gate, payment: Payment) -> dict[str, Any]:
    receipt = None
    if payment.receipt is not None and payment.paid_at is not None:
        with gate.hub.engines.read.connect() as connection:
            house = connection.execute(
                select(t.households.c.house)
                .join(t.bills, t.bills.c.household_id == t.households.c.id)
                .where(t.bills.c.id == payment.bill)
            ).scalar()
        receipt = {
            "number": payment.receipt,
            "paid_at": instant(payment.paid_at.timestamp()),
            "amount_fen": payment.amount_fen,
            "bill": payment.bill,
            "house": house,
            "provider_ref": payment.transaction,
        }
    return {
        "id": payment.id,
        "bill": payment.bill,
        "state": payment.state,
        "amount_fen": payment.amount_fen,
        "code_url": payment.code_url,
        "expires_at": instant(payment.expires_at.timestamp()),
        "receipt": receipt,
    }


# --------------------------------------------------------------------------- callbacks


async def _callback(gate: Gate, request: Request) -> Response:
    """Believe only proof; answer with an error whatever shall be said again."""
    body = await request.body()
    payments = _payments(gate)
    try:
        notice = payments.gateway.read_callback(request.headers, body, gate.hub.clock())
    except CallbackRefused as refused:
        code = _CALLBACK_CODES.get(refused.reason, "callback_form")
        log.warning("a callback was refused: %s", refused.reason)
        return problem(code)
    told = await gate.hub.writer.submit(note_notice, notice)
    if told.ask is Ask.QUERY:  # a strange amount counts only when the provider proves it on demand
        payments.ask_soon(notice.payment_id)
    if not told.believed:
        return problem("callback_amount")
    return Response(status_code=204)
