"""What may be spoken after a commit: plain values that acts return and the hub carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.messages import Ack, Presentation


@dataclass(frozen=True, slots=True)
class SendAccess:
    """Bring a person before a door; never sent again, its outcome may stay unknown."""

    command: str
    device: str
    door: int
    presentation: Presentation


@dataclass(frozen=True, slots=True)
class SendWord:
    """Answer a door that asked about a pass; ``reason`` is None where it may open."""

    device: str
    door: int
    ask: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class SendFace:
    """Tell a door whom the hub saw: for its question, or (an empty ``ask``) by a face alone.

    ``shown`` is None and ``reason`` a code where it was nobody of those asked for.
    """

    name: str
    device: str
    door: int
    ask: str
    shown: Presentation | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SendIndicate:
    """Tell a card point what became of an event that it sent.

    With a ``door``: show there what somebody is asked to do; ``about`` is the door's question,
    empty where none was asked. It moves nothing, so it may be spoken without an act.
    """

    device: str
    about: str
    reason: str
    door: int = 0


@dataclass(frozen=True, slots=True)
class SendAck:
    """Everything up to here is committed."""

    device: str
    ack: Ack


@dataclass(frozen=True, slots=True)
class Announce:
    """A live event for staff pages: ``event``, ``door``, ``device``, ``alert``, ``incident``..."""

    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forget:
    """A cached entry changed in the database: ``phone`` by kid, ``roster`` as a whole."""

    what: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class WorkWaiting:
    """Durable effects or jobs are waiting; wake who carries them out."""

    kind: str
