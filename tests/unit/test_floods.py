"""A device that says too much: bounded by kind, told once, and nobody honest loses anything."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import wire
from devices.device import WINDOW
from devices.messages import Ack, Answer, Life, Outcome, StateNote
from devices.outbox import EVENTS_MAX
from hub import overflow
from hub.core import floods
from hub.core.floods import ALARM_AGAIN_S, ALARMS, AT_ONCE, COST_BYTES, EVENTS, Bound, Floods
from hub.core.limits import Limit
from hub.store import tables as t
from tests.luck import share
from tests.unit.hub_bench import HubBench, hub_bench
from tests.unit.test_ingest import BOOT, Ear

HONEST_BYTES = 900  # a signed event with its stages

waits = st.floats(0, 86_400.0)
bursts = st.lists(st.tuples(waits, st.integers(1, 3_000)), min_size=1, max_size=40)


@given(bursts, st.integers(1, 16_384))
def test_a_device_never_says_more_than_its_bound(said: list[tuple[float, int]], size: int) -> None:
    """Whatever it says when: what was heard is at most the burst and what time brought."""
    heard, now_s, counts = 0, 0.0, Floods()
    for wait_s, count in said:
        now_s += wait_s
        heard += sum(counts.takes("liar", Bound.ALARMS, size, now_s) for _ in range(count))
    cost = -(-size // COST_BYTES)
    assert heard * cost <= ALARMS.tries + now_s * ALARMS.tries / ALARMS.refill_s + 1
    assert counts.takes("other", Bound.ALARMS, size, now_s), "each for itself"
    assert counts.takes("liar", Bound.EVENTS, size, now_s), "and each kind"


@settings(max_examples=share(10, 100))
@given(st.lists(st.floats(0.001, 5.0), min_size=1, max_size=20), st.integers(1, 200))
def test_a_year_without_a_hub_is_told_in_one_go(paces_s: list[float], again_every: int) -> None:
    """A full outbox, some windows said twice because an answer came late, and a day beside it."""
    counts, now_s = Floods(), 0.0
    for window in range(EVENTS_MAX // WINDOW + 1):
        now_s += paces_s[window % len(paces_s)]
        times = 2 if window % again_every == 0 and again_every > 5 else 1
        for _ in range(WINDOW * times):
            assert counts.takes("gate", Bound.EVENTS, HONEST_BYTES, now_s)
    assert EVENTS.tries >= EVENTS_MAX * 6 / 5 + 20_000
    assert AT_ONCE >= 2 * WINDOW


def test_one_device_is_told_once_in_a_while() -> None:
    counts = Floods()
    assert counts.tells("gate", 1_000.0)
    assert not counts.tells("gate", 1_000.0 + ALARM_AGAIN_S - 1)
    assert counts.tells("other", 1_000.0)
    assert counts.tells("gate", 1_000.0 + ALARM_AGAIN_S)
    assert counts.tells("gate", 5.0), "a clock that was put back silences nobody"


def tight(monkeypatch: pytest.MonkeyPatch, bound: Bound, limit: Limit) -> None:
    monkeypatch.setitem(floods.LIMITS, bound, limit)


def alerts(bench: HubBench) -> list[Any]:
    with bench.hub.engines.read.connect() as connection:
        return list(connection.execute(t.alerts.select()).all())


async def test_a_flood_fills_no_disk_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(monkeypatch, Bound.EVENTS, Limit(20, 2_000.0))
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        for turn in range(5):
            await ear.hear(*(ear.event(turn * 30 + seq) for seq in range(1, 31)))
        assert [row.seq for row in ear.rows()] == list(range(1, 21))
        assert bench.hub.ingest.counters["flood_events"] == 130
        (alert,) = alerts(bench)
        assert (alert.kind, alert.subject, alert.times) == ("device_floods", "device:gate", 1)
        assert ear.acks()[-1] == Ack(BOOT, 20), "what was not heard is not acknowledged"
        bench.pass_s(300)
        await ear.hear(*(ear.event(seq) for seq in range(21, 26)))
        assert [row.seq for row in ear.rows()][20:] == [21, 22, 23], "told again, nothing is lost"
        assert ear.acks()[-1] == Ack(BOOT, 23)
        assert ear.fine()


async def test_the_same_event_again_and_again_is_a_flood_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(monkeypatch, Bound.EVENTS, Limit(20, 2_000.0))
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await ear.hear(*(ear.event(1, reason=f"r{n}") for n in range(40)))
        with bench.hub.engines.read.connect() as connection:
            kinds = connection.execute(t.chain.select()).all()
        assert sum(row.kind == "event_conflict" for row in kinds) == 19
        assert bench.hub.ingest.counters["flood_events"] == 20


async def test_no_device_fills_the_way_to_the_disk(tmp_path: Path) -> None:
    """While the disk is slow, one device has so many on the way and the others have theirs."""
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        ingest, signer = bench.hub.ingest, ear.gate.signer
        events = [ear.event(seq) for seq in range(1, AT_ONCE * 3)]
        raws = [wire.sign_event(event, ear.topics, signer) for event in events]
        for raw in raws:  # the writer has no turn between them
            ingest.on_message(ear.topics.of(wire.EVENT), raw)
        assert ingest.counters["crowded"] == len(raws) - AT_ONCE
        await ear.hear()
        for _ in range(6_000):
            if len(ear.rows()) == AT_ONCE:
                break
            await asyncio.sleep(0.01)
        await ear.hear(ear.event(AT_ONCE + 1))
        assert len(ear.rows()) == AT_ONCE + 1, "and then it goes on"
        assert not alerts(bench), "an honest window may be crowded; that is nobody's fault"


async def test_a_message_that_trips_us_keeps_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)

        def trip(*_: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr(bench.hub.ingest, "_sun", trip)
            for seq in range(AT_ONCE + 5):
                await ear.hear(ear.event(seq + 1))
        assert bench.hub.ingest.counters["fault"] == AT_ONCE + 5
        await ear.hear(ear.event(1))
        assert [row.seq for row in ear.rows()] == [1]


async def test_an_alarm_has_a_bound_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(monkeypatch, Bound.EVENTS, Limit(2, 2_000.0))
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await ear.hear(*(ear.event(seq) for seq in range(1, 9)))
        forced = ear.event(9, kind="forced", reason="forced", outcome=None)
        await ear.hear(forced, leaf=wire.ALARM)
        assert [row.seq for row in ear.rows()] == [1, 2, 9]
        assert {row.kind for row in alerts(bench)} == {"device_floods", "forced"}


async def test_questions_for_the_time_are_answered_at_a_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(monkeypatch, Bound.TIMES, Limit(3, 30.0))
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        ask = wire.encode_time_want("ab" * 16)
        for _ in range(10):
            bench.hub.ingest.on_message(ear.topics.of(wire.TIME_WANT), ask)
        told = [1 for topic, _, _ in ear.bus.said if topic == ear.topics.of(wire.TIME_TOLD)]
        assert len(told) == 3
        bench.pass_s(10)
        bench.hub.ingest.on_message(ear.topics.of(wire.TIME_WANT), ask)
        told = [1 for topic, _, _ in ear.bus.said if topic == ear.topics.of(wire.TIME_TOLD)]
        assert len(told) == 4
        await ear.hear()


def test_answers_to_our_own_commands_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tight(monkeypatch, Bound.ANSWERS, Limit(2, 1e9))
    counts = Floods()
    for _ in range(50):
        counts.asked("gate", 0.0)
        assert counts.takes("gate", Bound.ANSWERS, 400, 0.0)
    taken = [counts.takes("gate", Bound.ANSWERS, 400, 0.0) for _ in range(5)]
    assert taken == [True, False, False, False, False]


async def test_the_last_word_of_a_babbler_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its will may be among what was dropped: it must not stand as ready for ever."""
    tight(monkeypatch, Bound.NOTES, Limit(4, 1e9))
    monkeypatch.setattr(overflow, "REREAD_S", 0.0)
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        read: list[tuple[str, ...]] = []
        monkeypatch.setattr(ear.bus, "reread", lambda topics: read.append(tuple(topics)))
        note = wire.encode_state(StateNote(Life.READY, BOOT, "c" * 16, 1.0))
        for _ in range(9):
            bench.hub.ingest.on_message(ear.topics.of(wire.STATE), note)
        await ear.hear()
        assert bench.hub.ingest.counters["flood_notes"] == 5
        (topics,) = read
        assert ear.topics.of(wire.STATE) in topics
        assert ear.topics.of(wire.POLICY_HAVE) in topics
        assert any(topic.endswith("door/1/state") for topic in topics)


async def test_answers_nobody_asked_for_write_nothing_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(monkeypatch, Bound.ANSWERS, Limit(3, 1e9))
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        for number in range(20):
            answer = Answer(f"a-{number}", Outcome.GRANTED, "granted")
            raw = wire.sign_answer(answer, ear.topics, ear.gate.signer)
            bench.hub.ingest.on_message(ear.topics.of(wire.ANSWER), raw)
        await ear.hear()
        assert bench.hub.ingest.counters["flood_answers"] == 17
