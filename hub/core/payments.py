"""One payment of one bill by a provider's QR code: the law of its intent, as pure functions.

The provider's word is the only proof of money, and it may come twice, late, never, or after we
gave up. Whatever the order: each fen the provider holds for us is booked exactly once, on the
bill it was meant for or in suspense with a refund under way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from hub.core.ledger import Account, Flags, Kind, Transfer, derive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

GRACE: Final = timedelta(seconds=30)
"""How long after a QR's time we wait before we believe that it can no longer be paid: two
clocks apart, and a request still on its way."""
POLL_AFTER_S: Final = (3, 6, 12, 24)
"""Seconds between queries while a QR is on the screen; the last one repeats."""
MONEY_MOST: Final = 8
"""Payments kept for one intent. Two is already a fault of the provider; eight needs a person."""


class IntentState(StrEnum):
    """Where an intent stands."""

    CREATED = "created"
    PENDING = "pending"
    PAID = "paid"
    CLOSED = "closed"
    SUSPENSE = "suspense"


class Event(StrEnum):
    """What can happen to an intent."""

    QR_MADE = "qr_made"
    MONEY = "money"
    STRAY = "stray"
    GONE = "gone"


TRANSITIONS: Final[Mapping[tuple[IntentState, Event], IntentState]] = {
    (IntentState.CREATED, Event.QR_MADE): IntentState.PENDING,
    (IntentState.CREATED, Event.MONEY): IntentState.PAID,
    (IntentState.CREATED, Event.STRAY): IntentState.SUSPENSE,
    (IntentState.CREATED, Event.GONE): IntentState.CLOSED,
    (IntentState.PENDING, Event.MONEY): IntentState.PAID,
    (IntentState.PENDING, Event.STRAY): IntentState.SUSPENSE,
    (IntentState.PENDING, Event.GONE): IntentState.CLOSED,
    # Late money: the bill is still open and the amount equal, or it goes back.
    (IntentState.CLOSED, Event.MONEY): IntentState.PAID,
    (IntentState.CLOSED, Event.STRAY): IntentState.SUSPENSE,
    # A second payment of the same order is a fault of the provider; it goes back too.
    (IntentState.PAID, Event.STRAY): IntentState.PAID,
    (IntentState.SUSPENSE, Event.STRAY): IntentState.SUSPENSE,
}
OPEN_STATES: Final = frozenset({IntentState.CREATED, IntentState.PENDING})
"""The intent holds its bill: money is pending, and no second intent may begin."""


class BillState(StrEnum):
    """Where a bill stands."""

    OPEN = "open"
    PENDING = "pending"
    PAID = "paid"


class Seen(StrEnum):
    """What the provider says of an order, in our words."""

    PAID = "paid"
    REFUNDED = "refunded"
    UNPAID = "unpaid"
    CLOSED = "closed"
    NOT_FOUND = "not_found"
    ODD = "odd"


class RefundSeen(StrEnum):
    """What the provider says of a refund, in our words."""

    DONE = "done"
    UNDER_WAY = "under_way"
    STUCK = "stuck"


class Ask(StrEnum):
    """What to ask of the provider next."""

    NOTHING = "nothing"
    QUERY = "query"
    CLOSE = "close"


class Alarm(StrEnum):
    """What a person must look at."""

    PAYMENT_UNKNOWN = "payment_unknown"
    AMOUNT_DIFFERS = "amount_differs"
    MONEY_STRAY = "money_stray"
    MONEY_TOO_OFTEN = "money_too_often"
    REFUNDED_ELSEWHERE = "refunded_elsewhere"
    ORDER_ODD = "order_odd"
    REFUND_STUCK = "refund_stuck"


class MayNot(StrEnum):
    """Why no intent may begin on a bill."""

    BILL_PAID = "bill_paid"
    PAYMENT_OPEN = "payment_open"


class Code(IntEnum):
    """What a transfer is for."""

    ISSUE = 1
    PAYMENT = 2
    SUSPENSE = 3
    REFUND = 4


ACCOUNT_RECEIVABLE: Final = 110
ACCOUNT_CLEARING: Final = 120
ACCOUNT_SUSPENSE: Final = 210
ACCOUNT_PAYABLE: Final = 220


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill as far as money is concerned; `held_by` is the intent that has it pending."""

    id: str
    ledger: int
    household: str
    kind: str
    amount_fen: int
    state: BillState = BillState.OPEN
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """One payment of the provider that is booked."""

    transaction_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Intent:
    """The wish to pay one bill once; its id is the kiosk's, and the provider's order number."""

    id: str
    bill: str
    amount_fen: int
    expires_at: datetime
    state: IntentState = IntentState.CREATED
    code_url: str | None = None
    close_asked_at: datetime | None = None
    paid_at: datetime | None = None
    money: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class PaidNotice:
    """The provider's proven word that an order of ours was paid."""

    payment_id: str
    transaction_id: str
    amount_fen: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderState:
    """The provider's proven answer to a query; `notice` stands when it was paid."""

    seen: Seen
    notice: PaidNotice | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to give back; the id follows from the payment, so asking twice is asking once."""

    id: str
    payment_id: str
    transaction_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write, all in one transaction, and what to say or ask after its commit."""

    intent: Intent | None
    bill: Bill | None
    transfers: tuple[Transfer, ...] = ()
    refund: Refund | None = None
    alarm: Alarm | None = None
    ask: Ask = Ask.NOTHING
    believed: bool = True
    """False: answer the provider with an error, so that it says it again."""


# --- the chart of accounts --------------------------------------------------------------------


def receivable(ledger: int, household: str) -> Account:
    """Return the account of what a household owes; it can never pay more than that."""
    name = derive("receivable", str(ledger), household)
    return Account(name, ledger, ACCOUNT_RECEIVABLE, Flags.CREDITS_MUST_NOT_EXCEED_DEBITS)


def clearing(ledger: int) -> Account:
    """Return the account of what the provider holds for us."""
    name = derive("clearing", str(ledger), "wechatpay")
    return Account(name, ledger, ACCOUNT_CLEARING, Flags.CREDITS_MUST_NOT_EXCEED_DEBITS)


def suspense(ledger: int) -> Account:
    """Return the account of money that came and belongs to no open bill."""
    name = derive("suspense", str(ledger))
    return Account(name, ledger, ACCOUNT_SUSPENSE, Flags.DEBITS_MUST_NOT_EXCEED_CREDITS)


def payable(ledger: int, kind: str) -> Account:
    """Return the account of what we owe the utility of one kind of bill."""
    return Account(derive("payable", str(ledger), kind), ledger, ACCOUNT_PAYABLE)


def issue(bill: Bill) -> Transfer:
    """Return the transfer that makes a bill a debt of its household."""
    return Transfer(
        derive("issue", bill.id),
        receivable(bill.ledger, bill.household).id,
        payable(bill.ledger, bill.kind).id,
        bill.amount_fen,
        bill.ledger,
        Code.ISSUE,
    )


# --- an intent's life -------------------------------------------------------------------------


def may_begin(bill: Bill, intents: Iterable[Intent]) -> MayNot | None:
    """Return None when a new intent may begin: one bill is paid once, one QR at a time."""
    if bill.state is BillState.PAID:
        return MayNot.BILL_PAID
    if bill.state is BillState.PENDING or any(i.state in OPEN_STATES for i in intents):
        return MayNot.PAYMENT_OPEN
    return None


def begin(bill: Bill, intent_id: str, now: datetime, expires_at: datetime) -> Decision:
    """Set the bill's money aside under the kiosk's own id, before the provider is asked."""
    timeout_s = int((expires_at - now).total_seconds())
    intent = Intent(intent_id, bill.id, bill.amount_fen, expires_at)
    pending = replace(_payment(bill, intent), kind=Kind.PENDING, timeout_s=timeout_s)
    held = replace(bill, state=BillState.PENDING, held_by=intent_id)
    return Decision(intent, held, (pending,))


def on_qr(intent: Intent, code_url: str) -> Intent:
    """Return the intent with the QR that the provider made; a repeat changes nothing."""
    if (intent.state, Event.QR_MADE) not in TRANSITIONS:
        return intent
    return replace(intent, state=TRANSITIONS[intent.state, Event.QR_MADE], code_url=code_url)


def on_notice(intent: Intent | None, bill: Bill | None, notice: PaidNotice) -> Decision:
    """Judge a verified callback. A strange amount is not booked on its word alone: we ask."""
    if intent is None or bill is None:
        return Decision(intent, bill, alarm=Alarm.PAYMENT_UNKNOWN, believed=False)
    told = next((m for m in intent.money if m.transaction_id == notice.transaction_id), None)
    if notice.amount_fen != (told.amount_fen if told else intent.amount_fen):
        return Decision(intent, bill, alarm=Alarm.AMOUNT_DIFFERS, ask=Ask.QUERY, believed=False)
    if told is not None:
        return Decision(intent, bill)
    return _book(intent, bill, notice)


def on_query(intent: Intent, bill: Bill, answer: ProviderState, asked_at: datetime) -> Decision:
    """Judge the provider's answer to a query that left at `asked_at` (our clock)."""
    if answer.notice is not None and answer.seen is Seen.PAID:
        return _on_paid_answer(intent, bill, answer.notice)
    if answer.seen is Seen.REFUNDED:
        ours = intent.state is IntentState.SUSPENSE
        return Decision(intent, bill, alarm=None if ours else Alarm.REFUNDED_ELSEWHERE)
    if intent.state not in OPEN_STATES:
        return Decision(intent, bill)
    if answer.seen in (Seen.CLOSED, Seen.NOT_FOUND) and _over(intent, asked_at):
        return _void(intent, bill)
    if answer.seen is Seen.UNPAID:
        past = asked_at >= intent.expires_at + GRACE
        return Decision(intent, bill, ask=Ask.CLOSE if past else Ask.NOTHING)
    odd = answer.seen in (Seen.ODD, Seen.PAID)
    return Decision(intent, bill, alarm=Alarm.ORDER_ODD if odd else None)


def on_expiry(intent: Intent, now: datetime) -> Ask:
    """Say what to ask once a QR's time has passed: to close first, and after that the truth."""
    if intent.state not in OPEN_STATES or now < intent.expires_at + GRACE:
        return Ask.NOTHING
    return Ask.CLOSE if intent.close_asked_at is None else Ask.QUERY


def on_close_asked(intent: Intent, now: datetime) -> Intent:
    """Return the intent after a close request went out, whatever came back."""
    return intent if intent.close_asked_at is not None else replace(intent, close_asked_at=now)


def on_refund(refund: Refund, ledger: int, seen: RefundSeen) -> Decision:
    """Judge the provider's answer to a refund; it stays pending until it is proven done."""
    if seen is RefundSeen.DONE:
        done = _resolve(_refund_transfer(refund, ledger), "refund-done", Kind.POST_PENDING)
        return Decision(None, None, (done,))
    stuck = seen is RefundSeen.STUCK
    return Decision(None, None, alarm=Alarm.REFUND_STUCK if stuck else None)


# --- inside -----------------------------------------------------------------------------------


def _on_paid_answer(intent: Intent, bill: Bill, notice: PaidNotice) -> Decision:
    told = any(money.transaction_id == notice.transaction_id for money in intent.money)
    if told or notice.amount_fen == intent.amount_fen:
        return on_notice(intent, bill, notice)
    # Asked by us and answered with proof: the strange amount is what the provider holds.
    return replace(_stray(intent, bill, notice), alarm=Alarm.AMOUNT_DIFFERS)


def _book(intent: Intent, bill: Bill, notice: PaidNotice) -> Decision:
    holds = bill.state is BillState.PENDING and bill.held_by == intent.id
    late = intent.state is IntentState.CLOSED and bill.state is BillState.OPEN
    if not (holds or late):
        return _stray(intent, bill, notice)
    transfer = _payment(bill, intent)
    if holds:
        transfer = _resolve(transfer, "paid", Kind.POST_PENDING)
    else:
        transfer = replace(transfer, id=derive("late", intent.id, notice.transaction_id))
    paid = replace(
        intent,
        state=TRANSITIONS[intent.state, Event.MONEY],
        paid_at=notice.paid_at,
        money=(*intent.money, Money(notice.transaction_id, notice.amount_fen)),
    )
    return Decision(paid, replace(bill, state=BillState.PAID, held_by=None), (transfer,))


def _stray(intent: Intent, bill: Bill, notice: PaidNotice) -> Decision:
    if len(intent.money) >= MONEY_MOST:
        return Decision(intent, bill, alarm=Alarm.MONEY_TOO_OFTEN, believed=False)
    freed = _void(intent, bill) if intent.state in OPEN_STATES else Decision(intent, bill)
    came = Transfer(
        derive("stray", intent.id, notice.transaction_id),
        clearing(bill.ledger).id,
        suspense(bill.ledger).id,
        notice.amount_fen,
        bill.ledger,
        Code.SUSPENSE,
    )
    refund = Refund(
        derive("refund", intent.id, notice.transaction_id),
        intent.id,
        notice.transaction_id,
        notice.amount_fen,
    )
    strayed = replace(
        intent,
        state=TRANSITIONS[intent.state, Event.STRAY],
        money=(*intent.money, Money(notice.transaction_id, notice.amount_fen)),
    )
    transfers = (*freed.transfers, came, _refund_transfer(refund, bill.ledger))
    return Decision(strayed, freed.bill, transfers, refund, Alarm.MONEY_STRAY)


def _void(intent: Intent, bill: Bill) -> Decision:
    transfer = _resolve(_payment(bill, intent), "void", Kind.VOID_PENDING)
    closed = replace(intent, state=TRANSITIONS[intent.state, Event.GONE])
    if bill.held_by == intent.id:
        bill = replace(bill, state=BillState.OPEN, held_by=None)
    return Decision(closed, bill, (transfer,))


def _over(intent: Intent, asked_at: datetime) -> bool:
    closed_at = intent.close_asked_at
    return closed_at is not None and asked_at >= max(closed_at, intent.expires_at + GRACE)


def _payment(bill: Bill, intent: Intent) -> Transfer:
    return Transfer(
        intent.id,
        clearing(bill.ledger).id,
        receivable(bill.ledger, bill.household).id,
        intent.amount_fen,
        bill.ledger,
        Code.PAYMENT,
    )


def _resolve(transfer: Transfer, purpose: str, kind: Kind) -> Transfer:
    return replace(transfer, id=derive(purpose, transfer.id), kind=kind, pending_id=transfer.id)


def _refund_transfer(refund: Refund, ledger: int) -> Transfer:
    return Transfer(
        refund.id,
        suspense(ledger).id,
        clearing(ledger).id,
        refund.amount_fen,
        ledger,
        Code.REFUND,
        kind=Kind.PENDING,
    )
