"""The kiosk's own disk: payments before they are sent, receipts, the last good public copy.

SQLite with a synced commit for each step. No name, no card, no token is ever written here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.synced import open_synced, whole
from kiosk.session import Receipt

UNFINISHED_MAX = 32  # payments nobody knows the end of; more means the hub must be looked at
SETTLED_KEPT = 200  # finished payments with their receipts, for the desk to look up

_SCHEMA = """
create table if not exists payments (
  id text primary key, bill text not null, kind text not null, period text not null,
  amount_fen integer not null, made_at real not null, code_seen integer not null default 0,
  close_asked integer not null default 0, settled_at real, outcome text) without rowid;
create index if not exists payments_open on payments (id) where settled_at is null;
create table if not exists receipts (
  payment text primary key, number text not null, paid_at text not null,
  amount_fen integer not null, house text not null, provider_ref text not null) without rowid;
create table if not exists kept (key text primary key, value text not null) without rowid;
"""


class DiskFull(Exception):
    """Too many payments are unresolved; no new one may begin."""


@dataclass(frozen=True, slots=True)
class Order:
    """A payment as the disk knows it."""

    id: str
    bill: str
    kind: str
    period: str
    amount_fen: int
    made_at_s: float
    code_seen: bool = False
    close_asked: bool = False
    outcome: str | None = None


class Disk:
    """One SQLite file; every public method that writes is one synced transaction."""

    def __init__(self, path: Path | str, *, synced: bool = True) -> None:
        self._db = open_synced(path, _SCHEMA, synced=synced)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    # ----------------------------------------------------------------- payments

    def begin(self, order: Order) -> None:
        """Before anything is sent: the payment's id is on disk; raises DiskFull."""
        with whole(self._db) as db:
            (held,) = db.execute(
                "select count(*) from payments where settled_at is null"
            ).fetchone()
            if held >= UNFINISHED_MAX:
                raise DiskFull
            db.execute(
                "insert into payments (id, bill, kind, period, amount_fen, made_at) "
                "values (?, ?, ?, ?, ?, ?)",
                (order.id, order.bill, order.kind, order.period, order.amount_fen, order.made_at_s),
            )

    def saw_code(self, payment: str) -> None:
        """A code was on the glass: from now on only the hub can say that nothing was paid."""
        with whole(self._db) as db:
            db.execute("update payments set code_seen = 1 where id = ?", (payment,))

    def ask_close(self, payment: str) -> None:
        """Nobody waits for this payment any more; remembered until the hub has heard it."""
        with whole(self._db) as db:
            db.execute("update payments set close_asked = 1 where id = ?", (payment,))

    def settle(self, payment: str, outcome: str, receipt: Receipt | None, at_s: float) -> None:
        """The hub's last word; the oldest finished payments make room."""
        with whole(self._db) as db:
            db.execute(
                "update payments set settled_at = ?, outcome = ? where id = ?",
                (at_s, outcome, payment),
            )
            if receipt is not None:
                db.execute(
                    "insert or replace into receipts values (?, ?, ?, ?, ?, ?)",
                    (
                        payment,
                        receipt.number,
                        receipt.paid_at,
                        receipt.amount_fen,
                        receipt.house,
                        receipt.provider_ref,
                    ),
                )
            db.execute(
                "delete from payments where settled_at is not null and id not in "
                "(select id from payments where settled_at is not null "
                "order by settled_at desc, id limit ?)",
                (SETTLED_KEPT,),
            )
            db.execute("delete from receipts where payment not in (select id from payments)")

    def unfinished(self) -> list[Order]:
        """Every payment whose end is not known, oldest first."""
        rows = self._db.execute(
            "select id, bill, kind, period, amount_fen, made_at, code_seen, close_asked, outcome "
            "from payments where settled_at is null order by made_at, id"
        )
        return [_order(row) for row in rows]

    def finished(self) -> list[Order]:
        """The payments whose end is known, newest first."""
        rows = self._db.execute(
            "select id, bill, kind, period, amount_fen, made_at, code_seen, close_asked, outcome "
            "from payments where settled_at is not null order by settled_at desc, id"
        )
        return [_order(row) for row in rows]

    def receipt(self, payment: str) -> Receipt | None:
        """The receipt of a payment."""
        row = self._db.execute(
            "select number, paid_at, amount_fen, house, provider_ref from receipts "
            "where payment = ?",
            (payment,),
        ).fetchone()
        return None if row is None else Receipt(*row)

    # ----------------------------------------------------------------- the last good public copy

    def keep(self, key: str, value: Any) -> None:
        """Keep a public document."""
        with whole(self._db) as db:
            text = json.dumps(value, ensure_ascii=False)
            db.execute("insert or replace into kept values (?, ?)", (key, text))

    def kept(self, key: str) -> Any:
        """That document, None when there is none."""
        row = self._db.execute("select value from kept where key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])


def _order(row: tuple[Any, ...]) -> Order:
    name, bill, kind, period, amount_fen, made_at_s, code_seen, close_asked, outcome = row
    return Order(
        name, bill, kind, period, amount_fen, made_at_s, bool(code_seen), bool(close_asked), outcome
    )
