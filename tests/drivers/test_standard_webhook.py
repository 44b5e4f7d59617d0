"""Standard Webhooks: the project's own vectors, its own library, and what is not believed."""

import base64
import time
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey as NaclKey

from drivers import standard_webhook as hooks
from drivers.standard_webhook import Flaw, KeyWrong, PrivateKey, PublicKey, Secret, read_key
from simulators.receivers.web import Receivers

# of the reference libraries' tests
ID, AT_S, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
SECRET_TEXT = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE_TEXT = "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
SECRET = Secret(base64.b64decode(SECRET_TEXT))
PRIVATE = PrivateKey(base64.b64decode(PRIVATE_TEXT))
PUBLIC = PRIVATE.public
MARK = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
MARK_A = (
    "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
)


def headers(marks: str = MARK_A, at: str = str(AT_S), key: str = ID) -> dict[str, str]:
    return {"Webhook-Id": key, "webhook-timestamp": at, "WEBHOOK-SIGNATURE": marks}


def test_the_reference_marks() -> None:
    post = hooks.post("https://station.invalid/in", [SECRET, PRIVATE], ID, BODY, AT_S + 0.9)
    assert post.headers == (
        ("webhook-id", ID),
        ("webhook-timestamp", str(AT_S)),
        ("webhook-signature", f"{MARK} {MARK_A}"),
    )
    assert post.body == BODY
    assert hooks.flaw_of([SECRET], headers(MARK), BODY, AT_S) is None
    assert hooks.flaw_of([PUBLIC], headers(MARK_A), BODY, AT_S) is None


def test_another_library_makes_the_same_ed25519_mark() -> None:
    signed = NaclKey(PRIVATE.raw).sign(f"{ID}.{AT_S}.".encode() + BODY).signature
    assert "v1a," + base64.b64encode(signed).decode() == MARK_A
    assert PUBLIC.raw == bytes(NaclKey(PRIVATE.raw).verify_key)


def test_keys_from_their_text() -> None:
    assert read_key(f"whsec_{SECRET_TEXT}") == SECRET
    assert read_key(f" whsk_{PRIVATE_TEXT}\n") == PRIVATE
    assert read_key(PUBLIC.text) == PUBLIC


def test_the_reference_library_verifies_ours_and_we_verify_its() -> None:
    foreign = pytest.importorskip("standardwebhooks", reason="standardwebhooks is not installed")
    theirs = foreign.Webhook("whsec_" + base64.b64encode(SECRET.raw).decode())
    now_s = int(time.time())
    # beside the mark it knows stands one that it does not
    sent = dict(hooks.post("https://station.invalid", [PRIVATE, SECRET], ID, BODY, now_s).headers)
    assert theirs.verify(BODY, sent) == {"test": 2432232314}
    with pytest.raises(foreign.WebhookVerificationError):
        theirs.verify(BODY + b" ", sent)
    mark = theirs.sign(ID, datetime.fromtimestamp(now_s, UTC), BODY.decode())
    assert hooks.flaw_of([SECRET], headers(mark, str(now_s)), BODY, now_s) is None


@pytest.mark.parametrize(
    ("told", "flaw"),
    [
        ({}, Flaw.MISSING),
        (headers(""), Flaw.MISSING),
        (headers(key="a.b"), Flaw.MISSING),
        (headers(at="-5"), Flaw.MISSING),
        (headers(at="1e9"), Flaw.MISSING),
        (headers(at="٣"), Flaw.MISSING),
        (headers(at=str(AT_S - 301)), Flaw.OLD),
        (headers(at=str(AT_S + 301)), Flaw.EARLY),
        (headers(at=str(AT_S + 1)), Flaw.FORGED),
        (headers(key="msg_other"), Flaw.FORGED),
        (headers(MARK), Flaw.FORGED),  # of the secret, which is not among our keys here
        (headers("v1a,"), Flaw.FORGED),
        (headers("v1a,???"), Flaw.FORGED),
        (headers(MARK_A.replace("v1a", "v1")), Flaw.FORGED),
        (headers("v1a," + base64.b64encode(bytes(64)).decode()), Flaw.FORGED),
        (headers(" ".join(["v2,AAAA"] * hooks.MARKS_MAX + [MARK_A])), Flaw.FORGED),
        (headers(f"v2,AAAA {MARK} {MARK_A}"), None),
    ],
)
def test_what_is_believed(told: dict[str, str], flaw: Flaw | None) -> None:
    assert hooks.flaw_of([PUBLIC], told, BODY, AT_S) == flaw


def test_the_edges_of_time_are_believed() -> None:
    for away_s in (-hooks.AWAY_MOST_S, hooks.AWAY_MOST_S):
        assert hooks.flaw_of([PUBLIC], headers(), BODY, AT_S + away_s) is None


def test_a_public_key_is_no_secret() -> None:
    """Whoever knows the public half cannot mark a message as if it were a shared secret."""
    forged = Secret(PUBLIC.raw).mark(f"{ID}.{AT_S}.".encode() + BODY)
    for version in ("v1", "v1a"):
        told = headers(f"{version}," + base64.b64encode(forged).decode())
        assert hooks.flaw_of([PUBLIC], told, BODY, AT_S) is Flaw.FORGED


def test_while_keys_change_both_are_good() -> None:
    new = PrivateKey(bytes(range(32)))
    sent = dict(hooks.signed_headers([new, PRIVATE], ID, AT_S, BODY))
    for held in (PUBLIC, new.public):
        assert hooks.flaw_of([held], sent, BODY, AT_S) is None
    assert hooks.flaw_of([PublicKey(bytes(32))], sent, BODY, AT_S) is Flaw.FORGED
    assert hooks.flaw_of([], sent, BODY, AT_S) is Flaw.FORGED


@pytest.mark.parametrize(
    "text",
    ["", "whsec_", "whsec_AAAA", "whsk_" + "A" * 44 + "AAAA", "whpk_AAAA", "other_" + "A" * 44,
     "whsec_!!!!", "whsk_" + base64.b64encode(bytes(64)).decode()],
)  # fmt: skip
def test_a_wrong_key_is_told_without_the_key(text: str) -> None:
    with pytest.raises(KeyWrong) as wrong:
        read_key(text)
    assert "AAAA" not in str(wrong.value)


def test_keys_are_in_no_text() -> None:
    assert "raw" not in repr(SECRET) + repr(PRIVATE)


@pytest.mark.parametrize(
    ("keys", "key"), [([], ID), ([PRIVATE] * 9, ID), ([PRIVATE], ""), ([PRIVATE], "a.b")]
)
def test_what_cannot_be_signed(keys: list[PrivateKey], key: str) -> None:
    with pytest.raises(ValueError, match="webhook"):
        hooks.signed_headers(keys, key, AT_S, BODY)


@given(st.dictionaries(st.sampled_from(sorted(headers())), st.text(max_size=40)), st.binary())
def test_no_message_in_ever_raises(told: dict[str, str], body: bytes) -> None:
    assert hooks.flaw_of([PUBLIC, SECRET], told, body, AT_S) is not None


@given(st.binary(max_size=80), st.integers(0, 79), st.integers(1, 255))
def test_one_changed_byte_is_forged(body: bytes, at: int, flip: int) -> None:
    sent = dict(hooks.signed_headers([SECRET, PRIVATE], ID, AT_S, body))
    assert hooks.flaw_of([PUBLIC], sent, body, AT_S) is None
    if at < len(body):
        changed = bytearray(body)
        changed[at] ^= flip
        assert hooks.flaw_of([PUBLIC, SECRET], sent, bytes(changed), AT_S) is Flaw.FORGED


async def test_a_receiver_by_code_of_its_own_takes_it_once() -> None:
    receivers = Receivers(lambda: AT_S, public_key=PUBLIC.raw)
    transport = httpx.ASGITransport(receivers.application())
    async with httpx.AsyncClient(transport=transport, base_url="http://station.invalid") as client:

        async def told(keys: list[PrivateKey | Secret], at_s: int, body: bytes = BODY) -> int:
            post = hooks.post("/incidents", keys, ID, BODY, at_s)
            answer = await client.post(post.url, content=body, headers=dict(post.headers))
            return answer.status_code

        assert await told([SECRET, PRIVATE], AT_S) == 204
        assert await told([PRIVATE], AT_S + 200) == 204  # a copy, signed anew
        assert await told([SECRET], AT_S) == 401
        assert await told([PRIVATE], AT_S - 301) == 401
        assert await told([PRIVATE], AT_S, BODY + b" ") == 401
    assert [(one.kind, one.key, one.text) for one in receivers.taken] == [
        ("incident", ID, BODY.decode())
    ]
