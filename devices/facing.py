"""A door that lets the hub look at a face: the question, and what a word of the hub says.

The question is an event, heard once; the word is a command for this device, this connection and
this question. Which claim it belongs to, and what becomes of it, the threshold knows.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypedDict

from devices.device import Device
from devices.faces import ALONE, ASKED, CLAIM_MOST, FaceWord
from devices.messages import Assurance, Command, Event, Revision
from devices.pins import claim_mark
from devices.ports import Show
from devices.rules import FaceMode, Policy
from devices.shelf import PolicyShelf

log = logging.getLogger(__name__)

INDICATE = "indicate"  # a command that shows and moves nothing
SHOWS = {  # what somebody who is looked at is asked to do, by the reason code that says it
    "face_ask_ahead": Show.AHEAD,
    "face_ask_left": Show.LEFT,
    "face_ask_right": Show.RIGHT,
}


class Looked(Protocol):
    """What asking needs of its controller."""

    device: Device
    shelf: PolicyShelf


class Proof(TypedDict):
    """What the hub says of somebody it saw, beside who it is."""

    assurance: Assurance
    revision: Revision


class Facing:
    """Puts the questions of one controller."""

    def __init__(self, judge: Looked) -> None:
        self._judge = judge

    def offered(self, number: int) -> bool:
        """Whether a face may stand for a PIN at this door."""
        policy = self._judge.shelf.policy
        door = policy.doors.get(number) if policy else None
        return door is not None and door.face is not FaceMode.OFF

    def alone(self, number: int) -> bool:
        """Whether a face may open this door with no claim, so that it may be asked to turn."""
        policy = self._judge.shelf.policy
        door = policy.doors.get(number) if policy else None
        return door is not None and door.face is FaceMode.ALONE

    def here(self, number: int) -> bool:
        """Whether the hub can be asked now."""
        device = self._judge.device
        return self.offered(number) and device.ready and device.hub_here

    def ask(self, draft: Event, people: Sequence[str]) -> str | None:
        """Ask whether one of a claim's people stands at the door; the question's name, or None."""
        number, device = draft.door or 0, self._judge.device
        if not (0 < len(people) <= CLAIM_MOST and self.here(number)):
            return None
        ask = device.luck(8).hex()
        event = replace(
            device.draft(ASKED), door=number, via=draft.via, person=draft.person,
            credential=draft.credential, content={"ask": ask, "people": " ".join(people)},
        )  # fmt: skip
        try:
            device.send(device.journal.record(event))
        except sqlite3.Error as fault:  # the PIN is left
            device.drop("storage_fault", str(fault))
            return None
        return ask


def claimed(policy: Policy | None, number: int, claim: str) -> tuple[str, ...]:
    """The people for whom a typed number may stand."""
    door = policy.doors.get(number) if policy else None
    if door is None or not door.typed or door.pins is None:
        return ()
    return door.pins.claims.get(claim_mark(door.pins.key, claim), ())


def word_of(command: Command) -> FaceWord | None:
    """Whom the hub saw; None where it says that it was nobody of those asked for."""
    shown = command.presentation
    if shown is None or command.reason is not None:
        return None
    return FaceWord(shown.person, command.door, command.about or ALONE, command.expires_at_s)


def proof_of(command: Command) -> Proof:
    """How surely it was them, and which policy the hub knew."""
    shown = command.presentation
    if shown is None:
        return Proof(assurance=Assurance.IDENTIFIER, revision=Revision(0, 0))
    return Proof(assurance=shown.assurance, revision=shown.revision)
