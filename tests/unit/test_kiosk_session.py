"""The visit at the kiosk: the table is the law, the belts end it, and nothing personal survives."""

import gc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.session import (
    OPEN,
    TABLE,
    Belts,
    Bill,
    Code,
    Happening,
    Line,
    NotNow,
    Payment,
    Receipt,
    Session,
    Stage,
    Visit,
    slip_number,
)

BELTS = Belts()
PERSONAL = ("沈**", "1-2-302", "lookup-token", "card-token", "bill-p", "R-1", "4200-ref", "qr-text")
WORDS = {"zh-Hans": "物业费", "zh-Hant": "管理費", "en": "Fee"}
PAYMENT = "0123456789abcdef" * 2


def bill(name: str = "bill-p", state: str = "open") -> Bill:
    return Bill(name, "property", "2026-10", 10680, "2026-12-15", (Line(WORDS, 10680),), state)


def visit(name: str = "v1") -> Visit:
    bills = (bill(), bill("bill-w"))
    return Visit(
        name, "card", "沈**", "1-2-302", True, bills, "2026-11-23T01:32:00Z",
        "lookup-token", "card-token", b"\x04card-uid",
    )  # fmt: skip


def payment(name: str = PAYMENT) -> Payment:
    return Payment(name, "bill-p", "property", "2026-10", 10680)


RECEIPT = Receipt("R-1", "2026-11-23T01:41:30Z", 10680, "1-2-302", "4200-ref")
FACTS: dict[Happening, dict[str, Any]] = {
    Happening.CODE: {"code": Code("qr-text", "<svg/>", 130.0)},
    Happening.PAID: {"receipt": RECEIPT},
}
# How to come to each stage from an empty screen.
WAYS: dict[Stage, tuple[Happening, ...]] = {
    Stage.EMPTY: (),
    Stage.BILLS: (Happening.ARRIVE,),
    Stage.CREATING: (Happening.ARRIVE, Happening.PAY),
    Stage.WAITING: (Happening.ARRIVE, Happening.PAY, Happening.CODE),
    Stage.CHECKING: (Happening.ARRIVE, Happening.PAY, Happening.UNSURE),
    Stage.PAID: (Happening.ARRIVE, Happening.PAY, Happening.PAID),
    Stage.CLOSED: (Happening.ARRIVE, Happening.PAY, Happening.CLOSED),
    Stage.SUSPENSE: (Happening.ARRIVE, Happening.PAY, Happening.STRAY),
}


def do(session: Session, what: Happening, now_s: float = 10.0) -> None:
    if what is Happening.ARRIVE:
        session.arrive(visit(), now_s)
    elif what is Happening.PAY:
        session.pay(payment(), now_s)
    elif what is Happening.REFUSED:
        session.refused(PAYMENT, "open", now_s)
    elif what is Happening.LEAVE:
        session.leave()
    elif what is Happening.TIME:
        session.time(10_000.0)
    else:
        session.learn(PAYMENT, what, now_s, **FACTS.get(what, {}))


def at(stage: Stage) -> Session:
    session = Session(BELTS)
    for what in WAYS[stage]:
        do(session, what)
    assert session.stage is stage
    return session


@pytest.mark.parametrize("what", list(Happening))
@pytest.mark.parametrize("stage", list(Stage))
def test_the_machine_does_what_its_table_says(stage: Stage, what: Happening) -> None:
    session = at(stage)
    wanted = TABLE[stage].get(what)
    if wanted is None and what is Happening.PAY:
        with pytest.raises(NotNow):
            do(session, what)
    else:
        do(session, what)
    assert session.stage is (stage if wanted is None else wanted)


@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_with_a_person_can_be_left_and_ends_by_itself(stage: Stage) -> None:
    if stage is Stage.EMPTY:
        assert at(stage).due_s is None
        return
    left, timed = at(stage), at(stage)
    assert left.leave() == (PAYMENT if stage in OPEN else None)
    assert left.stage is Stage.EMPTY
    for _ in range(3):  # at most: a code that dies, then the question, then nothing
        timed.time(float("inf"))
    assert timed.stage is Stage.EMPTY


# ---------------------------------------------------------------- belts


def test_the_belt_of_a_visit_outlasts_the_page_and_starts_again_at_a_touch() -> None:
    session = at(Stage.BILLS)
    assert session.due_s == 10.0 + 45 + 20 + 10 + 5
    assert session.time(89.9) is None
    session.touch(80.0)
    session.time(159.9)
    assert session.stage == "bills"
    session.time(160.0)
    assert session.stage == "empty"


def test_a_receipt_stays_shorter() -> None:
    assert at(Stage.PAID).due_s == 10.0 + 15 + 10 + 5


def test_a_touch_makes_no_code_live_longer() -> None:
    session = at(Stage.WAITING)
    session.touch(100.0)
    assert session.due_s == 130.0
    assert session.time(129.0) is None
    assert session.time(130.0) == PAYMENT
    assert session.stage is Stage.CHECKING
    assert session.payment is not None
    assert session.payment.code is None


def test_the_same_code_told_again_dies_when_it_was_first_said_to() -> None:
    session = at(Stage.WAITING)
    changed = session.learn(PAYMENT, Happening.CODE, 20.0, code=Code("qr-text", "<svg/>", 140.0))
    assert not changed
    assert session.due_s == 130.0


def test_silence_hides_a_code_and_the_hub_brings_it_back() -> None:
    session = at(Stage.WAITING)
    assert session.learn(PAYMENT, Happening.UNSURE, 20.0)
    assert session.payment is not None
    assert session.payment.code is None
    assert session.learn(PAYMENT, Happening.CODE, 25.0, code=Code("qr-text", "<svg/>", 130.0))
    assert session.stage is Stage.WAITING
    assert session.due_s == 130.0


# ---------------------------------------------------------------- money


def bill_state(session: Session) -> str:
    assert session.visit is not None
    found = session.visit.bill("bill-p")
    assert found is not None
    return found.state


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        (Stage.CREATING, "pending"),
        (Stage.WAITING, "pending"),
        (Stage.CHECKING, "pending"),
        (Stage.PAID, "paid"),
        (Stage.CLOSED, "open"),
        (Stage.SUSPENSE, "open"),
    ],
)
def test_the_bill_follows_its_payment(stage: Stage, state: str) -> None:
    session = at(stage)
    assert bill_state(session) == state
    assert session.visit is not None
    other = session.visit.bill("bill-w")
    assert other is not None
    assert other.state == "open"


def test_a_refused_payment_leaves_the_bill_as_the_hub_says() -> None:
    session = at(Stage.CREATING)
    session.refused(PAYMENT, "paid", 11.0)
    assert session.stage is Stage.BILLS
    assert session.payment is None
    assert bill_state(session) == "paid"


def test_news_of_somebody_elses_payment_is_not_kept() -> None:
    session = at(Stage.WAITING)
    before = (session.stage, session.payment)
    assert not session.learn("f" * 32, Happening.PAID, 20.0, receipt=RECEIPT)
    assert (session.stage, session.payment) == before
    session.leave()
    assert not session.learn(PAYMENT, Happening.PAID, 20.0, receipt=RECEIPT)
    assert session.payment is None


def test_nobody_begins_a_second_payment_while_one_is_open() -> None:
    for stage in OPEN:
        with pytest.raises(NotNow):
            at(stage).pay(payment("e" * 32), 20.0)


def test_a_slip_number_can_be_read_aloud() -> None:
    assert slip_number("3fa9b01c" + "0" * 24) == "3FA9-B01C"


# ---------------------------------------------------------------- nothing personal survives


def reachable_texts(root: object) -> list[str]:
    """Every text and byte string that hangs on an object, however deep."""
    seen: set[int] = set()
    found: list[str] = []
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type) or callable(one):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes):
            found.append(str(one))
        waiting += gc.get_referents(one)
    return found


def personal(session: Session) -> list[str]:
    return [text for text in reachable_texts(session) if any(part in text for part in PERSONAL)]


def test_the_search_sees_what_is_there() -> None:
    here = at(Stage.PAID)
    found = personal(here)
    assert {"沈**", "1-2-302", "lookup-token", "card-token", "R-1"} <= set(found)
    assert str(b"\x04card-uid") in reachable_texts(here)


happenings = st.lists(st.tuples(st.sampled_from(list(Happening)), st.floats(0, 200)), max_size=12)


@settings(max_examples=300, deadline=None)
@given(happenings, st.sampled_from(["leave", "time"]))
def test_whatever_happened_nothing_personal_survives_the_end(
    story: list[tuple[Happening, float]], way: str
) -> None:
    session, now_s = Session(BELTS), 0.0
    for what, later_s in story:
        now_s += later_s
        if what is Happening.TIME:
            session.time(now_s)
        elif what is not Happening.PAY or Happening.PAY in TABLE[session.stage]:
            do(session, what, now_s)
        assert (session.visit is None) == (session.stage is Stage.EMPTY)
        assert session.payment is None or session.visit is not None
        assert (session.due_s is None) == (session.stage is Stage.EMPTY)
    if way == "leave":
        session.leave()
    else:
        for _ in range(3):
            session.time(float("inf"))
    assert session.stage is Stage.EMPTY
    assert personal(session) == []


def test_a_new_person_finds_nothing_of_the_one_before() -> None:
    session = at(Stage.PAID)
    somebody = replace(
        visit("v2"), by="house", holder="王**", house="2-1-101", bills=(), lookup="other",
        card_session=None, card=b"",
    )  # fmt: skip
    assert session.arrive(somebody, 50.0) is None
    assert personal(session) == []
    assert session.stage is Stage.BILLS


def test_somebody_elses_card_in_the_middle_of_a_payment_asks_to_close_it() -> None:
    session = at(Stage.WAITING)
    assert session.arrive(visit("v2"), 20.0) == PAYMENT
    assert session.payment is None
