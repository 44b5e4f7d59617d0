"""A kiosk's payments: on disk before they are sent, asked for until the hub says how they end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kiosk.disk import SETTLED_KEPT, UNFINISHED_MAX, Disk, DiskFull, Order
from kiosk.hub import HubRefused
from kiosk.payments import News, Payments
from kiosk.read import read_bills
from kiosk.session import Bill, Happening, Receipt
from tests.simulation import virtual
from tests.unit.kiosk_town import CODE_S, GRACE_S, TownHub, make_bill

LOOKUP = "lookup-0"
BILL: Bill = read_bills([make_bill("b-1")])[0]


class Counter:
    """A kiosk's payments on a disk that outlives them."""

    def __init__(self, disk: Disk, hub: TownHub, luck: Random) -> None:
        loop = asyncio.get_running_loop()
        self.news: list[News] = []
        self.settled: list[tuple[str, str, Receipt | None]] = []
        self.payments = Payments(disk, hub, loop.time, loop.time, luck.randbytes)
        self.payments.on_news = self.news.append
        self.payments.on_settled = lambda order, outcome, receipt: self.settled.append(
            (order.id, outcome, receipt)
        )
        self.running = asyncio.ensure_future(self.payments.run())

    async def kill(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    @property
    def said(self) -> list[Happening]:
        return [news.what for news in self.news]


@contextlib.asynccontextmanager
async def counter(disk: Disk, hub: TownHub, seed: int = 1) -> AsyncIterator[Counter]:
    made = Counter(disk, hub, Random(seed))
    try:
        yield made
    finally:
        await made.kill()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "kiosk.db", synced=False)
    yield made
    made.close()


def in_town(story: Callable[[TownHub], Coroutine[Any, Any, None]]) -> None:
    async def work() -> None:
        hub = TownHub(lookups={LOOKUP})
        await story(hub)

    virtual.run(work())


def test_a_payment_is_on_disk_before_the_hub_hears_of_it(disk: Disk) -> None:
    seen: list[list[str]] = []

    async def story(hub: TownHub) -> None:
        hub.before = lambda path, _: seen.append([order.id for order in disk.unfinished()])
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            assert hub.log == []
            await till.payments.create(payment)
            assert seen[0] == [payment]
            assert till.said == [Happening.CODE]
            assert till.news[0].code_url == f"weixin://pay/{payment}"
            assert till.news[0].left_s == pytest.approx(CODE_S, abs=0.1)

    in_town(story)


def test_a_lost_answer_is_asked_for_with_the_same_id_and_content(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        fates = iter(["unheard", "lost"])
        hub.trouble = lambda path: next(fates, "fine") if path.endswith("payments") else "fine"
        hub.slow_s = 0.2
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            # an answer that never comes uses up the page's patience: nobody knows
            await till.payments.create(payment)
            assert till.said == [Happening.UNSURE]
            await asyncio.sleep(1.0)
            assert till.said == [Happening.UNSURE, Happening.CODE]
        assert list(hub.intents) == [payment]

    in_town(story)


def test_a_short_silence_is_not_told(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        fates = iter(["lost", "lost", "lost"])
        hub.trouble = lambda _: next(fates, "fine")
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
            assert till.said == [Happening.CODE]
        bodies = hub.sent("/api/v1/payments")
        assert bodies == [{"id": payment, "bill": "b-1", "lookup": LOOKUP}]

    in_town(story)


def test_the_hub_alone_says_paid_and_its_receipt_is_kept_without_a_name(
    disk: Disk, tmp_path: Path
) -> None:
    async def story(hub: TownHub) -> None:
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
            await asyncio.sleep(5)
            assert Happening.PAID not in till.said
            hub.scan(payment)
            await asyncio.sleep(3.1)
            assert till.said[-1] is Happening.PAID
            receipt = till.news[-1].receipt
            assert receipt is not None
            assert disk.receipt(payment) == receipt
            assert disk.unfinished() == []
            assert till.payments.open == []
            asked = len(hub.log)
            await asyncio.sleep(300)
            assert len(hub.log) == asked  # a finished payment is not asked for again

    in_town(story)
    disk.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "沈".encode() not in raw
    assert LOOKUP.encode() not in raw


def test_a_paid_answer_without_receipt_is_no_end(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
            hub.intents[payment].state = "paid"
            await asyncio.sleep(10)
            assert Happening.PAID not in till.said
            assert till.payments.open == [payment]

    in_town(story)


def test_polls_come_every_one_to_three_seconds_while_the_code_is_on_the_glass(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        times: list[float] = []
        loop = asyncio.get_running_loop()
        hub.before = lambda path, _: times.append(loop.time())
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
            times.clear()
            await asyncio.sleep(CODE_S - 2)
            gaps = [later - earlier for earlier, later in pairwise(times)]
            assert min(gaps) == pytest.approx(1.0, abs=0.05)
            assert max(gaps) == pytest.approx(3.0, abs=0.05)

    in_town(story)


def test_two_unanswered_questions_tell_the_person_that_nobody_knows(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
            hub.away = True
            await asyncio.sleep(10)
            assert till.said[-1:] == [Happening.UNSURE]
            hub.away = False
            await asyncio.sleep(5)
            assert till.said[-1:] == [Happening.CODE]

    in_town(story)


@pytest.mark.parametrize("code", ["bill_pending", "bill_paid"])
def test_a_first_refusal_is_an_end(disk: Disk, code: str) -> None:
    async def story(hub: TownHub) -> None:
        hub.bills["b-1"]["state"] = code.removeprefix("bill_")
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            with pytest.raises(HubRefused) as refused:
                await till.payments.create(payment)
            assert refused.value.code == code
            assert till.settled == [(payment, "refused", None)]
            assert disk.unfinished() == []

    in_town(story)


def test_a_refusal_after_a_lost_answer_proves_nothing(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        answers = iter([None, HubRefused(429, "too_many", {})])

        def trouble(path: str) -> str:
            if path.endswith("/payments"):
                fate = next(answers, None)
                if isinstance(fate, HubRefused):
                    raise fate
                return "lost"
            return "fine"

        hub.trouble = trouble
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            with pytest.raises(HubRefused):
                await till.payments.create(payment)
            assert till.payments.open == [payment]  # still followed
            await asyncio.sleep(10)  # the hub never heard of it, asked twice
            assert till.settled == [(payment, "closed", None)]

    in_town(story)


def test_a_provider_that_gives_no_code_is_told_and_the_payment_closed(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        hub.provider_silent = True
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            with pytest.raises(HubRefused) as refused:
                await till.payments.create(payment)
            assert refused.value.code == "provider_silent"
            assert len(hub.sent("/api/v1/payments")) > 3
            await asyncio.sleep(1)
            assert hub.sent(f"/api/v1/payments/{payment}/close") == [{}]
            await asyncio.sleep(CODE_S + GRACE_S + 120)
            assert till.settled == [(payment, "closed", None)]

    in_town(story)


def test_giving_up_asks_to_close_once_and_follows_to_the_end(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
            till.payments.give_up(payment)
            till.payments.give_up(payment)
            await asyncio.sleep(1)
            assert disk.unfinished()[0].close_asked
            hub.scan(payment)  # the phone was faster than the hand that pressed "not now"
            await asyncio.sleep(10)
            assert hub.sent(f"/api/v1/payments/{payment}/close") == [{}]
            assert till.said[-1] is Happening.PAID

    in_town(story)


def test_after_giving_up_no_code_is_shown_again(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
            till.payments.give_up(payment, on_glass=True)
            await asyncio.sleep(30)
            assert set(till.said[1:]) == {Happening.UNSURE}

    in_town(story)


# ---------------------------------------------------------------- restart


@pytest.mark.parametrize("ending", ["paid", "closed"])
def test_a_restarted_kiosk_asks_what_became_of_its_payments(disk: Disk, ending: str) -> None:
    async def story(hub: TownHub) -> None:
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
        if ending == "paid":
            hub.scan(payment)
        async with counter(disk, hub, seed=2) as till:
            await asyncio.sleep(CODE_S + GRACE_S + 120)
            assert [settled[:2] for settled in till.settled] == [(payment, ending)]
            assert (disk.receipt(payment) is not None) == (ending == "paid")
        assert hub.sent(f"/api/v1/payments/{payment}/close") == [{}]

    in_town(story)


def test_a_kiosk_that_died_before_sending_learns_that_the_hub_never_heard(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
        async with counter(disk, hub, seed=2) as till:
            await asyncio.sleep(10)
            assert till.settled == [(payment, "closed", None)]

    in_town(story)


def test_a_payment_whose_code_was_shown_is_never_given_up_on_a_forgetful_hub(disk: Disk) -> None:
    async def story(hub: TownHub) -> None:
        async with counter(disk, hub) as till:
            payment = till.payments.begin(BILL, LOOKUP)
            await till.payments.create(payment)
            hub.intents.clear()  # restored from an old back-up
            await asyncio.sleep(600)
            assert till.settled == []
            assert till.said[-1] is Happening.UNSURE
        async with counter(disk, hub, seed=2) as till:
            await asyncio.sleep(600)
            assert till.settled == []
            assert till.payments.open == [payment]

    in_town(story)


# ---------------------------------------------------------------- the disk


def order(number: int) -> Order:
    return Order(f"{number:032x}", "b-1", "property", "2026-10", 10680, float(number))


def test_too_many_open_payments_stop_new_ones(disk: Disk) -> None:
    for number in range(UNFINISHED_MAX):
        disk.begin(order(number))
    with pytest.raises(DiskFull):
        disk.begin(order(UNFINISHED_MAX))
    disk.settle(order(0).id, "closed", None, 1.0)
    disk.begin(order(UNFINISHED_MAX))
    assert len(disk.unfinished()) == UNFINISHED_MAX


def test_the_oldest_receipts_make_room_and_open_payments_never_do(disk: Disk) -> None:
    disk.begin(order(9_999))
    receipt = Receipt("R", "2026-11-23T01:41:30Z", 10680, "1-2-302", "4200")
    for number in range(SETTLED_KEPT + 5):
        disk.begin(order(number))
        disk.settle(order(number).id, "paid", receipt, float(number))
    kept = disk.finished()
    assert len(kept) == SETTLED_KEPT
    assert kept[0].id == order(SETTLED_KEPT + 4).id
    assert disk.receipt(order(4).id) is None
    assert disk.receipt(order(5).id) == receipt
    assert [each.id for each in disk.unfinished()] == [order(9_999).id]


def test_a_commit_is_synced(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "kiosk.db")
    assert disk._db.execute("pragma synchronous").fetchone() == (2,)
    assert disk._db.execute("pragma journal_mode").fetchone() == ("wal",)
    disk.close()
