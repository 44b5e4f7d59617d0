"""The kiosk's agent in virtual time: cards, visits, payments, belts, and a hub that fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from devices.reasons import REASONS
from kiosk.agent import LISTENERS_MAX, Agent, Wall
from kiosk.disk import Disk
from kiosk.errors import Refused
from kiosk.paper import NoPrinter, Paper
from kiosk.payments import Payments
from kiosk.session import Session, Stage
from simulators.ends import ClonedUidCard, Ntag424Card
from tests.simulation import virtual
from tests.unit.kiosk_town import CODE_S, DIGITS, GRACE_S, HOUSE, InHand, Reader, TownHub
from tests.unit.test_kiosk_session import reachable_texts

CARD = b"\x04\x11\x22\x33\x44\x55\x66"
PERSONAL = ("沈**", HOUSE, "lookup-", "card-session", "b-1", "weixin://", "482913")


class Kiosk:
    """A running agent with its reader, and what its page was told."""

    def __init__(self, hub: TownHub, disk: Disk, seed: int = 1, paper: Paper | None = None) -> None:
        loop, luck = asyncio.get_running_loop(), Random(seed)
        self.hub = hub
        self.reader = Reader()
        self.told: list[dict[str, Any]] = []
        self.session = Session()
        payments = Payments(disk, hub, loop.time, loop.time, luck.randbytes)
        self.agent = Agent(
            hub,  # type: ignore[arg-type]  # the town's hub is the real one's shape
            disk,
            payments,
            self.reader,
            paper or NoPrinter(),
            self.session,
            Wall("zh-Hans", "liuxi"),
            loop.time,
            luck.randbytes,
            self.told.append,
        )
        self.page = self.agent.listen()
        self.running = asyncio.ensure_future(self.agent.run())

    async def tap(self, card: Ntag424Card | ClonedUidCard, apdus: int = 1_000) -> None:
        self.reader.queue.put_nowait(InHand(card, apdus))
        await asyncio.sleep(1.0)

    def heard(self) -> list[tuple[str, Any]]:
        """What the page was told since it was last asked."""
        assert self.page is not None
        said = []
        while not self.page.empty():
            message = self.page.get_nowait()
            assert message is not None
            said.append(message)
        return said

    def signs(self) -> list[str]:
        return [body["state"] for event, body in self.heard() if event == "card"]

    async def visit_by_house(self) -> None:
        await self.agent.find(HOUSE, DIGITS)

    def payment(self) -> dict[str, Any]:
        shown = self.agent.state()["payment"]
        assert shown is not None
        return dict(shown)

    async def kill(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)


@contextlib.asynccontextmanager
async def kiosk(
    hub: TownHub, disk: Disk, seed: int = 1, paper: Paper | None = None
) -> AsyncIterator[Kiosk]:
    made = Kiosk(hub, disk, seed, paper)
    await asyncio.sleep(1.0)  # it finds its hub
    try:
        yield made
    finally:
        await made.kill()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "kiosk.db", synced=False)
    yield made
    made.close()


Story = Callable[[TownHub, Kiosk], Coroutine[Any, Any, None]]


def tell(disk: Disk, story: Story, hub: TownHub | None = None, paper: Paper | None = None) -> None:
    async def work() -> None:
        town = hub or TownHub()
        async with kiosk(town, disk, paper=paper) as made:
            await story(town, made)

    virtual.run(work())


async def refusal(work: Coroutine[Any, Any, Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        await work
    return caught.value


# ---------------------------------------------------------------- the card


def test_a_card_proves_itself_to_the_hub_and_its_bills_come(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        card = await hub.issue(CARD)
        here.heard()
        await here.tap(card)
        said = here.heard()
        assert [event for event, _ in said] == ["card", "card", "session"]
        assert [said[0][1], said[1][1]] == [{"state": "reading"}, {"state": "known"}]
        shown = said[2][1]
        assert (shown["by"], shown["holder"], shown["house"]) == ("card", "沈**", HOUSE)
        assert shown["elder"] is True
        assert [bill["id"] for bill in shown["bills"]] == ["b-1", "b-2", "b-3"]
        assert "token" not in str(here.agent.state())
        assert "lookup-" not in str(here.agent.state())

    tell(disk, story)


def test_cards_that_are_not_ours_are_refused_and_torn_ones_lost(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        genuine = await hub.issue(CARD)
        here.heard()
        await here.tap(ClonedUidCard(CARD, iso_dep=True))
        assert here.signs() == ["reading", "refused"]
        await here.tap(Ntag424Card(b"\x04" + bytes(6)))  # fresh from the factory
        assert here.signs() == ["reading", "refused"]
        await here.tap(genuine, apdus=2)
        assert here.signs() == ["reading", "lost"]
        hub.away = True
        await here.tap(genuine)
        assert here.signs() == ["reading", "silent"]
        assert here.agent.state()["session"] is None
        hub.away = False
        await asyncio.sleep(5)
        await here.tap(genuine)  # none of it blinded the reader
        assert here.agent.state()["session"] is not None

    tell(disk, story)


def test_a_nervous_second_tap_ends_no_payment_and_another_card_does(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        mine, other = await hub.issue(CARD), await hub.issue(b"\x04\x99" + bytes(5))
        await here.tap(mine)
        visit = here.agent.state()["session"]["id"]
        await here.agent.pay("b-1")
        payment = here.payment()["id"]
        await here.tap(mine)
        assert here.agent.state()["session"]["id"] == visit
        assert here.payment()["state"] == "waiting"
        await here.tap(other)
        assert here.agent.state()["session"]["id"] != visit
        assert here.agent.state()["payment"] is None
        assert hub.sent(f"/api/v1/payments/{payment}/close") == [{}]

    tell(disk, story)


def test_the_same_card_again_without_a_payment_is_a_fresh_visit(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        card = await hub.issue(CARD)
        await here.tap(card)
        before = here.agent.state()["session"]["id"]
        await here.tap(card)
        assert here.agent.state()["session"]["id"] != before

    tell(disk, story)


# ---------------------------------------------------------------- paying


def test_a_bill_is_paid_and_only_the_hub_says_so(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        here.heard()
        answer = await here.agent.pay("b-1")
        assert answer["state"] == "waiting"
        assert answer["code_svg"].startswith("<svg")
        assert 100 < answer["expires_in_s"] <= CODE_S
        states = [body["state"] for event, body in here.heard() if event == "payment"]
        assert states == ["creating", "waiting"]
        await asyncio.sleep(10)
        assert here.payment()["state"] == "waiting"
        hub.scan(answer["id"])
        await asyncio.sleep(3)
        paid = here.payment()
        assert paid["state"] == "paid"
        assert paid["code_svg"] is None
        assert paid["receipt"]["slip"] == "failed"  # no printer in this kiosk
        assert paid["receipt"]["amount_fen"] == 10680
        bills = here.agent.state()["session"]["bills"]
        assert [bill["state"] for bill in bills] == ["paid", "open", "open"]
        number = paid["receipt"]["number"]
        assert here.told == [{"payment": answer["id"], "outcome": "paid", "receipt": number}]

    tell(disk, story)


def test_asking_twice_is_one_payment(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        first, second = await asyncio.gather(here.agent.pay("b-1"), here.agent.pay("b-1"))
        assert first["id"] == second["id"]
        assert (await refusal(here.agent.pay("b-2"))).code == "bill_pending"
        assert len(hub.intents) == 1

    tell(disk, story)


def test_what_the_hub_refuses_is_told_in_its_words_and_the_bills_come_back(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        hub.bills["b-1"]["state"] = "paid"  # somebody paid it at another kiosk
        no = await refusal(here.agent.pay("b-1"))
        assert (no.code, no.status) == ("bill_paid", 409)
        assert here.agent.state()["payment"] is None
        assert here.agent.state()["session"]["bills"][0]["state"] == "paid"
        assert (await refusal(here.agent.pay("b-9"))).code == "bill_unknown"

    tell(disk, story)


def test_not_now_takes_the_code_away_and_ends_in_closed(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        await here.agent.pay("b-1")
        here.agent.close()
        shown = here.payment()
        assert (shown["state"], shown["code_svg"]) == ("checking", None)
        assert shown["slip_number"] is not None
        for _ in range(int(CODE_S + GRACE_S) // 20 + 1):
            here.agent.here()
            await asyncio.sleep(20)
        assert here.payment()["state"] == "closed"
        assert here.agent.state()["session"]["bills"][0]["state"] == "open"

    tell(disk, story)


def test_a_code_whose_time_is_over_becomes_a_question(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        await here.agent.pay("b-1")
        await asyncio.sleep(CODE_S + 1)
        assert here.payment()["state"] == "checking"

    tell(disk, story)


def test_a_hub_that_goes_away_while_the_code_is_shown_makes_nobody_pay_twice(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        payment = (await here.agent.pay("b-1"))["id"]
        hub.away = True
        await asyncio.sleep(8)
        assert here.payment()["state"] == "checking"
        assert here.agent.state()["online"] is False
        assert (await refusal(here.agent.pay("b-2"))).code == "bill_pending"
        hub.scan(payment)
        hub.away = False
        await asyncio.sleep(10)
        assert here.payment()["state"] == "paid"

    tell(disk, story)


def test_without_the_hub_bills_are_read_only_and_nothing_is_paid(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        hub.away = True
        await asyncio.sleep(6)
        state = here.agent.state()
        assert state["online"] is False
        assert len(state["session"]["bills"]) == 3
        assert state["session"]["bills_at"].endswith("Z")
        no = await refusal(here.agent.pay("b-1"))
        assert (no.code, no.status) == ("hub_busy", 503)
        assert disk.unfinished() == []
        assert (await refusal(here.agent.find(HOUSE, DIGITS))).code == "hub_busy"

    tell(disk, story)


# ---------------------------------------------------------------- the end of a visit


def test_a_late_word_of_one_visit_s_end_leaves_the_next_alone(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        card = await hub.issue(CARD)
        await here.tap(card)
        assert here.session.visit is not None
        left = here.session.visit.id
        here.agent.end(left)
        await here.tap(card)  # the next one, while the page's word is still on its way
        here.agent.end(left)
        assert here.session.visit is not None
        here.agent.end(here.session.visit.id)
        assert here.session.visit is None

    tell(disk, story)


@pytest.mark.parametrize("pays", [False, True])
@pytest.mark.parametrize("way", ["end", "belt"])
def test_nothing_of_a_visit_stays_in_the_agent(disk: Disk, way: str, pays: bool) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.tap(await hub.issue(CARD))
        await here.agent.phone_code()
        if pays:
            hub.scan((await here.agent.pay("b-1"))["id"])
            await asyncio.sleep(3)
        assert found(here, PERSONAL)
        if way == "end":
            here.agent.end()
        else:
            await asyncio.sleep(100)
        assert here.session.stage is Stage.EMPTY
        await asyncio.sleep(5)
        assert found(here, PERSONAL) == []
        last = [(event, body) for event, body in here.heard() if event in ("session", "state")]
        assert last[-1] == ("session", None)

    tell(disk, story)


def found(here: Kiosk, what: tuple[str, ...]) -> list[str]:
    """Personal texts on whatever the agent holds; its hub is the test's own and left out."""
    held = {name: value for name, value in vars(here.agent).items() if name != "_hub"}
    for part in (held.pop("_bell"), held.pop("errands")):
        outside = ("_hub", "_ask", "_bell")
        held |= {f"{type(part).__name__}{n}": v for n, v in vars(part).items() if n not in outside}
    follows = held.pop("_payments")
    held["_open"] = follows._open
    held.pop("_reader")
    return [text for text in reachable_texts(held) if any(part in text for part in what)]


def test_leaving_with_a_code_on_the_glass_asks_to_close_it_and_keeps_its_end(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        payment = (await here.agent.pay("b-1"))["id"]
        assert found(here, ("lookup-", "沈**"))
        here.agent.end()
        assert found(here, ("lookup-", "沈**", "weixin://")) == []
        hub.scan(payment)
        await asyncio.sleep(5)
        assert hub.sent(f"/api/v1/payments/{payment}/close") == [{}]
        assert disk.receipt(payment) is not None
        assert here.agent.state()["payment"] is None  # nobody's business on the glass

    tell(disk, story)


def test_touches_keep_a_visit_and_silence_ends_it(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        for _ in range(10):
            await asyncio.sleep(60)
            here.agent.here()
        assert here.agent.state()["session"] is not None
        await asyncio.sleep(81)
        assert here.agent.state()["session"] is None

    tell(disk, story)


def test_a_slow_page_does_not_keep_a_visit_that_is_over(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        await here.agent.pay("b-1")
        here.agent.end()
        waiting = here.heard()
        assert not any(part in str(waiting) for part in PERSONAL)

    tell(disk, story)


# ---------------------------------------------------------------- phone codes, slips, streams


def test_a_phone_code_is_for_card_holders_only(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        assert (await refusal(here.agent.phone_code())).status == 403
        await here.visit_by_house()
        assert (await refusal(here.agent.phone_code())).status == 403
        await here.tap(await hub.issue(CARD))
        code = await here.agent.phone_code()
        assert code["code"] == "482913"
        assert 590 < code["valid_s"] <= 600

    tell(disk, story)


def test_a_kiosk_without_a_printer_says_so(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        assert here.agent.state()["paper"] == "none"
        await here.visit_by_house()
        assert (await refusal(here.agent.print())).code == "not_found"
        hub.scan((await here.agent.pay("b-1"))["id"])
        await asyncio.sleep(3)
        no = await refusal(here.agent.print())
        assert (no.code, no.status) == ("paper_out", 409)
        assert no.say is not None
        assert "screen" in no.say.en
        assert "paper_out" not in REASONS  # else the page would not need our words

    tell(disk, story)


def test_the_last_good_public_word_outlives_the_hub_and_a_restart(disk: Disk) -> None:
    words = {"zh-Hans": "八段锦", "zh-Hant": "八段錦", "en": "Eight brocades"}
    hub = TownHub()
    hub.notices = [{"id": "n1", "kind": "exercise", "title": words, "line": words}]

    async def first(_: TownHub, here: Kiosk) -> None:
        state = here.agent.state()
        assert state["online"] is True
        assert (state["time_zone"], state["notices"]) == ("Asia/Shanghai", hub.notices)

    async def again(_: TownHub, here: Kiosk) -> None:
        state = here.agent.state()
        assert state["online"] is False
        assert (state["time_zone"], state["notices"]) == ("Asia/Shanghai", hub.notices)

    tell(disk, first, hub)
    hub.away = True
    tell(disk, again, hub)


def test_a_page_that_cannot_follow_is_ended_and_streams_are_few(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        others = [here.agent.listen() for _ in range(LISTENERS_MAX - 1)]
        assert None not in others
        assert here.agent.listen() is None
        for _ in range(100):
            here.agent._publish("online", True)
        assert here.page is not None
        assert here.page.get_nowait() is None
        assert here.agent.listen() is not None

    tell(disk, story)
