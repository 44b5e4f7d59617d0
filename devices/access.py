"""The decision at a door: one pure function that hub and door share.

``decide(policy, state, request, now)`` reads only its arguments. Precedence:
fire > leaving > lockdown > blocked > deny rule > grant. No bill, arrears or complaint is an input.
``apply(state, fact)`` folds what happened; hub and door fold the same facts alike, and the state
that ``decide`` returns is the old one with the decision's facts folded in.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from devices.faces import word_wrong
from devices.facts import (
    NO_TRIES,
    Awaiting,
    CodeTried,
    ContactChanged,
    DoorState,
    Entered,
    Fact,
    FireChanged,
    Opened,
    PassOpened,
    PassUsed,
    PinTried,
    Place,
    Promised,
    State,
    Tries,
    Use,
    ZoneTold,
    again,
    apply,
    fold,
)
from devices.guesses import TYPED, looked_at
from devices.guests import Visit, asks_hub, out_of_bounds, visit_of
from devices.messages import Assurance
from devices.pins import claim_mark, pin_mark
from devices.rules import (
    HOLIDAY,
    OPEN_MODES,
    OUTSIDE,
    STAFF_RULE,
    Ask,
    Credential,
    DoorMode,
    DoorPolicy,
    ModePlan,
    Passage,
    Passback,
    Pins,
    Policy,
    Rule,
    Schedule,
    asked_at,
    in_schedule,
    mode_at,
)
from devices.verdicts import Decision, Granted, Refused, Request, Way

TWO_PERSON_S = 15.0  # access.md: two people, one controller, at most so far apart
# what an open door does not forgive: these are not let through with the others
_NEVER = frozenset({"credential_blocked", "credential_forged", "person_denied", "pass_revoked"})
_NO_PINS = Pins(b"")


@dataclass(frozen=True, slots=True)
class _Known:
    """Who it is, before any rule was asked."""

    person: str | None = None
    credential: str | None = None
    duress: bool = False
    facts: tuple[Fact, ...] = ()


def decide(
    policy: Policy | None, state: State, request: Request, now: datetime
) -> tuple[Decision, State]:
    """Whether the door opens for this request, and the state after the decision.

    ``now`` is aware UTC. A granted decision counts as opened only after the strike answered, so
    the returned state carries nothing that a failed strike would have to undo.
    """
    decision = _decision(policy, state, request, now)
    return decision, fold(state, decision.facts) if decision.facts else state


def _decision(policy: Policy | None, state: State, request: Request, now: datetime) -> Decision:
    door = policy.doors.get(request.door) if policy else None
    before = state.of(request.door)
    if request.way is Way.EXIT:
        hold_ms = door.hold_ms if door else DoorPolicy(0).hold_ms
        return Granted("exit", hold_ms, facts=_promised(door, hold_ms, now.timestamp()))
    if before.fire:
        return _shut("fire", policy, door, before, request, now)
    if policy is None:
        return Refused("policy_missing")
    if door is None:
        return Refused("door_unknown")
    mode = mode_at(policy, door, before.first_card_s, now, clock=request.clock_known)
    if mode is DoorMode.LOCKED_DOWN or mode is DoorMode.BLOCKED:
        reason = "locked_down" if mode is DoorMode.LOCKED_DOWN else "door_blocked"
        return _shut(reason, policy, door, before, request, now)
    if request.way is Way.PASS:
        decision = _visit(policy, door, before, request, now)
    else:
        decision = _person(policy, door, before, request, now)
    if isinstance(decision, Granted):
        decision = _together(door, state, decision, request, now.timestamp())
    if isinstance(decision, Refused) and mode in OPEN_MODES and decision.reason not in _NEVER:
        host = request.visit.host if request.way is Way.PASS and request.visit else None
        if _denied(policy, door, decision.person or host, request, now):
            return replace(decision, reason="person_denied")  # whatever was asked before
        return Granted(
            "unlocked", door.hold_ms, decision.person, decision.credential, decision.facts,
            duress=decision.duress,
        )  # fmt: skip
    return decision


def _shut(
    reason: str, policy: Policy | None, door: DoorPolicy | None, was: DoorState, request: Request,
    now: datetime,
) -> Refused:  # fmt: skip
    """Nobody comes in, whatever is typed; a duress PIN is heard, and its answer is anybody's."""
    card = policy.cards.get(request.card or "") if policy else None
    person, credential = (card.person, card.id) if card else (request.person, None)
    known: _Known | Refused = _Known()
    if policy and door and request.pin is not None:
        known = _known(policy, door, was, request, now)
    return Refused(reason, known.person or person, credential, known.facts, known.duress)


# --------------------------------------------------------------------------- who it is


def _person(
    policy: Policy, door: DoorPolicy, before: DoorState, request: Request, now: datetime
) -> Decision:
    known = _known(policy, door, before, request, now)
    if isinstance(known, Refused):
        return known
    reason = rule_reason(policy, door, known.person, request, now)
    if reason is not None:
        return Refused(reason, known.person, known.credential, known.facts, known.duress)
    hold_ms = door.hold_ms
    if door.longer_ms and known.person in policy.longer:
        hold_ms = max(hold_ms, min(door.longer_ms, door.hold_max_ms))
    area = door.passage.area_to if door.passage else None
    return Granted(
        "granted", hold_ms, known.person, known.credential, known.facts, None, known.duress,
        None, area,
    )  # fmt: skip


def _known(
    policy: Policy, door: DoorPolicy, before: DoorState, request: Request, now: datetime
) -> _Known | Refused:
    """The person behind a request, proven as strongly as the door asks, or why not."""
    asks, pin = asked_at(policy, door, now, clock=request.clock_known)
    if request.way is Way.PIN:
        if not door.typed:
            return Refused("assurance_low")
        pins = door.pins
        mark = claim_mark(pins.key, request.claim or "") if pins else ""
        people = pins.claims.get(mark, ()) if pins else ()
        claim = mark if people else TYPED
        if request.face is not None and request.pin is None:
            return _by_face(door, _Known(), people, request, now)
        return _with_pin(door, before, _Known(), people, claim, request.pin or "", now)
    if request.way is Way.REMOTE:
        return _remote(policy, door, request, asks, now, pin=pin)
    if request.way is Way.FACE:
        if request.revision > policy.revision:
            return Refused("policy_behind")
        if pin or request.assurance < asks:  # a face is one factor
            return Refused("assurance_low")
        return _by_face(door, _Known(), None, request, now)
    known = _holder(policy, request, asks)
    if isinstance(known, Refused) or not pin:
        return known
    person, card = known.person or "", known.credential or ""
    if request.pin is None and request.face is not None:
        return _by_face(door, known, (person,), request, now)
    if request.pin is None:
        return Refused("pin_needed", person, card)
    return _with_pin(door, before, known, (person,), card, request.pin, now)


def _remote(
    policy: Policy, door: DoorPolicy, request: Request, asks: Assurance, now: datetime, *, pin: bool
) -> _Known | Refused:
    """Whom the hub brings before the door; where it asks for a PIN, their face, or staff."""
    staff = STAFF_RULE in door.people.get(request.person or "", ())
    if not (door.remote or staff):
        return Refused("remote_refused", request.person)
    if request.revision > policy.revision:
        return Refused("policy_behind", request.person)
    if request.assurance < asks:
        return Refused("assurance_low", request.person)
    if pin and not staff:
        if request.face is not None:
            return _by_face(door, _Known(request.person), (request.person or "",), request, now)
        return Refused("pin_needed", request.person)
    return _Known(request.person)


def _by_face(
    door: DoorPolicy, known: _Known, people: Collection[str] | None, request: Request, now: datetime
) -> _Known | Refused:
    """Whom the hub saw: one of a claim's people, in the place of their PIN, or (None) anybody.

    It spends no guess and forgives none: a face neither helps nor hinders whoever types.
    """
    word = request.face
    if word is None or not request.clock_known:
        return Refused("clock_unsigned", known.person, known.credential)
    why = word_wrong(word, door, request.face_ask, people, now.timestamp())
    if why is not None:
        return Refused(why, known.person, known.credential)
    return _Known(word.person, known.credential)


def _holder(policy: Policy, request: Request, asks: Assurance) -> _Known | Refused:
    """The holder of the card on the reader."""
    credential = policy.cards.get(request.card) if request.card is not None else None
    if credential is None:
        return Refused("credential_unknown")
    person, card = credential.person, credential.id
    if credential.blocked:
        return Refused("credential_blocked", person, card)
    if request.forged:
        return Refused("credential_forged", person, card)
    if request.assurance < asks:
        return Refused("assurance_low", person, card)
    return _Known(person, card)


def _with_pin(
    door: DoorPolicy,
    before: DoorState,
    known: _Known,
    people: Iterable[str],
    claim: str,
    pin: str,
    now: datetime,
) -> _Known | Refused:
    """The one of these people whose PIN it is; an ordinary and a duress PIN take the same steps."""
    at_s, typed = now.timestamp(), known.credential is None
    if not looked_at(before.guesses, claim, at_s, typed=typed):
        return Refused("pin_locked", known.person, known.credential)
    found: list[tuple[str, bool]] = []
    pins = door.pins or _NO_PINS
    for person in people:
        marks = pins.verifiers.get(person)
        if marks is None:
            continue
        given = pin_mark(pins.key, person, pin)
        ordinary = hmac.compare_digest(given, marks[0])
        duress = hmac.compare_digest(given, marks[1])
        if ordinary or duress:
            found.append((person, duress))
    if len(found) != 1:  # of two with the same PIN nobody knows which it is
        missed = PinTried(door.number, claim, right=False, at_s=at_s, typed=typed)
        return Refused("pin_wrong", known.person, known.credential, (missed,))
    facts: tuple[Fact, ...] = ()
    if typed or claim in before.guesses:  # of a card without wrong ones nothing is remembered
        facts = (PinTried(door.number, claim, right=True, at_s=at_s, typed=typed),)
    person, duress = found[0]
    return _Known(person, known.credential, duress, facts)


def rule_reason(
    policy: Policy, door: DoorPolicy, person: str | None, request: Request, now: datetime
) -> str | None:
    """None when a rule lets the person in, else the reason nearest to a yes."""
    names = door.people.get(person) if person is not None else None
    if not names:
        return "person_unknown"
    at_s, clock = now.timestamp(), request.clock_known
    nearest = "person_unknown"
    granted = False
    for name in names:
        rule = door.rules.get(name)
        if rule is None:
            continue
        if rule.deny:
            if _denies(policy, rule, now, clock=clock):
                return "person_denied"
            continue
        if granted:
            continue
        timed = rule.schedule or (not rule.lasting and (rule.valid_from_s or rule.valid_to_s))
        if timed and not clock:
            nearest = "clock_unsigned"
        elif not _valid(rule, at_s):
            nearest = "validity_over" if nearest == "person_unknown" else nearest
        elif rule.valid_to_s is not None and not (request.fresh or rule.lasting):
            nearest = "policy_stale"
        elif rule.schedule is not None and not in_schedule(policy, rule.schedule, now):
            nearest = "schedule_closed"
        else:
            granted = True
    return None if granted else nearest


def _valid(rule: Rule, at_s: float) -> bool:
    after = rule.valid_from_s is None or at_s >= rule.valid_from_s
    return after and (rule.valid_to_s is None or at_s < rule.valid_to_s)


def _denied(
    policy: Policy, door: DoorPolicy, person: str | None, request: Request, now: datetime
) -> bool:
    """Whether a rule keeps this person out, open door or not."""
    rules = (door.rules.get(name) for name in door.people.get(person or "", ()))
    clock = request.clock_known
    return any(rule.deny and _denies(policy, rule, now, clock=clock) for rule in rules if rule)


def _denies(policy: Policy, rule: Rule, now: datetime, *, clock: bool) -> bool:
    """A denial holds unless it is surely over; a free clock says only how late it is at least."""
    at_s = now.timestamp()
    if not clock:
        return rule.valid_to_s is None or at_s < rule.valid_to_s
    if not _valid(rule, at_s):
        return False
    return rule.schedule is None or in_schedule(policy, rule.schedule, now) is not False


# --------------------------------------------------------------------------- passes


def _visit(
    policy: Policy, door: DoorPolicy, before: DoorState, request: Request, now: datetime
) -> Decision:
    """A pass: so often per named door, within its time, while its host may come in."""
    visit, at_s = request.visit, now.timestamp()
    facts: tuple[Fact, ...] = ()
    tries = before.codes if request.code is not None else NO_TRIES
    if request.code is not None:
        if at_s < tries.until_s:
            return Refused("codes_locked")
        visit = visit_of(door, request.code)
        if visit is None:
            missed = CodeTried(door.number, right=False, at_s=at_s)
            return Refused("courier_code_wrong", facts=(missed,))
    if visit is None or not visit.id:
        return Refused("form")
    reason = _visit_reason(policy, door, before, visit, request, now)
    if reason is not None:
        return Refused(reason, None, visit.id)
    if tries.wrong and not again(before.visits.get(visit.id), at_s):
        # what uses nothing up must not buy further guesses
        facts = (CodeTried(door.number, right=True, at_s=at_s),)
    used = PassUsed(door.number, visit.id, at_s, visit.to_s)
    area = door.passage.area_to if door.passage else None
    return Granted(
        "granted", door.hold_ms, None, visit.id, (*facts, used), None, duress=False, area=area,
        visit=visit.id,
    )  # fmt: skip


def _visit_reason(
    policy: Policy,
    door: DoorPolicy,
    before: DoorState,
    visit: Visit,
    request: Request,
    now: datetime,
) -> str | None:
    """The hub is asked last: never for a pass that could not open anyway."""
    at_s = now.timestamp()
    reason = out_of_bounds(policy, door, before, visit, at_s)
    if reason in ("pass_revoked", "pass_not_here"):
        return reason
    if not (request.clock_known and request.fresh):
        return "policy_stale"
    reason = reason or rule_reason(policy, door, visit.host, request, now)
    if reason is not None:
        return "pass_revoked" if reason in ("person_unknown", "person_denied") else reason
    told = request.online or again(before.visits.get(visit.id), at_s)  # none of a strict one
    return "pass_online" if asks_hub(visit, request.since_s) and not told else None


# --------------------------------------------------------------------------- with the others


def _together(
    door: DoorPolicy, state: State, granted: Granted, request: Request, at_s: float
) -> Decision:
    """What the person's place, a second person and the neighbouring doors have to say."""
    person = granted.person
    flag = None
    if door.passage is not None and person is not None:
        fresh = request.clock_known and at_s < state.zone_until_s
        word = _passback(door.passage, state, person, at_s, zone_fresh=fresh)
        if word == "passback":
            return Refused("passback", person, granted.credential, granted.facts, granted.duress)
        flag = word
    companion = None
    facts = granted.facts
    if door.two_person and person is not None:
        first = state.of(door.number).waiting
        if first is None or first[0] == person or at_s - first[1] > TWO_PERSON_S:
            waits = Awaiting(door.number, (person, at_s))
            facts = (*facts, waits)
            return Refused("second_awaited", person, granted.credential, facts, granted.duress)
        companion = first[0]
    if any(not _surely_closed(state.of(other), at_s) for other in door.interlock):
        return Refused("interlock", person, granted.credential, granted.facts, granted.duress)
    if door.two_person:
        facts = (*facts, Awaiting(door.number, None))
    facts = (*facts, *_promised(door, granted.hold_ms, at_s))
    if facts == granted.facts and flag is None and companion is None:
        return granted
    return replace(granted, facts=facts, flag=flag, companion=companion)


def _promised(door: DoorPolicy | None, hold_ms: int, at_s: float) -> tuple[Fact, ...]:
    """The neighbours of an interlock wait from the decision on, not from when the leaf moves."""
    if door is None or not door.interlock:
        return ()
    return (Promised(door.number, at_s + hold_ms / 1000),)


def _surely_closed(door: DoorState, at_s: float) -> bool:
    """An unknown leaf is not closed, nor is one that is being released."""
    return door.contact_open is False and at_s >= door.released_until_s


def _passback(
    passage: Passage, state: State, person: str, at_s: float, *, zone_fresh: bool
) -> str | None:
    """``passback`` when the person must not pass, another word when staff should know of it."""
    if passage.passback is Passback.OFF or passage.area_to == OUTSIDE:  # leaving: never refused
        return None
    place = state.places.get(person)
    if place is None:
        return "area_unknown"
    late = passage.within_s is not None and at_s - place.at_s >= passage.within_s
    if place.area == passage.area_from or late:
        return None
    if passage.passback is Passback.SOFT:
        return "passback_soft"
    if passage.across and not zone_fresh:
        return "zone_stale"
    return "passback"


__all__ = [
    "HOLIDAY", "OPEN_MODES", "OUTSIDE", "STAFF_RULE", "Ask", "Awaiting", "CodeTried",
    "ContactChanged", "Credential", "Decision", "DoorMode", "DoorPolicy", "DoorState", "Entered",
    "Fact", "FireChanged", "Granted", "ModePlan", "Opened", "PassOpened", "PassUsed", "Passage",
    "Passback", "PinTried", "Pins", "Place", "Policy", "Promised", "Refused", "Request", "Rule",
    "Schedule", "State", "Tries", "Use", "Visit", "Way", "ZoneTold", "apply", "asked_at", "decide",
    "fold", "in_schedule", "mode_at", "rule_reason",
]  # fmt: skip
