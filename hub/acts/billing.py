"""Bills: issued once, a debt of their household from the first moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from hub.acts.books import LEDGER, book, chart, open_accounts
from hub.core import payments
from hub.core.errors import DomainError
from hub.core.roster import AMOUNT_MAX_FEN, is_whole, wrong_member
from hub.store import tables as t
from hub.store.writer import Tx

_FIELDS = ("id", "household_id", "kind", "period", "amount_fen", "due_on", "lines")


def issue_bill(tx: Tx, row: Mapping[str, Any], now: datetime) -> None:
    """Issue a bill; the same bill again is no error, another amount under its id is."""
    del now
    if set(row) != set(_FIELDS):
        odd = min(set(row) ^ set(_FIELDS))
        raise DomainError("field_wrong", f"a bill has exactly {', '.join(_FIELDS)}", odd)
    amount = row["amount_fen"]
    if not is_whole(amount, 1, AMOUNT_MAX_FEN):
        raise DomainError("field_wrong", "amount_fen is a whole number of fen", "amount_fen")
    wrong = wrong_member("bills", row)
    if wrong is not None:
        raise DomainError("field_wrong", wrong[1], wrong[0])
    if sum(line["amount_fen"] for line in row["lines"]) != amount:
        raise DomainError("field_wrong", "the lines do not add up to the amount", "lines")
    known = tx.execute(select(t.bills.c.amount_fen).where(t.bills.c.id == row["id"])).first()
    if known is not None:
        if known.amount_fen != amount:
            raise DomainError("field_wrong", "a bill's amount never changes", "amount_fen")
        return
    home = select(t.households.c.id).where(t.households.c.id == row["household_id"])
    if tx.execute(home).first() is None:
        raise DomainError("field_wrong", "no such household", "household_id")
    tx.execute(insert(t.bills).values(**row, state="open"))
    bill = payments.Bill(row["id"], LEDGER, row["household_id"], row["kind"], amount)
    open_accounts(tx, chart(bill))
    book(tx, [payments.issue(bill)])
