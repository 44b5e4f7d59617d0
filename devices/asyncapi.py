"""The contract as an AsyncAPI 3.0 document, made from ``wire`` (``python -m devices.asyncapi``)."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from devices import wire
from devices.wire_desk import DESK_DO, DESK_STATE, DESK_TOLD
from devices.wire_endings import ENDINGS
from devices.wire_zone import ZONE


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic: who writes it, how, and which keys its payload has."""

    leaf: str
    sender: str
    retained: bool
    typ: str | None
    keys: tuple[str, ...]
    says: str


# Signed payloads are compact JWS whose header has this ``typ``; the keys are those of the claims.
CHANNELS: tuple[Channel, ...] = (
    Channel(
        wire.STATE, "device, hub", True, None, ("s", "b", "c", "ts", "x"),
        "Life, and what the device knows to be wrong with itself; also the will.",
    ),
    Channel(
        wire.DESCRIPTION, "device", True, None, ("kind", "fw", "schema", "features", "doors"),
        "What the device is and understands.",
    ),
    Channel(
        "door/{n}/state", "device", True, None, ("lock", "contact", "mode", "rev", "seq"),
        "One atomic document for each door; unknown is a state.",
    ),
    Channel(
        wire.EVENT, "device", False, "linli-evt+jwt",
        ("id", "iss", "b", "seq", "ts", "clk", "k", "door", "outcome", "reason", "person", "cred",
         "via", "cmd", "late", "ms", "x"),
        "A fact; (device, b, seq) names it for ever. Repeated until acknowledged. "
        "With seq 2^52 it is none: it asks for the evt/ack of its boot.",
    ),
    Channel(wire.ALARM, "device", False, "linli-evt+jwt", (), "An event that cannot wait."),
    Channel(
        wire.EVENT_ACK, "hub", False, None, ("b", "upto", "epoch"),
        "Every event of this boot up to here is committed, without a gap.",
    ),
    Channel(
        wire.COMMAND, "hub", False, "linli-cmd+jwt",
        ("id", "op", "door", "c", "aud", "epoch", "iat", "exp", "by", "hold_ms", "about", "reason"),
        "A wish for one device and one connection, at most ten seconds long, never twice; indicate "
        "only shows: a reason at a card point, at a door what somebody looked at shall do.",
    ),
    Channel(
        wire.ANSWER, "device", False, "linli-rsp+jwt", ("id", "iss", "outcome", "reason", "ms"),
        "What became of a command.",
    ),
    Channel(wire.TIME_WANT, "device", False, None, ("nonce",), "The question for the time."),
    Channel(
        wire.TIME_TOLD, "hub", False, "linli-time+jwt",
        ("nonce", "now", "epoch", "aud", "recall", "known"),
        "The hub's time; good when the round trip was two seconds at most. A restored hub asks "
        "with it, once, for everything that the device still holds.",
    ),
    Channel(
        ZONE, "hub", True, "linli-zone+jwt", ("places", "epoch", "iat", "exp", "aud"),
        "Where people of this controller's doors were last seen to arrive; stale means soft.",
    ),
    Channel(
        wire.POLICY_WANT, "hub", True, "linli-policy+jwt",
        ("rev", "head", "base", "base_head", "sha256", "size", "chunks", "count", "features",
         "epoch", "iat", "exp", "aud"),
        "Which policy the device shall have; head is the hash of the chain that leads there.",
    ),
    Channel(
        wire.POLICY_DELTA, "hub", False, None, (),
        "Bytes: LD1, epoch (8) and number (8) before, the same after, a sealed merge patch.",
    ),
    Channel(
        wire.POLICY_SNAPSHOT + "/{k}", "hub", False, None, (),
        "Bytes: LP1, epoch (8), number (8), index (4), a part of the sealed policy.",
    ),
    Channel(
        wire.POLICY_HAVE, "device", True, "linli-have+jwt",
        ("rev", "sha256", "count", "ts", "refused", "iss"),
        "In force and on disk: the revocation receipt, and the question for more.",
    ),
    Channel(
        wire.KEYSET, "hub", True, "linli-keys+jwt", ("site", "serial", "keys"),
        "The hub's public keys, signed with the site root.",
    ),
    Channel(
        ENDINGS, "hub", True, "linli-endings+jwt", ("site", "serial", "sealed"),
        "What was ended for good, sealed to the hub itself; kept for a hub that is restored.",
    ),
    Channel(
        DESK_STATE, "desk", True, None, ("reader", "card", "ts"),
        "An issuing desk's reader, and a name for the card that lies on it now.",
    ),
    Channel(
        DESK_DO, "hub", False, "linli-desk+jwt",
        ("id", "n", "card", "c", "aud", "epoch", "iat", "exp", "sealed", "key"),
        "A command for the card that lies there; n 0 opens a session and brings its key, sealed.",
    ),
    Channel(
        DESK_TOLD, "desk", False, "linli-desk-told+jwt", ("id", "n", "iss", "sealed", "fault"),
        "The card's answer, sealed under the session's key, or why there is none.",
    ),
)  # fmt: skip


def document() -> dict[str, Any]:
    """The AsyncAPI document."""
    channels: dict[str, Any] = {}
    for channel in CHANNELS:
        payload: dict[str, Any] = {"type": "object", "properties": {k: {} for k in channel.keys}}
        if channel.typ is not None:
            payload = {"type": "string", "description": f"compact JWS, typ {channel.typ}"}
            payload["x-claims"] = list(channel.keys)
        name = channel.leaf.replace("/", "-").replace("$", "").replace("{", "").replace("}", "")
        channels[name] = {
            "address": f"{wire.ROOT}/{{site}}/{{device}}/{channel.leaf}",
            "description": channel.says,
            "messages": {"message": {"payload": payload}},
            "bindings": {"mqtt": {"qos": 1, "retain": channel.retained}},
            "x-sender": channel.sender,
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Linli device contract",
            "version": f"{wire.SCHEMA}",
            "description": f"Commands live {wire.COMMAND_LIFE_MAX_S:.0f} s at most; "
            f"policy chunks have {wire.CHUNK_BYTES} bytes at most.",
        },
        "channels": channels,
    }


def text() -> str:
    """The document as it is kept in ``docs/asyncapi.json``."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
