"""Bills: issued once, a debt of their household from the first moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Tx


def issue_bill(tx: Tx, row: Mapping[str, Any], now: datetime) -> None:
    """Issue a bill; the same id with the same amount again is no error."""
    del now
    known = tx.execute(select(t.bills.c.amount_fen).where(t.bills.c.id == row["id"])).first()
    if known is not None:
        if known.amount_fen != row["amount_fen"]:
            raise DomainError("field_wrong", "a bill's amount never changes", "amount_fen")
        return
    tx.execute(insert(t.bills).values(**row))
