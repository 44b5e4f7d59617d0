"""A merchant's library that is not ours (wechatpayv3) speaks with our wire and our stand-in.

It is a test's witness only: it has no time window, and fetches unknown keys in a callback.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wechatpayv3 import WeChatPay as ForeignMerchant
from wechatpayv3 import WeChatPayType
from wechatpayv3.utils import aes_decrypt, build_authorization, rsa_verify

from drivers import wechatpay as wire
from drivers import wechatpay_bodies as bodies
from simulators.provider import Faults, Papers, Provider, make_papers, serve
from simulators.provider.callbacks import Letter, write_letter
from tests.loops import run

PAPERS = make_papers()
NOW = datetime.now(UTC).replace(microsecond=0)
NOW_S = int(NOW.timestamp())
KEYS = {PAPERS.provider_serial: wire.load_public_key(PAPERS.provider_public_pem)}
PAID = bodies.Transaction(
    PAPERS.appid,
    PAPERS.mchid,
    "0f" * 16,
    bodies.TradeState.SUCCESS,
    "4200000000202611230000000001",
    10680,
    success_at=NOW,
)


def foreign(papers: Papers = PAPERS) -> Any:
    return ForeignMerchant(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=papers.mchid,
        private_key=papers.merchant_private_pem.decode(),
        cert_serial_no=papers.merchant_serial,
        appid=papers.appid,
        apiv3_key=papers.apiv3_key.decode(),
        notify_url="http://127.0.0.1:1/never",
        public_key=papers.provider_public_pem.decode(),
        public_key_id=papers.provider_serial,
        timeout=10,
    )


def letter(transaction: bodies.Transaction = PAID) -> Letter:
    return write_letter(
        PAPERS,
        PAPERS.provider,
        transaction,
        "notice-1",
        faults=Faults(),
        now=NOW,
        nonce=lambda chars: "n" * chars,
    )


def test_the_foreign_merchant_opens_our_providers_callback() -> None:
    sent = letter()
    found = foreign().callback(sent.headers, sent.body)
    assert found["event_type"] == "TRANSACTION.SUCCESS"
    assert found["resource"]["amount"]["total"] == 10680
    assert found["resource"]["out_trade_no"] == PAID.out_trade_no
    ours = wire.read_notice(sent.headers, sent.body, KEYS, PAPERS.apiv3_key, NOW_S)
    assert ours == wire.Notice("notice-1", wire.PAID_EVENT, PAID)


def test_both_refuse_a_notice_whose_sealed_amount_was_exchanged() -> None:
    sent = letter()
    outer = json.loads(sent.body)
    cheap = bodies.Transaction(
        PAID.appid, PAID.mchid, PAID.out_trade_no, PAID.trade_state, "42", 1, success_at=NOW
    )
    # Somebody who even has the APIv3 key: the seal is good, the signature is not.
    outer["resource"] = wire.seal(
        PAPERS.apiv3_key, bodies.write_transaction(cheap), "n" * 12, "transaction"
    )
    body = bodies.encode(outer)
    assert foreign().callback(sent.headers, body) is None
    found = wire.read_notice(sent.headers, body, KEYS, PAPERS.apiv3_key, NOW_S)
    assert isinstance(found, bodies.Refused)
    assert found.code is bodies.Refusal.SIGNATURE


@pytest.mark.parametrize("seconds", [301, 10 * 86_400])
def test_a_replayed_callback_is_refused_by_ours(seconds: int) -> None:
    sent = letter()
    found = wire.read_notice(sent.headers, sent.body, KEYS, PAPERS.apiv3_key, NOW_S + seconds)
    assert isinstance(found, bodies.Refused)
    assert found.code is bodies.Refusal.TIMESTAMP


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", bodies.query_target("0f" * 16, PAPERS.mchid), ""),
        ("POST", bodies.NATIVE_PATH, '{"description":"物业费"}'),
    ],
)
def test_the_two_sign_requests_alike(method: str, target: str, body: str) -> None:
    theirs = build_authorization(
        target,
        method,
        PAPERS.mchid,
        PAPERS.merchant_serial,
        PAPERS.merchant.key,
        data=body,
        nonce_str="N0NCE",
    )
    at_s = int(dict(wire._PART.findall(theirs))["timestamp"])
    call = wire.Call(method, target, body.encode())
    ours = wire.authorization(PAPERS.merchant, PAPERS.mchid, call, at_s=at_s, nonce="N0NCE")
    assert ours == theirs
    keys = {PAPERS.merchant_serial: PAPERS.merchant.key.public_key()}
    found = wire.read_authorization(theirs, call, keys, at_s)
    assert found == wire.Authorised(PAPERS.mchid, PAPERS.merchant_serial, "N0NCE")


def test_the_foreign_code_verifies_our_signature_and_opens_our_seal() -> None:
    headers = wire.signed_headers(PAPERS.provider, "邻里".encode(), NOW_S, "N0NCE")
    signature = headers["Wechatpay-Signature"]
    key = KEYS[PAPERS.provider_serial]
    assert rsa_verify(str(NOW_S), "N0NCE", "邻里", signature, key)
    assert not rsa_verify(str(NOW_S), "N0NCE", "邻居", signature, key)
    sealed = wire.seal(PAPERS.apiv3_key, "邻里".encode(), "n" * 12, "transaction")
    opened = aes_decrypt(
        sealed["nonce"], sealed["ciphertext"], "transaction", PAPERS.apiv3_key.decode()
    )
    assert opened == "邻里"


async def _whole_order() -> list[tuple[int, Any]]:
    provider = Provider(PAPERS)
    served = asyncio.ensure_future(serve(provider))
    try:
        await provider.listening.wait()
        merchant = foreign()
        merchant._core._gate_way = provider.base_url
        expires = (datetime.now(UTC) + timedelta(minutes=5)).isoformat(timespec="seconds")

        async def ask(verb: str, **arguments: object) -> tuple[int, Any]:
            code, text = await asyncio.to_thread(getattr(merchant, verb), **arguments)
            return code, json.loads(text) if text else None

        number = "4d" * 16
        order = {
            "description": "水费 2026-10",
            "out_trade_no": number,
            "amount": {"total": 4060, "currency": "CNY"},
            "time_expire": expires,
        }
        answers = [await ask("pay", **order), await ask("pay", **order)]
        answers.append(await ask("query", out_trade_no=number))
        provider.faults.lost = True
        await provider.scan(answers[0][1]["code_url"])
        answers.append(await ask("query", out_trade_no=number))
        answers.append(await ask("close", out_trade_no=number))
        answers.append(await ask("query", out_trade_no="5e" * 16))
        second = {**order, "out_trade_no": "6f" * 16}
        answers.append(await ask("pay", **second))
        answers.append(await ask("close", out_trade_no="6f" * 16))
        answers.append(await ask("query", out_trade_no="6f" * 16))
        return answers
    finally:
        served.cancel()
        await asyncio.gather(served, return_exceptions=True)


def test_the_foreign_merchant_takes_our_provider_through_a_whole_order() -> None:
    made, again, before, after, closed, unknown, second, closing, gone = run(_whole_order())
    assert made == again
    assert (before[0], before[1]["trade_state"]) == (200, "NOTPAY")
    assert (after[0], after[1]["trade_state"]) == (200, "SUCCESS")
    assert after[1]["amount"]["total"] == 4060
    assert (closed[0], closed[1]["code"]) == (400, "ORDERPAID")
    assert (unknown[0], unknown[1]["code"]) == (404, "ORDER_NOT_EXIST")
    assert second[0] == 200
    assert closing == (204, None)
    assert gone[1]["trade_state"] == "CLOSED"


def test_a_foreign_merchant_with_another_key_is_not_served() -> None:
    async def unsigned() -> int:
        provider = Provider(PAPERS)
        served = asyncio.ensure_future(serve(provider))
        try:
            await provider.listening.wait()
            merchant = foreign(make_papers())
            merchant._core._gate_way = provider.base_url
            code, _ = await asyncio.to_thread(merchant.query, out_trade_no="5e" * 16)
            return int(code)
        finally:
            served.cancel()
            await asyncio.gather(served, return_exceptions=True)

    assert run(unsigned()) == 401
