"""From the hub's rows to every door: snapshot and deltas hold what a fresh compilation holds."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from devices.jws import canonical
from devices.policy import Compiled, decode, encode
from devices.policy_patch import _SUITE
from hub import compiling
from hub.acts.cards import BlockCard, UnblockCard, block_card, unblock_card
from hub.acts.issuing import NewCard, issue_card
from hub.acts.roster import RosterPart, load_part
from hub.store import tables as t
from hub.store.writer import Done
from tests.loops import run
from tests.luck import examples
from tests.unit.hub_bench import SITE, hub_bench
from tests.unit.spread_town import UIDS, Town, issue, town, turns


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same tests on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.db'}"
    return str(request.getfixturevalue("postgres_url"))


async def test_a_lost_card_is_gone_from_every_door_that_knew_it(
    tmp_path: Path, database: str
) -> None:
    async with town(tmp_path, database) as here:
        await issue(here, "c-0", "c-2")
        here.check()
        await here.do(block_card, BlockCard("c-0", "staff:1"))
        row, doors = here.revocation("c-0")
        assert [(door.device_id, door.doors) for door in doors] == [("gate", ["d-1", "d-2"])]
        assert row.spread_at is not None
        assert doors[0].gone_at is not None
        policy = here.doors["gate"].shelf.policy
        assert policy is not None
        assert policy.cards[UIDS["c-0"]].blocked
        assert not policy.cards[UIDS["c-2"]].blocked
        here.check()
        again = await here.do(block_card, BlockCard("c-0", "staff:2"))
        assert (again.revocation, again.fresh) == (row.id, False)
        await here.do(unblock_card, UnblockCard("c-0", "staff:1", "found in the lift"))
        policy = here.doors["gate"].shelf.policy
        assert policy is not None
        assert not policy.cards[UIDS["c-0"]].blocked
        here.check()


async def test_a_door_that_is_away_still_knows_it_and_is_named(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await issue(here, "c-2")
        here.doors["home2"].cut()
        await here.do(block_card, BlockCard("c-2", "phone:1"))
        _, doors = here.revocation("c-2")
        assert [(door.device_id, door.gone_at is not None) for door in doors] == [
            ("gate", True), ("home2", False),
        ]  # fmt: skip
        here.doors["home2"].kill()
        here.doors["home2"].connect()
        await here.settle()
        _, doors = here.revocation("c-2")
        assert all(door.gone_at is not None for door in doors)
        here.check()


async def test_a_door_that_leaves_somebody_out_is_named_too(tmp_path: Path) -> None:
    """After a restore such doors take whole policies only: nobody is told that all forgot it."""
    async with town(tmp_path) as here:
        await issue(here, "c-2")
        here.hub.policies.careful = lambda device: device == "home2"
        here.doors["home2"].cut()
        await here.do(block_card, BlockCard("c-2", "phone:1"))
        revocation, doors = here.revocation("c-2")
        assert revocation.spread_at is not None
        assert [(door.device_id, door.gone_at is not None) for door in doors] == [
            ("gate", True), ("home2", False),
        ]  # fmt: skip
        here.doors["home2"].connect()
        await here.settle()
        _, doors = here.revocation("c-2")
        assert all(door.gone_at is not None for door in doors)
        here.check()


async def test_a_door_that_has_not_told_yet_still_knows_a_card(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await issue(here, "c-2")

        def forget(tx: Any, _wish: None, _now: Any) -> Done[None]:
            tx.execute(delete(t.policies).where(t.policies.c.device_id == "home2"))
            row = {"device_id": "home2", "mark": "r-1", "state": "waiting", "changed_at": 1.0}
            tx.execute(insert(t.recalls).values(**row, released_by=""))
            return Done(None)

        here.hub.policies.held = lambda device: device == "home2"
        await here.do(forget, None)
        await here.do(block_card, BlockCard("c-2", "phone:1"))
        _, doors = here.revocation("c-2")
        assert [(door.device_id, door.gone_at is not None) for door in doors] == [
            ("gate", True), ("home2", False),
        ]  # fmt: skip


async def test_one_card_costs_a_delta_and_an_import_whole_policies(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        people = [{"id": f"q-{n}", "household_id": "h-1", "name": f"q{n}"} for n in range(400)]
        await here.do(load_part, RosterPart("people", people, here.hub.keys.mark))
        here.check()
        await issue(here, "c-0")
        before = here.line.bytes_to["gate"]
        await here.do(block_card, BlockCard("c-0", "staff:1"))
        assert here.line.bytes_to["gate"] - before < 3_000  # delta and manifest
        many = [NewCard(f"m-{n}", f"04ff00{n:04x}", f"q-{n}") for n in range(200)]
        for card in many:
            await here.hub.writer.submit(issue_card, card)
        await here.settle()
        here.check()
        assert not here.hub.policies._asked()


async def test_a_long_chain_ends_in_a_new_snapshot(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "CHAIN_MAX", 3)
    async with town(tmp_path, database) as here:
        await issue(here, "c-0")
        for number in range(6):
            act: Any = block_card if number % 2 == 0 else unblock_card
            wish = BlockCard("c-0", "s") if number % 2 == 0 else UnblockCard("c-0", "s", "found")
            await here.do(act, wish)
        rules = [{"id": "r-1", "door_id": "d-1", "subject_kind": "everyone", "subject": ""}]
        await here.do(load_part, RosterPart("rules", rules, here.hub.keys.mark))  # nothing new
        with here.hub.engines.read.connect() as connection:
            row = connection.execute(
                select(t.policies).where(t.policies.c.device_id == "gate")
            ).one()
        assert (row.base_epoch, row.base_number) == (row.epoch, row.number)
        here.check()
        fresh = here.doors["gate"]
        fresh.cut()
        fresh.device.journal.close()
        (here.bench.folder / "gate.db").unlink()  # a new disk
        fresh.boot()
        fresh.connect()
        await here.settle()
        here.check()


async def test_a_hub_that_dies_between_act_and_spreading_spreads_after_its_start(
    tmp_path: Path,
) -> None:
    async with town(tmp_path) as here:
        await issue(here, "c-0")
    async with hub_bench(tmp_path) as bench:
        await bench.hub.writer.submit(block_card, BlockCard("c-0", "staff:1"))
    async with hub_bench(tmp_path) as bench:
        work = asyncio.ensure_future(bench.hub.policies.run())
        bench.hub.policies.wake()
        await turns(200)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        with bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.card_changes)).first() is None
            (row,) = connection.execute(select(t.revocation_doors)).all()
        assert row.gone_at is None


async def test_a_card_that_is_lost_while_another_is_spread_is_not_taken_for_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as here:
        await issue(here, "c-0", "c-1")
        policies = here.hub.policies
        beside = policies.beside
        late: list[str] = ["c-1"]

        async def and_then_another(work: Any, *args: Any) -> Any:
            done = await beside(work, *args)
            if late:
                wish = BlockCard(late.pop(), "staff:2")
                here.bench.pass_s(0.001)
                await here.hub.writer.submit(block_card, wish)
            return done

        monkeypatch.setattr(policies, "beside", and_then_another)
        await here.do(block_card, BlockCard("c-0", "staff:1"))
        for card in ("c-0", "c-1"):
            _, (door,) = here.revocation(card)
            assert door.gone_at is not None
            with here.hub.engines.read.connect() as connection:
                body = connection.execute(
                    select(t.policy_deltas.c.sealed).where(
                        t.policy_deltas.c.device_id == "gate",
                        t.policy_deltas.c.number == door.number,
                    )
                ).scalar()
            assert body is not None
            opened = _SUITE.decrypt(
                body,
                here.doors["gate"].identity.sealing,
                info=canonical(
                    ["linli-delta-1", SITE, "gate", door.epoch, door.number - 1, door.epoch,
                     door.number]
                ),
            )  # fmt: skip
            assert json.loads(opened)["cards"][UIDS[card]][2] == 1, card
        here.check()


async def test_a_body_that_nobody_can_read_is_healed_by_a_snapshot(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await issue(here, "c-0")

        def spoil(tx: Any, _request: None, now: Any) -> Done[None]:
            del now
            tx.execute(update(t.policy_snapshots).values(body=b"\x00" * 40))
            return Done(None)

        await here.hub.writer.submit(spoil, None)
        row = {"id": "d-1", "mode": "LockedDown"}
        await here.do(load_part, RosterPart("doors", [row], here.hub.keys.mark))
        here.check()


async def test_nothing_of_a_card_key_can_be_read_in_the_database(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await issue(here, "c-0")
        compiled = here.doors["gate"].shelf.compiled
        assert compiled is not None
        key = next(iter(compiled.keys[UIDS["c-0"]].slots.values()))
        with here.hub.engines.read.connect() as connection:
            bodies = list(connection.execute(select(t.policy_snapshots.c.body)).scalars())
            assert bodies
            bodies += [row.body for row in connection.execute(select(t.policy_deltas.c.body))]
        for body in bodies:
            assert key.hex().encode() not in body
            assert b"schedules" not in body


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["block", "unblock", "issue", "move", "mode", "cut", "connect", "kill"]),
        st.integers(0, 5),
    ),
    min_size=3,
    max_size=9,
)


@pytest.mark.luck
@settings(max_examples=examples(8, 30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_snapshot_and_deltas_are_a_fresh_compilation(steps: list[tuple[str, int]]) -> None:
    async def day(folder: Path) -> None:
        async with town(folder) as here:
            await issue(here, "c-0", "c-2")
            for what, number in steps:
                await _step(here, what, number)
                here.check()
            for door in here.doors.values():
                if not door.online:
                    door.connect()
            await here.settle()
            here.check()
            for name, door in here.doors.items():
                assert door.shelf.revision == here.hub.memory.devices[name].want
                assert isinstance(decode(encode(here.truth(name))), Compiled)

    with TemporaryDirectory() as folder:
        run(day(Path(folder)))


async def _step(here: Town, what: str, number: int) -> None:
    mark = here.hub.keys.mark
    card = f"c-{number}"
    door = here.doors["gate" if number % 2 else "home2"]
    known = card in ("c-0", "c-2")
    match what:
        case "issue":
            await issue(here, card)
        case "block" if known:
            await here.do(block_card, BlockCard(card, "s"))
        case "unblock" if known:
            await here.do(unblock_card, UnblockCard(card, "s", "found"))
        case "move":
            row = {"id": "p-1", "household_id": "h-2" if number % 2 else "h-1"}
            await here.do(load_part, RosterPart("people", [row], mark))
        case "mode":
            row = {"id": "d-1", "mode": "LockedDown" if number % 2 else "Locked"}
            await here.do(load_part, RosterPart("doors", [row], mark))
        case "cut":
            door.cut()
        case "connect" if not door.online:
            door.connect()
            await here.settle()
        case "kill":
            door.kill()
            door.connect()
            await here.settle()
        case _:
            await here.settle()
