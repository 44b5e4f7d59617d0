"""A device that is asked may tell without end: it is heard out, and nobody else waits for it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from devices.recall import KIND
from hub import recalls
from hub.acts.restoring import Restored, mark_restored
from hub.store import tables as t
from tests.simulation import virtual
from tests.unit.hub_bench import HubBench, hub_bench

MARK = "r-0a1b"


async def told(bench: HubBench, *contents: dict[str, Any]) -> None:
    rows = [
        {"n": 10_000 + n, "device_id": "gate", "boot": "1-aa", "seq": n, "at": 0.0,
         "recorded_at": 0.0, "kind": KIND, "late": False, "ms": {}, "body": json.dumps({"x": one})}
        for n, one in enumerate(contents, 1)
    ]  # fmt: skip
    with bench.hub.engines.write.begin() as connection:
        connection.execute(insert(t.events), rows)


async def asked(bench: HubBench) -> None:
    await bench.hub.writer.submit(mark_restored, Restored(MARK, bench.now.timestamp(), 0))
    bench.hub.recalls.load()


async def test_of_what_a_device_tells_the_first_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalls, "PARTS_MOST", 3)
    whole = {"mark": MARK, "part": 0, "parts": 1, "same": 1, "pieces": 1}
    async with hub_bench(tmp_path) as bench:
        await asked(bench)
        junk = [{"mark": "r-ffff", "part": n, "parts": 9} for n in range(9)]
        await told(bench, *junk, whole, {"mark": MARK, "piece": 5}, {"mark": MARK, "piece": 0})
        testimony, kept = bench.hub.recalls._told_by("gate")
        assert testimony is not None  # what it told of other questions takes no room
        assert kept is not None
    async with hub_bench(tmp_path / "more") as bench:
        await asked(bench)
        junk = [{"mark": MARK, "piece": 7} for _ in range(3)]
        await told(bench, *junk, whole)
        assert bench.hub.recalls._told_by("gate") == (None, None)


async def in_vain(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub_bench(folder) as bench:
        await asked(bench)
        looks = 0

        async def look(device: str) -> bool:
            nonlocal looks
            if device != "gate":
                return True
            looks += 1
            await asyncio.sleep(2.0)
            return False

        monkeypatch.setattr(bench.hub.recalls, "_look", look)
        work = asyncio.ensure_future(bench.hub.recalls.run())
        for _ in range(550):
            bench.hub.recalls.wake()
            await asyncio.sleep(0.1)
        work.cancel()
        assert looks == 3  # at 0, 20 and 40 seconds


def test_looks_in_vain_leave_the_time_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    virtual.run(in_vain(tmp_path, monkeypatch))
