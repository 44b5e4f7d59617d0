"""Double entry: each refusal by name, and any sequence of transfers keeps the books whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.ledger import (
    BALANCE_MOST_FEN,
    TIMEOUT_MOST_S,
    Account,
    Applied,
    Exists,
    Flags,
    Kind,
    Reason,
    Recorded,
    Refused,
    Transfer,
    apply,
    derive,
    id_ok,
    imbalance,
)


def number(count: int) -> str:
    return f"{count:032x}"


A, B = Account("a", 1, 110), Account("b", 1, 120)
BOTH = {"a": A, "b": B}
NEW = Recorded()
PAY = Transfer(number(1), "a", "b", 10680, 1, 2)
HOLD = replace(PAY, kind=Kind.PENDING)
POST = replace(PAY, id=number(2), kind=Kind.POST_PENDING, pending_id=number(1))
VOID = replace(POST, id=number(3), kind=Kind.VOID_PENDING)


class Books:
    """The smallest store that could be right."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = {account.id: account for account in accounts}
        self.transfers: dict[str, Transfer] = {}

    def recorded(self, transfer: Transfer) -> Recorded:
        resolution = next(
            (
                each
                for each in self.transfers.values()
                if transfer.pending_id is not None and each.pending_id == transfer.pending_id
            ),
            None,
        )
        pending = self.transfers.get(transfer.pending_id or "")
        return Recorded(self.transfers.get(transfer.id), pending, resolution)

    def put(self, transfer: Transfer) -> Applied | Exists | Refused:
        result = apply(self.accounts, transfer, self.recorded(transfer))
        if isinstance(result, Applied):
            self.accounts |= {result.debit.id: result.debit, result.credit.id: result.credit}
            self.transfers[transfer.id] = transfer
        return result


def why(result: object) -> Reason:
    assert isinstance(result, Refused), result
    return result.reason


def test_a_posted_transfer_moves_both_sides() -> None:
    result = apply(BOTH, PAY, NEW)
    assert result == Applied(replace(A, debits_posted=10680), replace(B, credits_posted=10680))


def test_pending_money_is_set_aside_then_posted() -> None:
    books = Books(A, B)
    books.put(HOLD)
    assert books.accounts == {
        "a": replace(A, debits_pending=10680),
        "b": replace(B, credits_pending=10680),
    }
    books.put(POST)
    assert books.accounts == {
        "a": replace(A, debits_posted=10680),
        "b": replace(B, credits_posted=10680),
    }


def test_voided_money_leaves_nothing_behind() -> None:
    books = Books(A, B)
    books.put(HOLD)
    books.put(VOID)
    assert books.accounts == BOTH


@pytest.mark.parametrize("transfer", [PAY, replace(HOLD, timeout_s=300)])
def test_the_same_transfer_again_exists_and_moves_nothing(transfer: Transfer) -> None:
    books = Books(A, B)
    books.put(transfer)
    before = dict(books.accounts)
    assert books.put(transfer) == Exists()
    assert books.accounts == before


@pytest.mark.parametrize(
    "change",
    [
        {"amount_fen": 1},
        {"debit": "b", "credit": "a"},
        {"code": 3},
        {"ledger": 2},
        {"kind": Kind.PENDING},
        {"timeout_s": 1, "kind": Kind.PENDING},
    ],
)
def test_the_same_id_with_other_content_is_a_conflict(change: dict[str, object]) -> None:
    books = Books(A, B)
    books.put(PAY)
    fields = {name: getattr(PAY, name) for name in PAY.__slots__}
    assert why(books.put(Transfer(**{**fields, **change}))) is Reason.ID_CONFLICT


def test_a_repeat_of_a_post_exists_though_its_pending_is_resolved() -> None:
    books = Books(A, B)
    books.put(HOLD)
    books.put(POST)
    assert books.put(POST) == Exists()


@pytest.mark.parametrize("first", [POST, VOID])
@pytest.mark.parametrize("second", [POST, VOID])
def test_pending_money_is_resolved_once(first: Transfer, second: Transfer) -> None:
    books = Books(A, B)
    books.put(HOLD)
    books.put(first)
    after = dict(books.accounts)
    assert why(books.put(replace(second, id=number(9)))) is Reason.PENDING_RESOLVED
    assert books.accounts == after


@pytest.mark.parametrize("amount", [10679, 10681, 1])
@pytest.mark.parametrize("kind", [Kind.POST_PENDING, Kind.VOID_PENDING])
def test_a_part_of_pending_money_is_not_resolved(amount: int, kind: Kind) -> None:
    books = Books(A, B)
    books.put(HOLD)
    part = replace(POST, amount_fen=amount, kind=kind)
    assert why(books.put(part)) is Reason.PARTIAL_AMOUNT


@pytest.mark.parametrize(
    "change",
    [{"debit": "b", "credit": "a"}, {"debit": "c"}, {"code": 9}, {"ledger": 9}],
)
def test_a_resolution_names_the_pending_transfers_own_sides(change: dict[str, object]) -> None:
    books = Books(A, B, Account("c", 1, 130))
    books.put(HOLD)
    fields = {name: getattr(POST, name) for name in POST.__slots__}
    assert why(books.put(Transfer(**{**fields, **change}))) is Reason.PENDING_DIFFERS


def test_only_a_pending_transfer_can_be_resolved() -> None:
    books = Books(A, B)
    assert why(books.put(POST)) is Reason.PENDING_UNKNOWN
    books.put(PAY)
    assert why(books.put(POST)) is Reason.PENDING_UNKNOWN
    other = Recorded(pending=replace(HOLD, id=number(7)))
    assert why(apply(BOTH, POST, other)) is Reason.PENDING_UNKNOWN


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "A" * 32}, Reason.ID_FORM),
        ({"id": "short"}, Reason.ID_FORM),
        ({"amount_fen": 0}, Reason.AMOUNT_FORM),
        ({"amount_fen": -1}, Reason.AMOUNT_FORM),
        ({"amount_fen": True}, Reason.AMOUNT_FORM),
        ({"amount_fen": 1.0}, Reason.AMOUNT_FORM),
        ({"amount_fen": BALANCE_MOST_FEN + 1}, Reason.AMOUNT_FORM),
        ({"timeout_s": 1}, Reason.TIMEOUT_FORM),
        ({"timeout_s": -1, "kind": Kind.PENDING}, Reason.TIMEOUT_FORM),
        ({"timeout_s": True, "kind": Kind.PENDING}, Reason.TIMEOUT_FORM),
        ({"timeout_s": TIMEOUT_MOST_S + 1, "kind": Kind.PENDING}, Reason.TIMEOUT_FORM),
        ({"credit": "a"}, Reason.SAME_ACCOUNT),
        ({"pending_id": number(5)}, Reason.PENDING_ID_FORM),
        ({"kind": Kind.POST_PENDING}, Reason.PENDING_ID_FORM),
        ({"debit": "nobody"}, Reason.ACCOUNT_UNKNOWN),
        ({"credit": "nobody"}, Reason.ACCOUNT_UNKNOWN),
        ({"ledger": 2}, Reason.LEDGER_DIFFERS),
    ],
)
def test_a_malformed_transfer_is_refused(change: dict[str, object], reason: Reason) -> None:
    fields = {name: getattr(PAY, name) for name in PAY.__slots__}
    assert why(apply(BOTH, Transfer(**{**fields, **change}), NEW)) is reason


def test_money_does_not_cross_ledgers() -> None:
    accounts = {"a": A, "b": replace(B, ledger=2)}
    assert why(apply(accounts, PAY, NEW)) is Reason.LEDGER_DIFFERS


def test_a_household_cannot_pay_more_than_it_owes() -> None:
    owed = replace(
        B, flags=Flags.CREDITS_MUST_NOT_EXCEED_DEBITS, debits_posted=10680, debits_pending=99
    )
    accounts = {"a": A, "b": owed}
    assert isinstance(apply(accounts, PAY, NEW), Applied)
    assert why(apply(accounts, replace(PAY, amount_fen=10681), NEW)) is Reason.EXCEEDS_DEBITS
    held = {"a": A, "b": replace(owed, credits_pending=1)}
    assert why(apply(held, PAY, NEW)) is Reason.EXCEEDS_DEBITS


def test_suspense_cannot_give_back_more_than_came() -> None:
    came = replace(
        A, flags=Flags.DEBITS_MUST_NOT_EXCEED_CREDITS, credits_posted=10680, credits_pending=99
    )
    accounts = {"a": came, "b": B}
    assert isinstance(apply(accounts, HOLD, NEW), Applied)
    assert why(apply(accounts, replace(PAY, amount_fen=10681), NEW)) is Reason.EXCEEDS_CREDITS


def test_a_limit_met_when_money_was_set_aside_does_not_stop_its_posting() -> None:
    came = Account("a", 1, 210, Flags.DEBITS_MUST_NOT_EXCEED_CREDITS, credits_posted=10680)
    books = Books(came, B)
    books.put(HOLD)
    assert isinstance(books.put(POST), Applied)


@pytest.mark.parametrize("side", ["debits_posted", "debits_pending"])
def test_a_balance_never_overflows(side: str) -> None:
    most = BALANCE_MOST_FEN - 10680
    sums = {"debits_posted": 0, "debits_pending": 0, side: most}
    full = {"a": Account("a", 1, 110, Flags.NONE, **sums), "b": B}
    assert isinstance(apply(full, PAY, NEW), Applied)
    assert why(apply(full, replace(PAY, amount_fen=10681), NEW)) is Reason.OVERFLOW


def test_a_store_that_lost_pending_money_is_refused_not_followed_below_zero() -> None:
    assert why(apply(BOTH, POST, Recorded(pending=HOLD))) is Reason.PENDING_DIFFERS


def test_ids_are_32_hex_digits_and_follow_from_what_they_follow_from() -> None:
    assert id_ok(number(255))
    assert not any(map(id_ok, ("", "F" * 32, "0" * 31, "0" * 32 + "\n", "0" * 33)))
    assert id_ok(derive("refund", "x", "y"))
    assert derive("refund", "x", "y") == derive("refund", "x", "y")
    assert len({derive("a", "b", "c"), derive("a", "bc"), derive("ab", "c"), derive("a b c")}) == 4


TRANSFERS = st.builds(
    Transfer,
    id=st.integers(0, 3).map(number),
    debit=st.sampled_from(("a", "a", "a", "b")),
    credit=st.sampled_from(("b", "b", "b", "a")),
    amount_fen=st.sampled_from((1, 2)),
    ledger=st.just(1),
    code=st.just(2),
    kind=st.sampled_from((Kind.POSTED, Kind.PENDING)),
)
FLAGS = st.sampled_from((Flags.NONE, *Flags))
RESOLUTIONS = st.builds(
    # of the pending transfer that stands there, if one does; otherwise refused
    lambda new, old, kind: Transfer(number(new), "", "", 0, 1, 2, kind, number(old)),
    st.integers(4, 9),
    st.integers(0, 3),
    st.sampled_from((Kind.POST_PENDING, Kind.VOID_PENDING)),
)


@given(
    st.lists(TRANSFERS | RESOLUTIONS, min_size=15, max_size=40),
    st.sampled_from(Flags),
    st.sampled_from(Flags),
)
def test_any_sequence_keeps_the_books_whole(
    transfers: list[Transfer], flags_a: Flags, flags_b: Flags
) -> None:
    books = Books(Account("a", 1, 1, flags_a), Account("b", 1, 2, flags_b))
    for transfer in transfers:
        before = dict(books.accounts)
        old = books.transfers.get(transfer.pending_id or "")
        fitted = transfer
        if old is not None:
            fitted = replace(
                transfer, debit=old.debit, credit=old.credit, amount_fen=old.amount_fen
            )
        result = books.put(fitted)
        if not isinstance(result, Applied):
            assert books.accounts == before
        assert imbalance(books.accounts.values()) == (0, 0)
        for account in books.accounts.values():
            sums = (
                account.debits_pending,
                account.debits_posted,
                account.credits_pending,
                account.credits_posted,
            )
            assert min(sums) >= 0
            if account.flags & Flags.DEBITS_MUST_NOT_EXCEED_CREDITS:
                assert account.debits_pending + account.debits_posted <= account.credits_posted
            if account.flags & Flags.CREDITS_MUST_NOT_EXCEED_DEBITS:
                assert account.credits_pending + account.credits_posted <= account.debits_posted
    _recount(books)


def _recount(books: Books) -> None:
    resolved = [each.pending_id for each in books.transfers.values() if each.pending_id]
    assert len(resolved) == len(set(resolved))
    for account in books.accounts.values():
        posted = pending = 0
        for each in books.transfers.values():
            if each.debit != account.id:
                continue
            posted += each.amount_fen if each.kind in (Kind.POSTED, Kind.POST_PENDING) else 0
            held = each.kind is Kind.PENDING and each.id not in resolved
            pending += each.amount_fen if held else 0
        assert (account.debits_posted, account.debits_pending) == (posted, pending)
