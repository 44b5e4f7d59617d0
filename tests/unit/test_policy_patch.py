"""Deltas: a patched policy is the compiled one, and a door decides by it or keeps the old one."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import shelf, wire
from devices.access import (
    Credential,
    DoorPolicy,
    Policy,
    Request,
    Rule,
    Schedule,
    State,
    Way,
    decide,
)
from devices.jws import canonical
from devices.messages import Assurance, Delta, Have, Manifest, Revision
from devices.policy import CardKeys, Compiled, decode, encode, seal
from devices.policy_patch import (
    Inexpressible,
    chained,
    diff,
    head_of,
    merged,
    patched,
    seal_patch,
)
from tests.unit.door_bench import NAME, NOW_S, SITE, TOPICS, Bench, Bus

NAMES = st.sampled_from(["a", "b", "c", "d"])
LEAVES = st.booleans() | st.integers(-2, 2) | st.text(max_size=2) | st.lists(st.integers(0, 2))
JSON = st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=9)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=4)


@given(before=OBJECTS, after=OBJECTS)
def test_a_patch_leads_from_one_body_to_the_other(before: Any, after: Any) -> None:
    kept = json.dumps(before, sort_keys=True)
    patch = diff(before, after)
    assert merged(before, json.loads(json.dumps(patch))) == after
    assert json.dumps(before, sort_keys=True) == kept  # nothing was changed in place
    assert (patch == {}) == (before == after)


def test_what_a_patch_cannot_say_is_refused() -> None:
    with pytest.raises(Inexpressible):
        diff({}, {"a": {"b": None}})
    assert diff({"a": 1}, {"a": [None]}) == {"a": [None]}


# --------------------------------------------------------------------------- policies

PEOPLE = st.sampled_from(["p1", "p2", "p3"])
RULES = st.builds(Rule, st.sampled_from([None, "s"]), st.none(), st.none(), st.booleans())
DOORS = st.builds(
    DoorPolicy,
    number=st.just(1),
    asks=st.sampled_from(list(Assurance)),
    rules=st.dictionaries(st.sampled_from(["r0", "r1"]), RULES),
    people=st.dictionaries(PEOPLE, st.lists(st.sampled_from(["r0", "r1"])).map(tuple)),
)
DAYS = st.sampled_from([((0, 1440),), (), ((0, 60),)])
UIDS = st.sampled_from(["04aa", "04bb", "04cc"])
KEYS = st.dictionaries(st.sampled_from([3, 4]), st.binary(min_size=16, max_size=16), max_size=2)


@st.composite
def policies(draw: st.DrawFn) -> Compiled:
    doors = draw(st.dictionaries(st.sampled_from([1, 2]), DOORS, min_size=1))
    return Compiled(
        Policy(
            Revision(7, draw(st.integers(1, 9))),
            ZoneInfo("Asia/Shanghai"),
            draw(st.sampled_from([{}, {"s": Schedule((draw(DAYS),) * 8)}])),
            frozenset(),
            {number: replace(door, number=number) for number, door in doors.items()},
            draw(st.dictionaries(UIDS, st.builds(Credential, UIDS, PEOPLE, st.booleans()))),
        ),
        draw(st.dictionaries(UIDS, st.builds(CardKeys, KEYS))),
    )


@settings(max_examples=200)
@given(before=policies(), after=policies())
def test_a_patched_policy_is_the_compiled_one(before: Compiled, after: Compiled) -> None:
    patch = diff(json.loads(encode(before)), json.loads(encode(after)))
    found = patched(before, patch)
    assert found == after
    assert isinstance(found, Compiled)
    assert encode(found) == encode(after)


@settings(max_examples=100)
@given(before=policies(), after=policies(), card=UIDS, door=st.sampled_from([1, 2]))
def test_hub_and_door_decide_alike_after_a_patch(
    before: Compiled, after: Compiled, card: str, door: int
) -> None:
    patch = diff(json.loads(encode(before)), json.loads(encode(after)))
    there = patched(before, json.loads(canonical(patch)))
    assert isinstance(there, Compiled)
    request = Request(door, Way.CARD, card=card, assurance=Assurance.MUTUAL)
    now = datetime(2026, 11, 23, 4, tzinfo=UTC)
    decided = [decide(one.policy, State(), request, now) for one in (there, after)]
    assert decided[0] == decided[1]


BROKEN: list[Any] = [
    {"cards": None}, {"cards": {"x": []}}, {"cards": 3}, {"keys": {"x": {"3": "zz"}}},
    {"doors": {"one": {}}}, {"doors": 1}, {"doors": {"1": {"people": 1}}}, {"zone": "Moon"},
    {"rev": []}, {"schedules": {"s": [[]]}}, {"doors": {"1": []}},
]  # fmt: skip


@pytest.mark.parametrize("patch", BROKEN, ids=str)
def test_a_patch_that_makes_no_policy_is_a_refusal(patch: Any) -> None:
    before = Compiled(
        Policy(Revision(7, 1), ZoneInfo("UTC"), {}, frozenset(), {1: DoorPolicy(1)}), {}
    )
    assert not isinstance(patched(before, patch), Compiled)


def test_blocking_one_card_leaves_the_others_where_they_are() -> None:
    cards = {f"{n:04x}": Credential(f"k{n}", "p1") for n in range(500)}
    people = {f"p{n}": ("r",) for n in range(500)}
    door = DoorPolicy(1, rules={"r": Rule()}, people=people)
    before = Compiled(
        Policy(Revision(7, 1), ZoneInfo("UTC"), {}, frozenset(), {1: door}, cards),
        {uid: CardKeys({4: bytes(16)}) for uid in cards},
    )
    after = patched(
        before, {"rev": [7, 2], "cards": {"0001": ["k1", "p1", 1]}, "keys": {"0001": None}}
    )
    assert isinstance(after, Compiled)
    assert after.policy.cards["0001"].blocked
    assert "0001" not in after.keys
    assert after.policy.doors[1].people is before.policy.doors[1].people
    assert all(after.policy.cards[uid] is cards[uid] for uid in cards if uid != "0001")


# --------------------------------------------------------------------------- the shelf


class Sender:
    """What a hub would send to the bench's door: snapshots, deltas, manifests."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        compiled = bench.door.shelf.compiled
        assert compiled is not None
        self.compiled = compiled
        self.base = Revision(7, 1)
        self.sealed = self._seal(compiled, self.base)
        self.base_head = self.head = "x"  # what the bench wrote on the disk
        self.deltas: list[Delta] = []

    def _seal(self, compiled: Compiled, revision: Revision) -> bytes:
        to = self.bench.identity.sealing.public_key()
        return seal(encode(compiled), to, SITE, NAME, revision)

    @property
    def revision(self) -> Revision:
        return self.deltas[-1].revision if self.deltas else self.base

    def change(self, **cards: bool) -> Delta:
        """The next revision: some cards with whether they are blocked."""
        after = self.revision
        patch = {"cards": {uid: ["k1", "p1", int(now)] for uid, now in cards.items()}}
        to = self.bench.identity.sealing.public_key()
        delta = seal_patch(patch, to, SITE, NAME, after, Revision(7, after.number + 1))
        self.deltas.append(delta)
        self.head = chained(self.head, delta)
        return delta

    def snapshot(self) -> None:
        """Begin anew at the revision that is wanted."""
        policy = self.compiled.policy
        self.base, self.deltas = Revision(7, self.revision.number + 1), []
        self.compiled = Compiled(replace(policy, revision=self.base), self.compiled.keys)
        self.sealed = self._seal(self.compiled, self.base)
        self.base_head = self.head = head_of(self.sealed)

    def manifest(self, **other: Any) -> bytes:
        plain = Manifest(
            self.revision, head_of(self.sealed), len(self.sealed), 1, 2, (), 7, NOW_S, NOW_S,
            self.head, self.base, self.base_head,
        )  # fmt: skip
        signer = self.bench.hub.signer("policy")
        return wire.sign_manifest(replace(plain, **other), TOPICS, signer)

    def want(self, **other: Any) -> None:
        self.bench.hear(wire.POLICY_WANT, self.manifest(**other))

    def send(self, *deltas: Delta) -> None:
        for delta in deltas or self.deltas:
            self.bench.hear(wire.POLICY_DELTA, wire.encode_delta(delta))

    def send_snapshot(self) -> None:
        self.bench.hear("policy/snapshot/0", wire.encode_chunk(self.base, 0, self.sealed))

    def receipts(self) -> list[Have]:
        found = [
            wire.open_have(raw, TOPICS, lambda _k: self.bench.identity.signing.public_key())
            for raw in self.bench.bus.heard(wire.POLICY_HAVE)
        ]
        return [have for have in found if isinstance(have, Have)]


CARD = "04aabbccddeeff"


async def ready(folder: Path) -> tuple[Bench, Sender]:
    bench = Bench(folder)
    await bench.ready()
    return bench, Sender(bench)


def blocked(bench: Bench, card: str = CARD) -> bool | None:
    policy = bench.door.shelf.policy
    assert policy is not None
    known = policy.cards.get(card)
    return known.blocked if known else None


def reboot(bench: Bench) -> None:
    bench.device.journal.close()
    bench.device.disconnected()
    bench.device, bench.door = bench.boot()


async def again(bench: Bench) -> None:
    """Connected again, with whatever the disk holds."""
    bench.bus = Bus()
    bench.device.hail()
    bench.device.connected(bench.bus)
    bench.tell_time()
    await bench.turns()


async def test_a_delta_is_in_force_on_disk_and_receipted(tmp_path: Path) -> None:
    bench, hub = await ready(tmp_path)
    hub.send(hub.change(**{CARD: True}))
    assert blocked(bench) is False  # nobody has said yet that it is wanted
    hub.want()
    assert blocked(bench) is True
    assert (hub.receipts()[-1].revision, hub.receipts()[-1].sha256) == (Revision(7, 2), hub.head)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        assert other.execute("select number, head from patches").fetchall() == [(2, hub.head)]
    reboot(bench)
    assert bench.door.shelf.revision == Revision(7, 2)
    assert blocked(bench) is True
    await bench.close()


async def test_a_gap_is_asked_about_and_filled(tmp_path: Path) -> None:
    bench, hub = await ready(tmp_path)
    hub.change(**{CARD: True})
    second = hub.change(**{"04bb": True})
    hub.send(second)
    hub.want()
    asked = hub.receipts()[-1]
    assert (asked.revision, asked.refused) == (Revision(7, 1), None)
    assert blocked(bench) is False
    hub.send()  # the hub sends all that is missing
    assert bench.door.shelf.revision == Revision(7, 3)
    assert (blocked(bench), blocked(bench, "04bb")) == (True, True)
    await bench.close()


async def test_only_the_chain_of_the_manifest_counts(tmp_path: Path) -> None:
    bench, hub = await ready(tmp_path)
    honest = hub.change(**{CARD: True})
    stranger = seal_patch(
        {"cards": {"04ee": ["k9", "p1", 0]}}, bench.identity.sealing.public_key(), SITE, NAME,
        honest.after, honest.revision,
    )  # fmt: skip
    hub.want()
    hub.send(stranger)  # sealed to us by anybody who knows our public key
    assert bench.door.shelf.revision == Revision(7, 1)
    assert blocked(bench, "04ee") is None
    hub.send(honest)
    assert bench.door.shelf.revision == Revision(7, 2)
    hub.want(revision=Revision(7, 1))
    assert bench.door.shelf.revision == Revision(7, 2)  # never backwards
    await bench.close()


async def test_a_snapshot_with_deltas_after_it_is_taken_as_one(tmp_path: Path) -> None:
    bench, hub = await ready(tmp_path)
    hub.snapshot()
    hub.change(**{CARD: True})
    hub.want()
    hub.send_snapshot()
    assert bench.door.shelf.revision == Revision(7, 1)  # half of it is nothing
    hub.send()
    assert bench.door.shelf.revision == Revision(7, 3)
    assert blocked(bench) is True
    assert hub.receipts()[-1].sha256 == hub.head
    reboot(bench)
    assert (bench.door.shelf.revision, blocked(bench)) == (Revision(7, 3), True)
    await bench.close()


@pytest.mark.parametrize("whole", [False, True])
async def test_a_full_disk_keeps_the_old_policy_and_says_so(tmp_path: Path, whole: bool) -> None:
    bench, hub = await ready(tmp_path)
    journal = bench.device.journal
    kept = journal.keep_patches, journal.keep_policy

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    journal.keep_patches = journal.keep_policy = full  # type: ignore[method-assign,assignment]
    if whole:
        hub.snapshot()
        send = hub.send_snapshot
    else:
        hub.change(**{CARD: True})
        send = hub.send
    hub.want()
    send()
    receipt = hub.receipts()[-1]
    assert (receipt.revision, receipt.refused) == (Revision(7, 1), "storage_fault")
    assert blocked(bench) is False
    journal.keep_patches, journal.keep_policy = kept  # type: ignore[method-assign]
    hub.want()
    send()
    assert hub.receipts()[-1].refused is None
    assert bench.door.shelf.revision == hub.revision
    await bench.close()


async def test_a_feature_that_is_missing_keeps_the_old_policy_and_says_so(tmp_path: Path) -> None:
    bench, hub = await ready(tmp_path)
    hub.send(hub.change(**{CARD: True}))
    hub.want(features=("policy-99",))
    receipt = hub.receipts()[-1]
    assert (receipt.revision, receipt.refused) == (Revision(7, 1), "unsupported")
    assert blocked(bench) is False
    bench.door.shelf.announce()
    assert hub.receipts()[-1].refused == "unsupported"  # also when it asks again
    await bench.close()


async def test_a_patch_that_makes_no_policy_keeps_the_old_one(tmp_path: Path) -> None:
    bench, hub = await ready(tmp_path)
    to = bench.identity.sealing.public_key()
    bad = seal_patch({"zone": "Moon"}, to, SITE, NAME, hub.base, Revision(7, 2))
    hub.deltas.append(bad)
    hub.head = chained(hub.head, bad)
    hub.send()
    hub.want()
    assert (hub.receipts()[-1].revision, hub.receipts()[-1].refused) == (Revision(7, 1), "form")
    await bench.close()


async def test_many_patches_are_worked_into_the_whole(tmp_path: Path) -> None:
    bench, hub = await ready(tmp_path)
    for number in range(shelf.PATCHES_MAX + 3):
        hub.send(hub.change(**{f"04{number:02x}": True}))
        hub.want()
    rows = bench.device.journal.patches()
    assert len(rows) == 2  # begun anew after the bound
    reboot(bench)
    assert bench.door.shelf.revision == hub.revision
    policy = bench.door.shelf.policy
    assert policy is not None
    assert len(policy.cards) == shelf.PATCHES_MAX + 4
    await bench.close()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_lost_or_killed_one_revision_stands_whole(data: st.DataObject) -> None:
    """Deltas, manifests and kills in any order: what is in force is always a revision that was."""
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    from tests.loops import run  # noqa: PLC0415

    async def day(folder: Path) -> None:
        bench, hub = await ready(folder)
        states = {Revision(7, 1): encode(hub.compiled)}
        body = json.loads(states[Revision(7, 1)])
        for number in range(data.draw(st.integers(1, 4))):
            delta = hub.change(**{f"04{number:02x}": True})
            cards = {f"04{number:02x}": ["k1", "p1", 1]}
            rev = [delta.revision.epoch, delta.revision.number]
            body = merged(body, {"cards": cards, "rev": rev})
            states[delta.revision] = canonical(body)
        for _ in range(data.draw(st.integers(1, 8))):
            what = data.draw(st.sampled_from(["want", "delta", "snapshot", "kill"]))
            if what == "want":
                hub.want()
            elif what == "delta":
                hub.send(data.draw(st.sampled_from(hub.deltas)))
            elif what == "snapshot":
                hub.send_snapshot()
            else:
                reboot(bench)
                await again(bench)
            now = bench.door.shelf
            assert now.compiled is not None
            assert encode(now.compiled) == states[now.revision]
        await bench.close()

    with TemporaryDirectory() as folder:
        run(day(Path(folder)))


def test_a_policy_of_many_is_still_read(tmp_path: Path) -> None:
    del tmp_path
    before = Compiled(Policy(Revision(7, 1), ZoneInfo("UTC"), {}, frozenset(), {}), {})
    assert decode(encode(before)) == before
