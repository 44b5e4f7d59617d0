"""Passes that only the hub can count, in virtual time: cuts, kills, wiped disks, typed codes."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from devices.guests import WAIT_S
from devices.messages import Outcome
from devices.porch import Porch
from hub.acts.roster import RosterPart, load_part
from hub.store import tables as t
from tests.luck import seeds
from tests.simulation.test_visitors import (
    AGAIN_S,
    OPENED,
    invite,
    lived,
    refused,
    show,
    state_of,
    word_of,
)
from tests.simulation.town import SimTown

DAY_H = 24.0


def pulses(town: SimTown) -> int:
    """How often any strike of the town moved."""
    return sum(
        len(strike.pulses) for each in town.controllers.values() for strike in each.strikes.values()
    )


def cut(town: SimTown, name: str) -> None:
    town.air.unreachable.add(name)
    town.air.cut(name)


async def wipe(town: SimTown, name: str) -> None:
    """The controller's disk is replaced by an empty one; its keys are not on it."""
    await town.kill_controller(name)
    for file in town.folder.glob(f"{name}.db*"):
        file.unlink()
    town.start_controller(name)
    await asyncio.sleep(60.0)


def test_once_in_all_opens_one_door_and_no_other(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1", "a2", "b1", more={"strict": True})
        assert made["online"]
        assert await show(town, made["text"], "a1") == OPENED
        for door in ("a1", "a2", "b1"):
            await asyncio.sleep(AGAIN_S + 1)
            assert await show(town, made["text"], door) == refused("pass_used")

    lived(tmp_path, story)


@pytest.mark.luck
@pytest.mark.parametrize("seed", seeds([0, 1], range(2, 9)))
def test_once_in_all_shown_everywhere_at_once_opens_at_most_once(tmp_path: Path, seed: int) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1", "a2", "b1", more={"strict": True})
        before = pulses(town)
        for turn in range(12):
            if turn % 3 == seed % 3:
                name = "ab"[town.luck.randrange(2)]
                cut(town, name) if name not in town.air.unreachable else None
            else:
                town.air.unreachable.clear()
            if turn == 5:
                await town.kill_controller("b")
                town.start_controller("b")
            if turn == 8:
                await town.kill_hub()
                await town.start_hub()
            for name, number in (("a", 1), ("b", 1), ("a", 2)):
                controller = town.controllers[name]
                assert controller.device is not None
                assert controller.door is not None
                porch = Porch(controller.device, {}, controller.door.on_pass)
                porch.on_text(number, made["text"])
                await asyncio.sleep(town.luck.uniform(0.0, 1.5))
        await town.settle()
        assert pulses(town) - before <= 1
        for door in ("a1", "a2", "b1"):
            await show(town, made["text"], door)
            await asyncio.sleep(AGAIN_S + 1)
        assert pulses(town) - before == 1, "a use that surely opened nothing was given back"

    lived(tmp_path, story, seed)


def test_without_the_hub_it_is_refused_in_honest_words(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        strict = await invite(town, "a1", more={"strict": True})
        long = await invite(town, "a1", hours=3 * DAY_H)
        cut(town, "a")
        await asyncio.sleep(1.0)
        for made in (strict, long):
            assert await show(town, made["text"], "a1") == refused("pass_online")
        await town.settle()
        for made in (strict, long):
            assert await show(town, made["text"], "a1") == OPENED
            await asyncio.sleep(AGAIN_S)

    lived(tmp_path, story)


def test_a_hub_that_dies_in_the_question_leaves_a_wait_with_an_end(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1", more={"strict": True})
        controller = town.controllers["a"]
        assert controller.device is not None
        assert controller.door is not None
        town._hub().memory.devices["a"].note = None  # its word goes nowhere
        Porch(controller.device, {}, controller.door.on_pass).on_text(1, made["text"])
        await asyncio.sleep(WAIT_S - 0.1)
        assert word_of(controller.device.journal) is None
        await asyncio.sleep(0.2)
        assert word_of(controller.device.journal) == "pass_online"
        await town.kill_hub()
        await town.settle()
        assert await show(town, made["text"], "a1") == OPENED, "the use was given back"

    lived(tmp_path, story)


def test_a_long_pass_comes_in_as_often_as_it_says(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1", "b1", hours=5 * DAY_H, more={"uses": 3})
        for _ in range(3):
            assert await show(town, made["text"], "a1") == OPENED
            await asyncio.sleep(AGAIN_S + 1)
        assert await show(town, made["text"], "a1") == refused("pass_used")
        assert await show(town, made["text"], "b1") == OPENED
        await town.settle()
        came = {one["door"]: one["times"] for one in (await state_of(town, made["id"]))["came"]}
        assert came == {"a1": 3, "b1": 1}

    lived(tmp_path, story)


def test_a_wiped_controller_asks_about_what_it_forgot(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        used = await invite(town, "a1", "b1")
        fresh = await invite(town, "a1")
        assert await show(town, used["text"], "a1") == OPENED
        await asyncio.sleep(30.0)
        await wipe(town, "a")
        assert await show(town, used["text"], "a1") == refused("pass_used")
        assert await show(town, fresh["text"], "a1") == OPENED
        cut(town, "a")
        await asyncio.sleep(AGAIN_S + 1)
        other = await show(town, used["text"], "b1")
        assert other == OPENED, "another door's memory is its own"

    lived(tmp_path, story)


def test_a_wiped_controller_without_the_hub_takes_no_pass_of_before(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1", hours=DAY_H)
        await wipe(town, "a")
        cut(town, "a")
        await asyncio.sleep(60.0)
        assert await show(town, made["text"], "a1") == refused("pass_online")
        await town.settle()
        later = await invite(town, "a1", ahead_h=1.0)
        cut(town, "a")
        await asyncio.sleep(3_700.0)
        assert await show(town, later["text"], "a1") == OPENED, "what is younger is all here"

    lived(tmp_path, story)


# --------------------------------------------------------------------------- typed codes


async def with_keypad(town: SimTown) -> None:
    hub = town._hub()
    row = {"id": "a1", "device_id": "a", "number": 1, "name": {"en": "a1"}, "kind": "building",
           "codes": True}  # fmt: skip
    await hub.writer.submit(load_part, RosterPart("doors", [row], hub.keys.mark))
    hub.policies.wake()
    await asyncio.sleep(10.0)


async def types(town: SimTown, digits: str, door: str = "a1") -> tuple[str | None, int]:
    """Somebody types at a door: its word, and how often its strike moved."""
    controller = town.controllers[door[0]]
    assert controller.device is not None
    assert controller.door is not None
    number = int(door[1])
    before = len(controller.strikes[number].pulses)
    for key in f"{digits}#":
        controller.door.threshold.on_key(number, key)
    await asyncio.sleep(4.0)
    return word_of(controller.device.journal), len(controller.strikes[number].pulses) - before


def test_a_courier_types_a_code_without_the_hub(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        await with_keypad(town)
        made = await invite(town, "a1", more={"typed": True, "uses": 2})
        assert made["text"] is None
        assert made["reached"] is False
        await asyncio.sleep(90.0)
        assert (await state_of(town, made["id"]))["reached"] is True
        await town.kill_hub()
        assert await types(town, made["code"]) == ("granted", 1)
        await asyncio.sleep(AGAIN_S)
        assert await types(town, made["code"]) == ("granted", 1)
        await asyncio.sleep(AGAIN_S)
        assert await types(town, made["code"]) == ("pass_used", 0)
        await town.settle()
        shown = await state_of(town, made["id"])
        assert [(one["door"], one["times"]) for one in shown["came"]] == [("a1", 2)]

    lived(tmp_path, story)


def test_a_code_ends_with_its_time_and_when_it_is_taken_back(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        await with_keypad(town)
        made = await invite(town, "a1", hours=1.0, more={"typed": True})
        gone = await invite(town, "a1", hours=1.0, more={"typed": True})
        await asyncio.sleep(30.0)
        phone = town.phones["p-1"]
        assert (await phone.send("DELETE", f"/api/v1/me/visits/{gone['id']}", None)).status == 204
        await asyncio.sleep(30.0)
        assert await types(town, gone["code"]) == ("courier_code_wrong", 0)
        await asyncio.sleep(3_600.0)
        assert await types(town, made["code"]) == ("pass_over", 0)

    lived(tmp_path, story)


def test_a_wiped_controller_asks_about_a_code_that_was_used(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        await with_keypad(town)
        made = await invite(town, "a1", more={"typed": True})
        await asyncio.sleep(90.0)
        assert await types(town, made["code"]) == ("granted", 1)
        await asyncio.sleep(30.0)
        await wipe(town, "a")
        assert await types(town, made["code"]) == ("pass_used", 0)

    lived(tmp_path, story)


def test_a_door_says_nothing_of_a_pass_that_does_not_name_it(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made: dict[str, Any] = await invite(town, "b1")
        device = town.controllers["a"].device
        assert device is not None
        lie = replace(
            device.draft("access"), door=1, via="pass", credential=made["id"],
            outcome=Outcome.GRANTED, reason="granted",
        )  # fmt: skip
        device.send(device.journal.record(lie))
        await asyncio.sleep(10.0)
        assert (await state_of(town, made["id"]))["came"] == []
        with town._hub().engines.read.connect() as connection:
            assert connection.execute(select(t.pass_uses)).all() == []

    lived(tmp_path, story)
