"""Days of a kiosk by seed: people, a bad network, a provider that sleeps, kills at any moment."""

import asyncio
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kiosk.disk import Disk
from kiosk.errors import Refused
from tests.simulation import virtual
from tests.unit.kiosk_town import DIGITS, HOUSE, TownHub, make_bill
from tests.unit.test_kiosk_agent import Kiosk

VISITS = 12
QUIET_S = 600.0  # until everything that was open has found its end


class Day:
    """One seed's day; what must never happen is checked while it happens."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.luck = Random(seed)
        self.folder = folder
        self.hub = TownHub({name: make_bill(name) for name in (f"b-{n}" for n in range(40))})
        self.hub.trouble = self._trouble
        self.hub.before = self._before
        self.disk = Disk(folder / "kiosk.db", synced=False)
        self.bad = 0.0
        self.kills = 0
        self.happened: Counter[str] = Counter()

    def _trouble(self, _path: str) -> str:
        dice = self.luck.random()
        return "lost" if dice < self.bad / 2 else "unheard" if dice < self.bad else "fine"

    def _before(self, path: str, body: Any) -> None:
        if path == "/api/v1/payments":  # before it is sent, it is on disk
            assert body["id"] in [order.id for order in self.disk.unfinished()]

    async def live(self) -> None:
        kiosk = Kiosk(self.hub, self.disk, self.luck.randrange(10**6))
        for _ in range(VISITS):
            self.bad = self.luck.choice([0.0, 0.0, 0.3, 0.7])
            self.hub.provider_silent = self.luck.random() < 0.15
            self.hub.away = self.luck.random() < 0.1
            visiting = asyncio.ensure_future(self.visit(kiosk))
            if self.luck.random() < 0.4:
                await asyncio.sleep(self.luck.uniform(0, 20))
                visiting.cancel()
                await kiosk.kill()
                self.disk.close()  # the process is gone, and with it every word not on disk
                self.kills += 1
                self.disk = Disk(self.folder / "kiosk.db", synced=False)
                kiosk = Kiosk(self.hub, self.disk, self.luck.randrange(10**6))
            await asyncio.gather(visiting, return_exceptions=True)
            if not visiting.cancelled() and (fault := visiting.exception()) is not None:
                raise fault
        self.bad, self.hub.away, self.hub.provider_silent = 0.0, False, False
        await asyncio.sleep(QUIET_S)
        assert kiosk.agent.state()["session"] is None
        await kiosk.kill()

    async def visit(self, kiosk: Kiosk) -> None:
        await asyncio.sleep(self.luck.uniform(0.5, 7))
        try:
            await kiosk.agent.find(HOUSE, DIGITS)
            session = kiosk.agent.state()["session"]
            bill = self.luck.choice([b for b in session["bills"] if b["state"] == "open"])
            payment = await kiosk.agent.pay(bill["id"])
        except Refused as refused:
            self.happened[refused.code] += 1
            if self.luck.random() < 0.5:
                kiosk.agent.end()
            return
        self.happened[payment.get("state", "gone")] += 1
        await self.stand(kiosk, payment.get("id", ""))

    async def stand(self, kiosk: Kiosk, payment: str) -> None:
        """Scan or not, press things or not, and watch that nothing untrue is on the glass."""
        pays_at = self.luck.choice([1, 3, 8, 40, 10**6])
        leaves_at = self.luck.choice([2, 10, 60, 10**6])
        refuses_at = self.luck.choice([4, 10**6, 10**6])
        for second in range(200):
            await asyncio.sleep(1.0)
            shown = kiosk.agent.state()["payment"]
            if shown is not None and shown["state"] == "paid":
                assert self.hub.intents[shown["id"]].state == "paid"
                assert shown["receipt"]["number"] == self.receipt(shown["id"])
            if second == pays_at and payment in self.hub.intents and self.hub.scan(payment):
                self.happened["scanned"] += 1
            if second == refuses_at:
                kiosk.agent.close()
            if second == leaves_at:
                kiosk.agent.end()
                return

    def receipt(self, payment: str) -> str | None:
        receipt = self.hub.intents[payment].receipt
        return receipt["number"] if receipt else None


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_every_payment_finds_the_hubs_end(seed: int, tmp_path: Path) -> None:
    day = Day(seed, tmp_path)
    virtual.run(day.live())
    assert day.disk.unfinished() == []
    ends = {order.id: order.outcome for order in day.disk.finished()}
    for name, intent in day.hub.intents.items():
        assert intent.state in ("paid", "closed")
        assert ends[name] == intent.state
        kept = day.disk.receipt(name)
        assert (kept.number if kept else None) == day.receipt(name)
    never_heard = [end for name, end in ends.items() if name not in day.hub.intents]
    assert set(never_heard) <= {"closed", "refused"}
    paid = Counter(i.bill for i in day.hub.intents.values() if i.state == "paid")
    assert all(times == 1 for times in paid.values())
    day.disk.close()


def test_the_days_are_eventful(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir()
        day = Day(seed, folder)
        virtual.run(day.live())
        seen += day.happened
        seen["killed"] += day.kills
        day.disk.close()
    assert {"waiting", "checking", "scanned", "hub_busy", "killed", "provider_silent"} <= set(seen)
