"""`linli demo`: run the town in the foreground, or drive it once and report (`--check`)."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from devices.mistake import Mistake
from simulators.demo import faces
from simulators.demo.check import FLOWS, drive, ledger_balance
from simulators.demo.lan import Lan, prepare
from simulators.demo.processes import ChildFailed, claim_near, listen_near, run
from simulators.demo.staff import NAME, PASSWORD, Staff
from simulators.demo.town import Town, TownSettings

WATCH_S = 1.0  # how often it is looked whether a part of the town has ended
FAULTS = (ChildFailed, Mistake, OSError, httpx.HTTPError)


def say(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


# --------------------------------------------------------------------------- --check


async def check(asked: argparse.Namespace) -> int:
    """Drive the flows; one JSON object is the last line; 0 only if all of it is true."""
    keep: Path | None = asked.keep
    folder = (keep or Path(tempfile.mkdtemp(prefix="linli-"))).resolve()
    town = Town(TownSettings(folder, broker_kind=asked.broker), say)
    report: dict[str, Any] = {"flows": {}, "chain": {}, "ledger": {}}
    try:
        await town.start()
        staff = Staff(town.base_url, town.new_http())
        await staff.claim(town.administrator_code)
        await staff.sign_in()
        report["flows"] = await drive(town, staff)
        await staff.close()
    except FAULTS as fault:
        report["fault"] = _line(fault)
    finally:
        say("stopping the town")
        await town.stop()
    database = folder / "hub" / "hub.db"
    if database.exists():
        report["chain"] = await _verify(folder, database)
        report["ledger"] = ledger_balance(str(database))
    _leave(folder, keep, database)
    parts = [*report["flows"].values(), report["chain"], report["ledger"]]
    fine = len(report["flows"]) == len(FLOWS) and all(part.get("ok") for part in parts)
    sys.stdout.write(json.dumps({"ok": fine, **report}, ensure_ascii=False) + "\n")
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


# --------------------------------------------------------------------------- in the foreground


async def foreground(asked: argparse.Namespace) -> int:
    """Run until Ctrl-C; prints addresses and sign-ins. A second Ctrl-C does not wait."""
    from simulators.panel.server import Panel  # noqa: PLC0415 - the check needs no page

    stop = asyncio.Event()
    folder = Path(tempfile.mkdtemp(prefix="linli-"))
    settings = TownSettings(folder, broker_kind=asked.broker, wire_logs=False)
    settings.faces = not faces.missing()
    panel: Panel | None = None
    claims = ExitStack()

    def interrupted() -> None:
        if stop.is_set() and panel is not None:
            panel.town.kill()
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, interrupted)
    try:
        settings.host = "0.0.0.0" if asked.lan else settings.host  # noqa: S104 - asked for
        listening = _listen(settings, asked, claims)
        lan = await prepare(settings, say) if asked.lan else Lan()
        panel = Panel(Town(settings, say), listening, names=lan.names)
        return await _until_stopped(panel, lan, stop)
    except FAULTS as fault:
        sys.stderr.write(f"linli demo: {_line(fault)}\n")
        return 1
    finally:
        if panel is not None:
            await panel.stop()
        claims.close()
        shutil.rmtree(folder, ignore_errors=True)


def _listen(settings: TownSettings, asked: argparse.Namespace, claims: ExitStack) -> socket.socket:
    """The page's socket, and ports for hub and kiosk that are neither the page's nor another's.

    They listen much later, and a town that begins anew serves where it said it would: until the
    claims are given back, no other town that starts takes these ports.
    """
    listening = listen_near(settings.host, asked.panel_port)
    port = int(listening.getsockname()[1])
    hub = claims.enter_context(claim_near(settings.host, asked.port))
    kiosk = claims.enter_context(claim_near("127.0.0.1", asked.kiosk_port))
    settings.http_port = int(hub.getsockname()[1])
    settings.kiosk_port = int(kiosk.getsockname()[1])
    if port != asked.panel_port:
        say(f"port {asked.panel_port} is taken: the town's page is on {port}")
    if settings.http_port != asked.port:
        say(f"port {asked.port} is taken: the hub serves on {settings.http_port}")
    return listening


async def _until_stopped(panel: Any, lan: Lan, stop: asyncio.Event) -> int:
    living = asyncio.ensure_future(_live(panel, lan))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([living, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            living.result()  # it only ends by failing
        is_awake = panel.life.is_ready
        say("stopping the town")
        return 0 if is_awake else 130
    finally:
        for task in (living, stopping):
            task.cancel()
        await asyncio.gather(living, stopping, return_exceptions=True)


async def _live(panel: Any, lan: Lan) -> None:
    await panel.start(lan.routes)
    if lan.is_on:
        panel.town.settings.trust_url = lan.trust_url(panel.url)
    say(f"the town wakes up on {panel.url}")
    await panel.raise_town()
    _tell(_lines(panel, lan))
    while True:
        panel.life.check()
        await asyncio.sleep(WATCH_S)


def _line(fault: BaseException) -> str:
    return " ".join(str(fault).split()) or type(fault).__name__


def _lines(panel: Any, lan: Lan) -> Sequence[str]:
    town = panel.town
    address = town.settings.origin or town.base_url
    return [
        "",
        "  柳溪新村 is awake. Ctrl-C stops it.",
        "",
        f"  the town      {panel.url}",
        *([f"  phones first  {town.settings.trust_url}   (how to trust this town)"] * lan.is_on),
        f"  a phone       {address}/phone/     (codes: on the town's page)",
        f"  the kiosk     {town.kiosk_url}/",
        f"  staff         {address}/console/   {NAME} / {PASSWORD}",
        "                six-digit codes: on the town's page; for an authenticator app",
        f"                {panel.life.secret}, until the town begins anew",
        "",
    ]


def _tell(lines: Sequence[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
