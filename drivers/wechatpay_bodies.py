"""The bodies of WeChat Pay APIv3: native orders, transactions, errors; both sides, no I/O.

A `read_` function never raises on bytes from outside; a `write_` function raises ValueError
when its caller asks for something that cannot exist.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeGuard
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENCY: Final = "CNY"
REFUND_PATH: Final = "/v3/refund/domestic/refunds"
NATIVE_PATH: Final = "/v3/pay/transactions/native"
ORDER_PATH: Final = "/v3/pay/transactions/out-trade-no/"

BODY_MOST_BYTES: Final = 65_536
"""A notice is about 1 KiB; a longer body is a fault or an attack, and is not parsed."""
AMOUNT_MOST_FEN: Final = 1_000_000_000
"""Ten million yuan in one order: far above any household bill, far below any overflow."""
DESCRIPTION_MOST_CHARS: Final = 127
"""The provider's own bound on what the payer reads."""

_OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
_NAME = re.compile(r"[0-9A-Za-z_\-]{1,64}")
_ORDER_TEXTS: Final = ("appid", "mchid", "out_trade_no", "description", "notify_url")


class Refusal(StrEnum):
    """Why a message from outside was not believed, in the order the checks are made."""

    TIMESTAMP = "timestamp"
    SERIAL = "serial"
    SIGNATURE = "signature"
    CIPHER = "cipher"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is not believed: a stable code and words for the log."""

    code: Refusal
    detail: str


class TradeState(StrEnum):
    """What the provider says of an order (the last three occur with payment codes only)."""

    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    NOTPAY = "NOTPAY"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"


@dataclass(frozen=True, slots=True)
class Order:
    """The body of a native order; `expires_at` is the last instant it can be paid."""

    appid: str
    mchid: str
    out_trade_no: str
    description: str
    amount_fen: int
    notify_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Transaction:
    """What the provider says of one order, in a notice or in the answer to a query."""

    appid: str
    mchid: str
    out_trade_no: str
    trade_state: TradeState
    transaction_id: str | None = None
    amount_fen: int | None = None
    currency: str = CURRENCY
    success_at: datetime | None = None


class RefundStatus(StrEnum):
    """What the provider says of a refund."""

    SUCCESS = "SUCCESS"
    PROCESSING = "PROCESSING"
    CLOSED = "CLOSED"
    ABNORMAL = "ABNORMAL"


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """The body that gives a whole payment back; the same number again is the same refund."""

    transaction_id: str
    out_refund_no: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What became of a refund so far."""

    order: RefundOrder
    status: RefundStatus


@dataclass(frozen=True, slots=True)
class Fault:
    """The body of an error answer."""

    code: str
    message: str


def write_order(order: Order) -> bytes:
    """Return the body that creates a native order; ValueError when it cannot be one."""
    wrong = _order_fault(order)
    if wrong:
        raise ValueError(wrong)
    return encode(
        {
            "appid": order.appid,
            "mchid": order.mchid,
            "description": order.description,
            "out_trade_no": order.out_trade_no,
            "time_expire": rfc3339(order.expires_at),
            "notify_url": order.notify_url,
            "amount": {"total": order.amount_fen, "currency": CURRENCY},
        }
    )


def read_order(body: bytes) -> Order | Refused:
    """Parse the body that creates a native order."""
    found = decode(body)
    if isinstance(found, Refused):
        return found
    amount = _amount(found.get("amount"))
    expires_at = _instant(found.get("time_expire"))
    texts = [_text(found, name) for name in _ORDER_TEXTS]
    if isinstance(amount, Refused):
        return amount
    if expires_at is None or amount is None or amount[1] != CURRENCY or None in texts:
        return Refused(Refusal.FORM, "an order lacks a field, or it has another form")
    appid, mchid, out_trade_no, description, notify_url = (text or "" for text in texts)
    order = Order(appid, mchid, out_trade_no, description, amount[0], notify_url, expires_at)
    wrong = _order_fault(order)
    return Refused(Refusal.FORM, wrong) if wrong else order


def write_transaction(transaction: Transaction) -> bytes:
    """Return the body the provider answers to a query, and seals into a notice."""
    body: dict[str, Any] = {
        "appid": transaction.appid,
        "mchid": transaction.mchid,
        "out_trade_no": transaction.out_trade_no,
        "trade_type": "NATIVE",
        "trade_state": transaction.trade_state.value,
        "trade_state_desc": transaction.trade_state.value,
    }
    if transaction.transaction_id is not None:
        body["transaction_id"] = transaction.transaction_id
    if transaction.success_at is not None:
        body["success_time"] = rfc3339(transaction.success_at)
    if transaction.amount_fen is not None:
        body["amount"] = {
            "total": transaction.amount_fen,
            "payer_total": transaction.amount_fen,
            "currency": transaction.currency,
            "payer_currency": transaction.currency,
        }
    return encode(body)


def read_transaction(body: bytes) -> Transaction | Refused:
    """Parse a transaction; a paid one must carry its id, its amount and its time."""
    found = decode(body)
    if isinstance(found, Refused):
        return found
    appid, mchid, number = (_text(found, name) for name in ("appid", "mchid", "out_trade_no"))
    if appid is None or mchid is None or number is None or not _OUT_TRADE_NO.fullmatch(number):
        return Refused(Refusal.FORM, "appid, mchid or out_trade_no is missing or malformed")
    state = found.get("trade_state")
    if not isinstance(state, str) or state not in TradeState.__members__:
        return Refused(Refusal.FORM, "an unknown trade_state")
    amount = _amount(found.get("amount"))
    if isinstance(amount, Refused):
        return amount
    transaction_id = _text(found, "transaction_id")
    success_at = _instant(found.get("success_time"))
    paid = state in (TradeState.SUCCESS, TradeState.REFUND)
    if paid and (amount is None or transaction_id is None or success_at is None):
        return Refused(Refusal.FORM, "a paid order without amount, transaction_id or time")
    amount_fen, currency = amount or (None, CURRENCY)
    return Transaction(
        appid, mchid, number, TradeState(state), transaction_id, amount_fen, currency, success_at
    )


def write_code_url(code_url: str) -> bytes:
    """Return the answer to a created order."""
    return encode({"code_url": code_url})


def read_code_url(body: bytes) -> str | Refused:
    """Return the URL that the QR code on the screen carries."""
    found = decode(body)
    if isinstance(found, Refused):
        return found
    code_url = _text(found, "code_url", most_chars=512)
    return code_url or Refused(Refusal.FORM, "an answer without code_url")


def write_refund(order: RefundOrder) -> bytes:
    """Return the body that asks for a refund; ValueError when it cannot be one."""
    if not (_whole_fen(order.amount_fen) and _OUT_TRADE_NO.fullmatch(order.out_refund_no)):
        raise ValueError("a refund needs a whole amount and a number of 6 to 32 characters")
    fen = order.amount_fen
    return encode(
        {
            "transaction_id": order.transaction_id,
            "out_refund_no": order.out_refund_no,
            "amount": {"refund": fen, "total": fen, "currency": CURRENCY},
        }
    )


def read_refund(body: bytes) -> RefundOrder | Refused:
    """Parse the body that asks for a refund; a part of a payment is not given back here."""
    found = decode(body)
    return found if isinstance(found, Refused) else _refund_order(found)


def write_refund_answer(answer: RefundAnswer) -> bytes:
    """Return what the provider answers to a refund."""
    return encode({**json.loads(write_refund(answer.order)), "status": answer.status.value})


def read_refund_answer(body: bytes) -> RefundAnswer | Refused:
    """Parse what the provider answers to a refund."""
    found = decode(body)
    if isinstance(found, Refused):
        return found
    order = _refund_order(found)
    if isinstance(order, Refused):
        return order
    status = found.get("status")
    if not isinstance(status, str) or status not in RefundStatus.__members__:
        return Refused(Refusal.FORM, "an unknown status")
    return RefundAnswer(order, RefundStatus(status))


def write_close(mchid: str) -> bytes:
    """Return the body of a close request."""
    return encode({"mchid": mchid})


def read_close(body: bytes) -> str | Refused:
    """Return the mchid of a close request."""
    found = decode(body)
    if isinstance(found, Refused):
        return found
    return _text(found, "mchid") or Refused(Refusal.FORM, "a close request without mchid")


def write_fault(fault: Fault) -> bytes:
    """Return the body of an error answer."""
    return encode({"code": fault.code, "message": fault.message})


def read_fault(body: bytes) -> Fault | Refused:
    """Return what an error answer says."""
    found = decode(body)
    if isinstance(found, Refused):
        return found
    code = _text(found, "code")
    if code is None or not _NAME.fullmatch(code):
        return Refused(Refusal.FORM, "an error without code")
    return Fault(code, _text(found, "message", most_chars=512) or "")


def query_target(out_trade_no: str, mchid: str) -> str:
    """Return path and query that ask for an order by the merchant's own number."""
    return f"{ORDER_PATH}{_number(out_trade_no)}?mchid={mchid}"


def close_target(out_trade_no: str) -> str:
    """Return the path that closes an order."""
    return f"{ORDER_PATH}{_number(out_trade_no)}/close"


# --- inside -------------------------------------------------------------------------------------


def encode(value: object) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def decode(body: bytes) -> dict[str, Any] | Refused:
    """Return the JSON object of a body; keys that stand twice, NaN and the like are refused."""
    if len(body) > BODY_MOST_BYTES:
        return Refused(Refusal.FORM, f"longer than {BODY_MOST_BYTES} bytes")
    try:
        found = json.loads(
            body.decode(), object_pairs_hook=_no_repeats, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        return Refused(Refusal.FORM, "not JSON")
    return found if isinstance(found, dict) else Refused(Refusal.FORM, "not a JSON object")


def _text(found: Mapping[str, Any], name: str, most_chars: int = 256) -> str | None:
    value = found.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= most_chars else None


def _whole_fen(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value <= AMOUNT_MOST_FEN  # bool is an int, so no isinstance


def _amount(found: object) -> tuple[int, str] | Refused | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        return Refused(Refusal.FORM, "an amount that is no object")
    total, currency = found.get("total"), found.get("currency", CURRENCY)
    if not _whole_fen(total) or not isinstance(currency, str):
        return Refused(Refusal.FORM, "an amount that is not a whole, positive number of fen")
    return total, currency


def _refund_order(found: Mapping[str, Any]) -> RefundOrder | Refused:
    transaction_id, number = _text(found, "transaction_id"), _text(found, "out_refund_no")
    amount = found.get("amount")
    fen = amount.get("refund") if isinstance(amount, dict) else None
    total = amount.get("total") if isinstance(amount, dict) else None
    if transaction_id is None or number is None or not _OUT_TRADE_NO.fullmatch(number):
        return Refused(Refusal.FORM, "transaction_id or out_refund_no is missing or malformed")
    if not (_whole_fen(fen) and _whole_fen(total)) or fen != total:
        return Refused(Refusal.FORM, "an amount that is not the whole payment in fen")
    return RefundOrder(transaction_id, number, fen)


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def rfc3339(at: datetime) -> str:
    """Return an instant as the wire spells it; ValueError without a time zone."""
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _number(out_trade_no: str) -> str:
    if not _OUT_TRADE_NO.fullmatch(out_trade_no):
        raise ValueError("out_trade_no: 6 to 32 of 0-9 A-Z a-z _ - | *")
    return quote(out_trade_no, safe="*")  # the signature covers the path exactly as sent


def _order_fault(order: Order) -> str | None:
    if not _OUT_TRADE_NO.fullmatch(order.out_trade_no):
        return "out_trade_no: 6 to 32 of 0-9 A-Z a-z _ - | *"
    if not _whole_fen(order.amount_fen):
        return "amount: a whole, positive number of fen"
    if not 0 < len(order.description) <= DESCRIPTION_MOST_CHARS:
        return f"description: 1 to {DESCRIPTION_MOST_CHARS} characters"
    if not _notify_url_ok(order.notify_url):
        return "notify_url: absolute and without a query"
    if not (_NAME.fullmatch(order.appid) and _NAME.fullmatch(order.mchid)):
        return "appid, mchid: letters and digits"
    return None


def _notify_url_ok(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port  # reading it is what checks it
    except ValueError:
        return False
    where = parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
    return where and not (parts.query or parts.fragment or parts.username)
