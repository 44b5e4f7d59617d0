"""From the hub's rows to every door: snapshot and deltas hold what a fresh compilation holds."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from devices import wire
from devices.clock import DeviceClock
from devices.device import Device
from devices.identity import Adoption, Identity
from devices.jws import canonical
from devices.messages import Description, Life
from devices.outbox import Journal
from devices.policy import Compiled, decode, encode
from devices.policy_patch import _SUITE
from devices.shelf import PolicyShelf
from hub import compiling
from hub.acts.cards import BlockCard, UnblockCard, block_card, unblock_card
from hub.acts.policies import Adoptee, adopt, ask_for
from hub.acts.roster import NewCard, RosterPart, issue_card, load_part
from hub.doubts import LOOK_S, WAIT_FIRST_S, WAIT_MOST_S, Doubts
from hub.ground import read_ground
from hub.store import tables as t
from hub.store.writer import Done
from tests.loops import run
from tests.unit.hub_bench import SITE, HubBench, hub_bench

UIDS = {f"c-{n}": f"04a1b2c3d4e5{n:02x}" for n in range(6)}
HOLDERS = {"c-0": "p-1", "c-1": "p-1", "c-2": "p-2", "c-3": "p-2", "c-4": "p-1", "c-5": "p-2"}


class Line:
    """The broker between one hub and its doors: retained manifests, and devices that are away."""

    def __init__(self) -> None:
        self.retained: dict[str, bytes] = {}
        self.doors: dict[str, Door] = {}
        self.hub: Any = None
        self.bytes_to: dict[str, int] = {}
        self.late_s = 0.0  # how long a word for the hub is on its way
        self.full_for = ""  # a leaf of which the hub hears nothing: its queue is full

    def reread(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if topic in self.retained:
                payload = self.retained[topic]
                asyncio.get_running_loop().call_soon(self.hub.on_message, topic, payload)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> None:
        del qos, expiry_s
        if retain:
            self.retained[topic] = payload
        parts = wire.split_topic(topic)
        assert parts is not None
        _, name, leaf = parts
        if leaf == self.full_for:
            return
        if leaf in (wire.POLICY_HAVE, wire.STATE, wire.TIME_WANT) and name in self.doors:
            asyncio.get_running_loop().call_later(self.late_s, self.hub.on_message, topic, payload)
        door = self.doors.get(name)
        if door is not None and door.online and leaf.startswith("policy/") and "have" not in leaf:
            self.bytes_to[name] = self.bytes_to.get(name, 0) + len(payload)
            asyncio.get_running_loop().call_soon(door.device.on_message, topic, payload)


class Door:
    """A real device with a real shelf on a real disk."""

    def __init__(self, line: Line, folder: Path, identity: Identity, adoption: Adoption) -> None:
        self.line, self.folder, self.identity, self.adoption = line, folder, identity, adoption
        self.online = False
        self.boot()

    def boot(self) -> None:
        name = self.identity.device
        journal = Journal(self.folder / f"{name}.db", synced=False)
        self.device = Device(
            self.identity,
            self.adoption,
            journal,
            DeviceClock(lambda: 0.0, None, 0.0),
            bytes,
            Description("door", "t", 1, (), (1, 2)),
        )
        self.shelf = PolicyShelf(self.device)
        self.device.on_connected = self.shelf.announce

    def connect(self) -> None:
        self.online = True
        self.device.hail()
        self.device._bus = self.line
        self.device.ready = True
        want = self.device.topics.of(wire.POLICY_WANT)
        if want in self.line.retained:
            self.device.on_message(want, self.line.retained[want])
        self.shelf.announce()

    def cut(self) -> None:
        self.online = False
        self.device.disconnected()

    def kill(self) -> None:
        self.cut()
        self.device.journal.close()
        self.boot()


async def turns(count: int = 60) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Town:
    """A hub on a bench with two doors' controllers beside it."""

    def __init__(self, bench: HubBench, line: Line, doors: dict[str, Door]) -> None:
        self.bench, self.line, self.doors = bench, line, doors
        self.hub = bench.hub

    async def do(self, act: Callable[..., Any], request: Any) -> Any:
        done = await self.hub.writer.submit(act, request)
        await self.settle()
        return done

    async def settle(self) -> None:
        self.hub.policies.wake()
        for _ in range(8):
            await turns()
            self.bench.pass_s(1.0)

    def truth(self, device: str) -> Compiled:
        """What a fresh compilation of everything gives."""
        with self.hub.engines.read.connect() as connection:
            ground = read_ground(connection, self.hub.keys, device=device)
        want = self.hub.memory.devices[device].want
        return ground.compile(device, self.hub.memory.zone, want)

    def check(self) -> None:
        """Every door that is there holds exactly that."""
        for name, door in self.doors.items():
            if door.online:
                assert door.shelf.compiled is not None
                assert encode(door.shelf.compiled) == encode(self.truth(name))
                kept = door.device.journal.policy()
                assert kept is not None

    def revocation(self, card: str) -> tuple[Any, list[Any]]:
        with self.hub.engines.read.connect() as connection:
            row = connection.execute(
                select(t.revocations)
                .where(t.revocations.c.subject == card)
                .order_by(t.revocations.c.asked_at.desc())
            ).first()
            assert row is not None
            doors = connection.execute(
                select(t.revocation_doors)
                .where(t.revocation_doors.c.revocation_id == row.id)
                .order_by(t.revocation_doors.c.device_id)
            ).all()
        return row, list(doors)


@asynccontextmanager
async def town(folder: Path, database: str = "") -> AsyncIterator[Town]:
    async with hub_bench(folder, database) as bench:
        line = Line()
        hub = bench.hub
        line.hub = hub.ingest
        rows = [{"id": "d-3", "device_id": "home2", "number": 1, "name": {"en": "Home 2"},
                 "kind": "building", "building": "2"}]  # fmt: skip
        rules = [{"id": "r-3", "door_id": "d-3", "subject_kind": "building", "subject": "2"}]
        for kind, part in (("doors", rows), ("rules", rules)):
            await hub.writer.submit(load_part, RosterPart(kind, part, hub.keys.mark))
        home2 = Identity.make("home2", "door")
        public = home2.public
        wish = Adoptee("home2", "door", public.ed25519, public.x25519)
        await hub.writer.submit(adopt, wish)
        hub.memory.reload()
        identities = {"gate": Identity.load(folder / "gate"), "home2": home2}
        for name, identity in identities.items():
            root = Ed25519PublicKey.from_public_bytes(hub.keys.root_public)
            adoption = Adoption(SITE, "hub-1", root, hub.keys.keyset, "-", 1, None, "-")
            line.doors[name] = Door(line, folder, identity, adoption)
        hub.ingest.hail()
        hub.ingest.connected(line)
        work = asyncio.ensure_future(hub.policies.run())
        here = Town(bench, line, line.doors)
        for door in line.doors.values():
            door.connect()
        await here.settle()
        try:
            yield here
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            for door in line.doors.values():
                door.cut()
                door.device.journal.close()


async def issue(here: Town, *cards: str) -> None:
    for card in cards:
        await here.do(issue_card, NewCard(card, UIDS[card], HOLDERS[card]))


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
        beside = policies._beside
        late: list[str] = ["c-1"]

        async def and_then_another(work: Any, *args: Any) -> Any:
            done = await beside(work, *args)
            if late:
                wish = BlockCard(late.pop(), "staff:2")
                here.bench.pass_s(0.001)
                await here.hub.writer.submit(block_card, wish)
            return done

        monkeypatch.setattr(policies, "_beside", and_then_another)
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


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
