"""The ledger on the store: accounts are rows, transfers are recorded facts; rules are in core."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update

from hub.core import ledger as rules
from hub.core import payments
from hub.core.ledger import Account, Applied, Exists, Flags, Kind, Recorded, Transfer
from hub.store import tables as t
from hub.store.writer import Tx

LEDGER = 1  # a site keeps one book; another currency would be another ledger


class Unbalanced(Exception):
    """Our own rules asked for a transfer that the ledger refuses: a bug, never a caller's fault."""


def open_accounts(tx: Tx, wanted: Iterable[Account]) -> None:
    """Make the accounts that do not exist yet."""
    for account in wanted:
        known = tx.execute(select(t.accounts.c.id).where(t.accounts.c.id == account.id)).first()
        if known is None:
            row = asdict(account) | {"flags": int(account.flags)}
            tx.execute(insert(t.accounts).values(**row))


def book(tx: Tx, transfers: Iterable[Transfer]) -> None:
    """Apply transfers in order; each is applied once, whatever is asked twice."""
    for transfer in transfers:
        accounts = {name: _account(tx, name) for name in (transfer.debit, transfer.credit)}
        known = {name: account for name, account in accounts.items() if account is not None}
        result = rules.apply(known, transfer, _recorded(tx, transfer))
        if isinstance(result, Exists):
            continue
        if not isinstance(result, Applied):
            raise Unbalanced(f"{transfer.kind} {transfer.code}: {result.reason}")
        for account in (result.debit, result.credit):
            _keep(tx, account)
        tx.record(t.transfers, _row(transfer, tx.now_s))


def chart(bill: payments.Bill) -> list[Account]:
    """Every account that a bill's money may touch."""
    return [
        payments.receivable(bill.ledger, bill.household),
        payments.payable(bill.ledger, bill.kind),
        payments.clearing(bill.ledger),
        payments.suspense(bill.ledger),
    ]


def _account(tx: Tx, name: str) -> Account | None:
    row = tx.execute(select(t.accounts).where(t.accounts.c.id == name)).first()
    if row is None:
        return None
    values = row._asdict()
    return Account(**(values | {"flags": Flags(values["flags"])}))


def _keep(tx: Tx, account: Account) -> None:
    tx.execute(
        update(t.accounts)
        .where(t.accounts.c.id == account.id)
        .values(
            debits_pending=account.debits_pending,
            debits_posted=account.debits_posted,
            credits_pending=account.credits_pending,
            credits_posted=account.credits_posted,
        )
    )


def _recorded(tx: Tx, transfer: Transfer) -> Recorded:
    same = _transfer(tx, t.transfers.c.id == transfer.id)
    if transfer.pending_id is None:
        return Recorded(same)
    return Recorded(
        same,
        _transfer(tx, t.transfers.c.id == transfer.pending_id),
        _transfer(tx, t.transfers.c.pending_id == transfer.pending_id),
    )


def _transfer(tx: Tx, where: Any) -> Transfer | None:
    row = tx.execute(select(t.transfers).where(where)).first()
    if row is None:
        return None
    return Transfer(
        row.id,
        row.debit,
        row.credit,
        row.amount_fen,
        row.ledger,
        row.code,
        Kind(row.kind),
        row.pending_id,
        row.timeout_s,
    )


def _row(transfer: Transfer, now_s: float) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "debit": transfer.debit,
        "credit": transfer.credit,
        "amount_fen": transfer.amount_fen,
        "ledger": transfer.ledger,
        "code": int(transfer.code),
        "kind": transfer.kind.value,
        "pending_id": transfer.pending_id,
        "timeout_s": transfer.timeout_s,
        "at": now_s,
    }
