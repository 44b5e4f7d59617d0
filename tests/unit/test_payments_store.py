"""Money on the real store: duplicates, forgeries, loss and a restart change nothing."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import func, select

from devices.identity import Identity
from drivers.wechatpay import SigningKey, load_private_key
from hub.acts.payments import note_notice
from hub.core.payments import PaidNotice
from hub.gateways.wechatpay import Settings, WechatPay
from hub.payments import Payments
from hub.store import chain
from hub.store import tables as t
from simulators.provider import Papers, Provider, make_app, make_papers
from tests.unit.hub_bench import HubBench, hub_bench
from tests.unit.kiosk_hand import KioskHand

PAPERS: list[Papers] = []


def papers() -> Papers:
    if not PAPERS:
        PAPERS.append(make_papers())
    return PAPERS[0]


class MoneyBench:
    """A hub with its provider, joined without sockets."""

    def __init__(self, bench: HubBench, provider: Provider, kiosk: KioskHand) -> None:
        self.bench, self.provider, self.kiosk = bench, provider, kiosk

    @property
    def payments(self) -> Payments:
        payments: Payments = self.bench.hub.payments
        return payments

    def lookup(self, household: str = "h-1") -> str:
        now_s = self.bench.now.timestamp()
        return self.bench.gate.lookups_store.issue("kiosk-1", household, None, now_s)

    async def begin(self, payment: str, bill: str = "b-1", lookup: str | None = None) -> Any:
        body = {"id": payment, "bill": bill, "lookup": lookup or self.lookup()}
        return await self.kiosk.send("POST", "/api/v1/payments", body)

    def rows(self, table: Any) -> list[Any]:
        with self.bench.hub.engines.read.connect() as connection:
            return list(connection.execute(select(table)).all())

    def balance(self) -> dict[str, int]:
        """What the household owes, what the provider holds, what is in suspense."""
        found = {110: 0, 120: 0, 210: 0}
        total_posted = total_pending = 0
        for row in self.rows(t.accounts):
            found[row.code] = found.get(row.code, 0) + row.debits_posted - row.credits_posted
            total_posted += row.debits_posted - row.credits_posted
            total_pending += row.debits_pending - row.credits_pending
        assert (total_posted, total_pending) == (0, 0)
        return {"owed": found[110], "held": found[120], "suspense": -found[210]}

    def verify(self) -> None:
        with self.bench.hub.engines.read.connect() as connection:
            assert chain.verify(connection).fine


@asynccontextmanager
async def money_bench(
    folder: Path, database: str = "", provider: Provider | None = None
) -> AsyncIterator[MoneyBench]:
    held: list[HubBench] = []
    to_hub = httpx.AsyncClient(transport=_Later(held), base_url="http://hub")
    provider = provider or Provider(papers(), http=to_hub, now=lambda: held[0].now, pace=0.0)
    provider._http = to_hub
    provider.base_url = "http://provider"
    to_provider = httpx.AsyncClient(transport=httpx.ASGITransport(make_app(provider)))

    def payments(hub: Any) -> Payments:
        own = papers()
        pinned: Any = load_pem_public_key(own.provider_public_pem)
        settings = Settings(
            "http://provider", own.appid, own.mchid,
            SigningKey(own.merchant_serial, load_private_key(own.merchant_private_pem)),
            own.apiv3_key,
            {own.provider_serial: pinned},
            "http://hub/api/v1/callbacks/wechatpay",
        )  # fmt: skip
        return Payments(hub, WechatPay(settings, to_provider, now=hub.clock))

    async with hub_bench(folder, database, payments=payments) as bench:
        held.append(bench)
        identity = Identity.load(folder / "kiosk-1")
        yield MoneyBench(bench, provider, KioskHand(identity, bench.http))
    await to_hub.aclose()
    await to_provider.aclose()


class _Later(httpx.AsyncBaseTransport):
    """The provider's way to the hub, whichever hub runs now."""

    def __init__(self, held: list[HubBench]) -> None:
        self._held = held

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._held[-1].http.request(
            request.method, str(request.url.path), content=request.read(), headers=request.headers
        )
        return httpx.Response(answer.status_code, content=answer.content)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def new_id() -> str:
    return secrets.token_hex(16)


async def test_three_callbacks_one_receipt(tmp_path: Path, database: str) -> None:
    async with money_bench(tmp_path, database) as money:
        assert money.balance() == {"owed": 10_680, "held": 0, "suspense": 0}
        payment = new_id()
        begun = await money.begin(payment)
        assert (begun.status, begun.body["state"]) == (200, "pending"), begun.body
        sent = await money.provider.pay(payment, callbacks=3)
        assert [one.accepted for one in sent] == [True] * 3
        seen = await money.kiosk.send("GET", f"/api/v1/payments/{payment}", None)
        assert seen.body["state"] == "paid"
        assert seen.body["receipt"]["amount_fen"] == 10_680
        assert money.balance() == {"owed": 0, "held": 10_680, "suspense": 0}
        (notice,) = money.rows(t.notices)
        assert notice.seen == 3
        receipts = [row.receipt for row in money.rows(t.intents)]
        assert len(receipts) == len(set(receipts)) == 1
        paid = await money.begin(new_id())
        assert (paid.status, paid.body["code"]) == (409, "bill_paid")
        money.verify()


async def test_the_same_wish_is_the_same_payment(tmp_path: Path) -> None:
    async with money_bench(tmp_path) as money:
        payment = new_id()
        lookup = money.lookup()
        first = await money.begin(payment, lookup=lookup)
        again = await money.begin(payment, lookup=lookup)
        assert again.body == first.body
        money.bench.pass_s(400)  # the lookup is over; the repeat of a begun payment is not
        money.kiosk.forget_nonce()
        late = await money.begin(payment, lookup=lookup)
        assert late.status == 200
        other = await money.begin(payment, bill="b-2")
        assert other.status in (401, 404, 409)
        second = await money.begin(new_id())
        assert (second.status, second.body["code"]) == (409, "bill_pending")
        assert len(money.rows(t.intents)) == 1


@pytest.mark.parametrize("wrong", ["x", "A" * 32, "0" * 31, "0" * 33])
async def test_a_payment_id_has_its_form(tmp_path: Path, wrong: str) -> None:
    async with money_bench(tmp_path) as money:
        reply = await money.begin(wrong)
        assert (reply.status, reply.body["field"]) == (422, "id")


async def test_a_bill_of_another_house_cannot_be_touched(tmp_path: Path) -> None:
    async with money_bench(tmp_path) as money:
        reply = await money.begin(new_id(), lookup=money.lookup("h-2"))
        assert (reply.status, reply.body["code"]) == (404, "bill_unknown")
        reply = await money.begin(new_id(), lookup="guessed")
        assert (reply.status, reply.body["code"]) == (401, "lookup_expired")
        stranger = KioskHand(Identity.load(money.bench.folder / "gate"), money.bench.http)
        reply = await stranger.send("POST", "/api/v1/kiosk/bills", {"house": "1-1-101"})
        assert (reply.status, reply.body["code"]) == (403, "not_allowed")


FORGERIES = ["bad_signature", "unknown_serial", "stale", "appid", "mchid", "amount"]


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_forged_callback_books_nothing(tmp_path: Path, how: str) -> None:
    async with money_bench(tmp_path) as money:
        payment = new_id()
        await money.begin(payment)
        faults = money.provider.faults
        names = {name for name in dir(faults) if not name.startswith("_")}
        _break(faults, how, names)
        before = money.balance()
        sent = await money.provider.pay(payment)
        assert not any(one.accepted for one in sent), (how, sent)
        assert money.balance() == before
        assert money.rows(t.intents)[0].state == "pending"
        await money.provider.aclose()  # it would try again for a day


def _break(faults: Any, how: str, names: set[str]) -> None:
    values: dict[str, dict[str, Any]] = {
        "bad_signature": {"bad_signature": True},
        "unknown_serial": {"unknown_serial": True},
        "stale": {"expired": True},
        "appid": {"appid": "wx0"},
        "mchid": {"mchid": "1"},
        "amount": {"told_fen": 1},
    }
    for name, value in values[how].items():
        assert name in names, (name, sorted(names))
        setattr(faults, name, value)


async def test_a_restart_in_the_middle_changes_nothing(tmp_path: Path, database: str) -> None:
    payment = new_id()
    async with money_bench(tmp_path, database) as money:
        await money.begin(payment)
        provider = money.provider
        provider.faults.lost = True
        await provider.pay(payment)  # paid, and nobody was told
    async with money_bench(tmp_path, database, provider) as money:
        provider.faults.lost = False
        provider.now = lambda: money.bench.now
        await money.payments.ask(payment)  # what the round after the restart does
        assert money.rows(t.intents)[0].state == "paid"
        await provider.tell(payment, callbacks=2)
        assert money.balance() == {"owed": 0, "held": 10_680, "suspense": 0}
        money.verify()


async def test_an_expired_code_frees_its_bill_only_by_proof(tmp_path: Path) -> None:
    async with money_bench(tmp_path) as money:
        payment = new_id()
        await money.begin(payment)
        money.bench.pass_s(200)
        work = asyncio.ensure_future(money.payments.run())
        for _ in range(60):
            await asyncio.sleep(0.05)
            if money.rows(t.intents)[0].state == "closed":
                break
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert money.rows(t.intents)[0].state == "closed"
        assert money.rows(t.bills)[0].state == "open"
        assert money.balance() == {"owed": 10_680, "held": 0, "suspense": 0}
        money.kiosk.forget_nonce()
        assert (await money.begin(new_id())).status == 200
        money.verify()


async def test_money_for_a_paid_bill_goes_to_suspense_and_back(tmp_path: Path) -> None:
    async with money_bench(tmp_path) as money:
        first = new_id()
        await money.begin(first)
        await money.provider.pay(first)
        (row,) = money.rows(t.notices)
        second = PaidNotice(first, "4200-another", 10_680, money.bench.now)
        told = await money.bench.hub.writer.submit(note_notice, second)
        assert told.believed
        assert money.balance() == {"owed": 0, "held": 10_680 * 2, "suspense": 10_680}
        (refund,) = money.rows(t.refunds)
        (effect,) = money.rows(t.effects)
        assert effect.kind == "refund"
        again = await money.bench.hub.writer.submit(note_notice, second)
        assert again.believed
        assert len(money.rows(t.refunds)) == 1
        assert refund.transaction_id == "4200-another"
        assert row.seen == 1
        money.verify()


async def test_transfers_are_facts_of_the_chain(tmp_path: Path) -> None:
    async with money_bench(tmp_path) as money:
        payment = new_id()
        await money.begin(payment)
        await money.provider.pay(payment)
        with money.bench.hub.engines.write.begin() as connection:
            connection.execute(
                t.transfers.update()
                .where(t.transfers.c.kind == "post_pending")
                .values(amount_fen=1)
            )
            wrong = connection.execute(
                select(t.transfers.c.n).where(t.transfers.c.amount_fen == 1)
            ).scalar()
        with money.bench.hub.engines.read.connect() as connection:
            verdict = chain.verify(connection)
            count = connection.execute(select(func.count()).select_from(t.transfers)).scalar()
        assert (verdict.table, verdict.n, verdict.fault) == ("transfers", wrong, "altered")
        assert count == 3  # issued, pending, posted


async def test_who_looked_at_bills_is_recorded(tmp_path: Path) -> None:
    async with money_bench(tmp_path) as money:
        wrong = {"house": "1-1-101", "phone_last4": "0000"}
        reply = await money.kiosk.send("POST", "/api/v1/kiosk/bills", wrong)
        assert (reply.status, reply.body["code"]) == (404, "house_unknown")
        right = {"house": "1-1-101", "phone_last4": "7302"}
        reply = await money.kiosk.send("POST", "/api/v1/kiosk/bills", right)
        assert reply.status == 200
        assert reply.body["holder"] == "沈**"
        assert [bill["amount_fen"] for bill in reply.body["bills"]] == [10_680]
        kinds = [row.kind for row in money.rows(t.chain)]
        assert kinds.count("bills_seen") == 1
