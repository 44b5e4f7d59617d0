"""What a full broker dropped is read again; whole policies wait for a lost card's receipts."""

import asyncio
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devices import wire
from devices.messages import Life
from hub.acts.cards import BlockCard, block_card
from hub.acts.policies import ask_for
from hub.doubts import LOOK_S, WAIT_FIRST_S, WAIT_MOST_S, Doubts
from hub.store.writer import Done
from tests.unit.spread_town import issue, town


async def test_a_receipt_that_the_broker_dropped_is_read_again(tmp_path: Path) -> None:
    """A full queue drops it without a word; what is retained is the truth."""
    async with town(tmp_path) as here:
        await issue(here, "c-2")
        at_s = 0.0
        doubts = Doubts(here.hub.ingest, lambda: at_s)
        assert doubts.look() == []
        here.line.full_for = wire.POLICY_HAVE
        await here.do(block_card, BlockCard("c-2", "phone:1"))
        here.line.full_for = ""
        _, doors = here.revocation("c-2")
        assert all(door.gone_at is None for door in doors)
        assert doubts.look() == []  # it may be on its way
        at_s += WAIT_FIRST_S
        assert set(doubts.look()) >= {"gate", "home2"}
        await here.settle()
        _, doors = here.revocation("c-2")
        assert all(door.gone_at is not None for door in doors)
        at_s += WAIT_MOST_S
        assert not {"gate", "home2"} & set(doubts.look())


async def test_a_ready_that_the_broker_dropped_is_read_again(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        at_s = 0.0
        doubts = Doubts(here.hub.ingest, lambda: at_s)
        door, entry = here.doors["home2"], here.hub.memory.devices["home2"]
        door.cut()
        door.device.publish(wire.STATE, b"")
        here.hub.ingest.on_message(door.device.topics.of(wire.STATE), door.device._state(Life.LOST))
        since_s, was_ready = entry.since_s, entry.ready
        assert not was_ready
        doubts.look()
        at_s += WAIT_FIRST_S
        here.bench.pass_s(1.0)
        here.line.retained[door.device.topics.of(wire.STATE)] = door.device._state(Life.READY)
        assert "home2" in doubts.look()
        await here.settle()
        assert entry.ready
        assert entry.since_s != since_s
        again_s = entry.since_s
        here.line.reread([door.device.topics.of(wire.STATE)])
        await here.settle()
        assert entry.since_s == again_s  # the same word is not news


async def test_a_device_that_is_away_is_asked_for_less_and_less(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        at_s = 0.0
        doubts = Doubts(here.hub.ingest, lambda: at_s)
        here.hub.memory.devices["home2"].note = None
        asked = []
        while at_s < 3 * WAIT_MOST_S:
            if "home2" in doubts.look():
                asked.append(at_s)
            at_s += LOOK_S
        waits = [after - before for before, after in itertools.pairwise(asked)]
        assert waits == sorted(waits)
        assert waits[-1] <= WAIT_MOST_S + LOOK_S
        assert len(asked) < 12
        here.hub.ingest.disconnected()
        assert doubts.look() == []


async def test_whole_policies_wait_for_the_receipts_of_a_lost_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as here:
        await issue(here, "c-2")
        for door in here.doors.values():
            topic, note = door.device.topics.of(wire.STATE), door.device._state(Life.READY)
            here.hub.ingest.on_message(topic, note)
        policies = here.hub.policies
        before = here.hub.memory.devices["home2"].want
        last = replace(before, number=before.number + 1)
        compiled: list[str] = []
        gather = policies.gather

        async def noted(device: Any, ground: Any = None) -> Any:
            blocked = here.hub.memory.devices["home2"]
            assert (blocked.want, blocked.have) == (last, last), device.id
            compiled.append(device.id)
            return await gather(device, ground)

        monkeypatch.setattr(policies, "gather", noted)

        def all_again(tx: Any, _wish: None, _now: Any) -> Done[None]:
            return Done(None, (ask_for(tx, here.doors),))

        here.line.late_s = 0.1
        block = here.hub.writer.submit(block_card, BlockCard("c-2", "phone:1"))
        await asyncio.gather(block, here.hub.writer.submit(all_again, None))
        for _ in range(100):
            await here.settle()
            if len(compiled) >= 2:
                break
            await asyncio.sleep(0.01)
        assert sorted(compiled) == ["gate", "home2"]
        here.check()
