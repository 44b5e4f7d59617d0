"""At a door with faces: a phone as the claim, and what somebody who is looked at is asked to do."""

from pathlib import Path
from typing import Any

import pytest

from devices.messages import Assurance, Event, Outcome, Presentation, Revision
from devices.ports import Show
from devices.rules import FaceMode
from tests.unit.door_bench import NOW_S, Bench
from tests.unit.test_door_rules import folder, made, press
from tests.unit.test_faces_door import DOOR, last, stood, tapped, word
from tests.unit.test_vouching import hub_says

__all__ = ["folder"]

# --- a phone as the claim ----------------------------------------------------------------------


async def phoned(bench: Bench, command: str = "o-1", person: str = "p1", via: str = "phone") -> str:
    """A phone asked for the door: the reason that it is told."""
    shown = Presentation(person, Assurance.MUTUAL, Revision(7, 1), via)
    await bench.send(bench.command(id=command, presentation=shown))
    (told,) = [one for one in bench.answers() if one.id == command]
    assert told.outcome is (Outcome.GRANTED if told.reason == "granted" else Outcome.REFUSED)
    return told.reason


def asked(bench: Bench) -> Event:
    """The newest question about a face."""
    return [one for one in bench.events() if one.kind == "face_asked"][-1]


async def test_a_phone_and_its_holders_face_open_once(folder: Path) -> None:
    bench = await stood(folder)
    assert await phoned(bench) == "face_awaited"
    assert bench.strike.pulses == []
    question = asked(bench)
    assert (question.via, question.person, question.content["people"]) == ("phone", "p1", "p1")
    ask = str(question.content["ask"])
    await word(bench, ask)
    assert bench.strike.pulses == [(0, 3_000)]
    told = last(bench)
    assert (told.outcome, told.person, told.via, told.content) == (
        Outcome.GRANTED, "p1", "phone", {"ask": ask, "opening": "o-1"}
    )  # fmt: skip
    await word(bench, ask, id="f-again")
    assert (bench.strike.pulses, last(bench).reason) == ([(0, 3_000)], "face_word_other")
    await bench.send(bench.command())  # the very same request: its stored answer, no question
    assert asked(bench) == question
    bench.door.close()
    await bench.close()


@pytest.mark.parametrize(
    ("person", "reason", "why"),
    [("p2", None, "face_not_matched"), (None, "face_dark", "face_dark")],
)
async def test_a_phone_with_another_face_stays_outside(
    folder: Path, person: str | None, reason: str | None, why: str
) -> None:
    bench = await stood(folder)
    await phoned(bench)
    ask = str(asked(bench).content["ask"])
    await word(bench, ask, person, reason=reason)
    assert (last(bench).reason, last(bench).via, bench.strike.pulses) == (why, "phone", [])
    assert last(bench).content["opening"] == "o-1"  # the phone is told what came of it
    await word(bench, ask, id="f-late")
    assert (last(bench).reason, bench.strike.pulses) == ("face_word_other", [])
    assert await phoned(bench, "o-2") == "face_awaited"  # and again
    bench.door.close()
    await bench.close()


@pytest.mark.parametrize(
    ("hub", "door", "via"),
    [
        (False, {}, "phone"),
        (True, {"face": FaceMode.OFF}, "phone"),
        (True, {}, "ha"),
        (True, {}, "staff"),
    ],
)
async def test_where_no_face_can_be_looked_for_a_phone_is_told_of_the_pin(
    folder: Path, hub: bool, door: dict[str, Any], via: str
) -> None:
    bench = await stood(folder, hub=hub, **door)
    assert await phoned(bench, via=via) == "pin_needed"
    assert [one.kind for one in bench.events()] == ["access"]
    bench.door.close()
    await bench.close()


async def test_where_no_pin_is_asked_a_phone_opens_as_ever(folder: Path) -> None:
    bench = await stood(folder, pin=False)
    assert await phoned(bench) == "granted"
    assert [one.kind for one in bench.events()] == ["access"]
    bench.door.close()
    await bench.close()


async def test_whoever_stands_at_the_door_goes_before_a_phone(folder: Path) -> None:
    bench = await stood(folder, keypad=True)
    ask = await tapped(bench)
    assert await phoned(bench) == "face_busy"
    assert str(asked(bench).content["ask"]) == ask  # nobody was asked for
    press(bench, "2580#")
    await bench.turns()
    assert (last(bench).via, len(bench.strike.pulses)) == ("card", 1)
    assert await phoned(bench, "o-2") == "face_awaited"
    late = str(asked(bench).content["ask"])
    press(bench, "302#3691#")  # somebody comes and types, as if nobody had phoned
    await bench.turns()
    assert (last(bench).person, last(bench).via, len(bench.strike.pulses)) == ("p2", "pin", 2)
    await word(bench, late)
    assert (last(bench).reason, len(bench.strike.pulses)) == ("face_word_other", 2)
    bench.door.close()
    await bench.close()


async def test_two_phones_do_not_take_turns(folder: Path) -> None:
    bench = await stood(folder)
    await phoned(bench)
    first = str(asked(bench).content["ask"])
    assert await phoned(bench, "o-2", "p2") == "face_busy"
    assert await phoned(bench, "o-3") == "face_awaited"  # the same person asks anew
    await word(bench, first)
    assert (last(bench).reason, bench.strike.pulses) == ("face_word_other", [])
    await word(bench, str(asked(bench).content["ask"]))
    assert bench.strike.pulses == [(0, 3_000)]
    assert await phoned(bench, "o-4", "p2") == "face_awaited"
    bench.door.threshold._phoned[1].timer.cancel()
    bench.door.threshold._phoned.clear()  # its time is over
    await word(bench, str(asked(bench).content["ask"]), "p2")
    assert last(bench).reason == "face_word_other"
    bench.door.close()
    await bench.close()


async def test_a_phone_that_was_forgotten_leaves_no_timer(folder: Path) -> None:
    bench = await stood(folder)
    await phoned(bench)
    timer = bench.door.threshold._phoned[1].timer
    bench.door.close()
    await bench.turns()
    assert timer.cancelled()
    await bench.close()


# --- what somebody who is looked at is asked to do -----------------------------------------------


class Screen:
    """Writes down what it was told to show."""

    def __init__(self) -> None:
        self.shown: list[Show] = []

    def show(self, what: Show, lasting_ms: int) -> None:
        assert lasting_ms > 0
        self.shown.append(what)


async def before_a_screen(folder_: Path, **door: Any) -> tuple[Bench, Screen]:
    screen = Screen()
    bench = await made(folder_, light=screen)
    hub_says(bench)
    bench.put_policy(**(DOOR | door))
    return bench, screen


async def turn(bench: Bench, ask: str | None, reason: str | None, **other: Any) -> None:
    told = {"id": f"i-{reason}", "op": "indicate", "presentation": None, "about": ask}
    await bench.send(bench.command(**(told | {"reason": reason} | other)))


async def test_an_arrow_is_shown_to_whoever_is_looked_at_and_moves_nothing(folder: Path) -> None:
    bench, screen = await before_a_screen(folder)
    ask = await tapped(bench)
    screen.shown.clear()
    before, answered = bench.events(), bench.answers()
    for reason in ("face_ask_ahead", "face_ask_left", "face_ask_right"):
        await turn(bench, ask, reason)
    assert screen.shown == [Show.AHEAD, Show.LEFT, Show.RIGHT]
    for wrong in (
        {"about": "another"}, {"about": None}, {"reason": "granted"}, {"reason": None},
        {"door": 2}, {"connection": "older"}, {"epoch": 6}, {"expires_at_s": NOW_S - 1},
    ):  # fmt: skip
        told: dict[str, Any] = {"ask": ask, "reason": "face_ask_left", **wrong}
        about = told.pop("about", told.pop("ask"))
        await turn(bench, about, told.pop("reason"), **told)
    assert len(screen.shown) == 3
    assert (bench.events(), bench.answers(), bench.strike.pulses) == (before, answered, [])
    await word(bench, ask)
    await turn(bench, ask, "face_ask_left")  # it is over
    assert screen.shown[3:] == [Show.GRANTED]
    bench.door.close()
    await bench.close()


@pytest.mark.parametrize("mode", list(FaceMode))
async def test_with_no_claim_an_arrow_needs_a_door_that_takes_faces_alone(
    folder: Path, mode: FaceMode
) -> None:
    bench, screen = await before_a_screen(folder, face=mode, pin=False)
    await turn(bench, None, "face_ask_left")
    assert screen.shown == ([Show.LEFT] if mode is FaceMode.ALONE else [])
    bench.door.close()
    await bench.close()


async def test_a_phones_holder_sees_the_arrow_too(folder: Path) -> None:
    bench, screen = await before_a_screen(folder)
    await phoned(bench)
    await turn(bench, str(asked(bench).content["ask"]), "face_ask_right")
    assert screen.shown == [Show.RIGHT]
    bench.door.close()
    await bench.close()
