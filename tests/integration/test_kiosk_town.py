"""The kiosk as a process in a whole town: killed with a code on the glass, cut off from its hub."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators.demo.kiosk import KioskVisitor, NotSo, read_code
from simulators.demo.town import Town, TownSettings
from simulators.roster import ELDER_HOUSE, KIOSK

TURNS = 400
TURN_S = 0.05


async def until(done: Callable[[], Any]) -> None:
    for _ in range(TURNS):
        made = done()
        if await made if asyncio.iscoroutine(made) else made:
            return
        await asyncio.sleep(TURN_S)
    raise NotSo("it never came")


def rows(database: Path, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


async def killed_with_a_code_on_the_glass(town: Town, visitor: KioskVisitor) -> None:
    """Somebody pays while the kiosk is dead; started again it learns so from the hub."""
    disk = town.settings.folder / KIOSK / "kiosk.db"
    visit = await visitor.arrive(ELDER_HOUSE)
    bill = next(each for each in visit["bills"] if each["kind"] == "water")
    payment = (await visitor.touch("pay", {"bill": bill["id"]}))["id"]
    code_url = read_code((await visitor.glass("waiting"))["code_svg"])
    await town.children[KIOSK].stop(politely=False)
    assert rows(disk, "select id, code_seen, settled_at from payments") == [(payment, 1, None)]
    assert town.provider is not None
    assert all(sent.accepted for sent in await town.provider.scan(code_url))
    said: list[dict[str, Any]] = []
    town.children[KIOSK].on_line = lambda line: said.append(json.loads(line))
    await town.children[KIOSK].start()
    await until(lambda: any("outcome" in line for line in said))
    told = next(line for line in said if "outcome" in line)
    assert (told["payment"], told["outcome"]) == (payment, "paid")
    assert rows(disk, "select number, amount_fen, house from receipts") == [
        (told["receipt"], bill["amount_fen"], ELDER_HOUSE)
    ]
    raw = b"".join(path.read_bytes() for path in disk.parent.glob("kiosk.db*"))
    assert "沈".encode() not in raw
    assert (await visitor.state())["session"] is None


async def cut_off_from_its_hub(town: Town, visitor: KioskVisitor) -> None:
    """Bills can be read while the visit lives, and nothing can be paid."""
    visit = await visitor.arrive(ELDER_HOUSE)
    await town.children["hub"].stop(politely=False)

    async def online() -> bool:
        return bool((await visitor.state())["online"])

    async def offline() -> bool:
        return not await online()

    await until(offline)
    state = await visitor.state()
    assert len(state["session"]["bills"]) == 3
    assert len(state["notices"]) == 4
    bill = next(each for each in visit["bills"] if each["state"] == "open")
    with pytest.raises(NotSo, match="hub_busy"):
        await visitor.touch("pay", {"bill": bill["id"]})
    await town.restart_hub()
    await until(online)
    await visitor.leave()


async def test_a_kiosk_that_dies_and_one_that_is_alone(
    tmp_path: Path, mosquitto_path: Path
) -> None:
    town = Town(TownSettings(tmp_path / "town", wire_logs=False), lambda _text: None)
    try:
        await town.start()
        visitor = KioskVisitor(town)
        await killed_with_a_code_on_the_glass(town, visitor)
        await cut_off_from_its_hub(town, visitor)
    finally:
        await town.stop()
