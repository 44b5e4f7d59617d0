"""The law of one payment, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.core import payments
from hub.core.ledger import Kind, Transfer, derive
from hub.core.payments import (
    GRACE,
    MONEY_MOST,
    OPEN_STATES,
    TRANSITIONS,
    Alarm,
    Ask,
    Bill,
    BillState,
    Decision,
    Event,
    Intent,
    IntentState,
    MayNot,
    Money,
    PaidNotice,
    ProviderState,
    Refund,
    RefundSeen,
    Seen,
)

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
EXPIRES = NOW + timedelta(seconds=120)
OVER = EXPIRES + GRACE
BILL = Bill("bill-1", 7, "1-2-302", "property", 10680)
BEGUN = payments.begin(BILL, "0f" * 16, NOW, EXPIRES)
NOTICE = PaidNotice("0f" * 16, "4200-1", 10680, NOW + timedelta(seconds=40))


def both(decision: Decision) -> tuple[Intent, Bill]:
    assert decision.intent is not None
    assert decision.bill is not None
    return decision.intent, decision.bill


INTENT, HELD = both(BEGUN)
PENDING = payments.on_qr(INTENT, "weixin://x")
CLOSING = payments.on_close_asked(PENDING, OVER)
PAID, SETTLED = both(payments.on_notice(PENDING, HELD, NOTICE))
CLOSED, FREED = both(payments.on_query(CLOSING, HELD, ProviderState(Seen.CLOSED), OVER))


def kinds(decision: Decision) -> list[tuple[Kind, int]]:
    return [(transfer.kind, transfer.amount_fen) for transfer in decision.transfers]


def unchanged(decision: Decision, intent: Intent, bill: Bill) -> bool:
    same = decision.intent == intent and decision.bill == bill
    return same and not decision.transfers and decision.refund is None


def test_an_intent_sets_the_bills_money_aside_under_its_own_id() -> None:
    assert Intent("0f" * 16, "bill-1", 10680, EXPIRES) == INTENT
    assert (HELD.state, HELD.held_by) == (BillState.PENDING, INTENT.id)
    assert BEGUN.transfers == (
        Transfer(
            INTENT.id,
            payments.clearing(7).id,
            payments.receivable(7, "1-2-302").id,
            10680,
            7,
            payments.Code.PAYMENT,
            Kind.PENDING,
            timeout_s=120,
        ),
    )


def test_a_qr_makes_it_pending_and_comes_again_without_effect() -> None:
    assert (PENDING.state, PENDING.code_url) == (IntentState.PENDING, "weixin://x")
    assert payments.on_qr(PENDING, "weixin://other") == PENDING
    assert payments.on_qr(PAID, "weixin://late") == PAID


@pytest.mark.parametrize("intent", [INTENT, PENDING, CLOSING])
def test_a_notice_posts_the_pending_money_once(intent: Intent) -> None:
    decision = payments.on_notice(intent, HELD, NOTICE)
    assert kinds(decision) == [(Kind.POST_PENDING, 10680)]
    assert decision.transfers[0].pending_id == INTENT.id
    paid, bill = both(decision)
    assert (paid.state, paid.paid_at) == (IntentState.PAID, NOTICE.paid_at)
    assert (bill.state, bill.held_by) == (BillState.PAID, None)
    assert (decision.refund, decision.alarm, decision.believed) == (None, None, True)
    again = payments.on_notice(paid, bill, NOTICE)
    assert unchanged(again, paid, bill)
    assert again.believed
    assert again.alarm is None


def test_a_query_pays_as_a_notice_does() -> None:
    answer = ProviderState(Seen.PAID, NOTICE)
    assert payments.on_query(PENDING, HELD, answer, NOW) == payments.on_notice(
        PENDING, HELD, NOTICE
    )


@pytest.mark.parametrize("fen", [1, 10679, 10681])
@pytest.mark.parametrize(("intent", "bill"), [(PENDING, HELD), (PAID, SETTLED), (CLOSED, FREED)])
def test_a_notice_of_another_amount_is_not_believed_but_asked_about(
    fen: int, intent: Intent, bill: Bill
) -> None:
    decision = payments.on_notice(intent, bill, replace(NOTICE, amount_fen=fen))
    assert unchanged(decision, intent, bill)
    assert (decision.alarm, decision.ask) == (Alarm.AMOUNT_DIFFERS, Ask.QUERY)
    assert not decision.believed


def test_another_amount_that_a_query_confirms_goes_back() -> None:
    odd = replace(NOTICE, amount_fen=1)
    decision = payments.on_query(PENDING, HELD, ProviderState(Seen.PAID, odd), NOW)
    assert kinds(decision) == [(Kind.VOID_PENDING, 10680), (Kind.POSTED, 1), (Kind.PENDING, 1)]
    intent, bill = both(decision)
    assert intent.state is IntentState.SUSPENSE
    assert bill == BILL
    assert decision.alarm is Alarm.AMOUNT_DIFFERS
    assert payments.may_begin(bill, [intent]) is None


def test_an_unknown_payment_is_neither_booked_nor_accepted() -> None:
    decision = payments.on_notice(None, None, NOTICE)
    assert decision == Decision(None, None, alarm=Alarm.PAYMENT_UNKNOWN, believed=False)


@pytest.mark.parametrize(
    ("intent", "bill"),
    [
        (CLOSED, SETTLED),
        (CLOSED, replace(BILL, state=BillState.PENDING, held_by="1e" * 16)),
        (PAID, SETTLED),
        (PENDING, SETTLED),
    ],
)
def test_money_for_a_bill_that_is_not_open_goes_to_suspense_and_back(
    intent: Intent, bill: Bill
) -> None:
    late = replace(NOTICE, transaction_id="4200-2")
    decision = payments.on_notice(intent, bill, late)
    voided = [(Kind.VOID_PENDING, 10680)] if intent.state in OPEN_STATES else []
    assert kinds(decision) == [*voided, (Kind.POSTED, 10680), (Kind.PENDING, 10680)]
    assert decision.refund == Refund(
        derive("refund", intent.id, "4200-2"), intent.id, "4200-2", 10680
    )
    assert decision.transfers[-1].id == decision.refund.id
    assert decision.alarm is Alarm.MONEY_STRAY
    assert decision.believed
    strayed, same_bill = both(decision)
    assert same_bill == bill
    assert unchanged(payments.on_notice(strayed, bill, late), strayed, bill)


def test_late_money_pays_a_bill_that_is_still_open() -> None:
    decision = payments.on_notice(CLOSED, FREED, NOTICE)
    assert kinds(decision) == [(Kind.POSTED, 10680)]
    intent, bill = both(decision)
    assert (intent.state, bill.state) == (IntentState.PAID, BillState.PAID)
    assert decision.refund is None
    assert decision.transfers[0].id not in (INTENT.id, derive("paid", INTENT.id))


def test_a_confirmed_refund_resolves_its_own_pending_transfer() -> None:
    decision = payments.on_notice(PAID, SETTLED, replace(NOTICE, transaction_id="4200-2"))
    assert decision.refund is not None
    (done,) = payments.on_refund(decision.refund, 7, RefundSeen.DONE).transfers
    asked = decision.transfers[-1]
    assert (done.kind, done.pending_id) == (Kind.POST_PENDING, asked.id)
    assert (done.debit, done.credit, done.code) == (asked.debit, asked.credit, asked.code)


@pytest.mark.parametrize(
    ("seen", "alarm"), [(RefundSeen.UNDER_WAY, None), (RefundSeen.STUCK, Alarm.REFUND_STUCK)]
)
def test_a_refund_that_is_not_done_moves_nothing(seen: RefundSeen, alarm: Alarm | None) -> None:
    refund = Refund("1e" * 16, INTENT.id, "4200-2", 10680)
    assert payments.on_refund(refund, 7, seen) == Decision(None, None, alarm=alarm)


def test_a_provider_that_pays_without_end_is_left_to_a_person() -> None:
    many = tuple(Money(f"4200-{count}", 10680) for count in range(MONEY_MOST))
    full = replace(PAID, money=many)
    decision = payments.on_notice(full, SETTLED, replace(NOTICE, transaction_id="4200-99"))
    assert unchanged(decision, full, SETTLED)
    assert (decision.alarm, decision.believed) == (Alarm.MONEY_TOO_OFTEN, False)


@pytest.mark.parametrize("seen", [Seen.CLOSED, Seen.NOT_FOUND])
def test_an_intent_is_voided_by_an_answer_asked_for_after_time_and_close(seen: Seen) -> None:
    early = payments.on_close_asked(PENDING, NOW)
    for intent in (CLOSING, early):
        decision = payments.on_query(intent, HELD, ProviderState(seen), OVER)
        assert kinds(decision) == [(Kind.VOID_PENDING, 10680)]
        closed, bill = both(decision)
        assert closed.state is IntentState.CLOSED
        assert bill == BILL


@pytest.mark.parametrize("seen", [Seen.CLOSED, Seen.NOT_FOUND])
@pytest.mark.parametrize(
    ("intent", "asked_at"),
    [
        (PENDING, OVER + timedelta(hours=1)),  # no close request
        (CLOSING, OVER - timedelta(microseconds=1)),  # asked before the close request
        (payments.on_close_asked(PENDING, NOW), OVER - timedelta(microseconds=1)),  # in its time
        (payments.on_close_asked(PENDING, NOW), EXPIRES),
        (INTENT, OVER),
    ],
)
def test_an_intent_is_not_voided_by_less(seen: Seen, intent: Intent, asked_at: datetime) -> None:
    decision = payments.on_query(intent, HELD, ProviderState(seen), asked_at)
    assert unchanged(decision, intent, HELD)
    assert decision.alarm is None


@pytest.mark.parametrize("seen", [s for s in Seen if s is not Seen.PAID])
@pytest.mark.parametrize(("intent", "bill"), [(PAID, SETTLED), (CLOSED, FREED)])
def test_answers_about_a_finished_intent_change_nothing(
    seen: Seen, intent: Intent, bill: Bill
) -> None:
    decision = payments.on_query(intent, bill, ProviderState(seen), OVER)
    assert unchanged(decision, intent, bill)
    expected = Alarm.REFUNDED_ELSEWHERE if seen is Seen.REFUNDED else None
    assert decision.alarm is expected


def test_an_order_that_can_still_be_paid_is_closed_again_after_its_time() -> None:
    unpaid = ProviderState(Seen.UNPAID)
    assert payments.on_query(CLOSING, HELD, unpaid, OVER).ask is Ask.CLOSE
    assert payments.on_query(PENDING, HELD, unpaid, EXPIRES).ask is Ask.NOTHING


@pytest.mark.parametrize("answer", [ProviderState(Seen.ODD), ProviderState(Seen.PAID)])
def test_an_odd_answer_is_shown_to_a_person(answer: ProviderState) -> None:
    decision = payments.on_query(CLOSING, HELD, answer, OVER)
    assert unchanged(decision, CLOSING, HELD)
    assert decision.alarm is Alarm.ORDER_ODD


def test_our_own_refund_raises_no_alarm() -> None:
    odd = ProviderState(Seen.PAID, replace(NOTICE, amount_fen=1))
    strayed, bill = both(payments.on_query(PENDING, HELD, odd, NOW))
    decision = payments.on_query(strayed, bill, ProviderState(Seen.REFUNDED), OVER)
    assert decision == Decision(strayed, bill)


def test_after_a_qrs_time_close_is_asked_first_and_then_the_truth() -> None:
    assert payments.on_expiry(PENDING, OVER - timedelta(seconds=1)) is Ask.NOTHING
    assert payments.on_expiry(PENDING, OVER) is Ask.CLOSE
    assert payments.on_expiry(INTENT, OVER) is Ask.CLOSE
    assert payments.on_expiry(CLOSING, OVER) is Ask.QUERY
    assert payments.on_expiry(PAID, OVER) is Ask.NOTHING
    assert payments.on_expiry(CLOSED, OVER) is Ask.NOTHING


def test_the_first_close_request_counts() -> None:
    assert payments.on_close_asked(CLOSING, OVER + timedelta(hours=1)) == CLOSING


@pytest.mark.parametrize(
    ("bill", "intents", "why"),
    [
        (BILL, [], None),
        (BILL, [CLOSED], None),
        (SETTLED, [PAID], MayNot.BILL_PAID),
        (HELD, [PENDING], MayNot.PAYMENT_OPEN),
        (HELD, [], MayNot.PAYMENT_OPEN),
        (BILL, [CLOSED, INTENT], MayNot.PAYMENT_OPEN),
        (BILL, [CLOSING], MayNot.PAYMENT_OPEN),
    ],
)
def test_one_bill_has_one_payment_at_a_time(
    bill: Bill, intents: list[Intent], why: MayNot | None
) -> None:
    assert payments.may_begin(bill, intents) is why


def reachable(table: Mapping[tuple[IntentState, Event], IntentState]) -> set[IntentState]:
    found = {IntentState.CREATED}
    for _ in IntentState:
        found |= {after for (before, _), after in table.items() if before in found}
    return found


def test_the_table_of_states_is_whole() -> None:
    assert reachable(TRANSITIONS) == set(IntentState)
    for state in IntentState:
        # Money may come in any state whatever; there must be a place for it.
        assert (state, Event.STRAY) in TRANSITIONS
        assert ((state, Event.GONE) in TRANSITIONS) == (state in OPEN_STATES)
        assert TRANSITIONS[state, Event.STRAY] not in OPEN_STATES
    paid_from = {before for (before, event) in TRANSITIONS if event is Event.MONEY}
    assert paid_from == {*OPEN_STATES, IntentState.CLOSED}


def test_accounts_of_two_ledgers_households_and_kinds_are_apart() -> None:
    ids = [
        payments.clearing(1).id,
        payments.clearing(2).id,
        payments.suspense(1).id,
        payments.receivable(1, "1-1").id,
        payments.receivable(1, "1-2").id,
        payments.receivable(2, "1-1").id,
        payments.payable(1, "water").id,
        payments.payable(1, "power").id,
    ]
    assert len(set(ids)) == len(ids)
