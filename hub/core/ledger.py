"""Double entry in TigerBeetle's nouns: accounts, immutable transfers, whole fen; pure rules.

A transfer's id is made by its client and saved before it is sent, so sending it again is safe:
the same id with the same content is `Exists`, with other content it is refused. Nothing here
expires by itself: money that is pending stays so until somebody posts or voids it, because a
payment may arrive at the last second of its time.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from enum import IntFlag, StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BALANCE_MOST_FEN: Final = 2**53 - 1
"""Every balance stays a whole number in a browser too, and far inside a 64-bit column."""
TIMEOUT_MOST_S: Final = 30 * 86_400
"""No payment stays open for longer than a month."""

_ID = re.compile(r"[0-9a-f]{32}")
_NAMESPACE = uuid.UUID("304ba67a-a08e-40d9-a20a-06de12a393bf")
"""Our own, made once at random: ids derived under it meet nobody else's."""


class Flags(IntFlag):
    """What a balance of an account may never do."""

    NONE = 0
    DEBITS_MUST_NOT_EXCEED_CREDITS = 1
    CREDITS_MUST_NOT_EXCEED_DEBITS = 2


class Kind(StrEnum):
    """What a transfer does with its money."""

    POSTED = "posted"
    PENDING = "pending"
    POST_PENDING = "post_pending"
    VOID_PENDING = "void_pending"


class Reason(StrEnum):
    """Why a transfer is refused; nothing has moved then."""

    ID_CONFLICT = "id_conflict"
    ID_FORM = "id_form"
    AMOUNT_FORM = "amount_form"
    TIMEOUT_FORM = "timeout_form"
    SAME_ACCOUNT = "same_account"
    ACCOUNT_UNKNOWN = "account_unknown"
    LEDGER_DIFFERS = "ledger_differs"
    PENDING_ID_FORM = "pending_id_form"
    PENDING_UNKNOWN = "pending_unknown"
    PENDING_DIFFERS = "pending_differs"
    PENDING_RESOLVED = "pending_resolved"
    PARTIAL_AMOUNT = "partial_amount"
    EXCEEDS_CREDITS = "exceeds_credits"
    EXCEEDS_DEBITS = "exceeds_debits"
    OVERFLOW = "overflow"


@dataclass(frozen=True, slots=True)
class Account:
    """Four sums of fen that only grow or, while pending, are given back."""

    id: str
    ledger: int
    code: int
    flags: Flags = Flags.NONE
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement from `credit` to `debit`; immutable, corrected only by another transfer."""

    id: str
    debit: str
    credit: str
    amount_fen: int
    ledger: int
    code: int
    kind: Kind = Kind.POSTED
    pending_id: str | None = None
    timeout_s: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the store already holds that concerns a transfer."""

    same_id: Transfer | None = None
    pending: Transfer | None = None
    resolution: Transfer | None = None
    """The transfer that posted or voided `pending`."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The transfer is good: these are the two new balances."""

    debit: Account
    credit: Account


@dataclass(frozen=True, slots=True)
class Exists:
    """The very same transfer was applied before; a success, and nothing moves."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The transfer is not applied."""

    reason: Reason


def id_ok(text: str) -> bool:
    """Say whether a client's id has the form of one: 32 lower-case hex digits."""
    return _ID.fullmatch(text) is not None


def derive(purpose: str, *parts: str) -> str:
    """Return the id of what follows from something that has an id: equal parts, equal id."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join((purpose, *parts))).hex


def apply(
    accounts: Mapping[str, Account], transfer: Transfer, recorded: Recorded
) -> Applied | Exists | Refused:
    """Judge one transfer against its two accounts and what is recorded about it."""
    if recorded.same_id is not None:
        same = recorded.same_id == transfer
        return Exists() if same else Refused(Reason.ID_CONFLICT)
    debit, credit = accounts.get(transfer.debit), accounts.get(transfer.credit)
    reason = _form(transfer) or _resolution(transfer, recorded)
    if reason is not None:
        return Refused(reason)
    if debit is None or credit is None:
        return Refused(Reason.ACCOUNT_UNKNOWN)
    if not debit.ledger == credit.ledger == transfer.ledger:
        return Refused(Reason.LEDGER_DIFFERS)
    applied = _move(debit, credit, transfer)
    reason = _limits(applied, transfer)
    return applied if reason is None else Refused(reason)


def imbalance(accounts: Iterable[Account]) -> tuple[int, int]:
    """Return (pending, posted) debits less credits of one ledger's accounts: always (0, 0)."""
    pending = posted = 0
    for account in accounts:
        pending += account.debits_pending - account.credits_pending
        posted += account.debits_posted - account.credits_posted
    return pending, posted


def _form(transfer: Transfer) -> Reason | None:
    resolves = transfer.kind in (Kind.POST_PENDING, Kind.VOID_PENDING)
    checks = (
        (id_ok(transfer.id), Reason.ID_FORM),
        (_whole_fen(transfer.amount_fen), Reason.AMOUNT_FORM),
        (_timeout_ok(transfer), Reason.TIMEOUT_FORM),
        (transfer.debit != transfer.credit, Reason.SAME_ACCOUNT),
        (resolves == (transfer.pending_id is not None), Reason.PENDING_ID_FORM),
    )
    return next((reason for good, reason in checks if not good), None)


def _whole_fen(amount: object) -> bool:
    # bool is an int to isinstance; True fen must not be one fen.
    return type(amount) is int and 0 < amount <= BALANCE_MOST_FEN


def _timeout_ok(transfer: Transfer) -> bool:
    timeout_s: object = transfer.timeout_s
    if type(timeout_s) is not int or not 0 <= timeout_s <= TIMEOUT_MOST_S:
        return False
    return timeout_s == 0 or transfer.kind is Kind.PENDING


def _resolution(transfer: Transfer, recorded: Recorded) -> Reason | None:
    if transfer.pending_id is None:
        return None
    pending = recorded.pending
    if pending is None or pending.id != transfer.pending_id or pending.kind is not Kind.PENDING:
        return Reason.PENDING_UNKNOWN
    sides = (transfer.debit, transfer.credit, transfer.ledger, transfer.code)
    if sides != (pending.debit, pending.credit, pending.ledger, pending.code):
        return Reason.PENDING_DIFFERS
    if recorded.resolution is not None:
        return Reason.PENDING_RESOLVED
    return None if transfer.amount_fen == pending.amount_fen else Reason.PARTIAL_AMOUNT


def _move(debit: Account, credit: Account, transfer: Transfer) -> Applied:
    fen = transfer.amount_fen
    pending = {Kind.POSTED: 0, Kind.PENDING: fen}.get(transfer.kind, -fen)
    posted = fen if transfer.kind in (Kind.POSTED, Kind.POST_PENDING) else 0
    return Applied(
        replace(
            debit,
            debits_pending=debit.debits_pending + pending,
            debits_posted=debit.debits_posted + posted,
        ),
        replace(
            credit,
            credits_pending=credit.credits_pending + pending,
            credits_posted=credit.credits_posted + posted,
        ),
    )


def _limits(applied: Applied, transfer: Transfer) -> Reason | None:
    debit, credit = applied.debit, applied.credit
    debits = debit.debits_pending + debit.debits_posted
    credits_ = credit.credits_pending + credit.credits_posted
    if max(debits, credits_) > BALANCE_MOST_FEN:
        return Reason.OVERFLOW
    if min(debit.debits_pending, credit.credits_pending) < 0:
        # Only a store that lost something can come here; refuse rather than invent money.
        return Reason.PENDING_DIFFERS
    if transfer.kind in (Kind.POST_PENDING, Kind.VOID_PENDING):
        return None  # the limit was met when the money was set aside
    if debit.flags & Flags.DEBITS_MUST_NOT_EXCEED_CREDITS and debits > debit.credits_posted:
        return Reason.EXCEEDS_CREDITS
    if credit.flags & Flags.CREDITS_MUST_NOT_EXCEED_DEBITS and credits_ > credit.debits_posted:
        return Reason.EXCEEDS_DEBITS
    return None
