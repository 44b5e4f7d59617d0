"""What a door tells a restored hub: whom it lets in and which cards it knows as blocked.

Pure. The hub must not take a denial back because it forgot it; so the door tells short marks of
everybody whom its policy lets in, and the hub finds whom its own, older rules would add. Events
are small, so that a testimony comes in parts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from devices.jws import b64, unb64
from devices.messages import NO_REVISION, Recall, Revision
from devices.rules import OPEN_MODES, DoorMode, Policy

KIND = "recalled"
MARK_BYTES = 4  # of 15,000 people, one in 300,000 testimonies mistakes a stranger for one of them
_SLOT_MARKS = 96  # 384 bytes, 512 characters: what one text of a message may hold
_SLOTS = 10  # of one part; a message has room for sixteen members
_SLOT_CHARS = 500
_REVOKED = re.compile(r"v-[0-9a-f]{16}/[0-9]{1,12}")
Content = Mapping[str, str | int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Testimony:
    """``same``: the door's policy is the one that the hub remembers, so that nothing is denied.

    ``revoked`` are visitors' passes, each as its id, a stroke and the second in which it ends.
    """

    same: bool
    admitted: frozenset[bytes] = frozenset()
    blocked: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()


def subjects(policy: Policy) -> Iterator[str]:
    """Whoever gets in: people by door, cards that are not blocked, and how far a door is open.

    ``open`` is a door that is not closed to everybody, ``free`` one that may stand unlocked,
    ``passes`` one that takes visitors.
    """
    for number, door in policy.doors.items():
        if door.mode not in (DoorMode.LOCKED_DOWN, DoorMode.BLOCKED):
            yield f"open:{number}"
        if door.mode in OPEN_MODES or door.modes:
            yield f"free:{number}"
        if door.passes:
            yield f"passes:{number}"
        for person, names in door.people.items():
            rules = [door.rules[name] for name in names if name in door.rules]
            if rules and not any(rule.deny for rule in rules):
                yield f"person:{number}:{person}"
    for card in policy.cards.values():
        if not card.blocked:
            yield f"card:{card.id}"


def mark_of(subject: str) -> bytes:
    """A short mark of a subject; it names nobody."""
    return hashlib.blake2b(subject.encode(), digest_size=MARK_BYTES).digest()


def testify(policy: Policy | None, held: Revision, recall: Recall) -> list[dict[str, str | int]]:
    """The contents of the events that answer a recall, in order."""
    head: dict[str, str | int] = {"mark": recall.mark}
    if policy is None or held in (NO_REVISION, recall.revision):
        return [head | {"part": 0, "parts": 1, "same": 1}]
    marks = sorted({mark_of(subject) for subject in subjects(policy)})
    blocked = sorted(card.id for card in policy.cards.values() if card.blocked)
    texts = [("a", b64(b"".join(part))) for part in _cut(marks, _SLOT_MARKS)]
    texts += [("d", text) for text in _joined(blocked)]
    revoked = sorted(f"{name}/{to_s:.0f}" for name, to_s in policy.passes_revoked.items())
    texts += [("r", text) for text in _joined(revoked)]
    parts = list(_cut(texts, _SLOTS)) or [[]]
    return [
        head
        | {"part": index, "parts": len(parts), "same": 0}
        | {f"{kind}{slot}": text for slot, (kind, text) in enumerate(part)}
        for index, part in enumerate(parts)
    ]


def read_testimony(contents: Iterable[Content], mark: str) -> Testimony | None:
    """The testimony for a restore once all its parts are there; strange ones never complete it."""
    mine = {
        int(part): content
        for content in contents
        if content.get("mark") == mark and isinstance(part := content.get("part"), int)
    }
    first = mine.get(0)
    if first is None:
        return None
    if first.get("same") == 1:
        return Testimony(same=True)
    if not isinstance(count := first.get("parts"), int) or any(n not in mine for n in range(count)):
        return None
    admitted: set[bytes] = set()
    blocked: list[str] = []
    revoked: list[str] = []
    for index in range(count):
        for key, value in mine[index].items():
            if key[:1] == "a" and key[1:].isdecimal():
                raw = unb64(str(value)) or b""
                admitted |= {raw[i : i + MARK_BYTES] for i in range(0, len(raw), MARK_BYTES)}
            elif key[:1] == "d" and key[1:].isdecimal():
                blocked += str(value).split(",")
            elif key[:1] == "r" and key[1:].isdecimal():
                revoked += [one for one in str(value).split(",") if _REVOKED.fullmatch(one)]
    return Testimony(False, frozenset(admitted), tuple(blocked), tuple(revoked))


def _cut(items: list[T], size: int) -> Iterator[list[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _joined(names: list[str]) -> Iterator[str]:
    """Names joined by commas, each text no longer than a message takes."""
    held = ""
    for name in names:
        if held and len(held) + len(name) + 1 > _SLOT_CHARS:
            yield held
            held = ""
        held = f"{held},{name}" if held else name
    if held:
        yield held
