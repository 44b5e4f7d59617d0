"""The contract ``linli/1``: topics and payload keys. Nothing else spells them.

Every function is pure and never raises on bytes from outside: what does not fit is a ``Refusal``.
What moves something or says that something moved is signed (``jws``); the rest is plain JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices import wire_policy
from devices.fields import (
    Misfit,
    content,
    read,
    revision,
    seconds,
    stages,
    text,
    text_or_none,
    texts,
    whole,
    whole_or_none,
)
from devices.jws import KeyFinder, Signer, b64, canonical, open_jws, parse_json, unb64
from devices.messages import (
    Ack,
    Answer,
    Assurance,
    ClockQuality,
    Command,
    Description,
    DoorCondition,
    Event,
    Have,
    HubKey,
    KeySet,
    Life,
    Manifest,
    Outcome,
    Presentation,
    Recall,
    Refusal,
    StateNote,
    TimeTold,
)

ROOT = "linli/1"
SCHEMA = 1
COMMAND_LIFE_MAX_S = 10.0  # contract.md: nothing that opens may wait longer
BOOT_CHARS_MAX = 64  # a counter and 16 hex digits are 30; whoever keeps events keeps this much
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def is_id(text: str) -> bool:
    """Whether a text may be a site's or device's id."""
    return _ID.fullmatch(text) is not None and text != "ha"


# --------------------------------------------------------------------------- topics


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one device (or hub) of one site."""

    site: str
    device: str

    def of(self, leaf: str) -> str:
        """The full topic of a leaf such as ``evt`` or ``door/1/state``."""
        return f"{ROOT}/{self.site}/{self.device}/{leaf}"


STATE, DESCRIPTION, EVENT, ALARM, EVENT_ACK = "$state", "$desc", "evt", "alarm", "evt/ack"
COMMAND, ANSWER, TIME_WANT, TIME_TOLD = "cmd", "rsp", "time", "time/ok"
POLICY_WANT, POLICY_HAVE, POLICY_SNAPSHOT, KEYSET = (
    "policy/want",
    "policy/have",
    "policy/snapshot",
    "keyset",
)
POLICY_DELTA = "policy/delta"
CHUNK_BYTES = wire_policy.CHUNK_BYTES
encode_chunk, decode_chunk = wire_policy.encode_chunk, wire_policy.decode_chunk
encode_delta, decode_delta = wire_policy.encode_delta, wire_policy.decode_delta


def split_topic(topic: str) -> tuple[str, str, str] | None:
    """(site, device, leaf) of a topic of ours, else None."""
    parts = topic.split("/", 4)
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != ROOT:
        return None
    return parts[2], parts[3], parts[4]


# --------------------------------------------------------------------------- plain messages


def encode_state(note: StateNote) -> bytes:
    """``$state`` as JSON."""
    body = {"s": note.life, "b": note.boot, "c": note.connection, "ts": round(note.at_s, 3)}
    return canonical(_clean(body | {"x": list(note.trouble) or None}))


def decode_state(raw: bytes) -> StateNote | Refusal:
    """``$state`` from bytes; hub and device read it alike."""
    return read(
        lambda b: StateNote(
            Life(text(b, "s")), text(b, "b"), text(b, "c"), seconds(b, "ts"), texts(b, "x")
        ),
        parse_json(raw),
    )


def encode_description(desc: Description) -> bytes:
    """``$desc`` as JSON."""
    body = {"kind": desc.kind, "fw": desc.firmware, "schema": desc.schema}
    return canonical(body | {"features": list(desc.features), "doors": list(desc.doors)})


def decode_description(raw: bytes) -> Description | Refusal:
    """``$desc`` from bytes."""

    def build(body: Mapping[str, Any]) -> Description:
        doors = body.get("doors", [])
        if not isinstance(doors, list) or len(doors) > 64:
            raise Misfit("doors")
        numbers = tuple(whole({"d": number}, "d") for number in doors)
        features = texts(body, "features")
        schema = whole(body, "schema")
        return Description(text(body, "kind"), text(body, "fw"), schema, features, numbers)

    return read(build, parse_json(raw))


def encode_condition(door: DoorCondition) -> bytes:
    """``door/{n}/state`` as JSON."""
    return canonical(
        {
            "lock": door.lock,
            "contact": door.contact,
            "mode": door.mode,
            "rev": [door.revision.epoch, door.revision.number],
            "seq": door.seq,
        }
    )


def decode_condition(raw: bytes) -> DoorCondition | Refusal:
    """``door/{n}/state`` from bytes."""
    return read(
        lambda b: DoorCondition(
            text(b, "lock"),
            text(b, "contact"),
            text(b, "mode"),
            revision(b, "rev"),
            whole(b, "seq"),
        ),
        parse_json(raw),
    )


def encode_ack(ack: Ack) -> bytes:
    """``evt/ack`` as JSON."""
    return canonical({"b": ack.boot, "upto": ack.upto, "epoch": ack.epoch})


def decode_ack(raw: bytes) -> Ack | Refusal:
    """``evt/ack`` from bytes."""
    return read(
        lambda b: Ack(text(b, "b"), whole(b, "upto"), whole_or_none(b, "epoch") or 0),
        parse_json(raw),
    )


def encode_time_want(nonce: str) -> bytes:
    """``time``: the device's question."""
    return canonical({"nonce": nonce})


def decode_time_want(raw: bytes) -> str | Refusal:
    """The nonce of a device's question."""
    return read(lambda b: text(b, "nonce"), parse_json(raw))


# --------------------------------------------------------------------------- signed messages


def _clean(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None and value != {}}


def sign_command(command: Command, audience: Topics, signer: Signer) -> bytes:
    """``cmd`` for one device, signed with a command key."""
    shown = command.presentation
    body: dict[str, Any] = {
        "id": command.id,
        "op": command.op,
        "door": command.door,
        "c": command.connection,
        "aud": f"{audience.site}/{audience.device}",
        "epoch": command.epoch,
        "iat": round(command.issued_at_s, 3),
        "exp": round(command.expires_at_s, 3),
        "hold_ms": command.hold_ms,
        "about": command.about,
        "reason": command.reason,
    }
    if shown is not None:
        body["by"] = {
            "person": shown.person,
            "assurance": int(shown.assurance),
            "rev": [shown.revision.epoch, shown.revision.number],
            "via": shown.via,
        }
    return signer.sign("linli-cmd+jwt", _clean(body))


def open_command(raw: bytes, me: Topics, find_key: KeyFinder) -> Command | Refusal:
    """``cmd`` as its receiver reads it: form, signature and audience are checked here."""
    claims = open_jws(raw, "linli-cmd+jwt", find_key)
    if isinstance(claims, dict) and claims.get("aud") != f"{me.site}/{me.device}":
        return Refusal("audience")

    def build(body: Mapping[str, Any]) -> Command:
        by = body.get("by")
        shown = None
        if by is not None:
            if not isinstance(by, dict):
                raise Misfit("by")
            shown = Presentation(
                text(by, "person"),
                Assurance(whole(by, "assurance")),
                revision(by, "rev"),
                text(by, "via"),
            )
        return Command(
            id=text(body, "id"),
            op=text(body, "op"),
            door=whole(body, "door"),
            connection=text(body, "c"),
            epoch=whole(body, "epoch"),
            issued_at_s=seconds(body, "iat"),
            expires_at_s=seconds(body, "exp"),
            presentation=shown,
            hold_ms=whole_or_none(body, "hold_ms"),
            about=text_or_none(body, "about"),
            reason=text_or_none(body, "reason"),
        )

    return read(build, claims)


def sign_answer(answer: Answer, me: Topics, signer: Signer) -> bytes:
    """``rsp``, signed with the device's identity."""
    body = {
        "id": answer.id,
        "outcome": answer.outcome.value,
        "reason": answer.reason,
        "ms": {name: round(value, 3) for name, value in answer.ms.items()},
        "iss": f"{me.site}/{me.device}",
    }
    return signer.sign("linli-rsp+jwt", _clean(body))


def open_answer(raw: bytes, sender: Topics, find_key: KeyFinder) -> Answer | Refusal:
    """``rsp`` as the hub reads it."""
    claims = open_jws(raw, "linli-rsp+jwt", find_key)
    if isinstance(claims, dict) and claims.get("iss") != f"{sender.site}/{sender.device}":
        return Refusal("audience")
    return read(
        lambda b: Answer(
            text(b, "id"), Outcome(text(b, "outcome")), text(b, "reason"), stages(b, "ms")
        ),
        claims,
    )


def event_body(event: Event) -> dict[str, Any]:
    """An event's payload, as it is signed and as it is kept."""
    body: dict[str, Any] = {
        "b": event.boot,
        "seq": event.seq,
        "ts": round(event.at_s, 3),
        "clk": event.clock.value,
        "k": event.kind,
        "door": event.door,
        "outcome": event.outcome.value if event.outcome else None,
        "reason": event.reason,
        "person": event.person,
        "cred": event.credential,
        "via": event.via,
        "cmd": event.command,
        "late": True if event.late else None,
        "ms": {name: round(value, 3) for name, value in event.ms.items()},
        "x": dict(event.content),
    }
    return _clean(body)


def sign_event(event: Event, me: Topics, signer: Signer) -> bytes:
    """``evt`` (and ``alarm``), signed with the device's identity."""
    body = event_body(event)
    body["id"] = f"{me.device}.{event.boot}.{event.seq}"
    body["iss"] = f"{me.site}/{me.device}"
    return signer.sign("linli-evt+jwt", body)


def _boot(body: Mapping[str, Any]) -> str:
    boot = text(body, "b")
    if len(boot) > BOOT_CHARS_MAX:
        raise Misfit("b")
    return boot


def read_event(body: object) -> Event | Refusal:
    """An event from its payload."""
    return read(
        lambda b: Event(
            boot=_boot(b),
            seq=whole(b, "seq"),
            at_s=seconds(b, "ts"),
            clock=ClockQuality(text(b, "clk")),
            kind=text(b, "k"),
            door=whole_or_none(b, "door"),
            outcome=Outcome(text(b, "outcome")) if b.get("outcome") is not None else None,
            reason=text_or_none(b, "reason"),
            person=text_or_none(b, "person"),
            credential=text_or_none(b, "cred"),
            via=text_or_none(b, "via"),
            command=text_or_none(b, "cmd"),
            late=b.get("late") is True,
            ms=stages(b, "ms"),
            content=content(b, "x"),
        ),
        body,
    )


def open_event(raw: bytes, sender: Topics, find_key: KeyFinder) -> Event | Refusal:
    """``evt`` as the hub reads it."""
    claims = open_jws(raw, "linli-evt+jwt", find_key)
    if isinstance(claims, dict) and claims.get("iss") != f"{sender.site}/{sender.device}":
        return Refusal("audience")
    return read_event(claims)


def sign_time(told: TimeTold, audience: Topics, signer: Signer) -> bytes:
    """``time/ok``, signed with a time key."""
    body = {
        "nonce": told.nonce,
        "now": round(told.now_s, 3),
        "epoch": told.epoch,
        "aud": f"{audience.site}/{audience.device}",
    }
    if told.recall is not None:
        known = told.recall.revision
        body |= {"recall": told.recall.mark, "known": [known.epoch, known.number]}
    return signer.sign("linli-time+jwt", body)


def open_time(raw: bytes, me: Topics, find_key: KeyFinder) -> TimeTold | Refusal:
    """``time/ok`` as the device reads it."""
    claims = open_jws(raw, "linli-time+jwt", find_key)
    if isinstance(claims, dict) and claims.get("aud") != f"{me.site}/{me.device}":
        return Refusal("audience")

    def build(body: Mapping[str, Any]) -> TimeTold:
        asked = Recall(text(body, "recall"), revision(body, "known")) if "recall" in body else None
        return TimeTold(text(body, "nonce"), seconds(body, "now"), whole(body, "epoch"), asked)

    return read(build, claims)


def sign_manifest(manifest: Manifest, audience: Topics, signer: Signer) -> bytes:
    """``policy/want``, signed with a policy key."""
    body = {
        "rev": [manifest.revision.epoch, manifest.revision.number],
        "head": manifest.head,
        "base": [manifest.base.epoch, manifest.base.number],
        "base_head": manifest.base_head,
        "sha256": manifest.sha256,
        "size": manifest.size_bytes,
        "chunks": manifest.chunks,
        "count": manifest.count,
        "features": list(manifest.features),
        "epoch": manifest.epoch,
        "iat": round(manifest.issued_at_s, 3),
        "exp": round(manifest.expires_at_s, 3),
        "aud": f"{audience.site}/{audience.device}",
    }
    return signer.sign("linli-policy+jwt", body)


def open_manifest(raw: bytes, me: Topics, find_key: KeyFinder) -> Manifest | Refusal:
    """``policy/want`` as the device reads it."""
    claims = open_jws(raw, "linli-policy+jwt", find_key)
    if isinstance(claims, dict) and claims.get("aud") != f"{me.site}/{me.device}":
        return Refusal("audience")
    return read(
        lambda b: Manifest(
            revision=revision(b, "rev"),
            sha256=text(b, "sha256"),
            size_bytes=whole(b, "size"),
            chunks=whole(b, "chunks"),
            count=whole(b, "count"),
            features=texts(b, "features"),
            epoch=whole(b, "epoch"),
            issued_at_s=seconds(b, "iat"),
            expires_at_s=seconds(b, "exp"),
            head=text(b, "head"),
            base=revision(b, "base"),
            base_head=text(b, "base_head"),
        ),
        claims,
    )


def sign_have(have: Have, me: Topics, signer: Signer) -> bytes:
    """``policy/have``, signed with the device's identity."""
    body = {
        "rev": [have.revision.epoch, have.revision.number],
        "sha256": have.sha256 or None,
        "count": have.count,
        "ts": round(have.at_s, 3),
        "refused": have.refused,
        "iss": f"{me.site}/{me.device}",
    }
    return signer.sign("linli-have+jwt", _clean(body))


def open_have(raw: bytes, sender: Topics, find_key: KeyFinder) -> Have | Refusal:
    """``policy/have`` as the hub reads it."""
    claims = open_jws(raw, "linli-have+jwt", find_key)
    if isinstance(claims, dict) and claims.get("iss") != f"{sender.site}/{sender.device}":
        return Refusal("audience")
    return read(
        lambda b: Have(
            revision(b, "rev"),
            text_or_none(b, "sha256") or "",
            whole(b, "count"),
            seconds(b, "ts"),
            text_or_none(b, "refused"),
        ),
        claims,
    )


def sign_keyset(keyset: KeySet, root: Signer) -> bytes:
    """``keyset``: the hub's public keys, signed with the site root."""
    keys = [
        {
            "kid": key.kid,
            "use": key.purpose,
            "x": b64(key.public),
            "nbf": round(key.from_s, 3),
            "exp": round(key.to_s, 3),
        }
        for key in keyset.keys
    ]
    return root.sign("linli-keys+jwt", {"site": keyset.site, "serial": keyset.serial, "keys": keys})


def open_keyset(raw: bytes, find_key: KeyFinder) -> KeySet | Refusal:
    """``keyset`` as everybody reads it who knows the site root."""

    def build(body: Mapping[str, Any]) -> KeySet:
        rows = body.get("keys")
        if not isinstance(rows, list) or len(rows) > 32:
            raise Misfit("keys")
        return KeySet(text(body, "site"), whole(body, "serial"), tuple(map(_hub_key, rows)))

    return read(build, open_jws(raw, "linli-keys+jwt", find_key))


def _hub_key(row: object) -> HubKey:
    if not isinstance(row, dict):
        raise Misfit("key")
    public = unb64(text(row, "x"))
    if public is None or len(public) != 32:
        raise Misfit("x")
    return HubKey(
        text(row, "kid"), text(row, "use"), public, seconds(row, "nbf"), seconds(row, "exp")
    )
