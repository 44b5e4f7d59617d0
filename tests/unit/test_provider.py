"""The hub's gateway and the stand-in for the provider, against each other, fault by fault."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from drivers import wechatpay as wire
from drivers import wechatpay_bodies as bodies
from hub.core.payments import PaidNotice, Refund, Seen
from hub.gateways.wechatpay import ProviderRefused, ProviderSilent, Settings, WechatPay
from simulators.provider import NotPaid, make_papers
from simulators.provider.callbacks import RETRY_AFTER_S
from tests.unit.provider_town import PAPERS, PAY_ID, START, town

STRANGERS = make_papers()


# --- the calm way -------------------------------------------------------------------------------


async def test_an_order_is_made_paid_told_and_seen() -> None:
    async with town() as it:
        code_url = await it.order()
        assert (await it.pay.query(PAY_ID)).seen is Seen.UNPAID
        sent = await it.provider.scan(code_url)
        assert [each.status for each in sent] == [204]
        assert it.hub.notices == [
            PaidNotice(PAY_ID, it.hub.notices[0].transaction_id, 10680, START)
        ]
        answer = await it.pay.query(PAY_ID)
        assert (answer.seen, answer.notice) == (Seen.PAID, it.hub.notices[0])


async def test_three_callbacks_are_three_notices_of_one_payment() -> None:
    async with town() as it:
        await it.order()
        sent = await it.provider.pay(PAY_ID, callbacks=3)
        assert [each.status for each in sent] == [204, 204, 204]
        assert len(it.hub.notices) == 3
        assert len(set(it.hub.notices)) == 1
        assert list(it.provider.sent) == sent


async def test_the_same_order_again_is_the_same_qr_and_other_content_is_refused() -> None:
    async with town() as it:
        assert await it.order() == await it.order()
        with pytest.raises(ProviderRefused) as refused:
            await it.order(fen=10681)
        assert refused.value.code == "OUT_TRADE_NO_USED"


async def test_an_unknown_order_is_not_found() -> None:
    async with town() as it:
        assert (await it.pay.query(PAY_ID)).seen is Seen.NOT_FOUND


async def test_a_closed_order_is_closed_and_cannot_be_paid() -> None:
    async with town() as it:
        await it.order()
        await it.pay.close(PAY_ID)
        assert (await it.pay.query(PAY_ID)).seen is Seen.CLOSED
        with pytest.raises(NotPaid, match="ORDER_CLOSED"):
            await it.provider.pay(PAY_ID)
        with pytest.raises(ProviderRefused, match="ORDER_CLOSED"):
            await it.order()


async def test_a_paid_order_is_neither_closed_nor_paid_again() -> None:
    async with town() as it:
        await it.order()
        await it.provider.pay(PAY_ID)
        with pytest.raises(ProviderRefused, match="ORDERPAID"):
            await it.pay.close(PAY_ID)
        with pytest.raises(NotPaid, match="ORDERPAID"):
            await it.provider.pay(PAY_ID)


async def test_after_its_time_a_qr_cannot_be_paid_though_nobody_closed_it() -> None:
    async with town() as it:
        await it.order()
        it.now += timedelta(minutes=2, seconds=1)
        with pytest.raises(NotPaid, match="ORDER_CLOSED"):
            await it.provider.pay(PAY_ID)
        assert (await it.pay.query(PAY_ID)).seen is Seen.UNPAID


# --- callbacks that must not be believed --------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "value", "reason"),
    [
        ("expired", True, "timestamp"),
        ("unknown_serial", True, "serial"),
        ("bad_signature", True, "signature"),
        ("appid", "wxsomebodyelse", "appid"),
        ("mchid", "1999999999", "mchid"),
    ],
)
async def test_a_spoilt_callback_is_refused_and_tried_again_when_well(
    fault: str, value: object, reason: str
) -> None:
    async with town() as it:
        await it.order()
        setattr(it.provider.faults, fault, value)
        sent = await it.provider.pay(PAY_ID)
        assert [(each.status, each.spoilt) for each in sent] == [(401, (fault,))]
        assert it.hub.refused == [reason]
        setattr(it.provider.faults, fault, type(value)() if fault == "expired" else None)
        await it.provider.idle()
        assert [each.attempt for each in it.provider.sent] == [0, 1]
        assert len(it.hub.notices) == 1


async def test_a_probe_is_refused_and_the_real_notice_believed() -> None:
    async with town() as it:
        await it.order()
        it.provider.faults.probe = True
        await it.provider.pay(PAY_ID)
        assert [each.spoilt for each in it.provider.sent] == [("probe",), ()]
        assert it.hub.refused == ["signature"]
        assert len(it.hub.notices) == 1


async def test_a_callback_of_another_provider_is_refused() -> None:
    async with town() as it:
        await it.order()
        it.provider.signer = STRANGERS.provider
        await it.provider.pay(PAY_ID)
        assert it.hub.refused == ["serial"]


async def test_a_wrong_amount_reaches_the_rules_as_it_was_told() -> None:
    async with town() as it:
        await it.order()
        it.provider.faults.told_fen = 1
        await it.provider.pay(PAY_ID)
        assert [notice.amount_fen for notice in it.hub.notices] == [1]
        notice = (await it.pay.query(PAY_ID)).notice
        assert notice is not None
        assert notice.amount_fen == 10680


async def test_a_wrong_charge_is_told_by_notice_and_query_alike() -> None:
    async with town() as it:
        await it.order()
        it.provider.faults.charged_fen = 1
        await it.provider.pay(PAY_ID)
        notice = (await it.pay.query(PAY_ID)).notice
        assert notice is not None
        assert [notice.amount_fen, it.hub.notices[0].amount_fen] == [1, 1]


# --- callbacks that come oddly ------------------------------------------------------------------


async def test_unanswered_notices_follow_the_providers_schedule_to_its_end() -> None:
    async with town() as it:
        await it.order()
        it.hub.fail = 99
        await it.provider.pay(PAY_ID)
        await it.provider.idle()
        assert it.slept == list(RETRY_AFTER_S)
        assert sum(it.slept) == 24 * 3600 + 240
        assert {each.status for each in it.provider.sent} == {503}
        assert not it.hub.notices


async def test_a_retry_is_signed_anew_and_believed_long_after() -> None:
    async with town() as it:
        await it.order()
        it.hub.fail = 8
        await it.provider.pay(PAY_ID)
        await it.provider.idle()
        assert [each.status for each in it.provider.sent] == [503] * 8 + [204]
        assert it.now - START > timedelta(hours=1)
        assert it.hub.notices[0].paid_at == START


async def test_a_lost_callback_leaves_only_the_query() -> None:
    async with town() as it:
        await it.order()
        it.provider.faults.lost = True
        assert await it.provider.pay(PAY_ID) == []
        assert not it.provider.sent
        assert (await it.pay.query(PAY_ID)).seen is Seen.PAID


async def test_a_late_callback_comes_after_the_query() -> None:
    async with town() as it:
        await it.order()
        it.provider.faults.late_s = 7
        assert await it.provider.pay(PAY_ID) == []
        assert (await it.pay.query(PAY_ID)).seen is Seen.PAID
        assert not it.hub.notices
        await it.provider.idle()
        assert it.slept == [7]
        assert len(it.hub.notices) == 1


async def test_duplicates_add_to_the_callbacks_asked_for() -> None:
    async with town() as it:
        await it.order()
        it.provider.faults.duplicates = 2
        assert len(await it.provider.pay(PAY_ID)) == 3


async def test_a_payment_can_win_the_race_with_a_close() -> None:
    async with town() as it:
        await it.order()
        it.provider.faults.pay_after_close = True
        await it.pay.close(PAY_ID)
        assert (await it.pay.query(PAY_ID)).seen is Seen.CLOSED
        await it.provider.pay(PAY_ID)
        assert (await it.pay.query(PAY_ID)).seen is Seen.PAID
        assert len(it.hub.notices) == 1


# --- answers that teach nothing -----------------------------------------------------------------


async def test_a_create_is_sent_once_more_after_silence_and_makes_one_order() -> None:
    async with town() as it:
        it.provider.faults.answers_lost = 1
        code_url = await it.order()
        assert code_url == await it.order()
        assert len(list(it.provider.orders)) == 1


async def test_silence_twice_is_told() -> None:
    async with town() as it:
        it.provider.faults.answers_5xx = 2
        with pytest.raises(ProviderSilent, match="500"):
            await it.order()
        assert not list(it.provider.orders)
        it.provider.faults.answers_5xx = 1
        with pytest.raises(ProviderSilent, match="500"):
            await it.pay.query(PAY_ID)


async def test_a_merchant_whose_signature_does_not_hold_learns_nothing() -> None:
    async with town() as it:
        stranger = wire.SigningKey(PAPERS.merchant_serial, STRANGERS.merchant.key)
        with pytest.raises(ProviderSilent, match="401"):
            await it.gateway(stranger).query(PAY_ID)


async def test_an_answer_of_another_key_is_no_answer() -> None:
    async with town() as it:
        fooled = it.gateway(PAPERS.merchant, pinned=STRANGERS.provider_public_pem)
        # A forged "not found" would void a payment that was made.
        with pytest.raises(ProviderSilent, match="signature"):
            await fooled.query(PAY_ID)


async def test_a_replayed_answer_is_no_answer() -> None:
    kept: list[httpx.Response] = []

    async with town() as it:
        await it.order()

        async def replay(request: httpx.Request) -> httpx.Response:
            if not kept:
                kept.append(
                    await it.outward.request(
                        request.method,
                        request.url,
                        headers=request.headers,
                        content=request.content,
                    )
                )
            return httpx.Response(200, headers=kept[0].headers, content=kept[0].content)

        async with httpx.AsyncClient(transport=httpx.MockTransport(replay)) as middle:
            pay = WechatPay(it.pay._settings, middle, now=lambda: it.now)
            assert (await pay.query(PAY_ID)).seen is Seen.UNPAID
            it.now += timedelta(seconds=301)
            with pytest.raises(ProviderSilent, match="timestamp"):
                await pay.query(PAY_ID)


async def test_an_answer_about_another_order_is_no_answer() -> None:
    async with town() as it:
        await it.order()

        async def swap(request: httpx.Request) -> httpx.Response:
            call = wire.Call(
                "GET", f"/v3/pay/transactions/out-trade-no/{PAY_ID}?mchid={PAPERS.mchid}"
            )
            at_s = int(it.now.timestamp())
            signed = wire.authorization(PAPERS.merchant, PAPERS.mchid, call, at_s=at_s, nonce="n")
            return await it.outward.get(
                f"http://provider{call.target}", headers={"Authorization": signed}
            )

        async with httpx.AsyncClient(transport=httpx.MockTransport(swap)) as middle:
            pay = WechatPay(it.pay._settings, middle, now=lambda: it.now)
            with pytest.raises(ProviderSilent, match="another order"):
                await pay.query("1e" * 16)


async def test_a_refused_connection_is_silence() -> None:
    async def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with town() as it, httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        pay = WechatPay(it.pay._settings, http, now=lambda: it.now)
        with pytest.raises(ProviderSilent, match="ConnectError"):
            await pay.query(PAY_ID)


async def test_an_impossible_order_is_our_own_fault() -> None:
    async with town() as it:
        with pytest.raises(ValueError, match="out_trade_no"):
            await it.order("0f0f0f0f-0000-4000-8000-0f0f0f0f0f0f")
        with pytest.raises(ValueError, match="amount"):
            await it.order(fen=0)


def test_secrets_are_not_shown() -> None:
    settings = Settings("", "", "", PAPERS.merchant, PAPERS.apiv3_key, {}, "")
    assert PAPERS.apiv3_key.decode() not in repr(settings)
    assert "PRIVATE" not in repr(PAPERS)


async def test_a_proven_failure_of_the_provider_is_silence_not_a_refusal() -> None:
    async def fail(_: httpx.Request) -> httpx.Response:
        body = bodies.write_fault(bodies.Fault("SYSTEM_ERROR", "try again"))
        at_s = int(START.timestamp())
        return httpx.Response(
            500, headers=wire.signed_headers(PAPERS.provider, body, at_s, "n"), content=body
        )

    async with town() as it, httpx.AsyncClient(transport=httpx.MockTransport(fail)) as http:
        pay = WechatPay(it.pay._settings, http, now=lambda: it.now)
        with pytest.raises(ProviderSilent, match="500"):
            await pay.close(PAY_ID)


async def test_an_answer_about_another_refund_is_no_answer() -> None:
    asked = Refund("1e" * 16, PAY_ID, "4200-1", 10680)
    other = bodies.RefundOrder("4200-1", "2d" * 16, 10680)

    async def swap(_: httpx.Request) -> httpx.Response:
        body = bodies.write_refund_answer(bodies.RefundAnswer(other, bodies.RefundStatus.SUCCESS))
        headers = wire.signed_headers(PAPERS.provider, body, int(START.timestamp()), "n")
        return httpx.Response(200, headers=headers, content=body)

    async with town() as it, httpx.AsyncClient(transport=httpx.MockTransport(swap)) as http:
        pay = WechatPay(it.pay._settings, http, now=lambda: it.now)
        with pytest.raises(ProviderSilent, match="another refund"):
            await pay.refund(asked)
