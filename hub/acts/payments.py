"""Payments: begun with the kiosk's own id, settled by the provider's word alone, exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from hub.acts.books import LEDGER, book
from hub.core import ledger as rules
from hub.core import payments as law
from hub.core.effects import WorkWaiting
from hub.core.errors import DomainError
from hub.core.payments import BillState, Decision, Intent, IntentState, Money
from hub.store import tables as t
from hub.store.writer import Done, Tx

QR_TIME = timedelta(seconds=120)  # how long a code on the screen may be paid
_MAY_NOT = {law.MayNot.BILL_PAID: "bill_paid", law.MayNot.PAYMENT_OPEN: "bill_pending"}


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as its kiosk may see it."""

    id: str
    bill: str
    kiosk: str
    state: str
    amount_fen: int
    code_url: str | None
    expires_at: datetime
    paid_at: datetime | None
    receipt: str | None
    transaction: str | None


@dataclass(frozen=True, slots=True)
class Begin:
    """A kiosk wants to take money for a bill; the id stands on its own disk already."""

    id: str
    kiosk: str
    bill: str
    household: str


def begin(tx: Tx, wish: Begin, now: datetime) -> Done[Payment]:
    """Set the bill's money aside; the same wish again is the same payment."""
    if not rules.id_ok(wish.id):
        raise DomainError("field_wrong", "a payment id is 32 lower-case hex digits", "id")
    known = _intent_row(tx, wish.id)
    if known is not None:
        if (known.bill_id, known.kiosk_id) != (wish.bill, wish.kiosk):
            raise DomainError("payment_conflict", "this id belongs to another payment", "id")
        return Done(shown(known))
    row = tx.execute(select(t.bills).where(t.bills.c.id == wish.bill)).first()
    if row is None or row.household_id != wish.household:
        raise DomainError("bill_unknown", "", "bill")
    bill = _bill(row)
    others = tx.execute(select(t.intents).where(t.intents.c.bill_id == bill.id)).all()
    refused = law.may_begin(bill, [_intent(other) for other in others])
    if refused is not None:
        raise DomainError(_MAY_NOT[refused], "", "bill")
    decision = law.begin(bill, wish.id, now, now + QR_TIME)
    assert decision.intent is not None
    tx.execute(
        insert(t.intents).values(
            kiosk_id=wish.kiosk, created_at=tx.now_s, **_intent_values(decision.intent)
        )
    )
    _commit(tx, decision)
    return Done(_view(tx, wish.id), (WorkWaiting("payments"),))


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Somebody at a kiosk sees a household's bills; by card or by house number."""

    kiosk: str
    household: str
    person: str | None


def note_lookup(tx: Tx, seen: LookedUp, now: datetime) -> Done[None]:
    """Who looked is recorded, before anything is shown."""
    del now
    how = "card" if seen.person is not None else "house"
    tx.journal("bills_seen", {"kiosk": seen.kiosk, "household": seen.household, "by": how})
    return Done(None)


@dataclass(frozen=True, slots=True)
class CodeMade:
    """The provider made a code for an intent."""

    intent: str
    code_url: str


def note_code(tx: Tx, made: CodeMade, now: datetime) -> Done[Payment]:
    """Keep the code; a payment that came meanwhile is not undone by it."""
    del now
    row = _known(tx, made.intent)
    _commit(tx, Decision(law.on_qr(_intent(row), made.code_url), None))
    return Done(_view(tx, made.intent))


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a notice or an answer."""

    believed: bool
    ask: law.Ask
    state: str


def note_notice(tx: Tx, notice: law.PaidNotice, now: datetime) -> Done[Told]:
    """A verified callback: count it, and book its money exactly once."""
    row = _intent_row(tx, notice.payment_id)
    intent = _intent(row) if row is not None else None
    bill = _bill_of(tx, row.bill_id) if row is not None else None
    decision = law.on_notice(intent, bill, notice)
    _count(tx, notice)
    return _settle(tx, decision, now)


@dataclass(frozen=True, slots=True)
class Queried:
    """The provider's proven answer to our question, and when the question left."""

    intent: str
    answer: law.ProviderState
    asked_at: datetime


def note_query(tx: Tx, queried: Queried, now: datetime) -> Done[Told]:
    """The provider's answer decides as its callback does, and alone may void."""
    row = _known(tx, queried.intent)
    bill = _bill_of(tx, row.bill_id)
    decision = law.on_query(_intent(row), bill, queried.answer, queried.asked_at)
    return _settle(tx, decision, now)


def note_close_asked(tx: Tx, intent: str, now: datetime) -> Done[None]:
    """A close request is about to leave, whatever comes back."""
    row = _known(tx, intent)
    _commit(tx, Decision(law.on_close_asked(_intent(row), now), None))
    return Done(None)


@dataclass(frozen=True, slots=True)
class Refunded:
    """The provider's answer to a refund."""

    refund: str
    seen: law.RefundSeen


def note_refund(tx: Tx, told: Refunded, now: datetime) -> Done[bool]:
    """Post a refund that is proven done; True when nothing more is to be asked."""
    del now
    row = tx.execute(select(t.refunds).where(t.refunds.c.id == told.refund)).one()
    refund = law.Refund(row.id, row.intent_id, row.transaction_id, row.amount_fen)
    decision = law.on_refund(refund, LEDGER, told.seen)
    _commit(tx, decision)
    done = bool(decision.transfers)
    if done and row.done_at is None:
        tx.execute(update(t.refunds).where(t.refunds.c.id == row.id).values(done_at=tx.now_s))
    return Done(done)


# --------------------------------------------------------------------------- rows and values


def shown(row: Any) -> Payment:
    """An intent's row as a payment."""
    money = row.money or []
    return Payment(
        row.id,
        row.bill_id,
        row.kiosk_id,
        row.state,
        row.amount_fen,
        row.code_url,
        _at(row.expires_at),
        _at(row.paid_at) if row.paid_at is not None else None,
        row.receipt,
        money[0][0] if money else None,
    )


def _settle(tx: Tx, decision: Decision, now: datetime) -> Done[Told]:
    del now
    _commit(tx, decision)
    if decision.alarm is not None:
        intent = decision.intent.id if decision.intent is not None else ""
        tx.journal("money_alarm", {"alarm": decision.alarm.value, "payment": intent})
    state = decision.intent.state.value if decision.intent is not None else "unknown"
    effects = (WorkWaiting("payments"),) if decision.refund is not None else ()
    return Done(Told(decision.believed, decision.ask, state), effects)


def _commit(tx: Tx, decision: Decision) -> None:
    """Write a decision: money first, then what people see of it."""
    book(tx, decision.transfers)
    if decision.bill is not None:
        tx.execute(
            update(t.bills)
            .where(t.bills.c.id == decision.bill.id)
            .values(state=decision.bill.state.value, held_by=decision.bill.held_by)
        )
    if decision.intent is not None:
        _keep_intent(tx, decision.intent)
    if decision.refund is not None:
        refund = decision.refund
        known = tx.execute(select(t.refunds.c.id).where(t.refunds.c.id == refund.id)).first()
        if known is None:
            tx.execute(
                insert(t.refunds).values(
                    id=refund.id,
                    intent_id=refund.payment_id,
                    transaction_id=refund.transaction_id,
                    amount_fen=refund.amount_fen,
                    asked_at=tx.now_s,
                )
            )
            tx.durable(f"refund-{refund.id}", "refund", {"refund": refund.id})


def _keep_intent(tx: Tx, intent: Intent) -> None:
    row = _known(tx, intent.id)
    values = _intent_values(intent)
    del values["id"], values["bill_id"]
    if intent.state is IntentState.PAID and row.receipt is None:
        # the number of the link that the receipt itself becomes: unique and without holes to fill
        n = tx.journal("receipt", {"payment": intent.id, "amount_fen": intent.amount_fen})
        day = datetime.fromtimestamp(tx.now_s, UTC)
        values["receipt"] = f"{day:%Y%m%d}-{n:06d}"
    tx.execute(update(t.intents).where(t.intents.c.id == intent.id).values(**values))


def _count(tx: Tx, notice: law.PaidNotice) -> None:
    """Every verified notice is counted; the money is another matter."""
    known = tx.execute(select(t.notices).where(t.notices.c.id == notice.transaction_id)).first()
    if known is None:
        tx.execute(
            insert(t.notices).values(
                id=notice.transaction_id,
                intent_id=notice.payment_id[:32],
                amount_fen=notice.amount_fen,
                first_at=tx.now_s,
                seen=1,
            )
        )
    else:
        tx.execute(
            update(t.notices)
            .where(t.notices.c.id == notice.transaction_id)
            .values(seen=t.notices.c.seen + 1)
        )


def _intent_values(intent: Intent) -> dict[str, Any]:
    return {
        "id": intent.id,
        "bill_id": intent.bill,
        "amount_fen": intent.amount_fen,
        "state": intent.state.value,
        "code_url": intent.code_url,
        "expires_at": intent.expires_at.timestamp(),
        "close_asked_at": _seconds(intent.close_asked_at),
        "paid_at": _seconds(intent.paid_at),
        "money": [[money.transaction_id, money.amount_fen] for money in intent.money],
    }


def _intent(row: Any) -> Intent:
    return Intent(
        row.id,
        row.bill_id,
        row.amount_fen,
        _at(row.expires_at),
        IntentState(row.state),
        row.code_url,
        _at(row.close_asked_at) if row.close_asked_at is not None else None,
        _at(row.paid_at) if row.paid_at is not None else None,
        tuple(Money(transaction, amount) for transaction, amount in row.money),
    )


def intent_of(row: Any) -> Intent:
    """An intent from its row, for who asks the provider."""
    return _intent(row)


def _bill(row: Any) -> law.Bill:
    state = BillState(row.state)
    return law.Bill(row.id, LEDGER, row.household_id, row.kind, row.amount_fen, state, row.held_by)


def _bill_of(tx: Tx, bill: str) -> law.Bill:
    return _bill(tx.execute(select(t.bills).where(t.bills.c.id == bill)).one())


def _intent_row(tx: Tx, intent: str) -> Any:
    return tx.execute(select(t.intents).where(t.intents.c.id == intent)).first()


def _known(tx: Tx, intent: str) -> Any:
    row = _intent_row(tx, intent)
    if row is None:
        raise DomainError("payment_unknown")
    return row


def _view(tx: Tx, intent: str) -> Payment:
    return shown(_known(tx, intent))


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at is not None else None
