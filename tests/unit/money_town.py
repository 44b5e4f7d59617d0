"""A town of payments for tests: one store, one provider, a wire that repeats, delays and loses.

The rules under test are called through their module, so that a test can put a wrong one there
and see this town notice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hub.core import ledger, payments
from hub.core.ledger import Account, Applied, Exists, Kind, Recorded, Transfer
from hub.core.payments import (
    Ask,
    Bill,
    BillState,
    Decision,
    Intent,
    IntentState,
    PaidNotice,
    ProviderState,
    Refund,
    RefundSeen,
    Seen,
)

LEDGER = 7
START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
QR_TIME = timedelta(seconds=120)
HOUSES = ("1-2-302", "1-2-301")


@dataclass
class Order:
    """An order at the provider."""

    amount_fen: int
    expires_at: datetime
    state: Seen = Seen.UNPAID
    payments: list[PaidNotice] = field(default_factory=list)


class Store:
    """What survives a crash: written only by `commit`, all or nothing."""

    def __init__(self) -> None:
        accounts = [payments.clearing(LEDGER), payments.suspense(LEDGER)]
        accounts += [payments.receivable(LEDGER, house) for house in HOUSES]
        accounts += [payments.payable(LEDGER, "property")]
        self.accounts: dict[str, Account] = {account.id: account for account in accounts}
        self.transfers: dict[str, Transfer] = {}
        self.resolutions: dict[str, Transfer] = {}
        self.bills: dict[str, Bill] = {}
        self.intents: dict[str, Intent] = {}
        self.refunds: dict[str, Refund] = {}

    def put(self, transfer: Transfer) -> None:
        """Apply one transfer; a rule that asks for one the ledger refuses is wrong."""
        pending = transfer.pending_id or ""
        recorded = Recorded(
            self.transfers.get(transfer.id),
            self.transfers.get(pending),
            self.resolutions.get(pending),
        )
        result = ledger.apply(self.accounts, transfer, recorded)
        assert isinstance(result, Applied | Exists), (result, transfer)
        if isinstance(result, Applied):
            self.accounts |= {each.id: each for each in (result.debit, result.credit)}
            self.transfers[transfer.id] = transfer
            if transfer.pending_id is not None:
                self.resolutions[transfer.pending_id] = transfer

    def commit(self, decision: Decision) -> None:
        """Write a decision."""
        for transfer in decision.transfers:
            self.put(transfer)
        if decision.intent is not None:
            self.intents[decision.intent.id] = decision.intent
        if decision.bill is not None:
            self.bills[decision.bill.id] = decision.bill
        if decision.refund is not None:
            self.refunds[decision.refund.id] = decision.refund


class Town:
    """Hub, provider and wire; every verb is something that can happen."""

    def __init__(self, skew_s: int = 0) -> None:
        self.store = Store()
        self.now = START
        self.skew = timedelta(seconds=skew_s)
        self.orders: dict[str, Order] = {}
        self.taken: dict[str, PaidNotice] = {}
        self.given: dict[str, int] = {}
        self.creates: list[str] = []
        self.closes: list[str] = []
        self.queries: list[tuple[str, datetime]] = []
        self.answers: list[tuple[str, ProviderState, datetime]] = []
        self.notices: list[PaidNotice] = []
        self._count = 0

    def _name(self, purpose: str) -> str:
        self._count += 1
        return ledger.derive(purpose, str(self._count))

    # --- the hub

    def issue(self, house: str, amount_fen: int) -> None:
        bill = Bill(self._name("bill"), LEDGER, house, "property", amount_fen)
        self.store.commit(Decision(None, bill, (payments.issue(bill),)))

    def begin(self, bill_id: str) -> str | None:
        bill = self.store.bills[bill_id]
        intents = [each for each in self.store.intents.values() if each.bill == bill_id]
        if payments.may_begin(bill, intents) is not None:
            return None
        decision = payments.begin(bill, self._name("pay"), self.now, self.now + QR_TIME)
        self.store.commit(decision)
        assert decision.intent is not None
        self.creates.append(decision.intent.id)
        return decision.intent.id

    def give_up(self, intent_id: str) -> None:
        """Let a QR's time pass without a payment, and everything that follows go well."""
        self.now += QR_TIME + payments.GRACE + abs(self.skew)
        for _ in range(2):
            self.timer(intent_id)
            for order_id in self.closes:
                self.close_lands(order_id)
            if (intent_id, self.now) in self.queries:
                self.query_lands((intent_id, self.now))
                self.answer_arrives(self.answers[-1])

    def timer(self, intent_id: str) -> None:
        intent = self.store.intents[intent_id]
        match payments.on_expiry(intent, self.now):
            case Ask.CLOSE:
                self.close(intent_id)
            case Ask.QUERY:
                self.query(intent_id)
            case Ask.NOTHING:
                pass

    def close(self, intent_id: str) -> None:
        intent = self.store.intents[intent_id]
        self.closes.append(intent_id)
        self.store.intents[intent_id] = payments.on_close_asked(intent, self.now)

    def query(self, intent_id: str) -> None:
        self.queries.append((intent_id, self.now))

    def answer_arrives(self, answer: tuple[str, ProviderState, datetime]) -> None:
        intent_id, state, asked_at = answer
        intent = self.store.intents[intent_id]
        bill = self.store.bills[intent.bill]
        self._follow(intent_id, payments.on_query(intent, bill, state, asked_at))

    def notice_arrives(self, notice: PaidNotice) -> bool:
        intent = self.store.intents.get(notice.payment_id)
        bill = self.store.bills[intent.bill] if intent else None
        decision = payments.on_notice(intent, bill, notice)
        self._follow(notice.payment_id, decision)
        return decision.believed

    def _follow(self, intent_id: str, decision: Decision) -> None:
        self.store.commit(decision)
        if decision.ask is Ask.QUERY:
            self.query(intent_id)
        elif decision.ask is Ask.CLOSE:
            self.close(intent_id)

    def crash(self) -> None:
        """The hub loses what it was doing and keeps what it wrote."""
        self.creates.clear()
        self.closes.clear()
        self.queries.clear()
        self.answers.clear()

    # --- the provider, with a clock of its own

    def create_lands(self, intent_id: str) -> None:
        intent = self.store.intents[intent_id]
        if intent_id not in self.orders and self.now + self.skew < intent.expires_at:
            self.orders[intent_id] = Order(intent.amount_fen, intent.expires_at)

    def qr_arrives(self, intent_id: str) -> None:
        if intent_id in self.orders:
            intent = self.store.intents[intent_id]
            self.store.intents[intent_id] = payments.on_qr(intent, f"weixin://{intent_id}")

    def pay(self, order_id: str, fen: int | None = None, *, race: bool = False) -> None:
        order = self.orders[order_id]
        in_time = order.state is Seen.UNPAID and self.now + self.skew <= order.expires_at
        if in_time or (race and order.state is Seen.CLOSED):
            self._take(order_id, order, order.amount_fen if fen is None else fen)

    def take_twice(self, order_id: str) -> None:
        order = self.orders[order_id]
        if order.state is Seen.PAID and len(order.payments) < 3:
            self._take(order_id, order, order.amount_fen)

    def _take(self, order_id: str, order: Order, fen: int) -> None:
        notice = PaidNotice(order_id, self._name("transaction"), fen, self.now)
        order.state = Seen.PAID
        order.payments.append(notice)
        self.taken[notice.transaction_id] = notice
        self.notices.append(notice)

    def misreport(self, order_id: str, fen: int) -> None:
        """A notice goes out that tells another amount than was asked for, whatever was taken."""
        order = self.orders[order_id]
        for notice in order.payments if fen != order.amount_fen else ():
            self.notices.append(replace(notice, amount_fen=fen))

    def close_lands(self, order_id: str) -> None:
        order = self.orders.get(order_id)
        if order is not None and order.state is Seen.UNPAID:
            order.state = Seen.CLOSED

    def query_lands(self, query: tuple[str, datetime]) -> None:
        order = self.orders.get(query[0])
        if order is None:
            state = ProviderState(Seen.NOT_FOUND)
        elif order.state is Seen.PAID:
            state = ProviderState(Seen.PAID, order.payments[0])
        else:
            state = ProviderState(order.state)
        self.answers.append((query[0], state, query[1]))

    def refund_lands(self, refund: Refund) -> None:
        """The provider gives money back, once for each id, and the hub books it."""
        self.given.setdefault(refund.id, refund.amount_fen)
        self.store.commit(payments.on_refund(refund, LEDGER, RefundSeen.DONE))

    # --- what must always be true

    def check(self) -> None:
        store = self.store
        assert ledger.imbalance(store.accounts.values()) == (0, 0)
        booked = [money for intent in store.intents.values() for money in intent.money]
        names = [money.transaction_id for money in booked]
        assert len(names) == len(set(names)), "a payment is booked twice"
        for money in booked:
            assert money.transaction_id in self.taken, "a payment is invented"
            assert self.taken[money.transaction_id].amount_fen == money.amount_fen
        self._check_balances(sum(money.amount_fen for money in booked))
        for bill in store.bills.values():
            self._check_bill(bill)

    def _check_balances(self, booked_fen: int) -> None:
        store = self.store
        done = [r for r in store.refunds.values() if r.id in store.resolutions]
        back_fen = sum(refund.amount_fen for refund in done)
        held = store.accounts[payments.clearing(LEDGER).id]
        assert held.debits_posted - held.credits_posted == booked_fen - back_fen
        aside = store.accounts[payments.suspense(LEDGER).id]
        refunds_fen = sum(refund.amount_fen for refund in store.refunds.values())
        assert aside.credits_posted == refunds_fen, "stray money without its refund"
        assert aside.credits_posted - aside.debits_posted == refunds_fen - back_fen
        owed_fen = sum(bill.amount_fen for bill in store.bills.values())
        utility = store.accounts[payments.payable(LEDGER, "property").id]
        assert utility.credits_posted == owed_fen
        for house in HOUSES:
            self._check_house(house)

    def _check_house(self, house: str) -> None:
        account = self.store.accounts[payments.receivable(LEDGER, house).id]
        mine = [bill for bill in self.store.bills.values() if bill.household == house]
        unpaid = sum(bill.amount_fen for bill in mine if bill.state is not BillState.PAID)
        pending = sum(bill.amount_fen for bill in mine if bill.state is BillState.PENDING)
        assert account.debits_posted - account.credits_posted == unpaid
        assert account.credits_pending == pending

    def _check_bill(self, bill: Bill) -> None:
        intents = [each for each in self.store.intents.values() if each.bill == bill.id]
        open_ids = [each.id for each in intents if each.state in payments.OPEN_STATES]
        paid = [each for each in intents if each.state is IntentState.PAID]
        assert open_ids == ([bill.held_by] if bill.state is BillState.PENDING else [])
        assert len(paid) == (1 if bill.state is BillState.PAID else 0)
        for intent in intents:
            order = self.orders.get(intent.id)
            payable = order is None or order.state is Seen.UNPAID
            if payable and self.now + self.skew <= intent.expires_at:
                assert intent.id in open_ids, "given up while its QR can be paid, now or later"

    # --- the end of the day

    def settle(self) -> None:
        """Let the honest rest happen: then every fen taken is on a bill or given back."""
        self.now += QR_TIME + payments.GRACE + abs(self.skew)
        for _ in range(3):  # close, query, and one more for a close that was lost before
            for intent_id in tuple(self.store.intents):
                self.timer(intent_id)
            self._deliver()
            self.now += timedelta(seconds=1)
        open_ones = [i for i in self.store.intents.values() if i.state in payments.OPEN_STATES]
        assert not open_ones, "an intent stays open for ever"
        for notice in tuple(self.taken.values()):
            if not self.notice_arrives(notice):
                self._deliver()  # it made the hub ask, and asking settles it
                assert self.notice_arrives(notice), "a true notice is not believed"
        for refund in tuple(self.store.refunds.values()):
            self.refund_lands(refund)
            self.refund_lands(refund)
        self.check()
        self._check_everybody_served()

    def _deliver(self) -> None:
        for order_id in self.closes:
            self.close_lands(order_id)
        for query in self.queries:
            self.query_lands(query)
        answers = tuple(self.answers)
        self.crash()
        for answer in answers:
            self.answer_arrives(answer)

    def _check_everybody_served(self) -> None:
        booked = {m.transaction_id for i in self.store.intents.values() for m in i.money}
        assert booked == set(self.taken), "a payment is lost"
        kept_fen = sum(n.amount_fen for n in self.taken.values()) - sum(self.given.values())
        paid = [b for b in self.store.bills.values() if b.state is BillState.PAID]
        assert kept_fen == sum(bill.amount_fen for bill in paid)
        aside = self.store.accounts[payments.suspense(LEDGER).id]
        assert aside.credits_posted == aside.debits_posted
        assert all(
            t.kind is not Kind.PENDING or t.id in self.store.resolutions
            for t in self.store.transfers.values()
        )
