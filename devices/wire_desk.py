"""The desk's messages: what lies on its reader, and commands for that card, sealed both ways.

The hub holds the card masters and speaks with the card; a desk only carries the bytes. A blank
card's first keys are written in a session that anybody could follow who reads along, since its
factory key is everybody's: so what is carried is sealed under a key of this one session, which the
hub gives to the desk alone (HPKE). What the hub says is signed, made for one desk and one of its
connections, and lives seconds; each number of a session is carried out once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from devices.fields import Misfit, read, seconds, text, text_or_none, whole
from devices.jws import KeyFinder, Signer, b64, canonical, open_jws, parse_json, unb64
from devices.messages import Refusal
from devices.wire import Topics

DESK_STATE: Final = "desk/state"
DESK_DO: Final = "desk/do"
DESK_TOLD: Final = "desk/told"

SESSION_KEY_BYTES: Final = 32
EXCHANGES_MAX: Final = 1_000  # numbers of one session; a card takes some forty
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ASKED, _ANSWERED = b"\x01", b"\x02"

GONE: Final = "gone"  # the card that was meant does not lie there any more
NO_COMMANDS: Final = "number"  # the card takes no commands


@dataclass(frozen=True, slots=True)
class DeskState:
    """``desk/state``: whether the reader is there, and a name for the presence of a card."""

    reader: bool
    card: str | None
    at_s: float


@dataclass(frozen=True, slots=True)
class DeskDo:
    """``desk/do``: number 0 opens a session with a card and asks what it is, others are APDUs.

    An empty APDU ends the session and has no answer.
    """

    session: str
    number: int
    card: str
    connection: str
    epoch: int
    issued_at_s: float
    expires_at_s: float
    sealed: bytes
    key: bytes = field(default=b"", repr=False)  # the session's, sealed to the desk; in number 0


@dataclass(frozen=True, slots=True)
class DeskTold:
    """``desk/told``: the answer to one number of a session, or why there is none."""

    session: str
    number: int
    sealed: bytes = b""
    fault: str | None = None


def encode_desk_state(state: DeskState) -> bytes:
    """``desk/state`` as JSON."""
    body: dict[str, Any] = {"reader": state.reader, "ts": round(state.at_s, 3)}
    return canonical(body | ({"card": state.card} if state.card else {}))


def decode_desk_state(raw: bytes) -> DeskState | Refusal:
    """``desk/state`` from bytes."""
    return read(
        lambda b: DeskState(b.get("reader") is True, text_or_none(b, "card"), seconds(b, "ts")),
        parse_json(raw),
    )


def sign_desk_do(do: DeskDo, audience: Topics, signer: Signer) -> bytes:
    """``desk/do`` for one desk, signed with a command key."""
    body: dict[str, Any] = {
        "id": do.session,
        "n": do.number,
        "card": do.card,
        "c": do.connection,
        "aud": f"{audience.site}/{audience.device}",
        "epoch": do.epoch,
        "iat": round(do.issued_at_s, 3),
        "exp": round(do.expires_at_s, 3),
        "sealed": b64(do.sealed),
    }
    return signer.sign("linli-desk+jwt", body | ({"key": b64(do.key)} if do.key else {}))


def open_desk_do(raw: bytes, me: Topics, find_key: KeyFinder) -> DeskDo | Refusal:
    """``desk/do`` as the desk reads it: form, signature and audience are checked here."""
    claims = open_jws(raw, "linli-desk+jwt", find_key)
    if isinstance(claims, dict) and claims.get("aud") != f"{me.site}/{me.device}":
        return Refusal("audience")
    return read(
        lambda b: DeskDo(
            text(b, "id"),
            _number(b),
            text(b, "card"),
            text(b, "c"),
            whole(b, "epoch"),
            seconds(b, "iat"),
            seconds(b, "exp"),
            _raw(b, "sealed"),
            _raw(b, "key") if "key" in b else b"",
        ),
        claims,
    )


def sign_desk_told(told: DeskTold, me: Topics, signer: Signer) -> bytes:
    """``desk/told``, signed with the desk's identity."""
    body: dict[str, Any] = {
        "id": told.session,
        "n": told.number,
        "iss": f"{me.site}/{me.device}",
    }
    rest = {"fault": told.fault} if told.fault else {"sealed": b64(told.sealed)}
    return signer.sign("linli-desk-told+jwt", body | rest)


def open_desk_told(raw: bytes, sender: Topics, find_key: KeyFinder) -> DeskTold | Refusal:
    """``desk/told`` as the hub reads it."""
    claims = open_jws(raw, "linli-desk-told+jwt", find_key)
    if isinstance(claims, dict) and claims.get("iss") != f"{sender.site}/{sender.device}":
        return Refusal("audience")
    return read(
        lambda b: DeskTold(
            text(b, "id"),
            _number(b),
            _raw(b, "sealed") if "sealed" in b else b"",
            text_or_none(b, "fault"),
        ),
        claims,
    )


def _number(body: Mapping[str, Any]) -> int:
    number = whole(body, "n")
    if number > EXCHANGES_MAX:
        raise Misfit("n")
    return number


def _raw(body: Mapping[str, Any], key: str) -> bytes:
    told = body.get(key)
    raw = unb64(told) if isinstance(told, str) and len(told) <= 1_024 else None
    if raw is None:
        raise Misfit(key)
    return raw


# --------------------------------------------------------------------------- what is carried


def give_key(key: bytes, to: bytes, me: Topics, session: str) -> bytes:
    """A session's key for one desk (its raw X25519 key); raises ValueError for no key."""
    return _SUITE.encrypt(key, X25519PublicKey.from_public_bytes(to), info=_about(me, session))


def take_key(sealed: bytes, mine: X25519PrivateKey, me: Topics, session: str) -> bytes | None:
    """The session's key, None when it was not given to us for this session."""
    try:
        key = _SUITE.decrypt(sealed, mine, info=_about(me, session))
    except (InvalidTag, ValueError):
        return None
    return key if len(key) == SESSION_KEY_BYTES else None


def seal_asked(key: bytes, me: Topics, session: str, number: int, apdu: bytes) -> bytes:
    """What the hub asks the card."""
    return AESGCM(key).encrypt(_nonce(_ASKED, number), apdu, _about(me, session))


def open_asked(key: bytes, me: Topics, session: str, number: int, sealed: bytes) -> bytes | None:
    """What the hub asks the card, None when it was not made for this."""
    return _opened(key, _nonce(_ASKED, number), sealed, _about(me, session))


def seal_answered(key: bytes, me: Topics, session: str, number: int, answer: bytes) -> bytes:
    """What the card answered."""
    return AESGCM(key).encrypt(_nonce(_ANSWERED, number), answer, _about(me, session))


def open_answered(key: bytes, me: Topics, session: str, number: int, sealed: bytes) -> bytes | None:
    """What the card answered, None when it was not made for this."""
    return _opened(key, _nonce(_ANSWERED, number), sealed, _about(me, session))


def _nonce(direction: bytes, number: int) -> bytes:
    return direction + number.to_bytes(11, "big")


def _about(me: Topics, session: str) -> bytes:
    return canonical(["linli-desk-1", me.site, me.device, session])


def _opened(key: bytes, nonce: bytes, sealed: bytes, about: bytes) -> bytes | None:
    try:
        return AESGCM(key).decrypt(nonce, sealed, about)
    except (InvalidTag, ValueError):
        return None
