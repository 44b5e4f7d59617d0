"""`linli door run` with a scanner and call buttons in its device.toml, on real pseudo-terminals."""

import asyncio
import json
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from devices import passes
from devices.identity import Identity, adoption_json
from devices.messages import Event
from devices.wire import read_event
from simulators.ends import QrScannerEnd, RelayBoardEnd
from tests.drivers.waiting import until
from tests.unit.door_bench import HUB, SITE, Hub

Told = tuple[str, str | None, str | None]

WIRES = """
[[doors]]
number = 1
scanner = "qr+serial://{scanner}"
strike = "modbus-relay+serial://{board}"
output = 0
call_inputs = [5]
"""


def adopt(folder: Path, hub: Hub) -> None:
    """A controller whose broker nobody answers at."""
    identity = Identity.make("gate", "door")
    identity.save(folder)
    root = hub.root.public_key().public_bytes_raw()
    broker: dict[str, str | int | None] = {"host": "127.0.0.1", "port": 9}
    text = adoption_json(identity.public, SITE, HUB, root, hub.keyset(), broker, "secret", None)
    (folder / "adoption.json").write_text(text, encoding="utf-8")


def told(folder: Path) -> set[Told]:
    """What stands in the controller's journal."""
    with closing(sqlite3.connect(f"file:{folder / 'journal.db'}?mode=ro", uri=True)) as journal:
        rows = journal.execute("select body from outbox").fetchall()
    events = [read_event(json.loads(body)) for (body,) in rows]
    return {(e.kind, e.via, e.reason) for e in events if isinstance(e, Event)}


async def test_a_code_at_the_scanner_and_a_press_of_the_bell_reach_the_journal(
    tmp_path: Path,
) -> None:
    hub = Hub()
    adopt(tmp_path, hub)
    scanner, board = QrScannerEnd(), RelayBoardEnd()
    text = WIRES.format(scanner=scanner.path, board=board.path)
    (tmp_path / "device.toml").write_text(text, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", "door", "run", "--data", str(tmp_path),
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    door = (passes.PassDoor("gate", 1),)
    now_s = int(time.time())
    visit = passes.Pass("v-0011223344556677", door, now_s - 60, now_s + 3_540, "p1")
    await until(lambda: board.heard_at_ns > 0)  # it reads its inputs, so it runs
    seen: set[Told] = set()
    while len(seen) < 2:
        scanner.show(passes.sign(visit, SITE, hub.signer("pass")))
        board.set_input(5, on=not board.inputs[5])
        await asyncio.sleep(0.5)
        seen = told(tmp_path)
    process.terminate()
    assert await process.wait() == 0
    scanner.close()
    board.close()
    assert seen == {("access", "pass", "policy_missing"), ("call", "button", None)}
