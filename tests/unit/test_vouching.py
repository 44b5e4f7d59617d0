"""A door that asks the hub: one question, one word, and what it does with every other word."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from devices import wire
from devices.access import Visit
from devices.envelope import envelope
from devices.freshness import FOR_EVER_S
from devices.messages import Event, Life, Outcome, StateNote
from devices.pins import code_mark
from devices.rules import Code, Codes
from devices.wire import Topics
from tests.unit.door_bench import HUB, NOW_S, SITE, Bench
from tests.unit.test_door_rules import Keys, folder, made, press

__all__ = ["folder"]

STRICT = Visit("v-1", (1, 2), NOW_S, NOW_S + 3600, "p1", strict=True)
KEY = b"k" * 32


def hub_says(bench: Bench, life: Life = Life.READY) -> None:
    note = wire.encode_state(StateNote(life, "b", "c", NOW_S))
    bench.device.on_message(Topics(SITE, HUB).of(wire.STATE), note)


async def asking(folder_: Path, visit: Visit = STRICT) -> tuple[Bench, str]:
    """A controller whose first door has just asked; the name of its question."""
    bench = await made(folder_)
    hub_says(bench)
    assert bench.door.on_pass(1, visit).reason == "pass_online"
    (asked,) = bench.events()
    assert (asked.kind, asked.door, asked.credential, asked.via) == ("pass_asked", 1, "v-1", "pass")
    assert asked.outcome is None
    return bench, str(asked.content["ask"])


async def word(bench: Bench, ask: str, **changes: object) -> None:
    now = {"id": f"w-{ask}", "op": "pass", "presentation": None, "about": ask}
    await bench.send(bench.command(**(now | changes)))


def last(bench: Bench) -> Event:
    return bench.events()[-1]


async def test_a_word_opens_once_and_is_told_with_its_question(folder: Path) -> None:
    bench, ask = await asking(folder)
    await word(bench, ask)
    assert bench.strike.pulses == [(0, 3_000)]
    event = last(bench)
    assert (event.outcome, event.credential, event.content["ask"]) == (
        Outcome.GRANTED, "v-1", ask
    )  # fmt: skip
    assert [(one.id, one.outcome) for one in bench.answers()] == [(f"w-{ask}", Outcome.GRANTED)]
    await word(bench, ask)  # the same bytes again: the stored answer, nothing acts
    await word(bench, ask, id="w-other")
    assert bench.strike.pulses == [(0, 3_000)]
    assert last(bench).reason == "expired"
    assert bench.door.on_pass(1, STRICT).reason == "pass_used"
    await bench.close()


async def test_a_no_is_said_with_the_hubs_reason(folder: Path) -> None:
    bench, ask = await asking(folder)
    await word(bench, ask, reason="pass_used")
    event = last(bench)
    assert (event.outcome, event.reason, event.content) == (
        Outcome.REFUSED, "pass_used", {"ask": ask}
    )  # fmt: skip
    assert bench.strike.pulses == []
    bench.door.on_pass(1, STRICT)
    again = str(last(bench).content["ask"])
    assert again != ask
    await word(bench, again, reason="a-word-of-a-newer-hub")
    assert last(bench).reason == "pass_online"
    assert bench.strike.pulses == []
    await bench.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"about": "another"},
        {"about": None},
        {"door": 2},
        {"connection": "older"},
        {"epoch": 6},
        {"expires_at_s": NOW_S - 1},
    ],
)
async def test_a_word_for_something_else_opens_nothing(
    folder: Path, changes: dict[str, object]
) -> None:
    bench, ask = await asking(folder)
    await word(bench, ask, **changes)
    assert bench.strike.pulses == []
    assert last(bench).outcome is Outcome.REFUSED
    assert "ask" not in last(bench).content, "the question itself is still open"
    await word(bench, ask, id="w-right")
    assert bench.strike.pulses == [(0, 3_000)]
    await bench.close()


async def test_a_question_given_up_stays_given_up(folder: Path) -> None:
    bench, ask = await asking(folder)
    bench.door.threshold.vouching._open[1].timer.cancel()
    bench.door.threshold.vouching._time_is_up(1)
    event = last(bench)
    assert (event.outcome, event.reason, event.content) == (
        Outcome.REFUSED, "pass_online", {"ask": ask}
    )  # fmt: skip
    await word(bench, ask)
    assert bench.strike.pulses == []
    assert last(bench).reason == "expired"
    await bench.close()


async def test_one_question_at_a_door_and_none_without_a_hub(folder: Path) -> None:
    bench = await made(folder)
    assert bench.door.on_pass(1, STRICT).reason == "pass_online"
    assert [event.kind for event in bench.events()] == ["access"], "nobody to ask: refused at once"
    hub_says(bench)
    bench.door.on_pass(1, STRICT)
    bench.door.on_pass(1, replace(STRICT, id="v-2"))
    kinds = [(event.kind, event.credential) for event in bench.events()]
    assert kinds == [("access", "v-1"), ("pass_asked", "v-1"), ("access", "v-2")]
    hub_says(bench, Life.LOST)
    bench.door.on_pass(2, STRICT)
    assert last(bench).reason == "pass_online"
    bench.door.close()
    await bench.close()


async def test_a_word_is_one_more_question_to_the_doors_own_rules(folder: Path) -> None:
    bench, ask = await asking(folder)
    bench.put_policy(people={})
    await word(bench, ask)
    assert (last(bench).reason, last(bench).content) == ("pass_revoked", {"ask": ask})
    assert bench.strike.pulses == []
    (answer,) = bench.answers()
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "pass_revoked")
    await bench.close()


async def test_a_disk_that_was_new_asks_about_what_is_older(folder: Path) -> None:
    bench = await made(folder)
    assert bench.door.freshness.since_s == NOW_S
    older = Visit("v-2", (1,), NOW_S - 1, NOW_S + 3600, "p1")
    assert bench.door.on_pass(1, older).reason == "pass_online"
    assert bench.door.on_pass(1, replace(older, from_s=NOW_S)).reason == "granted"
    await bench.turns()
    bench.device.journal.close()
    bench.device.disconnected()
    bench.time_s = 50.0
    bench.device, bench.door = bench.boot()
    assert bench.door.freshness.since_s == NOW_S, "not the start, the disk"
    await bench.close()


async def test_a_disk_of_before_this_was_kept_remembers_everything(folder: Path) -> None:
    bench = Bench(folder)
    assert bench.door.freshness.since_s == FOR_EVER_S, "without a time nobody knows when it began"
    with bench.device.journal._commit() as db:
        db.execute("delete from meta where key = 'visits-new'")
    bench.device.journal.close()
    bench.device, bench.door = bench.boot()
    assert bench.door.freshness.since_s == 0.0
    await bench.ready()
    assert bench.door.freshness.since_s == 0.0
    await bench.close()


async def test_a_new_disk_that_restarts_before_any_time_stays_new(folder: Path) -> None:
    bench = Bench(folder)
    bench.device.journal.close()
    bench.device, bench.door = bench.boot()
    assert bench.door.freshness.since_s == FOR_EVER_S
    await bench.ready()
    assert bench.door.freshness.since_s == NOW_S
    await bench.close()


async def test_a_code_at_the_keypad_opens_and_is_nowhere_told(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    code = Code("v-c", "p1", NOW_S, NOW_S + 3600, 1)
    bench.put_policy(codes=Codes(KEY, {code_mark(KEY, "482119305"): code}))
    press(bench, "482119306#482119305#")
    await bench.turns()
    assert bench.strike.pulses == [(0, 3_000)]
    told = [(event.via, event.reason, event.credential) for event in bench.events()]
    assert told == [("code", "courier_code_wrong", None), ("code", "granted", "v-c")]
    assert "482119305" not in str(bench.events()) + str(bench.bus.said)
    await bench.close()


async def test_a_code_of_before_the_disk_is_asked_about_as_a_code(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    hub_says(bench)
    code = Code("v-c", "p1", NOW_S - 60, NOW_S + 3600, 1)
    bench.put_policy(codes=Codes(KEY, {code_mark(KEY, "482119305"): code}))
    press(bench, "482119305#")
    asked = last(bench)
    assert (asked.kind, asked.via, asked.credential) == ("pass_asked", "code", "v-c")
    await word(bench, str(asked.content["ask"]))
    assert bench.strike.pulses == [(0, 3_000)]
    assert (last(bench).via, last(bench).credential) == ("code", "v-c")
    assert "482119305" not in str(bench.events())
    await bench.close()


async def test_the_envelope_is_the_contracts(folder: Path) -> None:
    bench = await made(folder)
    assert envelope(bench.command(), bench.device) is None
    for changes, why in (
        ({"epoch": 6}, "epoch_old"),
        ({"connection": "x"}, "connection_old"),
        ({"expires_at_s": NOW_S + 11}, "window_long"),
        ({"issued_at_s": NOW_S - 5, "expires_at_s": NOW_S}, "expired"),
        ({"issued_at_s": NOW_S + 3, "expires_at_s": NOW_S + 5}, "too_early"),
    ):
        assert envelope(bench.command(**changes), bench.device) == why
    await asyncio.sleep(0)
    await bench.close()
