"""A visitor's pass: whatever was signed is read back, whatever was altered is refused."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from devices.jws import Signer
from devices.messages import Refusal
from devices.passes import CHARACTERS_MAX, LENGTH_MAX_S, Pass, PassDoor, sign, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("pass-1", KEY)
SITE = "liuxi"
ONE = Pass("v-0011223344556677", (PassDoor("gate-south", 1),), 1_795_000_000, 1_795_007_200, "p-1")


def find(kid: str) -> Any:
    return KEY.public_key() if kid == "pass-1" else None


doors = st.builds(
    PassDoor, st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,62}\Z"), st.integers(min_value=0, max_value=255)
)
passes = st.builds(
    lambda id_, doors, from_s, minutes, host, strict: Pass(
        f"v-{id_.hex()}", tuple(doors), from_s, from_s + 60 * minutes, host, strict
    ),
    st.binary(min_size=8, max_size=8),
    st.lists(doors, min_size=1, max_size=4, unique=True),
    st.integers(min_value=0, max_value=2**32 - 1),
    st.integers(min_value=1, max_value=65_535),
    st.text(min_size=1, max_size=16),
    st.booleans(),
)


@given(passes)
def test_what_was_signed_is_read_back(visit: Pass) -> None:
    text = sign(visit, SITE, SIGNER)
    assert verify(text, SITE, find) == visit
    assert len(text) <= CHARACTERS_MAX
    assert verify(f"https://x.example/visit/#{text}.eyJ9\r", SITE, find) == visit


@given(passes, st.data())
def test_nothing_altered_verifies(visit: Pass, data: st.DataObject) -> None:
    text = sign(visit, SITE, SIGNER)
    raw = bytearray(base64.b32decode(text + "=" * (-len(text) % 8)))
    at = data.draw(st.integers(min_value=0, max_value=len(raw) - 1))
    raw[at] ^= data.draw(st.integers(min_value=1, max_value=255))
    altered = base64.b32encode(bytes(raw)).decode().rstrip("=")
    assert isinstance(verify(altered, SITE, find), Refusal)
    assert isinstance(verify(text[:-1], SITE, find), Refusal)
    assert isinstance(verify(text.lower(), SITE, find), Refusal)


BASE32 = st.binary(max_size=400).map(lambda raw: base64.b32encode(raw).decode())


@given(st.text(max_size=700) | BASE32)
def test_nothing_raises(scanned: str) -> None:
    assert isinstance(verify(scanned, SITE, find), Refusal)


@given(st.binary(max_size=120))
def test_bytes_under_a_true_signature_do_not_raise_either(body: bytes) -> None:
    """A hub of tomorrow may sign what this door cannot read."""
    head = bytes([1, 0, 0, 1]) + body
    mark = KEY.sign(b"linli-pass-1\0" + SITE.encode() + b"\0" + head)
    read = verify(base64.b32encode(head + mark).decode().rstrip("="), SITE, find)
    if isinstance(read, Pass):
        assert read.from_s < read.to_s
        assert 1 <= len(read.doors) <= 4
    else:
        assert read.reason == "pass_form"


def test_a_pass_of_another_site_or_key_is_no_pass() -> None:
    text = sign(ONE, SITE, SIGNER)
    for refusal in (
        verify(text, "liuxi-2", find),
        verify(text, SITE, lambda _kid: None),
        verify(sign(ONE, SITE, Signer("pass-2", KEY)), SITE, find),
        verify(sign(ONE, SITE, Signer("pass-1", Ed25519PrivateKey.generate())), SITE, find),
    ):
        assert isinstance(refusal, Refusal)
        assert refusal.reason == "pass_forged"


def test_a_pass_has_one_spelling() -> None:
    """Two texts of one pass would be two entries wherever texts are compared."""
    text = sign(ONE, SITE, SIGNER)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    last = letters.index(text[-1])
    assert last % 8 == 0  # three bits behind the last byte
    assert isinstance(verify(text[:-1] + letters[last | 1], SITE, find), Refusal)
    assert isinstance(verify(text + "=", SITE, find), Refusal)


@pytest.mark.parametrize(
    "wrong",
    [
        {"doors": ()},
        {"doors": tuple(PassDoor("gate", n) for n in range(1, 6))},
        {"doors": (PassDoor("gate", 1), PassDoor("gate", 1))},
        {"doors": (PassDoor("", 1),)},
        {"to_s": ONE.from_s},
        {"to_s": ONE.from_s + 90},
        {"to_s": ONE.from_s + 60 * 65_536},
        {"host": ""},
        {"host": "x" * 65},
        {"id": "v-1"},
    ],
)
def test_what_cannot_be_said_is_not_signed(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"key|doors|text"):
        sign(replace(ONE, **wrong), SITE, SIGNER)


def test_what_a_door_may_not_take_alone_says_so() -> None:
    assert not replace(ONE, to_s=ONE.from_s + LENGTH_MAX_S).online_only
    assert replace(ONE, to_s=ONE.from_s + LENGTH_MAX_S + 60).online_only
    assert replace(ONE, strict=True).online_only
