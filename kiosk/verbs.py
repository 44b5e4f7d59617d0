"""The kiosk's verb of `linli`: the composition root of a kiosk, and a look at its receipts."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devices import logs
from devices.mistake import Mistake
from devices.verbs import run_until_signal

if TYPE_CHECKING:  # these import drivers, and `linli kiosk --help` needs none
    from devices.device import Device
    from devices.setup import Wires
    from kiosk.disk import Disk
    from kiosk.paper import Paper

log = logging.getLogger(__name__)

PORT = 8462
LANGUAGES = ("zh-Hans", "zh-Hant", "en")


def kiosk(parser: argparse.ArgumentParser) -> None:
    """Run a kiosk, or show what it knows of its payments."""
    parser.description = "Run a kiosk's agent and its page, or list its payments."
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    run = actions.add_parser("run", help="serve the kiosk's screen until interrupted")
    run.add_argument("--data", type=Path, required=True, help="the kiosk's data folder")
    run.set_defaults(func=_run)
    paid = actions.add_parser("payments", help="list payments and receipts on this kiosk's disk")
    paid.add_argument("--data", type=Path, required=True, help="the kiosk's data folder")
    paid.set_defaults(func=_payments)


def _run(asked: argparse.Namespace) -> None:
    logs.start()
    run_until_signal(_kiosk(asked.data))


@dataclass(frozen=True, slots=True)
class _Settings:
    reader: str
    port: int
    language: str
    url: str
    ca: str
    printer: str


def _settings(device: Device, wires: Wires) -> _Settings:
    """What ``device.toml`` says; the hub's address comes from the adoption where it is silent."""
    section, to_hub = wires.body.get("kiosk", {}), wires.body.get("hub", {})
    settings = _Settings(
        wires.text(section, "reader"),
        wires.number(section, "port", PORT),
        wires.text(section, "language", LANGUAGES[0]),
        wires.text(to_hub, "url", device.adoption.hub_url or ""),
        wires.text(to_hub, "ca", device.adoption.broker_ca or ""),
        wires.text(section, "printer", ""),
    )
    if settings.language not in LANGUAGES:
        raise Mistake(f"{wires.path}: language is one of {', '.join(LANGUAGES)}")
    if not settings.url.startswith(("http://", "https://")):
        raise Mistake(f'{wires.path}: write url = "https://..." in [hub], the hub\'s address')
    if settings.ca and not Path(settings.ca).is_file():
        raise Mistake(f"{wires.path}: ca in [hub] names {settings.ca}, which does not exist")
    return settings


async def _kiosk(folder: Path) -> None:
    from devices.lifeline import keep_lifeline  # noqa: PLC0415
    from devices.runner import stay_connected  # noqa: PLC0415
    from devices.setup import make_device  # noqa: PLC0415
    from drivers.catalogue import CatalogueError, open_reader  # noqa: PLC0415
    from kiosk.agent import Agent, Wall  # noqa: PLC0415
    from kiosk.app import listen, serve  # noqa: PLC0415
    from kiosk.disk import Disk  # noqa: PLC0415
    from kiosk.hub import Hub, client  # noqa: PLC0415
    from kiosk.payments import Payments  # noqa: PLC0415
    from kiosk.session import Session  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    device, address, wires = make_device(folder, "kiosk", (), loop.time)
    settings = _settings(device, wires)
    try:
        reader: Any = open_reader(settings.reader, _no_secret, on_state=_told("reader"))
        sock = listen(settings.port)
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault
    except OSError as fault:
        raise Mistake(
            f"port {settings.port}: {fault.strerror}; write another [kiosk] port"
        ) from fault
    disk = Disk(folder / "kiosk.db")
    paper = _paper(settings, disk)
    async with client(settings.ca or None) as http:
        hub = Hub(settings.url, device.identity.signer, http, loop.time)
        payments = Payments(disk, hub, loop.time, time.time, secrets.token_bytes)
        agent = Agent(
            hub,
            disk,
            payments,
            reader,
            paper,
            Session(),
            Wall(settings.language, device.adoption.site),
            loop.time,
            secrets.token_bytes,
            _say,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(agent.run())
            group.create_task(keep_lifeline(device, wires, folder))
            group.create_task(stay_connected(device, address, _told("broker")))
            group.create_task(serve(agent, sock))
            _say({"kiosk": device.identity.device, "url": f"http://127.0.0.1:{settings.port}/"})


def _say(told: dict[str, Any]) -> None:
    """One line on standard output for whoever watches; never a name."""
    print(json.dumps(told), flush=True)


def _paper(settings: _Settings, disk: Disk) -> Paper:
    """The kiosk's printer, or the honest absence of one."""
    from drivers.catalogue import CatalogueError, open_printer  # noqa: PLC0415
    from kiosk.paper import NoPrinter  # noqa: PLC0415
    from kiosk.printing import SlipPrinter, compose  # noqa: PLC0415

    if not settings.printer:
        return NoPrinter()
    try:
        printer = open_printer(settings.printer, _no_secret, on_state=_told("printer"))
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault
    return SlipPrinter(
        printer,
        lambda slip, columns: compose(slip, disk.kept("site") or {}, settings.language, columns),
    )


def _told(what: str) -> Callable[[bool, str], None]:
    def on_state(online: bool, why: str) -> None:
        log.info("%s: %s (%s)", what, "here" if online else "away", why)

    return on_state


def _no_secret(name: str) -> bytes:
    raise Mistake(f"secret:{name} is not known on this device")


def _payments(asked: argparse.Namespace) -> None:
    from kiosk.disk import Disk  # noqa: PLC0415
    from kiosk.session import slip_number  # noqa: PLC0415
    from kiosk.shown import show_receipt  # noqa: PLC0415

    path = asked.data / "kiosk.db"
    if not path.exists():
        raise Mistake(f"{path} is missing: this kiosk never ran")
    disk = Disk(path)
    for order in [*disk.unfinished(), *disk.finished()]:
        receipt = disk.receipt(order.id)
        line = {
            "asked_with": slip_number(order.id),
            "payment": order.id,
            "bill": order.bill,
            "amount_fen": order.amount_fen,
            "outcome": order.outcome,
            "receipt": show_receipt(receipt) if receipt else None,
        }
        print(json.dumps(line, ensure_ascii=False))
    disk.close()
