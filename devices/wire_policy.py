"""The two binary messages of ``linli/1``: chunks of a sealed snapshot, and sealed deltas.

They are sealed bytes with a small head; what makes them ours is the signed manifest.
"""

from __future__ import annotations

from devices.messages import Delta, Refusal, Revision

CHUNK_BYTES = 131_072  # a policy chunk stays below the packet limit of small brokers (256 KiB)
DELTA_BYTES_MAX = CHUNK_BYTES  # a delta is one message; a larger change is a new snapshot
_CHUNK_MAGIC, _DELTA_MAGIC = b"LP1", b"LD1"
_CHUNK_HEAD_BYTES, _DELTA_HEAD_BYTES = 23, 35


def _revision(revision: Revision) -> bytes:
    return revision.epoch.to_bytes(8, "big") + revision.number.to_bytes(8, "big")


def _read_revision(raw: bytes) -> Revision:
    return Revision(int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big"))


def encode_chunk(revision: Revision, index: int, part: bytes) -> bytes:
    """One chunk of a sealed policy: magic, epoch, number, index, bytes."""
    return b"".join((_CHUNK_MAGIC, _revision(revision), index.to_bytes(4, "big"), part))


def decode_chunk(raw: bytes) -> tuple[Revision, int, bytes] | Refusal:
    """(revision, index, bytes) of a chunk."""
    if (
        len(raw) <= _CHUNK_HEAD_BYTES
        or not raw.startswith(_CHUNK_MAGIC)
        or len(raw) > CHUNK_BYTES + _CHUNK_HEAD_BYTES
    ):
        return Refusal("form", "chunk")
    return _read_revision(raw[3:19]), int.from_bytes(raw[19:23], "big"), raw[23:]


def encode_delta(delta: Delta) -> bytes:
    """``policy/delta``: magic, the revision it follows, the revision it makes, sealed bytes."""
    return b"".join((_DELTA_MAGIC, _revision(delta.after), _revision(delta.revision), delta.sealed))


def decode_delta(raw: bytes) -> Delta | Refusal:
    """``policy/delta`` from bytes; a delta that leads nowhere is no delta."""
    if (
        len(raw) <= _DELTA_HEAD_BYTES
        or not raw.startswith(_DELTA_MAGIC)
        or len(raw) > DELTA_BYTES_MAX + _DELTA_HEAD_BYTES
    ):
        return Refusal("form", "delta")
    delta = Delta(_read_revision(raw[3:19]), _read_revision(raw[19:35]), raw[35:])
    return delta if delta.after < delta.revision else Refusal("form", "delta")
