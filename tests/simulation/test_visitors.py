"""Visitors in virtual time: the hub's passes at real controllers, with the hub and without."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.messages import Event, Outcome
from devices.outbox import Journal
from devices.passes import text_of
from devices.porch import SAME_S, Porch
from devices.wire import read_event
from hub.acts.roster import RosterPart, load_part
from tests.luck import seeds
from tests.simulation import virtual
from tests.simulation.town import DOORS, SimTown

HOST = "p-1"
NEW_S = 61.0  # a pass "from now" begins a minute ago; a controller's memory must be older
LONGEST_S = 4.0  # a door that asks waits three seconds at most
AGAIN_S = 10.0  # access.md: a repeat is honest so long, and only if the door never opened


async def invite(
    town: SimTown,
    *doors: str,
    hours: float = 2.0,
    ahead_h: float = 0.0,
    more: dict[str, Any] | None = None,
) -> Any:
    begins = town.now() + timedelta(hours=ahead_h)
    body: dict[str, Any] = {"label": "v", "doors": list(doors)} | (more or {})
    body |= {"begins": begins.isoformat()} if ahead_h else {}
    phone = town.phones[HOST]
    phone._nonce = None
    body["ends"] = (begins + timedelta(hours=hours)).isoformat()
    reply = await phone.send("POST", "/api/v1/me/visits", body)
    assert reply.status == 201, reply.body
    return reply.body


async def show(town: SimTown, text: str, door: str) -> tuple[Outcome | None, str | None, int]:
    """Hold a pass before a door: the door's word of it, and how often its strike moved."""
    controller = town.controllers[door[0]]
    assert controller.device is not None
    assert controller.door is not None
    number = int(door[1])
    pulses = len(controller.strikes[number].pulses)
    before = controller.device.journal.last_told
    Porch(controller.device, {}, controller.door.on_pass).on_text(number, text)
    await asyncio.sleep(LONGEST_S)
    last = _access_after(controller.device.journal, before)
    moved = len(controller.strikes[number].pulses) - pulses
    return last.outcome, last.reason, moved


def _access_after(journal: Journal, seq: int) -> Event:
    """The one access event of this boot behind a number."""
    rows = journal._db.execute(
        "select body from outbox where boot_n = ? and seq > ?", (journal._boot_n, seq)
    )
    found = [read_event(json.loads(body)) for (body,) in rows]
    (event,) = [one for one in found if isinstance(one, Event) and one.kind == "access"]
    return event


def word_of(journal: Journal) -> str | None:
    """The newest word of a door about somebody before it."""
    rows = journal._db.execute("select body from outbox where boot_n = ?", (journal._boot_n,))
    found = [read_event(json.loads(body)) for (body,) in rows]
    told = [one for one in found if isinstance(one, Event) and one.kind == "access"]
    return told[-1].reason if told else None


OPENED = (Outcome.GRANTED, "granted", 1)


def refused(reason: str) -> tuple[Outcome, str, int]:
    return (Outcome.REFUSED, reason, 0)


def lived(folder: Path, story: Callable[[SimTown], Awaitable[None]], seed: int = 5) -> None:
    """Build a town, let a story happen in it, take it down."""

    async def day() -> None:
        town = SimTown(seed, folder)
        try:
            await town.build()
            await asyncio.sleep(NEW_S)
            await story(town)
            assert town.fatal == []
        finally:
            await town.close()

    virtual.run(day())


async def state_of(town: SimTown, visit: str) -> dict[str, Any]:
    phone = town.phones[HOST]
    phone._nonce = None
    reply = await phone.send("GET", "/api/v1/me/visits", None)
    found: dict[str, Any] = next(v for v in reply.body["visits"] if v["id"] == visit)
    return found


def test_a_pass_opens_each_door_it_names_once(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1", "b1")
        assert await show(town, made["text"], "a1") == OPENED
        await asyncio.sleep(AGAIN_S + SAME_S)
        assert await show(town, made["text"], "a1") == refused("pass_used")
        assert await show(town, made["text"], "a2") == refused("pass_not_here")
        assert await show(town, made["text"], "b1") == OPENED
        await town.settle()
        shown = await state_of(town, made["id"])
        assert shown["state"] == "came"
        assert sorted(arrival["door"] for arrival in shown["came"]) == ["a1", "b1"]

    lived(tmp_path, story)


def test_a_copy_of_the_code_is_the_same_pass(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1")
        address = f"https://hub.example/visit/#{made['text']}.eyJ9"
        assert text_of(address) == made["text"]
        assert await show(town, address, "a1") == OPENED
        await asyncio.sleep(AGAIN_S + 1)
        assert await show(town, made["text"], "a1") == refused("pass_used")

    lived(tmp_path, story)


def test_times_are_the_doors_own(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        later = await invite(town, "a1", ahead_h=3.0)
        assert await show(town, later["text"], "a1") == refused("pass_early")
        await asyncio.sleep(3 * 3600.0)
        assert await show(town, later["text"], "a1") == OPENED
        other = await invite(town, "a1", hours=0.5)
        await asyncio.sleep(1_801.0)
        assert await show(town, other["text"], "a1") == refused("pass_over")

    lived(tmp_path, story)


def test_without_the_hub_a_visitor_still_comes_in_and_is_told_of_later(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1")
        await town.kill_hub()
        await asyncio.sleep(60.0)
        assert await show(town, made["text"], "a1") == OPENED
        await asyncio.sleep(60.0)
        assert await show(town, made["text"], "a1") == refused("pass_used")
        await town.settle()
        assert (await state_of(town, made["id"]))["state"] == "came"

    lived(tmp_path, story)


def test_a_used_pass_stays_used_whatever_is_killed(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1")
        assert await show(town, made["text"], "a1") == OPENED
        await asyncio.sleep(AGAIN_S)
        await town.kill_controller("a")
        town.start_controller("a")
        await asyncio.sleep(30.0)
        assert await show(town, made["text"], "a1") == refused("pass_used")

    lived(tmp_path, story)


def test_a_revoked_pass_is_refused_once_the_door_knows(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1", "b1")
        town.air.unreachable.add("a")
        town.air.cut("a")
        await asyncio.sleep(5.0)
        phone = town.phones[HOST]
        gone = await phone.send("DELETE", f"/api/v1/me/visits/{made['id']}", None)
        assert gone.status == 204
        await asyncio.sleep(30.0)
        assert await show(town, made["text"], "b1") == refused("pass_revoked")
        assert await show(town, made["text"], "a1") == OPENED  # nobody could tell it
        again = await invite(town, "a1")
        await town.settle()
        await phone.send("DELETE", f"/api/v1/me/visits/{again['id']}", None)
        await asyncio.sleep(30.0)
        assert await show(town, again["text"], "a1") == refused("pass_revoked")

    lived(tmp_path, story)


def test_passes_stop_after_a_week_without_a_word_of_the_hub(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        soon = await invite(town, "a1", ahead_h=6 * 24.0)
        later = await invite(town, "a1", ahead_h=8 * 24.0)
        await town.kill_hub()
        await asyncio.sleep(6 * 86_400.0 + 60)
        assert await show(town, soon["text"], "a1") == OPENED
        await asyncio.sleep(2 * 86_400.0)
        assert await show(town, later["text"], "a1") == refused("policy_stale")
        await town.settle()
        assert await show(town, later["text"], "a1") == OPENED

    lived(tmp_path, story)


@pytest.mark.luck
@pytest.mark.parametrize("seed", seeds([1], range(2, 7)))
def test_a_controller_that_starts_without_the_hub_takes_no_pass(tmp_path: Path, seed: int) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, "a1")
        await town.kill_hub()
        await town.kill_controller("a")
        town.start_controller("a")
        await asyncio.sleep(60.0)
        assert await show(town, made["text"], "a1") == refused("policy_stale")

    lived(tmp_path, story, seed)


def test_a_pass_of_who_may_no_longer_come_in_opens_nothing(tmp_path: Path) -> None:
    async def story(town: SimTown) -> None:
        made = await invite(town, *DOORS)
        hub = town._hub()
        row = {"id": "r-no", "door_id": "a1", "subject_kind": "person", "subject": HOST,
               "deny": True}  # fmt: skip
        await hub.writer.submit(load_part, RosterPart("rules", [row], hub.keys.mark))
        hub.policies.wake()
        await asyncio.sleep(30.0)
        assert await show(town, made["text"], "a1") == refused("pass_revoked")
        assert await show(town, made["text"], "b1") == OPENED

    lived(tmp_path, story)
