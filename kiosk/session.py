"""Whoever stands before the kiosk: one visit, at most one payment, and the belts that end them.

Pure: time comes in, nothing goes out. The law is one table; whatever a visit knows of a person is
in this object and nowhere else, and every way to EMPTY drops all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Where the visit stands; from CREATING on these are the payment's states too."""

    EMPTY = "empty"
    BILLS = "bills"
    CREATING = "creating"
    WAITING = "waiting"
    CHECKING = "checking"
    PAID = "paid"
    CLOSED = "closed"
    SUSPENSE = "suspense"


class Happening(StrEnum):
    """What can happen: people arrive, pay and leave, the hub teaches, the belt runs out."""

    ARRIVE = "arrive"
    PAY = "pay"
    REFUSED = "refused"
    CODE = "code"
    UNSURE = "unsure"
    PAID = "paid"
    CLOSED = "closed"
    STRAY = "stray"
    LEAVE = "leave"
    TIME = "time"


_S, _H = Stage, Happening
_ENDS: Final = {_H.ARRIVE: _S.BILLS, _H.LEAVE: _S.EMPTY}
_TAUGHT: Final = {
    _H.CODE: _S.WAITING,
    _H.UNSURE: _S.CHECKING,
    _H.PAID: _S.PAID,
    _H.CLOSED: _S.CLOSED,
    _H.STRAY: _S.SUSPENSE,
}
_OVER: Final = {**_ENDS, _H.PAY: _S.CREATING, _H.TIME: _S.EMPTY}
TABLE: Final[Mapping[Stage, Mapping[Happening, Stage]]] = {
    _S.EMPTY: {_H.ARRIVE: _S.BILLS},
    _S.BILLS: _OVER,
    _S.CREATING: {**_ENDS, **_TAUGHT, _H.REFUSED: _S.BILLS, _H.TIME: _S.CHECKING},
    _S.WAITING: {**_ENDS, **_TAUGHT, _H.TIME: _S.CHECKING},
    _S.CHECKING: {**_ENDS, **_TAUGHT, _H.REFUSED: _S.BILLS, _H.TIME: _S.EMPTY},
    _S.PAID: _OVER,
    # money may come after a close: then it is paid, or kept apart
    _S.CLOSED: {**_OVER, _H.PAID: _S.PAID, _H.STRAY: _S.SUSPENSE},
    _S.SUSPENSE: _OVER,
}
"""The law of a visit; what is not in it does not happen."""

OPEN: Final = frozenset({_S.CREATING, _S.WAITING, _S.CHECKING})
"""Nobody knows yet whether this payment will be paid."""


@dataclass(frozen=True, slots=True)
class Belts:
    """How long an untouched screen keeps a person's visit; the page counts the same seconds."""

    idle_s: float = 45.0
    warn_s: float = 20.0  # WCAG 2.2.1: at least 20 s to say "I am here"
    receipt_s: float = 15.0
    here_every_s: float = 10.0  # the page tells of touches at most this often
    slack_s: float = 5.0  # the page ends a visit first; this belt is for a page that died
    create_s: float = 10.0  # no code by then: nobody knows, so it is said

    def of(self, stage: Stage) -> float:
        """The belt of a stage without a code on the glass."""
        if stage is Stage.CREATING:
            return self.create_s
        page_s = self.receipt_s if stage is Stage.PAID else self.idle_s + self.warn_s
        return page_s + self.here_every_s + self.slack_s


@dataclass(frozen=True, slots=True)
class Line:
    """How a part of a bill was computed, as the hub words it."""

    text: Mapping[str, str]
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill of the visited household."""

    id: str
    kind: str
    period: str
    amount_fen: int
    due_on: str
    lines: tuple[Line, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What the kiosk knows of whoever stands there; nothing of it is ever on disk."""

    id: str
    by: str
    holder: str
    house: str
    elder: bool
    bills: tuple[Bill, ...]
    bills_at: str
    lookup: str = field(repr=False)
    card_session: str | None = field(default=None, repr=False)
    card: bytes = field(default=b"", repr=False)  # to know the same card again, for this visit only

    def bill(self, bill: str) -> Bill | None:
        """One of the visit's bills."""
        return next((each for each in self.bills if each.id == bill), None)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The hub's word that a bill is paid, once for ever under this number."""

    number: str
    paid_at: str
    amount_fen: int
    house: str
    provider_ref: str


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor's pass or code as it was made here: its doors' names, its end, what opens.

    Either ``text`` (a signed pass) or ``code`` (digits to type) is there.
    """

    doors: tuple[Mapping[str, str], ...]
    ends: str
    text: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Code:
    """A code on the glass, drawn once; `until_s` is on this machine's monotonic clock."""

    url: str
    svg: str = field(repr=False)
    until_s: float


@dataclass(frozen=True, slots=True)
class Payment:
    """The payment on the glass."""

    id: str
    bill: str
    kind: str
    period: str
    amount_fen: int
    code: Code | None = None
    receipt: Receipt | None = None
    slip: str = "failed"


class NotNow(Exception):
    """The table does not have it."""


_BILL_BECOMES: Final[Mapping[Stage, str]] = {
    _S.CREATING: "pending",
    _S.WAITING: "pending",
    _S.CHECKING: "pending",
    _S.PAID: "paid",
    _S.CLOSED: "open",
    _S.SUSPENSE: "open",
}


class Session:
    """The machine. Verbs that end a visit return the payment that must be asked to close."""

    def __init__(self, belts: Belts | None = None) -> None:
        self.belts = belts or Belts()
        self.stage = Stage.EMPTY
        self.visit: Visit | None = None
        self.payment: Payment | None = None
        self.guest: Guest | None = None  # the newest, until the visit ends
        self.due_s: float | None = None

    # ----------------------------------------------------------------- people

    def arrive(self, visit: Visit, now_s: float) -> str | None:
        """Somebody shows a card or finds the house; whoever was there before is forgotten."""
        left = self._forget()
        self.visit = visit
        self._go(Happening.ARRIVE, now_s)
        return left

    def touch(self, now_s: float) -> None:
        """Somebody is there; a code's own time is not made longer by it."""
        if self.stage in (Stage.EMPTY, Stage.CREATING, Stage.WAITING):
            return
        self.due_s = now_s + self.belts.of(self.stage)

    def leave(self) -> str | None:
        """The person goes; nothing stays."""
        return self._forget()

    def time(self, now_s: float) -> str | None:
        """The belt, if it has run out: a code becomes a question, everything else is wiped."""
        if self.due_s is None or now_s < self.due_s:
            return None
        if TABLE[self.stage][Happening.TIME] is Stage.EMPTY:
            return self._forget()
        held = self.payment.id if self.payment else None
        self._drop_code()
        self._go(Happening.TIME, now_s)
        return held

    # ----------------------------------------------------------------- money

    def pay(self, payment: Payment, now_s: float) -> None:
        """A payment begins; raises NotNow while another one is open, or without a visit."""
        if Happening.PAY not in TABLE[self.stage] or self.visit is None:
            raise NotNow
        self.payment = payment
        self._go(Happening.PAY, now_s)

    def refused(self, payment: str, bill_state: str, now_s: float) -> None:
        """The hub did not take it: the bills again, with what the hub said of this one."""
        held = self.payment
        if held is None or held.id != payment or Happening.REFUSED not in TABLE[self.stage]:
            return
        self.payment = None
        self._go(Happening.REFUSED, now_s)
        self._mark(held.bill, bill_state)

    def learn(
        self,
        payment: str,
        what: Happening,
        now_s: float,
        *,
        amount_fen: int | None = None,
        code: Code | None = None,
        receipt: Receipt | None = None,
        slip: str = "failed",
    ) -> bool:
        """What the hub says of a payment; True when the glass changes. Others' news is not kept."""
        held = self.payment
        if held is None or held.id != payment or what not in TABLE[self.stage]:
            return False
        if code is not None and held.code is not None and code.url == held.code.url:
            code = held.code  # the same code dies when it was first said to
        known = replace(
            held,
            amount_fen=held.amount_fen if amount_fen is None else amount_fen,
            code=code,
            receipt=receipt,
            slip=slip if receipt else held.slip,
        )
        stage = TABLE[self.stage][what]
        if known == held and stage is self.stage:
            return False
        self.payment = known
        if stage is self.stage:
            return True
        self._go(what, now_s)
        return True

    def slip(self, payment: str, slip: str) -> bool:
        """What became of the slip of a receipt."""
        if self.payment is None or self.payment.id != payment or self.payment.slip == slip:
            return False
        self.payment = replace(self.payment, slip=slip)
        return True

    # ----------------------------------------------------------------- inside

    def _go(self, what: Happening, now_s: float) -> None:
        self.stage = TABLE[self.stage][what]
        code = self.payment.code if self.payment else None
        waits = self.stage is Stage.WAITING and code is not None
        self.due_s = code.until_s if waits and code else now_s + self.belts.of(self.stage)
        if self.payment is not None and self.stage in _BILL_BECOMES:
            self._mark(self.payment.bill, _BILL_BECOMES[self.stage])

    def _drop_code(self) -> None:
        if self.payment is not None:
            self.payment = replace(self.payment, code=None)

    def _mark(self, bill: str, state: str) -> None:
        if self.visit is not None:
            bills = tuple(
                replace(each, state=state) if each.id == bill else each for each in self.visit.bills
            )
            self.visit = replace(self.visit, bills=bills)

    def _forget(self) -> str | None:
        open_now = self.payment.id if self.payment and self.stage in OPEN else None
        self.stage, self.visit, self.payment, self.due_s = Stage.EMPTY, None, None, None
        self.guest = None
        return open_now


def slip_number(payment: str) -> str:
    """What a person can ask with: the beginning of the payment's id, in two groups."""
    return f"{payment[:4]}-{payment[4:8]}".upper()
