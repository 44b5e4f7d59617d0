"""What hub and face process say to each other: a head in JSON, a body in bytes, bounded. Pure.

Two lengths of four bytes, the head, the body. A head says what to ``do`` (to the worker) or what it
``say``s; a body is a picture on its way there, an embedding (little-endian floats) on its way back.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

import numpy as np

from hub.faces import photo
from hub.faces.camera import Event, Gone, Ready, Seen
from hub.faces.decide import Probe
from hub.faces.gallery import Floats
from hub.faces.geometry import Box, Points

LENGTHS: Final = struct.Struct(">II")
HEAD_BYTES_MOST: Final = 65_536
BODY_BYTES_MOST: Final = photo.BYTES_MOST

Message = tuple[dict[str, Any], bytes]


class PipeBroken(ValueError):
    """The other side says what nobody of ours says."""


def encode(head: dict[str, Any], body: bytes = b"") -> bytes:
    """One message; ValueError where it is larger than the other side takes."""
    text = json.dumps(head).encode()
    if len(text) > HEAD_BYTES_MOST or len(body) > BODY_BYTES_MOST:
        raise ValueError("a message is larger than the pipe takes")
    return LENGTHS.pack(len(text), len(body)) + text + body


def lengths(content: bytes) -> tuple[int, int]:
    """Bytes of head and body to be read next; raises PipeBroken."""
    head, body = LENGTHS.unpack(content)
    if head > HEAD_BYTES_MOST or body > BODY_BYTES_MOST:
        raise PipeBroken("a message is too large")
    return head, body


def decode_head(content: bytes) -> dict[str, Any]:
    """The head; raises PipeBroken."""
    try:
        head = json.loads(content)
    except ValueError as fault:
        raise PipeBroken("a head is no JSON") from fault
    if not isinstance(head, dict):
        raise PipeBroken("a head is no object")
    return head


def from_event(camera: str, event: Event) -> Message:
    """What a camera's pipeline found, as a message to the hub."""
    told: dict[str, Any] = {"camera": camera, "track": event.track}
    match event:
        case Seen(_, box, shots, reason, points):
            edges = [box.left, box.top, box.right, box.bottom]
            at = None
            if points is not None:
                at = [*points.left_eye, *points.right_eye, *points.nose]
            told |= {"say": "seen", "box": edges, "shots": shots, "reason": reason, "points": at}
            return told, b""
        case Ready(_, probe, gap):
            told |= {"say": "ready", "frames": probe.frames, "gap": gap, "model": probe.model_id}
            return told, to_bytes(probe.embedding)
        case Gone(_, decided, reason):
            return told | {"say": "gone", "decided": decided, "reason": reason}, b""


def to_event(head: dict[str, Any], body: bytes) -> Event:
    """The other way; raises PipeBroken."""
    try:
        match head["say"]:
            case "seen":
                at = head["points"]
                points = None
                if at is not None:
                    points = Points((at[0], at[1]), (at[2], at[3]), (at[4], at[5]))
                box = Box(*(int(edge) for edge in head["box"]))
                return Seen(head["track"], box, head["shots"], head["reason"], points)
            case "ready":
                probe = Probe(to_floats(body), head["frames"], head["model"])
                return Ready(head["track"], probe, head["gap"])
            case "gone":
                return Gone(head["track"], head["decided"], head["reason"])
            case _:
                pass
    except (KeyError, TypeError, IndexError, ValueError) as fault:
        raise PipeBroken("an event is not of its form") from fault
    raise PipeBroken("nobody says that")


def to_bytes(embedding: Floats) -> bytes:
    """An embedding as it travels."""
    return np.asarray(embedding, "<f4").tobytes()


def to_floats(body: bytes) -> Floats:
    """An embedding that travelled; ValueError for a length that is none."""
    return np.frombuffer(body, "<f4").astype(np.float32)
