"""`linli demo`: run the town in the foreground, or drive it once and report (`--check`)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from simulators.demo.check import drive, ledger_balance
from simulators.demo.processes import ChildFailed, run
from simulators.demo.staff import NAME, PASSWORD, Staff
from simulators.demo.town import Town, TownSettings


def say(text: str) -> None:
    """Progress, on standard error."""
    print(f"  {text}", file=sys.stderr, flush=True)


async def check(asked: argparse.Namespace) -> int:
    """Drive the three flows; one JSON object is the last line; 0 only if all of it is true."""
    keep: Path | None = asked.keep
    folder = (keep or Path(tempfile.mkdtemp(prefix="linli-"))).resolve()
    town = Town(TownSettings(folder, broker_kind=asked.broker), say)
    report: dict[str, Any] = {"flows": {}, "chain": {}, "ledger": {}}
    try:
        await town.start()
        staff = Staff(town.base_url)
        await staff.claim(town.administrator_code)
        await staff.sign_in()
        report["flows"] = await drive(town, staff)
        await staff.close()
    except ChildFailed as fault:
        report["fault"] = str(fault)
    finally:
        say("stopping the town")
        await town.stop()
    database = folder / "hub" / "hub.db"
    if database.exists():
        report["chain"] = await _verify(folder, database)
        report["ledger"] = ledger_balance(str(database))
    _leave(folder, keep, database)
    parts = [*report["flows"].values(), report["chain"], report["ledger"]]
    fine = len(report["flows"]) == 3 and all(part.get("ok") for part in parts)
    print(json.dumps({"ok": fine, **report}, ensure_ascii=False))
    return 0 if fine else 1


async def _verify(folder: Path, database: Path) -> dict[str, Any]:
    try:
        return await run(folder, "audit", "verify", "--database", f"sqlite:///{database}")
    except ChildFailed as fault:
        return {"ok": False, "fault": str(fault)}


def _leave(folder: Path, keep: Path | None, database: Path) -> None:
    """With --keep the evidence stays where an outside reader looks for it."""
    if keep is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for name in ("hub.db", "hub.db-wal", "hub.db-shm"):
        if (database.parent / name).exists():
            shutil.copy2(database.parent / name, keep / name)


async def foreground(asked: argparse.Namespace) -> int:
    """Run until Ctrl-C; prints addresses and sign-ins."""
    folder = Path(tempfile.mkdtemp(prefix="linli-"))
    settings = TownSettings(folder, http_port=asked.port, broker_kind=asked.broker)
    if asked.lan:
        from simulators.demo.lan import prepare  # noqa: PLC0415

        await prepare(settings, say)
    town = Town(settings, say)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    panel: Any = None
    try:
        starting = asyncio.ensure_future(town.start())
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            return 130
        starting.result()
        staff = Staff(town.base_url, verify=not settings.certificate)
        await staff.claim(town.administrator_code)
        await staff.close()
        from simulators.panel.server import Panel  # noqa: PLC0415

        panel = Panel(town, asked.panel_port, staff.secret)
        await panel.start()
        _tell(town, panel.url, staff.secret)
        await stop.wait()
        say("stopping the town")
    except ChildFailed as fault:
        print(f"linli demo: {fault}", file=sys.stderr)
        return 1
    finally:
        if panel is not None:
            await panel.stop()
        await town.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _tell(town: Town, panel: str, secret: str) -> None:
    address = town.settings.origin or town.base_url
    lines = [
        "",
        "  柳溪新村 is awake. Ctrl-C stops it.",
        "",
        f"  the town      {panel}",
        f"  a phone       {address}/phone/     (codes: on the town's page)",
        f"  the kiosk     {town.kiosk_url}/",
        f"  staff         {address}/console/   {NAME} / {PASSWORD}",
        f"                second factor for an authenticator app: {secret}",
        "",
    ]
    print("\n".join(lines), flush=True)
