"""Conditions that last, the morning's message, doors' health: the engine at work on a bench."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from devices.messages import Life, Revision
from hub import certs
from hub.core.alert_watch import PATIENCE_S, DeviceSeen, Key, Look, Watch, look_at
from hub.core.door_health import DoorSeen, Standing, health
from hub.store import tables as t
from tests.unit.alert_town import AlertTown, alert_town

DEVICE = DeviceSeen("gate", "door", ready=True, asleep=False, policy_fine=True, clock_fine=True)


# --------------------------------------------------------------------------- the watch


def test_of_a_silent_device_only_its_silence_is_known() -> None:
    silent = replace(DEVICE, ready=False, policy_fine=False, clock_fine=False)
    look = look_at([silent], online=True)
    assert look.wrong == {("device_silent", "device:gate")}
    assert look.unknown == {("policy_behind", "device:gate"), ("clock_unsigned", "device:gate")}
    assert look_at([silent], online=False).wrong == frozenset()
    assert look_at([replace(silent, asleep=True)], online=True).wrong == frozenset()
    behind = look_at([replace(DEVICE, policy_fine=False, clock_fine=False)], online=True)
    assert {kind for kind, _ in behind.wrong} == {"policy_behind", "clock_unsigned"}
    kiosk = look_at([replace(DEVICE, kind="kiosk", policy_fine=False)], online=True)
    assert kiosk.wrong == frozenset()


KEYS = st.sampled_from([(kind, "device:x") for kind in PATIENCE_S])
LOOKS = st.lists(
    st.tuples(st.frozensets(KEYS), st.frozensets(KEYS), st.floats(1, 400, allow_nan=False)),
    max_size=40,
)


@given(LOOKS)
def test_what_ripens_stood_long_enough_and_what_is_unknown_neither_begins_nor_ends(
    looks: list[tuple[frozenset[Key], frozenset[Key], float]],
) -> None:
    watch, open_, now_s = Watch(), set[Key](), 0.0
    since: dict[Key, float] = {}
    for wrong, unknown, seconds in looks:
        now_s += seconds
        look = Look(wrong, unknown - wrong)
        since = {key: since.get(key, now_s) for key in wrong}
        verdict = watch.judge(look, open_, now_s)
        for key in verdict.ripe:
            assert now_s - since[key] >= PATIENCE_S[key[0]]
            watch.told(key)
            open_.add(key)
        for key in verdict.over:
            assert key not in look.wrong | look.unknown
            open_.discard(key)
        for key in wrong:
            assert key in open_ or now_s - since[key] < PATIENCE_S[key[0]]
        assert not set(verdict.ripe) & set(verdict.over)


def test_what_somebody_closed_is_not_raised_again_while_it_stands() -> None:
    watch, key = Watch(), ("disk_full", "hub:disk")
    assert watch.judge(Look(frozenset({key})), (), 0.0).ripe == (key,)
    assert watch.judge(Look(frozenset({key})), (), 1.0).ripe == (key,)  # not yet in the store
    watch.told(key)
    assert watch.judge(Look(frozenset({key})), (), 2.0).ripe == ()
    watch.judge(Look(frozenset()), (), 3.0)
    assert watch.judge(Look(frozenset({key})), (), 4.0).ripe == (key,)


# --------------------------------------------------------------------------- on a bench


def kinds(town: AlertTown, state: str | None = None) -> list[str]:
    rows = [row for row in town.rows() if state is None or row.state == state]
    return sorted(f"{row.kind} {row.subject}" for row in rows)


async def look_for(town: AlertTown, seconds: float) -> None:
    """The watch's own clock is the loop's; on the bench it is the site's."""
    town.hub.alerting.monotonic = lambda: town.bench.now.timestamp()  # noqa: PLW0108 (now changes)
    end = town.bench.now + timedelta(seconds=seconds)
    while True:
        await town.hub.alerting.watch()
        if town.bench.now >= end:
            return
        town.bench.pass_s(15)


async def test_a_lost_controller_is_an_alert_and_its_return_ends_it(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        for device in ("gate", "hall", "kiosk-1"):
            town.online(device)
        gate = town.hub.memory.devices["gate"]
        gate.want = gate.have = Revision(1, 1)
        await look_for(town, 600)
        assert kinds(town) == []
        since_s = town.bench.now.timestamp()
        town.state("gate", Life.LOST)
        await look_for(town, 90)
        assert kinds(town) == []
        await look_for(town, 90)
        assert kinds(town) == ["device_silent device:gate"]
        assert town.one().opened_at == since_s
        await town.speak()
        (outlet, message) = town.hands.said[0]
        assert (outlet, message.title) == ("desk", "【Village】gate: Device silent")
        town.state("gate", Life.READY, boot="b2")
        await look_for(town, 15)
        assert kinds(town, "closed") == ["device_silent device:gate"]
        await town.speak()
        assert town.hands.said[-1][1].title == "【Village】Over: gate: Device silent"


async def test_a_hub_off_its_broker_speaks_of_that_and_of_no_device(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        town.online()
        town.hub.ingest.disconnected()
        await look_for(town, 1_200)
        assert kinds(town) == ["broker_away hub:broker"]


async def test_a_policy_that_stays_behind_and_a_clock_that_nobody_confirms(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        for device in ("gate", "hall", "kiosk-1"):
            town.online(device)
        gate = town.hub.memory.devices["gate"]
        gate.want, gate.have, gate.clock = Revision(1, 2), Revision(1, 1), "free"
        await look_for(town, 1_000)
        assert kinds(town) == ["clock_unsigned device:gate", "policy_behind device:gate"]
        town.state("gate", Life.LOST)
        await look_for(town, 15)
        assert len(kinds(town, "closed")) == 0  # of a silent device nothing is known
        town.state("gate", Life.READY, boot="b3")
        gate.have, gate.clock = Revision(1, 2), "signed"
        await look_for(town, 15)
        assert len(kinds(town, "closed")) == 2


async def test_an_opening_of_which_nobody_knows(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        town.hub.ingest.disconnected()
        with town.hub.engines.write.begin() as connection:
            opening = {"phone_id": "x", "person_id": "p-1", "door_id": "d-2", "ms": {}}
            at_s = town.bench.now.timestamp()
            connection.execute(insert(t.openings).values(id="o", presented_at=at_s, **opening))
        await look_for(town, 45)
        assert kinds(town) == []
        await look_for(town, 30)
        assert "outcome_unknown door:d-2" in kinds(town)
        with town.hub.engines.write.begin() as connection:
            connection.execute(t.openings.update().values(outcome="refused"))
        await look_for(town, 15)
        assert kinds(town, "closed") == ["outcome_unknown door:d-2"]


async def test_quarantine_disk_and_certificates_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with alert_town(tmp_path) as town:
        town.online()
        usage = type("Usage", (), {"free": 1})
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
        soon_s = town.bench.now.timestamp() + 86_400
        town.hub.alerting.ends_s = lambda: {"certificate": soon_s, "keys": soon_s * 2}
        values = {"id": "q", "source": "x", "content": "x", "fault": "x"}
        with town.hub.engines.write.begin() as connection:
            at_s = town.bench.now.timestamp()
            connection.execute(insert(t.quarantine).values(at=at_s, **values))
        for _ in range(2):
            await town.hub.alerting.watch()
        assert kinds(town) == [
            "certificate_expiry hub:certificate", "disk_full hub:disk", "quarantine hub:quarantine",
        ]  # fmt: skip
        assert {row.times for row in town.rows()} == {1}


def test_the_end_of_what_is_signed_is_read_from_the_files_in_use(tmp_path: Path) -> None:
    from hub import keys  # noqa: PLC0415 (beside its one use)

    now = datetime.now(UTC)
    keys.make(tmp_path, "liuxi", now.timestamp())
    own = keys.load(tmp_path)
    signed = certs.ensure(tmp_path / "certs", ["hub.lan"], [], now)
    ends = certs.ends_of([signed.chain], own.keyset, own.root_public)
    assert ends["certificate"] == signed.ends_at.timestamp()
    assert ends["keys"] == pytest.approx(now.timestamp() + keys.KEY_LIFE_S)
    assert set(certs.ends_of([tmp_path / "absent"], own.keyset, own.root_public)) == {"keys"}


async def test_an_opening_without_entry_fades(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.event("not_entered")
        town.bench.pass_s(3_500)
        await town.hub.alerting.watch()
        assert town.one().state != "closed"
        town.bench.pass_s(200)
        await town.hub.alerting.watch()
        assert town.one().state == "closed"


# --------------------------------------------------------------------------- health, morning


def test_a_door_is_well_when_nothing_is_wrong_with_it_or_its_controller() -> None:
    door = DoorSeen("d-1", "gate", online=True, since_s=5.0, policy_fine=True)
    (fine,) = health([door], [Standing("credential_forged", "door:d-1", 1.0)])
    assert fine.well
    (held,) = health([door], [Standing("held", "door:d-1", 9.0), Standing("held", "door:x", 1.0)])
    assert [(one.kind, one.since_s) for one in held.troubles] == [("held", 9.0)]
    (tamper,) = health([door], [Standing("tamper", "device:gate", 9.0)])
    assert not tamper.well
    (gone,) = health([replace(door, online=False)], [])
    assert [(one.kind, one.since_s) for one in gone.troubles] == [("device_silent", 5.0)]
    (unheard,) = health([replace(door, online=None, since_s=None)], [])
    assert [(one.kind, one.since_s) for one in unheard.troubles] == [("device_silent", None)]


def at_local(town: AlertTown, hour: int, minute: int) -> None:
    """The bench is in Shanghai, eight hours ahead."""
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    town.bench.now = midnight + timedelta(hours=hour - 8, minutes=minute)


async def test_the_morning_says_once_a_day_that_all_doors_are_well(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        town.online()
        gate = town.hub.memory.devices["gate"]
        gate.want = gate.have = Revision(1, 1)
        at_local(town, 8, 29)
        await town.hub.alerting.greet()
        await town.speak()
        assert town.hands.said == []
        at_local(town, 8, 30)
        for _ in range(3):
            await town.hub.alerting.greet()
            await town.speak()
        ((outlet, message),) = town.hands.said
        assert (outlet, message.title) == ("desk", "【Village】Good morning: all 2 doors are well")
        assert message.text == "Checked at 08:30."
        town.bench.now += timedelta(days=1)
        await town.hub.alerting.greet()
        await town.speak()
        assert len(town.hands.said) == 2


async def test_the_morning_names_the_dead_since_when_and_what_to_do(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        at_local(town, 6, 5)
        town.online()
        town.state("gate", Life.LOST)
        at_local(town, 9, 0)  # the hub was down at half past eight
        await town.hub.alerting.greet()
        await town.speak()
        ((_, message),) = town.hands.said
        assert message.title == "【Village】Good morning: 2 of 2 doors need care"
        assert "Gate: Device silent · Since 06:05" in message.text
        assert "Check power and network." in message.text
        town.hands.tongue = "zh-Hans"
        row = next(row for row in town.rows(t.effects) if row.id.startswith("morning"))
        text = town.hub.alerting._morning("desk", row).text
        assert "Gate：设备没有声音了 · 从 06:05 起" in text


async def test_a_hub_that_starts_in_the_afternoon_says_no_good_morning(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        at_local(town, 12, 0)
        await town.hub.alerting.greet()
        assert [row for row in town.rows(t.effects) if row.id.startswith("morning")] == []


async def test_a_morning_that_cannot_be_said_is_tried_again(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        at_local(town, 8, 30)
        town.hands.refusing["desk"] = ("http 503", True)
        await town.hub.alerting.greet()
        await town.speak()
        assert town.hands.said == []
        town.hands.refusing.clear()
        town.bench.pass_s(10)
        await town.speak()
        assert len(town.hands.keys("desk")) == 1
