"""Faces at a door: one claim, one question, one word; every other word opens nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.access import Granted, Refused, Request, Way, decide
from devices.faces import FaceWord
from devices.facts import State
from devices.messages import Assurance, Event, Life, Outcome, Presentation, Revision
from devices.pins import claim_mark, pin_mark
from devices.policy import decode, encode
from devices.rules import STAFF_RULE, Credential, DoorPolicy, FaceMode, Pins, Policy, Rule
from tests.unit.door_bench import NOW_S, Bench
from tests.unit.test_door_rules import KEY, PINS, Keys, folder, made, press, tap
from tests.unit.test_vouching import hub_says

__all__ = ["folder"]

OTHERS = Pins(
    KEY,
    {claim_mark(KEY, "302"): ("p1", "p2"), claim_mark(KEY, "500"): tuple("abcde")},
    {"p1": PINS.verifiers["p1"], "p2": (pin_mark(KEY, "p2", "3691"), bytes(32))},
)
DOOR: dict[str, Any] = {
    "pin": True, "typed": True, "pins": OTHERS, "face": FaceMode.CLAIM,
    "asks": Assurance.IDENTIFIER, "people": {"p1": ("r",), "p2": ("r",)},
}  # fmt: skip


async def stood(folder_: Path, *, keypad: bool = False, hub: bool = True, **door: Any) -> Bench:
    """A door that takes a face in the place of a PIN."""
    pad: dict[str, Any] = {"keypad": Keys()} if keypad else {}
    bench = await made(folder_, **pad)
    if hub:
        hub_says(bench)
    bench.put_policy(**(DOOR | door))
    return bench


async def tapped(bench: Bench) -> str:
    """A card was shown; the name of the question that was asked about it."""
    await tap(bench)
    asked = bench.events()[-1]
    assert (asked.kind, asked.person, asked.content["people"]) == ("face_asked", "p1", "p1")
    return str(asked.content["ask"])


async def word(bench: Bench, ask: str | None, person: str | None = "p1", **other: Any) -> None:
    shown = Presentation(person, Assurance.SIGNED, Revision(7, 1), "face") if person else None
    told = {"id": f"f-{ask}", "op": "face", "presentation": shown, "about": ask}
    await bench.send(bench.command(**(told | other)))


def last(bench: Bench) -> Event:
    return bench.events()[-1]


async def test_a_face_stands_for_the_pin_once(folder: Path) -> None:
    bench = await stood(folder)
    ask = await tapped(bench)
    await word(bench, ask)
    assert bench.strike.pulses == [(0, 3_000)]
    told = last(bench)
    assert (told.outcome, told.person, told.credential, told.via) == (
        Outcome.GRANTED, "p1", "k1", "card"
    )  # fmt: skip
    assert told.content["ask"] == ask
    await word(bench, ask)  # the very same again: its stored answer
    await word(bench, ask, id="f-2")
    assert bench.strike.pulses == [(0, 3_000)]
    assert last(bench).reason == "face_word_other"
    bench.door.close()
    await bench.close()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"about": "another"}, "face_word_other"),
        ({"door": 2}, "face_word_other"),
        ({"connection": "older"}, "connection_old"),
        ({"epoch": 6}, "epoch_old"),
        ({"expires_at_s": NOW_S - 1}, "expired"),
        ({"expires_at_s": NOW_S + 60}, "window_long"),
        ({"about": None}, "assurance_low"),
        ({"about": None, "presentation": None}, "form"),
    ],
)
async def test_a_word_for_something_else_opens_nothing(
    folder: Path, changes: Mapping[str, Any], why: str
) -> None:
    bench = await stood(folder)
    ask = await tapped(bench)
    await word(bench, ask, **changes)
    assert (bench.strike.pulses, last(bench).reason) == ([], why)
    await word(bench, ask, id="f-right")  # and the question is still open
    assert bench.strike.pulses == [(0, 3_000)]
    bench.door.close()
    await bench.close()


async def test_somebody_elses_face_is_nobody_of_this_claim(folder: Path) -> None:
    bench = await stood(folder)
    await word(bench, await tapped(bench), "p2")
    assert (bench.strike.pulses, last(bench).reason) == ([], "face_not_matched")
    bench.door.close()
    await bench.close()


async def test_a_no_leaves_the_pin(folder: Path) -> None:
    bench = await stood(folder, keypad=True)
    ask = await tapped(bench)
    await word(bench, ask, None, reason="face_not_matched")
    assert (last(bench).outcome, last(bench).reason) == (Outcome.REFUSED, "face_not_matched")
    await word(bench, ask, id="f-late")  # the no is spent: no yes comes after it
    assert bench.strike.pulses == []
    press(bench, "2580#")
    await bench.turns()
    assert bench.strike.pulses == [(0, 3_000)]
    bench.door.close()
    await bench.close()


async def test_without_a_hub_the_other_ways_stay(folder: Path) -> None:
    bench = await stood(folder, hub=False)
    await tap(bench)  # no keypad and no hub: said at once
    assert [one.kind for one in bench.events()] == ["access"]
    assert last(bench).reason == "pin_needed"
    bench.door.close()
    await bench.close()


async def test_with_a_keypad_and_no_hub_the_pin_is_waited_for(folder: Path) -> None:
    bench = await stood(folder, keypad=True, hub=False)
    await tap(bench)
    press(bench, "2580#")
    await bench.turns()
    assert bench.strike.pulses == [(0, 3_000)]
    assert last(bench).content["face"] == "face_away"
    bench.door.close()
    await bench.close()


@pytest.mark.parametrize("keypad", [True, False])
async def test_a_hub_that_goes_away_meanwhile_is_told_as_away(folder: Path, keypad: bool) -> None:
    bench = await stood(folder, keypad=keypad)
    ask = await tapped(bench)
    hub_says(bench, Life.LOST)
    bench.door.threshold._waiting[1].timer.cancel()
    bench.door.threshold._time_is_up(1)
    assert (last(bench).reason, last(bench).content["face"]) == ("pin_needed", "face_away")
    await word(bench, ask)
    assert bench.strike.pulses == []
    bench.door.close()
    await bench.close()


async def test_a_flats_number_is_a_claim_of_its_people(folder: Path) -> None:
    bench = await stood(folder, keypad=True)
    press(bench, "302#")
    asked = last(bench)
    assert (asked.kind, asked.content["people"]) == ("face_asked", "p1 p2")
    await word(bench, str(asked.content["ask"]), "p2")
    assert (last(bench).person, last(bench).via) == ("p2", "pin")
    assert bench.strike.pulses == [(0, 3_000)]
    bench.door.close()
    await bench.close()


async def test_after_a_flats_number_its_pin_opens_as_ever(folder: Path) -> None:
    bench = await stood(folder, keypad=True)
    press(bench, "301#*302#3691#")
    await bench.turns()
    assert (last(bench).person, last(bench).outcome) == ("p2", Outcome.GRANTED)
    press(bench, "302#*302#2580#")
    await bench.turns()
    assert (last(bench).person, last(bench).outcome) == ("p1", Outcome.GRANTED)
    bench.door.close()
    await bench.close()


async def test_a_crowd_is_no_claim(folder: Path) -> None:
    bench = await stood(folder, keypad=True)
    press(bench, "500#")
    assert bench.events() == []
    bench.door.close()
    await bench.close()


async def test_a_face_alone_opens_where_the_policy_takes_it_and_once(folder: Path) -> None:
    alone: dict[str, Any] = {"face": FaceMode.ALONE, "pin": False, "asks": Assurance.SIGNED}
    bench = await stood(folder, **alone)
    await word(bench, None, id="f-1")
    await word(bench, None, id="f-1")
    assert bench.strike.pulses == [(0, 3_000)]
    assert (last(bench).person, last(bench).via) == ("p1", "face")
    await word(bench, None, "nobody", id="f-2")
    assert last(bench).reason == "person_unknown"
    behind = Presentation("p1", Assurance.SIGNED, Revision(7, 2), "face")
    await word(bench, None, id="f-3", presentation=behind)
    assert last(bench).reason == "policy_behind"
    await word(bench, "a-claim", id="f-4")
    assert last(bench).reason == "face_word_other"
    for asks in ({"asks": Assurance.MUTUAL}, {"pin": True}):
        bench.put_policy(**(DOOR | alone | asks))
        await word(bench, None, id=f"f-{asks}"[:20])
        assert last(bench).reason == "assurance_low"
    assert bench.strike.pulses == [(0, 3_000)]
    bench.door.close()
    await bench.close()


# --- the pure decision -----------------------------------------------------------------------

NOW = datetime.fromtimestamp(NOW_S, UTC)
PEOPLE = ("p1", "p2", "p3")


def policy(**door: Any) -> Policy:
    plan = DoorPolicy(1, **({"rules": {"r": Rule()}} | DOOR | door))
    cards = {one: Credential(f"k-{one}", one) for one in PEOPLE}
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    return Policy(
        Revision(7, 1), ZoneInfo("Asia/Shanghai"), {}, frozenset(),
        {1: plan, 2: replace(plan, number=2)}, cards,
    )  # fmt: skip


words = st.builds(
    FaceWord,
    person=st.sampled_from(PEOPLE),
    door=st.sampled_from([1, 2]),
    ask=st.sampled_from(["", "q-1", "q-2"]),
    until_s=st.sampled_from([NOW_S - 1, NOW_S, NOW_S + 5]),
)


@given(
    words, st.sampled_from(PEOPLE), st.sampled_from(list(FaceMode)), st.sampled_from(["q-1", ""])
)
def test_only_the_right_word_opens_a_claim(
    told: FaceWord, holder: str, mode: FaceMode, ask: str
) -> None:
    request = Request(1, Way.CARD, card=holder, face=told, face_ask=ask)
    said, after = decide(policy(face=mode), State(), request, NOW)
    right = FaceWord(holder, 1, ask, NOW_S + 5)
    may = mode is not FaceMode.OFF and ask and told == right and holder != "p3"
    assert isinstance(said, Granted) == bool(may)
    assert after.of(1).guesses == State().of(1).guesses


@given(
    words, st.sampled_from(PEOPLE), st.sampled_from(list(FaceMode)), st.sampled_from(["q-1", ""]),
    st.booleans(), st.booleans(),
    st.sampled_from(list(Assurance)), st.sampled_from(list(Assurance)),
)  # fmt: skip
def test_a_face_stands_for_the_pin_of_a_phone_and_for_nothing_else(
    told: FaceWord, holder: str, mode: FaceMode, ask: str, pin: bool, remote: bool,
    asks: Assurance, proven: Assurance,
) -> None:  # fmt: skip
    rules = policy(face=mode, pin=pin, remote=remote, asks=asks)
    plain = Request(1, Way.REMOTE, person=holder, assurance=proven, revision=Revision(7, 1))
    seen = replace(plain, face=told, face_ask=ask)
    with_face, without = (decide(rules, State(), one, NOW)[0] for one in (seen, plain))
    right = mode is not FaceMode.OFF and ask and told == FaceWord(holder, 1, ask, NOW_S + 5)
    no_pin = decide(policy(face=mode, remote=remote, asks=asks, pin=False), State(), plain, NOW)[0]
    assert isinstance(no_pin, Granted) == (remote and proven >= asks and holder != "p3")
    assert isinstance(without, Granted) == (isinstance(no_pin, Granted) and not pin)
    # never one lock more, never weaker than all that was asked beside the PIN
    assert isinstance(with_face, Granted) == (
        isinstance(no_pin, Granted) and (not pin or bool(right))
    )
    behind = replace(seen, revision=Revision(7, 2))
    assert isinstance(decide(rules, State(), behind, NOW)[0], Refused)


@pytest.mark.parametrize(
    ("word_", "door", "request_", "reason"),
    [
        ({}, {}, {}, "granted"),
        ({"person": "p2"}, {}, {}, "face_not_matched"),  # who may come in, too
        ({"door": 2}, {}, {}, "face_word_other"),
        ({"ask": "q-2"}, {}, {}, "face_word_other"),
        ({"ask": ""}, {}, {}, "face_word_other"),
        ({"ask": ""}, {}, {"face_ask": ""}, "face_word_other"),
        ({"until_s": NOW_S}, {}, {}, "expired"),
        ({}, {"face": FaceMode.OFF}, {}, "face_off"),
        ({}, {"face": FaceMode.ALONE}, {}, "granted"),
        ({}, {}, {"clock_known": False}, "clock_unsigned"),
        ({}, {"remote": False}, {}, "remote_refused"),
        ({}, {"asks": Assurance.MUTUAL}, {"assurance": Assurance.SIGNED}, "assurance_low"),
        ({"person": "p3"}, {}, {"person": "p3"}, "person_unknown"),
    ],
)
def test_a_phone_with_a_face_case_by_case(
    word_: dict[str, Any], door: dict[str, Any], request_: dict[str, Any], reason: str
) -> None:
    told = replace(FaceWord("p1", 1, "q-1", NOW_S + 5), **word_)
    asked = Request(
        1, Way.REMOTE, person="p1", assurance=Assurance.MUTUAL, revision=Revision(7, 1),
        face=told, face_ask="q-1",
    )  # fmt: skip
    assert decide(policy(**door), State(), replace(asked, **request_), NOW)[0].reason == reason


@given(words, st.booleans())
def test_staff_go_without_a_pin_and_without_a_face(told: FaceWord, pin: bool) -> None:
    own = {"people": {"p1": ("r", STAFF_RULE)}, "rules": {"r": Rule(), STAFF_RULE: Rule()}}
    request = Request(
        1, Way.REMOTE, person="p1", assurance=Assurance.MUTUAL, revision=Revision(7, 1),
        face=told, face_ask="q-1",
    )  # fmt: skip
    assert isinstance(decide(policy(pin=pin, **own), State(), request, NOW)[0], Granted)


@given(words, st.sampled_from(list(FaceMode)), st.booleans(), st.sampled_from(list(Assurance)))
def test_only_the_right_word_opens_alone(
    told: FaceWord, mode: FaceMode, pin: bool, asks: Assurance
) -> None:
    door = policy(face=mode, pin=pin, asks=asks)
    request = Request(1, Way.FACE, face=told, assurance=Assurance.SIGNED)
    said, _ = decide(door, State(), request, NOW)
    may = (
        mode is FaceMode.ALONE and not pin and asks <= Assurance.SIGNED
        and told == FaceWord(told.person, 1, "", NOW_S + 5) and told.person != "p3"
    )  # fmt: skip
    assert isinstance(said, Granted) == may
    unknown = replace(request, clock_known=False)
    assert isinstance(decide(door, State(), unknown, NOW)[0], Refused)


@given(st.lists(st.tuples(words, st.sampled_from(PEOPLE)), max_size=8), st.sampled_from(PEOPLE))
def test_words_take_nothing_from_anybody(seen: list[tuple[FaceWord, str]], other: str) -> None:
    """Whatever faces were refused before, whoever brings card and PIN is heard as ever."""
    rules, state = policy(), State()
    for told, holder in seen:
        request = Request(1, Way.CARD, card=holder, face=told, face_ask="q-1")
        said, after = decide(rules, state, request, NOW)
        if isinstance(said, Refused):
            state = after
    typed = Request(1, Way.CARD, card=other, pin="2580")
    assert decide(rules, state, typed, NOW)[0] == decide(rules, State(), typed, NOW)[0]


def test_a_word_of_the_door_beside_opens_nothing() -> None:
    for told, reason in ((1, "granted"), (2, "face_word_other")):
        word_ = FaceWord("p1", told, "q-1", NOW_S + 5)
        request = Request(1, Way.CARD, card="p1", face=word_, face_ask="q-1")
        assert decide(policy(), State(), request, NOW)[0].reason == reason


def test_a_pin_is_heard_before_a_face() -> None:
    """Under duress the PIN asks for help, whoever stands there."""
    word_ = FaceWord("p1", 1, "q-1", NOW_S + 5)
    typed = Request(1, Way.PIN, claim="302", pin="1470", face=word_, face_ask="q-1")
    assert decide(policy(), State(), typed, NOW)[0].duress
    told = FaceWord("p1", 1, "q-1", NOW_S + 5)
    request = Request(1, Way.CARD, card="p1", pin="1470", face=told, face_ask="q-1")
    said, _ = decide(policy(), State(), request, NOW)
    assert isinstance(said, Granted)
    assert said.duress


@pytest.mark.parametrize("mode", list(FaceMode))
def test_a_policy_carries_what_faces_may_do(mode: FaceMode) -> None:
    from devices.policy import Compiled  # noqa: PLC0415

    made_ = Compiled(policy(face=mode), {})
    assert decode(encode(made_)) == made_
