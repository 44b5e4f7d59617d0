"""What a door tells a restored hub: whom it lets in and which cards it knows as blocked.

Pure. The hub must not take a denial back because it forgot it; so the door tells short marks of
everybody whom its policy lets in, and the hub finds whom its own, older rules would add; it tells
its rules themselves, and marks of the PINs that it takes. Events are small, so that a testimony
comes in parts; behind it come the endings that the hub had left with the device.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from devices.jws import b64, unb64
from devices.kept_endings import KEPT_MOST
from devices.messages import NO_REVISION, Recall, Revision
from devices.rules import HOLIDAY, OPEN_MODES, DoorMode, Policy, Rule, Schedule

KIND = "recalled"
FORGOT = "hub_forgot"  # told when the hub acknowledges less than it did: its disk is an older one
MARK_BYTES = 4  # of 15,000 people, one in 300,000 testimonies mistakes a stranger for one of them
_SLOT_MARKS = 96  # 384 bytes, 512 characters: what one text of a message may hold
_SLOTS = 10  # of one part; a message has room for sixteen members
_SLOT_CHARS = 500
_PIECES_MAX = 4 * KEPT_MOST  # of kept endings: each list is what one signed message holds
_REVOKED = re.compile(r"v-[0-9a-f]{16}/[0-9]{1,12}")
Content = Mapping[str, str | int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Testimony:
    """``same``: the door's policy is the one that the hub remembers, so that nothing is denied.

    ``revoked`` are visitors' passes, each as its id, a stroke and the second in which it ends.
    ``rules`` are the rules by which the doors let in, as ``rule_text`` writes them.
    """

    same: bool
    admitted: frozenset[bytes] = frozenset()
    blocked: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


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


def pin_subjects(policy: Policy) -> Iterator[tuple[str, str]]:
    """Each person's PINs at each door: the subject, and the same with what they are now."""
    for number, door in policy.doors.items():
        for person, marks in (door.pins.verifiers if door.pins else {}).items():
            name = f"pin:{person}:{number}"
            yield name, f"{name}:{b''.join(marks).hex()}"


def rule_text(policy: Policy, number: int, name: str) -> str:
    """A rule of a door with all that it says, in one short text."""
    rule = policy.doors[number].rules[name]
    schedule = policy.schedules.get(rule.schedule) if rule.schedule else None
    body: dict[str, object] = {"f": rule.valid_from_s, "t": rule.valid_to_s}
    body |= {"d": int(rule.deny), "l": int(rule.lasting)}
    if rule.schedule is not None:
        days = schedule.days if schedule else ()
        spans = [",".join(f"{a}-{b}" for a, b in day) for day in days]
        body |= {"s": "/".join(spans), "c": schedule.calendar if schedule else ""}
    return f"rule:{number}:{name}=" + json.dumps(body, sort_keys=True, separators=(",", ":"))


def read_rule(text: str) -> tuple[int, str, Rule, Schedule | None] | None:
    """Door, name, rule and its hours of such a text; None for one that is none."""
    try:
        head, _, tail = text.partition("=")
        kind, number, name = head.split(":")
        body = json.loads(tail)
        hours = _hours(body) if "s" in body else None
        rule = Rule(None, body["f"], body["t"], bool(body["d"]), bool(body["l"]))
        fine = kind == "rule" and all(
            at is None or type(at) in (int, float) for at in (body["f"], body["t"])
        )
        return (int(number), name, rule, hours) if fine else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _hours(body: Mapping[str, str]) -> Schedule:
    days = [
        tuple((int(a), int(b)) for a, _, b in (span.partition("-") for span in day.split(",")))
        if day
        else ()
        for day in body["s"].split("/")
    ]
    if len(days) != HOLIDAY + 1:  # a rule whose hours nobody knows opens at none
        days = [()] * (HOLIDAY + 1)
    return Schedule(tuple(days), str(body["c"]))


def mark_of(subject: str) -> bytes:
    """A short mark of a subject; it names nobody."""
    return hashlib.blake2b(subject.encode(), digest_size=MARK_BYTES).digest()


def testify(policy: Policy | None, held: Revision, recall: Recall) -> list[dict[str, str | int]]:
    """The contents of the events that answer a recall, in order."""
    head: dict[str, str | int] = {"mark": recall.mark}
    if policy is None or held in (NO_REVISION, recall.revision):
        return [head | {"part": 0, "parts": 1, "same": 1}]
    told = {*subjects(policy), *(now for _, now in pin_subjects(policy))}
    marks = sorted({mark_of(subject) for subject in told})
    blocked = sorted(card.id for card in policy.cards.values() if card.blocked)
    texts = [("a", b64(b"".join(part))) for part in _cut(marks, _SLOT_MARKS)]
    texts += [("d", text) for text in _joined(blocked)]
    revoked = sorted(f"{name}/{to_s:.0f}" for name, to_s in policy.passes_revoked.items())
    texts += [("r", text) for text in _joined(revoked)]
    rules = [rule_text(policy, n, name) for n, door in policy.doors.items() for name in door.rules]
    # hours too long to tell are not told: the hub's own word stands for them
    texts += [("u", text) for text in sorted(rules) if len(text) <= _SLOT_CHARS]
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
    rules: list[str] = []
    for index in range(count):
        for key, value in mine[index].items():
            if key[:1] == "a" and key[1:].isdecimal():
                raw = unb64(str(value)) or b""
                admitted |= {raw[i : i + MARK_BYTES] for i in range(0, len(raw), MARK_BYTES)}
            elif key[:1] == "d" and key[1:].isdecimal():
                blocked += str(value).split(",")
            elif key[:1] == "r" and key[1:].isdecimal():
                revoked += [one for one in str(value).split(",") if _REVOKED.fullmatch(one)]
            elif key[:1] == "u" and key[1:].isdecimal() and read_rule(str(value)) is not None:
                rules.append(str(value))
    return Testimony(False, frozenset(admitted), tuple(blocked), tuple(revoked), tuple(rules))


# --------------------------------------------------------------------------- endings


def with_endings(parts: list[dict[str, str | int]], endings: str) -> list[dict[str, str | int]]:
    """The same contents, and the kept endings in pieces after them; the first says how many."""
    texts = [endings[start : start + _SLOT_CHARS] for start in range(0, len(endings), _SLOT_CHARS)]
    pieces = list(_cut(texts, _SLOTS))
    head = {"mark": parts[0]["mark"]}
    first = parts[0] | {"pieces": len(pieces)}
    told = [
        head | {"piece": index} | {f"e{slot}": text for slot, text in enumerate(piece)}
        for index, piece in enumerate(pieces)
    ]
    return [first, *parts[1:], *told]


def read_endings(contents: Iterable[Content], mark: str) -> bytes | None:
    """The endings that a device kept, empty when it had none; None until all pieces are there."""
    count: object = None
    pieces: dict[int, str] = {}
    for content in contents:
        if content.get("mark") != mark:
            continue
        if content.get("part") == 0:
            count = content.get("pieces", 0)
        elif isinstance(piece := content.get("piece"), int):
            slots = (str(content.get(f"e{slot}", "")) for slot in range(_SLOTS))
            pieces[piece] = "".join(slots)
    if not isinstance(count, int) or any(n not in pieces for n in range(min(count, _PIECES_MAX))):
        return None
    return "".join(pieces[n] for n in range(min(count, _PIECES_MAX))).encode()


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
