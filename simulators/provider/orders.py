"""The order table of the stand-in for WeChat Pay: what was asked for, what was paid, when."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from drivers.wechatpay_bodies import Fault, Order, RefundOrder, TradeState, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ORDERS_MOST: Final = 10_000
"""Orders kept; a demonstration day has hundreds. The oldest goes first."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An order the stand-in knows; `token` is what its QR code carries."""

    order: Order
    token: str
    state: TradeState = TradeState.NOTPAY
    transaction_id: str | None = None
    charged_fen: int | None = None
    paid_at: datetime | None = None
    refund_no: str | None = None

    def transaction(self) -> Transaction:
        """Return what a query is answered, and what a notice seals."""
        fen = self.order.amount_fen if self.charged_fen is None else self.charged_fen
        order = self.order
        return Transaction(
            order.appid,
            order.mchid,
            order.out_trade_no,
            self.state,
            self.transaction_id,
            fen,
            success_at=self.paid_at,
        )


class OrderBook:
    """Orders by number and by token; written to a file after each change when one is given."""

    def __init__(self, new_token: Callable[[], str], path: Path | None = None) -> None:
        self._orders: dict[str, Placed] = {}
        self._new_token = new_token
        self._path = path
        if path is not None and path.exists():
            for row in json.loads(path.read_text(encoding="utf-8")):
                placed = _from_row(row)
                self._orders[placed.order.out_trade_no] = placed

    def __iter__(self) -> Iterator[Placed]:
        return iter(tuple(self._orders.values()))

    def find(self, out_trade_no: str) -> Placed | None:
        """Return an order by the merchant's number."""
        return self._orders.get(out_trade_no)

    def by_token(self, token: str) -> Placed | None:
        """Return the order that a QR code opens."""
        return next((placed for placed in self._orders.values() if placed.token == token), None)

    def place(self, order: Order, now: datetime) -> Placed | Fault:
        """Take an order; the same order again is the same order."""
        known = self._orders.get(order.out_trade_no)
        if known is None:
            if order.expires_at <= now:
                return Fault("PARAM_ERROR", "time_expire has passed")
            return self._keep(Placed(order, self._new_token()))
        if known.order != order:
            return Fault("OUT_TRADE_NO_USED", "this number has other content")
        if known.transaction_id is not None:
            return Fault("ORDERPAID", "the order is paid")
        if known.state is TradeState.CLOSED:
            return Fault("ORDER_CLOSED", "the order is closed")
        return known

    def close(self, out_trade_no: str) -> Placed | Fault:
        """Let an order be paid no more."""
        known = self._orders.get(out_trade_no)
        if known is None:
            return Fault("ORDER_NOT_EXIST", "no such order")
        if known.transaction_id is not None:
            return Fault("ORDERPAID", "the order is paid")
        return self._keep(replace(known, state=TradeState.CLOSED))

    def pay(
        self,
        out_trade_no: str,
        now: datetime,
        *,
        charged_fen: int | None = None,
        though_closed: bool = False,
    ) -> Placed | Fault:
        """Take the payer's money; `though_closed` is the race of a payment with a close."""
        known = self._orders.get(out_trade_no)
        if known is None:
            return Fault("ORDER_NOT_EXIST", "no such order")
        if known.transaction_id is not None:
            return Fault("ORDERPAID", "the order is paid")
        if not though_closed and (known.state is TradeState.CLOSED or known.order.expires_at < now):
            return Fault("ORDER_CLOSED", "the order is closed or its time has passed")
        number = f"4200{now:%Y%m%d}{secrets.randbelow(10**16):016d}"
        return self._keep(
            replace(
                known,
                state=TradeState.SUCCESS,
                transaction_id=number,
                charged_fen=charged_fen,
                paid_at=now,
            )
        )

    def refund(self, asked: RefundOrder) -> Placed | Fault:
        """Give a whole payment back; the same number again is the same refund."""
        same = (each for each in self if each.transaction_id == asked.transaction_id)
        known = next(same, None)
        if known is None:
            return Fault("RESOURCE_NOT_EXISTS", "no such payment")
        if known.transaction().amount_fen != asked.amount_fen:
            return Fault("INVALID_REQUEST", "not the amount that was paid")
        if known.refund_no not in (None, asked.out_refund_no):
            return Fault("INVALID_REQUEST", "the payment was given back under another number")
        return self._keep(replace(known, refund_no=asked.out_refund_no, state=TradeState.REFUND))

    def _keep(self, placed: Placed) -> Placed:
        self._orders[placed.order.out_trade_no] = placed
        while len(self._orders) > ORDERS_MOST:
            del self._orders[next(iter(self._orders))]
        if self._path is not None:
            rows = [_to_row(each) for each in self._orders.values()]
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
            fresh.replace(self._path)
        return placed


def _to_row(placed: Placed) -> dict[str, Any]:
    order = placed.order
    return {
        "order": {
            "appid": order.appid,
            "mchid": order.mchid,
            "out_trade_no": order.out_trade_no,
            "description": order.description,
            "amount_fen": order.amount_fen,
            "notify_url": order.notify_url,
            "expires_at": order.expires_at.isoformat(),
        },
        "token": placed.token,
        "state": placed.state.value,
        "transaction_id": placed.transaction_id,
        "charged_fen": placed.charged_fen,
        "refund_no": placed.refund_no,
        "paid_at": placed.paid_at.isoformat() if placed.paid_at else None,
    }


def _from_row(row: dict[str, Any]) -> Placed:
    order = dict(row["order"])
    order["expires_at"] = datetime.fromisoformat(order["expires_at"])
    paid_at = row["paid_at"]
    return Placed(
        Order(**order),
        row["token"],
        TradeState(row["state"]),
        row["transaction_id"],
        row["charged_fen"],
        datetime.fromisoformat(paid_at) if paid_at else None,
        row["refund_no"],
    )
