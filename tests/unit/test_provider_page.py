"""The stand-in for the provider itself: what it takes, keeps and shows to a payer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from hub.core.payments import Refund, RefundSeen, Seen
from hub.gateways.wechatpay import ProviderRefused, Settings, WechatPay
from simulators.provider import NotPaid, Provider, serve
from tests.unit.provider_town import PAPERS, PAY_ID, START, Town, town

# --- the stand-in itself ------------------------------------------------------------------------


async def test_an_order_for_another_merchant_is_not_taken() -> None:
    async with town() as it:
        settings = Settings(
            "http://provider",
            "wxother",
            PAPERS.mchid,
            PAPERS.merchant,
            PAPERS.apiv3_key,
            it.pay._settings.provider_keys,
            "http://hub/callback",
        )
        other = WechatPay(settings, it.outward, now=lambda: it.now)
        with pytest.raises(ProviderRefused, match="APPID_MCHID_NOT_MATCH"):
            await other.create(PAY_ID, 1, "x", START + timedelta(minutes=2))


async def test_an_order_whose_time_has_passed_is_not_taken() -> None:
    async with town() as it:
        with pytest.raises(ProviderRefused, match="PARAM_ERROR"):
            await it.pay.create(PAY_ID, 1, "x", START)


async def test_orders_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    async with town(path) as it:
        await it.order()
        await it.order("1e" * 16)
        await it.provider.pay(PAY_ID)
        before = list(it.provider.orders)
    async with town(path) as it:
        assert list(it.provider.orders) == before
        assert (await it.pay.query(PAY_ID)).seen is Seen.PAID
        assert (await it.provider.tell(PAY_ID))[0].accepted
        with pytest.raises(NotPaid, match="NOTPAY"):
            await it.provider.tell("1e" * 16)


async def refund_of(it: Town) -> Refund:
    await it.order()
    await it.provider.pay(PAY_ID)
    return Refund("1e" * 16, PAY_ID, it.hub.notices[0].transaction_id, 10680)


async def test_a_refund_asked_for_again_is_the_same_refund() -> None:
    async with town() as it:
        refund = await refund_of(it)
        it.provider.faults.refunds_slow = 1
        asked = [await it.pay.refund(refund) for _ in range(3)]
        assert asked == [RefundSeen.UNDER_WAY, RefundSeen.DONE, RefundSeen.DONE]
        assert (await it.pay.query(PAY_ID)).seen is Seen.REFUNDED
        with pytest.raises(NotPaid, match="ORDERPAID"):
            await it.provider.pay(PAY_ID)
        with pytest.raises(ProviderRefused, match="INVALID_REQUEST"):
            await it.pay.refund(replace(refund, id="2d" * 16))


async def test_a_refund_of_another_payment_or_amount_is_refused() -> None:
    async with town() as it:
        refund = await refund_of(it)
        with pytest.raises(ProviderRefused, match="RESOURCE_NOT_EXISTS"):
            await it.pay.refund(replace(refund, transaction_id="4200"))
        with pytest.raises(ProviderRefused, match="INVALID_REQUEST"):
            await it.pay.refund(replace(refund, amount_fen=10681))
        assert (await it.pay.query(PAY_ID)).seen is Seen.PAID


async def test_a_stuck_refund_is_told() -> None:
    async with town() as it:
        refund = await refund_of(it)
        it.provider.faults.refund_stuck = True
        assert await it.pay.refund(refund) is RefundSeen.STUCK
        assert (await it.pay.query(PAY_ID)).seen is Seen.PAID


async def test_a_phone_that_scans_nothing_pays_nothing() -> None:
    async with town() as it:
        with pytest.raises(NotPaid, match="ORDER_NOT_EXIST"):
            await it.provider.scan("http://provider/pay/unknown")
        with pytest.raises(NotPaid, match="ORDER_NOT_EXIST"):
            await it.provider.tell(PAY_ID)


# --- the payer's page ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "query", "lang", "button"),
    [
        ({}, "", "zh-Hans", "付款"),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "", "en", "Pay"),
        ({"Accept-Language": "zh-TW"}, "", "zh-Hant", "付款"),
        ({"Accept-Language": "en"}, "?lang=zh-Hant", "zh-Hant", "付款"),
        ({"Accept-Language": "de"}, "?lang=xx", "en", "Pay"),
    ],
)
async def test_the_page_speaks_the_payers_language(
    headers: dict[str, str], query: str, lang: str, button: str
) -> None:
    async with town() as it:
        url = await it.order()
        page = await it.outward.get(url + query, headers=headers)
        assert page.status_code == 200
        assert f'<html lang="{lang}">' in page.text
        assert f">{button}</button>" in page.text
        assert "¥106.80" in page.text
        assert "物业费 2026-10" in page.text


async def test_the_page_pays_once_and_then_says_so() -> None:
    async with town() as it:
        url = await it.order()
        for _ in range(2):
            page = await it.outward.post(url + "?lang=en", follow_redirects=True)
            assert "<h1>Paid</h1>" in page.text
            assert "<button" not in page.text
        assert len(it.hub.notices) == 1


async def test_the_page_of_a_closed_expired_or_unknown_order_takes_no_money() -> None:
    async with town() as it:
        url, other = await it.order(), await it.order("1e" * 16)
        await it.pay.close(PAY_ID)
        closed = await it.outward.post(url + "?lang=en", follow_redirects=True)
        assert "<h1>This order is closed</h1>" in closed.text
        it.now += timedelta(minutes=3)
        expired = await it.outward.post(other + "?lang=en", follow_redirects=True)
        assert "<h1>This QR code has expired</h1>" in expired.text
        unknown = await it.outward.get("http://provider/pay/nothing?lang=en")
        assert unknown.status_code == 404
        assert "<h1>There is no such order</h1>" in unknown.text
        assert not it.provider.sent


async def test_the_page_runs_nothing_and_shows_what_it_is_given_as_text() -> None:
    async with town() as it:
        expires = START + timedelta(minutes=2)
        url = await it.pay.create(PAY_ID, 5, '<b onclick="x">&', expires)
        page = await it.outward.get(url)
        assert "&lt;b onclick=&quot;x&quot;&gt;&amp;" in page.text
        assert "<script" not in page.text
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        style = await it.outward.get("http://provider/pay/style.css")
        assert style.headers["Content-Type"].startswith("text/css")


async def test_it_serves_on_a_real_socket_and_stops_clean() -> None:
    provider = Provider(PAPERS)
    served = asyncio.ensure_future(serve(provider))
    await provider.listening.wait()
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{provider.base_url}/pay/nothing")
        assert answer.status_code == 404
    served.cancel()
    with pytest.raises(asyncio.CancelledError):
        await served
