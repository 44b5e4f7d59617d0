"""Payments in any order, doubled, lost, late, with crashes: no fen lost, doubled or invented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.core import payments
from hub.core.payments import Bill, BillState, Decision, Intent, PaidNotice
from tests.luck import examples
from tests.unit.money_town import HOUSES, Town

Item = TypeVar("Item")
AMOUNTS = (1, 4060, 10680)
PICK = st.integers(0, 1000)


def pick(items: Sequence[Item], at: int) -> Item:
    return items[at % len(items)]


class Payments(RuleBasedStateMachine):
    """Every rule is one thing that happens; who pays whom when is the machine's luck."""

    @initialize(
        skew_s=st.integers(-10, 10),
        bills=st.lists(
            st.tuples(st.sampled_from(HOUSES), st.sampled_from(AMOUNTS)), min_size=1, max_size=3
        ),
    )
    def open_town(self, skew_s: int, bills: list[tuple[str, int]]) -> None:
        self.town = Town(skew_s)
        for house, fen in bills:
            self.town.issue(house, fen)

    def teardown(self) -> None:
        if hasattr(self, "town"):
            self.town.settle()

    @invariant()
    def whole(self) -> None:
        if hasattr(self, "town"):
            self.town.check()

    @rule(at=PICK, how=st.sampled_from(("lost", "no answer", "qr", "qr", "qr")))
    def begin(self, at: int, how: str) -> None:
        intent_id = self.town.begin(pick(list(self.town.store.bills), at))
        if intent_id is not None and how != "lost":
            self.town.create_lands(intent_id)
            if how == "qr":
                self.town.qr_arrives(intent_id)

    @precondition(lambda self: self.town.store.intents)
    @rule(at=PICK)
    def ask_at_once(self, at: int) -> None:
        intent_id = pick(list(self.town.store.intents), at)
        self.town.query(intent_id)
        self.town.query_lands(self.town.queries[-1])
        self.town.answer_arrives(self.town.answers[-1])

    @precondition(lambda self: self.town.store.intents)
    @rule(at=PICK)
    def give_up(self, at: int) -> None:
        intent_id = pick(list(self.town.store.intents), at)
        self.town.give_up(intent_id)

    @rule(at=PICK, seconds=st.sampled_from((1, 20, 60, 121, 155)))
    def time_passes(self, at: int, seconds: int) -> None:
        self.town.now += timedelta(seconds=seconds)

    @rule()
    def crash(self) -> None:
        self.town.crash()

    @precondition(lambda self: self.town.creates)
    @rule(at=PICK, qr=st.booleans())
    def create_lands(self, at: int, qr: bool) -> None:
        intent_id = pick(self.town.creates, at)
        self.town.create_lands(intent_id)
        if qr:
            self.town.qr_arrives(intent_id)

    @precondition(lambda self: self.town.orders)
    @rule(at=PICK, told=st.booleans())
    def pay(self, at: int, told: bool) -> None:
        self.town.pay(pick(list(self.town.orders), at), race=True)
        if told and self.town.notices:
            self.town.notice_arrives(self.town.notices[-1])

    @precondition(lambda self: self.town.orders)
    @rule(at=PICK, fen=st.sampled_from(AMOUNTS))
    def pay_oddly(self, at: int, fen: int) -> None:
        self.town.pay(pick(list(self.town.orders), at), fen)

    @precondition(lambda self: self.town.taken)
    @rule(at=PICK)
    def take_twice(self, at: int) -> None:
        self.town.take_twice(pick(list(self.town.orders), at))

    @precondition(lambda self: self.town.taken)
    @rule(at=PICK, fen=st.sampled_from(AMOUNTS))
    def misreport(self, at: int, fen: int) -> None:
        self.town.misreport(pick(list(self.town.orders), at), fen)

    @precondition(lambda self: self.town.notices)
    @rule(at=PICK, again=st.booleans())
    def notice_arrives(self, at: int, again: bool) -> None:
        notice = pick(self.town.notices, at)
        self.town.notice_arrives(notice)
        if not again:
            self.town.notices.remove(notice)

    @precondition(lambda self: self.town.notices)
    @rule(at=PICK)
    def notice_lost(self, at: int) -> None:
        self.town.notices.remove(pick(self.town.notices, at))

    @precondition(lambda self: self.town.store.intents)
    @rule(at=PICK)
    def query(self, at: int) -> None:
        self.town.query(pick(list(self.town.store.intents), at))

    @precondition(lambda self: self.town.queries)
    @rule(at=PICK)
    def query_lands(self, at: int) -> None:
        query = pick(self.town.queries, at)
        self.town.queries.remove(query)
        self.town.query_lands(query)

    @precondition(lambda self: self.town.answers)
    @rule(at=PICK, again=st.booleans())
    def answer_arrives(self, at: int, again: bool) -> None:
        answer = pick(self.town.answers, at)
        if not again:
            self.town.answers.remove(answer)
        self.town.answer_arrives(answer)

    @precondition(lambda self: self.town.store.intents)
    @rule(at=PICK)
    def timer(self, at: int) -> None:
        self.town.timer(pick(list(self.town.store.intents), at))

    @precondition(lambda self: self.town.store.intents)
    @rule(at=PICK)
    def cancel(self, at: int) -> None:
        self.town.close(pick(list(self.town.store.intents), at))

    @precondition(lambda self: self.town.closes)
    @rule(at=PICK)
    def close_lands(self, at: int) -> None:
        self.town.close_lands(pick(self.town.closes, at))

    @precondition(lambda self: self.town.store.refunds)
    @rule(at=PICK)
    def refund_lands(self, at: int) -> None:
        self.town.refund_lands(pick(list(self.town.store.refunds.values()), at))


COMMON: dict[str, Any] = {
    "deadline": None,
    "stateful_step_count": 40,
    "suppress_health_check": list(HealthCheck),
}


@pytest.mark.luck
def test_no_fen_is_lost_doubled_or_invented() -> None:
    wanted = settings(max_examples=examples(150, 600), **COMMON)
    run_state_machine_as_test(Payments, settings=wanted)


# --- the same town with one rule wrong must notice it -------------------------------------------


def forget_repeats(intent: Intent | None, bill: Bill | None, notice: PaidNotice) -> Decision:
    assert intent is not None
    assert bill is not None
    return payments._book(intent, bill, notice)


def forget_amount(intent: Intent | None, bill: Bill | None, notice: PaidNotice) -> Decision:
    assert intent is not None
    told = any(money.transaction_id == notice.transaction_id for money in intent.money)
    return Decision(intent, bill) if told else forget_repeats(intent, bill, notice)


def forget_refund(intent: Intent, bill: Bill, notice: PaidNotice) -> Decision:
    return Decision(intent, bill)


def keep_stray(intent: Intent, bill: Bill, notice: PaidNotice) -> Decision:
    decision = STRAY(intent, bill, notice)
    return replace(decision, refund=None, transfers=decision.transfers[:-1])


def void_and_lose(intent: Intent, bill: Bill) -> Decision:
    return replace(VOID(intent, bill), transfers=())


def forget_the_bill(intent: Intent, bill: Bill, notice: PaidNotice) -> Decision:
    return BOOK(intent, replace(bill, state=BillState.OPEN, held_by=None), notice)


STRAY, VOID, BOOK = payments._stray, payments._void, payments._book
MUTANTS: dict[str, tuple[str, Callable[..., object]]] = {
    "a repeated notice is booked again": ("on_notice", forget_repeats),
    "any amount pays the bill": ("on_notice", forget_amount),
    "late or doubled money is ignored": ("_stray", forget_refund),
    "stray money is kept": ("_stray", keep_stray),
    "closed is believed before time and close": ("_over", lambda *_: True),
    "late money pays whatever the bill's state": ("_book", forget_the_bill),
    "nothing is ever given up": ("_over", lambda *_: False),
    "a second intent may begin": ("may_begin", lambda *_: None),
    "a voided intent leaves its money pending": ("_void", void_and_lose),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_town_notices_a_wrong_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payments, *MUTANTS[name])
    seen = settings(
        max_examples=400, derandomize=True, database=None, phases=[Phase.generate], **COMMON
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Payments, settings=seen)
