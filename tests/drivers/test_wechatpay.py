"""The provider's wire: what is proven passes, and every smallest change is refused by name."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from drivers import wechatpay as wire
from drivers import wechatpay_bodies as bodies
from drivers.wechatpay_bodies import Refusal, Refused

NOW_S = 1_790_000_000
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SIGNER = wire.SigningKey("PUB_KEY_ID_01", KEY)
KEYS = {"PUB_KEY_ID_01": KEY.public_key(), "PUB_KEY_ID_02": OTHER.public_key()}
APIV3 = b"0123456789abcdef0123456789abcdef"
PAID = bodies.Transaction(
    "wx00000000000000ff",
    "1900000000",
    "a" * 32,
    bodies.TradeState.SUCCESS,
    "4200000000202611230000000001",
    10680,
    success_at=datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC),
)


def notice(transaction: bodies.Transaction = PAID) -> tuple[dict[str, str], bytes]:
    at = datetime.fromtimestamp(NOW_S, UTC)
    body = wire.write_notice(transaction, "notice-1", at, APIV3, "nonce-12-chr")
    return wire.signed_headers(SIGNER, body, NOW_S, "a-nonce"), body


def signed(body: bytes) -> dict[str, str]:
    return wire.signed_headers(SIGNER, body, NOW_S, "a-nonce")


def code(found: object) -> Refusal:
    assert isinstance(found, Refused), found
    return found.code


def read(headers: dict[str, str], body: bytes, now_s: int = NOW_S) -> wire.Notice | Refused:
    return wire.read_notice(headers, body, KEYS, APIV3, now_s)


def test_a_notice_says_what_was_sealed() -> None:
    found = read(*notice())
    assert found == wire.Notice("notice-1", "TRANSACTION.SUCCESS", PAID)


def test_header_names_are_told_apart_without_case() -> None:
    headers, body = notice()
    assert isinstance(read({k.upper(): v for k, v in headers.items()}, body), wire.Notice)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_the_window_is_five_minutes_either_way(seconds: int) -> None:
    headers, body = notice()
    assert isinstance(read(headers, body, NOW_S + seconds), wire.Notice)
    beyond = NOW_S + seconds + (1 if seconds > 0 else -1)
    assert code(read(headers, body, beyond)) is Refusal.TIMESTAMP


def test_the_timestamp_is_judged_before_serial_and_signature() -> None:
    headers, body = notice()
    headers |= {"Wechatpay-Serial": "unknown", "Wechatpay-Signature": "!"}
    assert code(read(headers, body, NOW_S + 301)) is Refusal.TIMESTAMP
    assert code(read(headers, body)) is Refusal.SERIAL


@pytest.mark.parametrize("timestamp", ["", "now", "-5", "1e9", "１７９", f"{NOW_S} ", "9" * 40])
def test_an_odd_timestamp_is_refused(timestamp: str) -> None:
    headers, body = notice()
    assert code(read({**headers, "Wechatpay-Timestamp": timestamp}, body)) is Refusal.TIMESTAMP


def test_a_timestamp_spelled_otherwise_is_another_message() -> None:
    headers, body = notice()
    for spelled in (f"0{NOW_S}", str(NOW_S + 1)):
        changed = {**headers, "Wechatpay-Timestamp": spelled}
        assert code(read(changed, body)) is Refusal.SIGNATURE


def test_only_the_pinned_key_of_that_serial_counts() -> None:
    headers, body = notice()
    assert code(read({**headers, "Wechatpay-Serial": "PUB_KEY_ID_03"}, body)) is Refusal.SERIAL
    assert code(read({**headers, "Wechatpay-Serial": "PUB_KEY_ID_02"}, body)) is Refusal.SIGNATURE


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "%%%",
        "鄰里",
        base64.b64encode(b"x" * 256).decode(),
        "WECHATPAY/SIGNTEST/" + base64.b64encode(b"x" * 200).decode(),
    ],
)
def test_wrong_signatures_and_probes_are_refused_alike(signature: str) -> None:
    headers, body = notice()
    assert code(read({**headers, "Wechatpay-Signature": signature}, body)) is Refusal.SIGNATURE


def test_another_signature_scheme_is_refused() -> None:
    headers, body = notice()
    headers["Wechatpay-Signature-Type"] = "WECHATPAY2-SM2-WITH-SM3"
    assert code(read(headers, body)) is Refusal.SIGNATURE


def test_a_nonce_cannot_carry_a_line_of_the_body() -> None:
    body = b"first\nsecond"
    headers = signed(body)
    headers["Wechatpay-Nonce"] += "\nfirst"
    assert code(wire.verify(headers, b"second", KEYS, NOW_S)) is Refusal.SIGNATURE


@given(st.data())
def test_any_changed_byte_of_a_notice_is_refused(data: st.DataObject) -> None:
    headers, body = notice()
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != body[at]))
    changed = body[:at] + bytes([other]) + body[at + 1 :]
    assert code(read(headers, changed)) is Refusal.SIGNATURE


@given(st.binary(max_size=300), st.dictionaries(st.text(max_size=20), st.text(max_size=40)))
def test_nothing_from_outside_raises(body: bytes, headers: dict[str, str]) -> None:
    assert isinstance(read(headers, body), Refused)
    assert isinstance(read(signed(body), body), Refused)
    assert isinstance(bodies.read_order(body), Refused)
    assert isinstance(bodies.read_transaction(body), Refused)
    assert isinstance(bodies.read_code_url(body), Refused)
    assert isinstance(bodies.read_close(body), Refused)
    assert isinstance(bodies.read_fault(body), Refused)
    header = next(iter(headers.values()), "")
    call = wire.Call("GET", "/")
    assert isinstance(wire.read_authorization(header, call, KEYS, NOW_S), Refused)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
NAMES = (
    "appid",
    "mchid",
    "out_trade_no",
    "trade_state",
    "transaction_id",
    "success_time",
    "amount",
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_a_transaction_with_odd_members_never_raises(members: dict[str, object]) -> None:
    good = json.loads(bodies.write_transaction(PAID))
    found = bodies.read_transaction(json.dumps({**good, **members}).encode())
    if not isinstance(found, Refused):
        assert found.amount_fen is not None
        assert type(found.amount_fen) is int
        assert found.amount_fen > 0


@pytest.mark.parametrize(
    "total", [True, False, 10680.0, 1.5, "10680", -1, 0, None, [1], 10**9 + 1, 10**30]
)
def test_an_amount_is_a_whole_positive_number_of_fen(total: object) -> None:
    found = json.loads(bodies.write_transaction(PAID))
    found["amount"]["total"] = total
    assert code(bodies.read_transaction(json.dumps(found).encode())) is Refusal.FORM


@pytest.mark.parametrize("name", ["amount", "transaction_id", "success_time"])
def test_a_paid_order_without_proof_of_payment_is_refused(name: str) -> None:
    found = json.loads(bodies.write_transaction(PAID))
    del found[name]
    assert code(bodies.read_transaction(json.dumps(found).encode())) is Refusal.FORM


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a":NaN}',
        '{"a":Infinity}',
        "[]",
        "7",
        "",
        "[" * 60_000,
        '{"a":' * 9_000,
        '{"a":' + "9" * 5_000 + "}",
        " " * 70_000 + "{}",
    ],
)
def test_odd_json_is_refused(text: str) -> None:
    assert code(bodies.decode(text.encode())) is Refusal.FORM


def test_utf16_is_not_our_json() -> None:
    assert code(bodies.decode('{"a":1}'.encode("utf-16"))) is Refusal.FORM


def test_a_sealed_resource_opens_only_with_key_nonce_and_associated_data() -> None:
    resource = wire.seal(APIV3, b"plain", "nonce-12-chr", "transaction")
    assert wire.unseal(APIV3, resource) == b"plain"
    cipher = resource["ciphertext"]
    wrong: list[object] = [
        {**resource, "algorithm": "AEAD_AES_128_GCM"},
        {**resource, "nonce": "nonce-12-chs"},
        {**resource, "nonce": "nonce-too-long"},
        {**resource, "nonce": "鄰里鄰里鄰里鄰里鄰里鄰里"},
        {**resource, "associated_data": "refund"},
        {**resource, "ciphertext": cipher[:-4] + "AAAA"},
        {**resource, "ciphertext": cipher[:8]},
        {**resource, "ciphertext": "*" + cipher},
        {**resource, "ciphertext": 7},
        {"algorithm": wire.CIPHER},
        None,
    ]
    for each in wrong:
        assert code(wire.unseal(APIV3, each)) is Refusal.CIPHER
    assert code(wire.unseal(APIV3[::-1], resource)) is Refusal.CIPHER


def test_a_signed_notice_that_does_not_open_is_a_cipher_refusal() -> None:
    headers, body = notice()
    assert code(wire.read_notice(headers, body, KEYS, APIV3[::-1], NOW_S)) is Refusal.CIPHER


@pytest.mark.parametrize("state", [s for s in bodies.TradeState if s != "SUCCESS"])
def test_a_success_event_about_an_unpaid_order_contradicts_itself(
    state: bodies.TradeState,
) -> None:
    other = bodies.Transaction(
        PAID.appid, PAID.mchid, PAID.out_trade_no, state, "42", 1, success_at=PAID.success_at
    )
    assert code(read(*notice(other))) is Refusal.FORM


@pytest.mark.parametrize("missing", ["id", "event_type"])
def test_a_notice_needs_its_id_and_event(missing: str) -> None:
    found = json.loads(notice()[1])
    del found[missing]
    body = bodies.encode(found)
    assert code(read(signed(body), body)) is Refusal.FORM


CALL = wire.Call("POST", "/v3/pay/transactions/native", b'{"a":"\xe9\x84\xb0"}')


def authorise(call: wire.Call = CALL) -> str:
    return wire.authorization(SIGNER, "1900000000", call, at_s=NOW_S, nonce="n0nce")


def test_a_signed_request_says_who_sent_it() -> None:
    found = wire.read_authorization(authorise(), CALL, KEYS, NOW_S)
    assert found == wire.Authorised("1900000000", "PUB_KEY_ID_01", "n0nce")


@pytest.mark.parametrize(
    "call",
    [
        wire.Call("GET", CALL.target, CALL.body),
        wire.Call(CALL.method, CALL.target + "?mchid=1", CALL.body),
        wire.Call(CALL.method, CALL.target, CALL.body + b" "),
    ],
)
def test_a_request_signature_covers_method_target_and_body(call: wire.Call) -> None:
    assert code(wire.read_authorization(authorise(), call, KEYS, NOW_S)) is Refusal.SIGNATURE


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("WECHATPAY2-SHA256-RSA2048", "Basic"), Refusal.FORM),
        ((',nonce_str="n0nce"', ""), Refusal.FORM),
        (("PUB_KEY_ID_01", "PUB_KEY_ID_03"), Refusal.SERIAL),
        (("PUB_KEY_ID_01", "PUB_KEY_ID_02"), Refusal.SIGNATURE),
        (("n0nce", "nOnce"), Refusal.SIGNATURE),
        ((str(NOW_S), str(NOW_S - 301)), Refusal.TIMESTAMP),
        ((str(NOW_S), "soon"), Refusal.TIMESTAMP),
    ],
)
def test_a_changed_authorization_is_refused(change: tuple[str, str], why: Refusal) -> None:
    header = authorise().replace(*change)
    assert code(wire.read_authorization(header, CALL, KEYS, NOW_S)) is why


ORDER = bodies.Order(
    "wx00000000000000ff",
    "1900000000",
    "a" * 32,
    "物业费 2026-10",
    10680,
    "https://hub.example/api/v1/callbacks/wechatpay",
    datetime(2026, 11, 23, 12, 0, tzinfo=timezone(timedelta(hours=8))),
)


def test_an_order_is_read_as_it_was_written() -> None:
    found = bodies.read_order(bodies.write_order(ORDER))
    assert found == ORDER
    assert isinstance(found, bodies.Order)
    assert found.expires_at.tzinfo is UTC


WRONG_ORDERS = [
    {"out_trade_no": "a" * 33},
    {"out_trade_no": "short"},
    {"out_trade_no": "0f0f0f0f-0000-4000-8000-0f0f0f0f0f0f"},
    {"out_trade_no": "../../../x"},
    {"amount_fen": 0},
    {"amount_fen": True},
    {"amount_fen": 1.0},
    {"amount_fen": "1"},
    {"description": ""},
    {"description": "长" * 128},
    {"notify_url": "https://hub.example/x?y=1"},
    {"notify_url": "/callbacks"},
    {"notify_url": "https://[::1/callbacks"},
    {"notify_url": "https://hub.example:none/"},
    {"appid": ""},
    {"mchid": "190 0"},
]


@pytest.mark.parametrize("change", WRONG_ORDERS)
def test_an_impossible_order_is_neither_written_nor_read(change: dict[str, object]) -> None:
    fields = {name: getattr(ORDER, name) for name in ORDER.__slots__}
    with pytest.raises(ValueError, match=r"out_trade_no|amount|description|notify_url|appid"):
        bodies.write_order(bodies.Order(**{**fields, **change}))
    names = {"amount_fen": "total"}
    raw = json.loads(bodies.write_order(ORDER))
    for name, value in change.items():
        if name in names:
            raw["amount"][names[name]] = value
        else:
            raw[name] = value
    assert code(bodies.read_order(json.dumps(raw).encode())) is Refusal.FORM


@pytest.mark.parametrize("text", ["2026-11-23T12:00:00", "tomorrow", 7, None])
def test_an_order_needs_an_instant_with_its_zone(text: object) -> None:
    raw = json.loads(bodies.write_order(ORDER))
    raw["time_expire"] = text
    assert code(bodies.read_order(json.dumps(raw).encode())) is Refusal.FORM
    with pytest.raises(ValueError, match="time zone"):
        bodies.rfc3339(datetime(2026, 11, 23))  # noqa: DTZ001 - naive is the point


def test_the_targets_name_the_order_and_nothing_else() -> None:
    assert bodies.query_target("a" * 32, "19") == f"{bodies.ORDER_PATH}{'a' * 32}?mchid=19"
    assert bodies.close_target("ab|cd*ef") == f"{bodies.ORDER_PATH}ab%7Ccd*ef/close"
    for number in ("../x/..", "a?b=ccc", "", "a" * 33):
        with pytest.raises(ValueError, match="out_trade_no"):
            bodies.query_target(number, "19")


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> tuple[bytes, bytes]:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public


def test_keys_are_rsa_of_2048_bits_or_more() -> None:
    private, public = pem(KEY)
    assert wire.load_private_key(private).private_numbers() == KEY.private_numbers()
    assert wire.load_public_key(public).public_numbers() == KEY.public_key().public_numbers()
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - on purpose
    for private, public in (pem(weak), pem(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(ValueError, match="2048"):
            wire.load_private_key(private)
        with pytest.raises(ValueError, match="2048"):
            wire.load_public_key(public)


def test_secrets_do_not_show_themselves() -> None:
    assert "RSAPrivateKey" not in repr(SIGNER)


def test_an_apiv3_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32"):
        wire.seal(b"short", b"", "nonce-12-chr", "")


REFUND = bodies.RefundOrder("4200000000202611230000000001", "1e" * 16, 10680)


def test_a_refund_and_its_answer_are_read_as_they_were_written() -> None:
    assert bodies.read_refund(bodies.write_refund(REFUND)) == REFUND
    for status in bodies.RefundStatus:
        answer = bodies.RefundAnswer(REFUND, status)
        assert bodies.read_refund_answer(bodies.write_refund_answer(answer)) == answer


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"refund": 1, "total": 10680}},
        {"amount": {"refund": True, "total": True}},
        {"amount": 10680},
        {"out_refund_no": "short"},
        {"transaction_id": ""},
        {"status": "DONE"},
        {"status": None},
    ],
)
def test_an_odd_refund_is_refused(change: dict[str, object]) -> None:
    good = bodies.RefundAnswer(REFUND, bodies.RefundStatus.SUCCESS)
    raw = {**json.loads(bodies.write_refund_answer(good)), **change}
    assert code(bodies.read_refund_answer(json.dumps(raw).encode())) is Refusal.FORM
    if "status" not in change:
        assert code(bodies.read_refund(json.dumps(raw).encode())) is Refusal.FORM


def test_an_impossible_refund_is_not_written() -> None:
    for order in (
        bodies.RefundOrder("42", "1e" * 16, 0),
        bodies.RefundOrder("42", "short", 1),
        bodies.RefundOrder("42", "1e" * 16, True),
    ):
        with pytest.raises(ValueError, match="refund"):
            bodies.write_refund(order)
