"""What the page sees: the agent's facts as the documents of kiosk/web/src/local.ts."""

from __future__ import annotations

from typing import Any

import segno

from kiosk.session import Bill, Payment, Receipt, Session, Stage, Visit, slip_number

QUIET_MODULES = 4  # ISO/IEC 18004: the quiet ground a phone's camera needs


def show_visit(visit: Visit | None) -> dict[str, Any] | None:
    """Whoever stands here, without any token."""
    if visit is None:
        return None
    return {
        "id": visit.id,
        "by": visit.by,
        "holder": visit.holder,
        "house": visit.house,
        "elder": visit.elder,
        "bills": [_bill(bill) for bill in visit.bills],
        "bills_at": visit.bills_at,
    }


def _bill(bill: Bill) -> dict[str, Any]:
    return {
        "id": bill.id,
        "kind": bill.kind,
        "period": bill.period,
        "amount_fen": bill.amount_fen,
        "due_on": bill.due_on,
        "lines": [{"text": dict(line.text), "amount_fen": line.amount_fen} for line in bill.lines],
        "state": bill.state,
    }


def show_payment(session: Session, now_s: float) -> dict[str, Any] | None:
    """The payment on the glass; seconds count from now."""
    payment, stage = session.payment, session.stage
    if payment is None:
        return None
    code = payment.code if stage is Stage.WAITING else None
    return {
        "id": payment.id,
        "bill": payment.bill,
        "kind": payment.kind,
        "period": payment.period,
        "amount_fen": payment.amount_fen,
        "state": stage.value,
        "code_svg": code.svg if code else None,
        "expires_in_s": round(max(0.0, code.until_s - now_s), 1) if code else None,
        "slip_number": slip_number(payment.id) if stage is Stage.CHECKING else None,
        "receipt": _receipt(payment) if stage is Stage.PAID else None,
    }


def _receipt(payment: Payment) -> dict[str, Any] | None:
    receipt = payment.receipt
    if receipt is None:
        return None
    return {**show_receipt(receipt), "slip": payment.slip}


def show_receipt(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the hub gave it."""
    return {
        "number": receipt.number,
        "paid_at": receipt.paid_at,
        "amount_fen": receipt.amount_fen,
        "house": receipt.house,
        "provider_ref": receipt.provider_ref,
    }


def draw(code_url: str) -> str:
    """The code as an SVG document; ``desc`` says in letters what the squares say."""
    code = segno.make(code_url, error="m")
    return str(code.svg_inline(omitsize=True, border=QUIET_MODULES, desc=code_url))
