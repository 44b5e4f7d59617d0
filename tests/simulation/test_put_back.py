"""The hub's disk is put back by hand, without `restore`: no event stays behind for ever.

A snapshot of a machine brought back makes a hub forget what it acknowledged. Devices keep that for
a week and tell it again; what they have swept away of a life that goes on is named as a gap.
"""

import asyncio
import shutil
from pathlib import Path
from random import Random

import pytest

from devices import outbox
from devices.recall import FORGOT
from hub.store import tables as t
from tests.luck import seeds
from tests.simulation import virtual
from tests.simulation.air import Weather
from tests.simulation.town import DOORS, PEOPLE, SimTown

SEEDS = seeds(range(1, 4), range(4, 16))


async def live(town: SimTown, luck: Random, steps: int) -> None:
    """Taps, now and then with a controller's or the hub's death between them."""
    for _ in range(steps):
        dice, name = luck.random(), luck.choice(list(town.controllers))
        if dice < 0.08:
            await town.kill_controller(name)
            town.start_controller(name)
        elif dice < 0.12 and town.hub is not None:
            await town.kill_hub()
            await asyncio.sleep(luck.uniform(1, 30))
            await town.start_hub()
        elif dice < 0.2:
            town.air.weather = luck.choice([Weather(), Weather((0.2, 3.0), 0.3)])
        await town.tap(luck.choice(PEOPLE), luck.choice(DOORS))
        await asyncio.sleep(luck.uniform(0.5, 20))


def copy(source: Path, target: Path) -> None:
    """The database's files as they lie on the disk."""
    target.mkdir(exist_ok=True)
    for path in source.glob("hub.db*"):
        shutil.copy(path, target)


async def day(seed: int, folder: Path, *, weekly: bool = False) -> None:
    town = SimTown(seed, folder)
    luck = Random(seed + 3)
    try:
        await town.build()
        await live(town, luck, luck.randrange(3, 12))
        await town.kill_hub()
        copy(folder, folder / "copy")
        await town.start_hub()
        await live(town, luck, luck.randrange(5, 25))
        await town.settle()
        before = {(e.device_id, e.boot, e.seq): e.body for e in town.events()}
        await town.kill_hub()
        for path in folder.glob("hub.db*"):
            path.unlink()
        copy(folder / "copy", folder)
        await town.start_hub()
        assert len(town.events()) < len(before)
        await live(town, luck, luck.randrange(1, 8))
        town.air.weather = Weather((0.001, 0.01), 0)
        await town.settle()
        judge(town, before, weekly=weekly)
    finally:
        await town.close()


def judge(town: SimTown, before: dict[tuple[str, str, int], str], *, weekly: bool) -> None:
    """All that was ever told is here once and in its order, or is named as swept away.

    ``weekly``: devices swept while this ran; of a life of which they keep nothing nobody knows.
    """
    kept = set()
    for name, controller in town.controllers.items():
        assert controller.device is not None
        rows = controller.device.journal._db.execute("select distinct boot from outbox")
        kept |= {(name, boot) for (boot,) in rows}
    events = [e for e in town.events() if e.device_id != "hub-1"]
    after = {(e.device_id, e.boot, e.seq): e.body for e in events}
    assert len(after) == len(events)
    swept = {
        (g.device_id, g.boot, seq) for g in town.rows(t.gaps) for seq in range(g.first, g.last + 1)
    }
    for key, body in before.items():
        told = key in swept or after.get(key) == body or key[0] == "hub-1"
        assert told or (weekly and key[:2] not in kept), key
    in_turn = [e for e in events if e.kind != FORGOT]  # that goes before all that was forgotten
    for life in {(e.device_id, e.boot) for e in events}:  # across lives the old comes after the new
        order = [e.seq for e in in_turn if (e.device_id, e.boot) == life]
        assert order == sorted(order), life
    assert town.rows(t.quarantine) == []
    assert town.fatal == []


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_hub_forgot_is_told_again(seed: int, tmp_path: Path) -> None:
    virtual.run(day(seed, tmp_path))


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_what_was_swept_away_is_a_gap(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ACKED_KEPT_S", 60.0)
    virtual.run(day(seed, tmp_path, weekly=True))
