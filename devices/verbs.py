"""The devices' verbs of `linli`, door, point and meter: composition roots that choose drivers."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import signal
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from devices import logs
from devices.mistake import Mistake

log = logging.getLogger(__name__)


def door(parser: argparse.ArgumentParser) -> None:
    """Run a door controller until it is told to stop."""
    parser.description = "Run a door controller."
    _run(parser, _door_run)


def point(parser: argparse.ArgumentParser) -> None:
    """Run a card point until it is told to stop."""
    parser.description = "Run a card point."
    _run(parser, _point_run)


def meter(parser: argparse.ArgumentParser) -> None:
    """Run a reader of meters until it is told to stop."""
    parser.description = "Run a reader of meters."
    _run(parser, _meter_run)


def _run(parser: argparse.ArgumentParser, func: Any) -> None:
    actions = parser.add_subparsers(required=True, metavar="run")
    run = actions.add_parser("run", help="serve until interrupted")
    run.add_argument("--data", type=Path, required=True, help="the device's data folder")
    run.set_defaults(func=func)


def _door_run(asked: argparse.Namespace) -> None:
    logs.start()
    run_until_signal(_door(asked.data))


async def _door(folder: Path) -> None:
    from devices.door import DoorController  # noqa: PLC0415
    from devices.lifeline import keep_lifeline  # noqa: PLC0415
    from devices.porch import Porch  # noqa: PLC0415
    from devices.runner import stay_connected  # noqa: PLC0415
    from devices.setup import make_device, read_wires  # noqa: PLC0415
    from devices.escape import check_escape  # noqa: PLC0415
    from drivers.catalogue import (  # noqa: PLC0415
        CatalogueError,
        open_reader,
        open_scanner,
        open_strike,
    )

    loop = asyncio.get_running_loop()
    sections = read_wires(folder).body.get("doors", [])
    if not sections:
        raise Mistake(f"{folder / 'device.toml'}: write a [[doors]] section for each door")
    numbers = tuple(section.get("number", 0) for section in sections)
    device, address, wires = make_device(folder, "door", numbers, loop.time)
    hardware: dict[int, Any] = {}
    strikes: dict[str, Any] = {}
    readers: list[Any] = []
    scanners: dict[int, Any] = {}
    controllers: list[DoorController] = []  # the one that readers tell of themselves
    try:
        for section in sections:
            number = wires.number(section, "number")
            if "scanner" in section:
                scanners[number] = open_scanner(
                    wires.text(section, "scanner"), _no_secret, on_state=_told(f"scanner {number}")
                )
            url = wires.text(section, "strike")
            if url not in strikes:  # two doors may hang on one relay board
                strikes[url] = open_strike(
                    url, _secrets_of(folder), on_state=_told(f"strike {number}")
                )
            _check_remote_only(strikes[url], section, number)
            check_escape(strikes[url], section, number)
            reader = None
            if "reader" in section:
                reader = open_reader(
                    wires.text(section, "reader"),
                    _no_secret,
                    on_state=_reader_told(number, controllers),
                )
                readers.append(reader)
            hardware[number] = _hung(wires, section, number, strikes[url], reader)
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault
    controller = DoorController(device, hardware)
    controllers.append(controller)
    async with asyncio.TaskGroup() as group:
        group.create_task(controller.run())
        group.create_task(Porch(device, scanners, controller.on_pass).run())
        group.create_task(keep_lifeline(device, wires, folder))
        group.create_task(stay_connected(device, address, _told("broker")))


def _hung(wires: Any, section: Any, number: int, strike: Any, reader: Any) -> Any:
    """A door's hardware as its section says: which output and which inputs are its own."""
    from devices.door import DoorHardware  # noqa: PLC0415

    return DoorHardware(
        number,
        strike,
        wires.number(section, "output", 0),
        reader,
        wires.number_or_none(section, "contact_input"),
        wires.number_or_none(section, "exit_input"),
        wires.number_or_none(section, "fire_input"),
        wires.number_or_none(section, "tamper_input"),
        call_inputs=wires.numbers(section, "call_inputs"),
    )


def _point_run(asked: argparse.Namespace) -> None:
    logs.start()
    run_until_signal(_point(asked.data))


async def _point(folder: Path) -> None:
    from devices.lifeline import keep_lifeline  # noqa: PLC0415
    from devices.point import CardPoint  # noqa: PLC0415
    from devices.runner import stay_connected  # noqa: PLC0415
    from devices.setup import make_device  # noqa: PLC0415
    from drivers.catalogue import CatalogueError, open_reader  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    device, address, wires = make_device(folder, "point", (), loop.time)
    section = wires.body.get("point", {})
    try:
        url = wires.text(section, "reader")
        reader: Any = open_reader(url, _no_secret, on_state=_told("reader"))
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault

    def show(code: str) -> None:
        # a point without a screen of its own says its words on its standard output
        print(json.dumps({"show": code}), flush=True)

    card_point = CardPoint(
        device, reader, wires.text(section, "place", device.identity.device), show
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(card_point.run())
        group.create_task(keep_lifeline(device, wires, folder))
        group.create_task(stay_connected(device, address, _told("broker")))


def _meter_run(asked: argparse.Namespace) -> None:
    logs.start()
    run_until_signal(_meter(asked.data))


async def _meter(folder: Path) -> None:
    from devices.lifeline import keep_lifeline  # noqa: PLC0415
    from devices.meter import MeterReader, plans_of  # noqa: PLC0415
    from devices.runner import stay_connected  # noqa: PLC0415
    from devices.setup import make_device  # noqa: PLC0415
    from drivers.catalogue import CatalogueError, MeterLines  # noqa: PLC0415
    from drivers.readings import MeterFault  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    device, address, wires = make_device(folder, "meter", (), loop.time)
    sections = wires.body.get("meters", [])
    if not sections:
        raise Mistake(f"{folder / 'device.toml'}: write a [[meters]] section for each meter")
    lines = MeterLines(on_state=_told)
    try:
        named = [
            (wires.text(one, "id"), wires.text(one, "url"), wires.number(one, "every_min", 60))
            for one in sections
        ]
        plans = plans_of(named, lines.meter)
    except (CatalogueError, ValueError) as fault:
        await lines.close()
        raise Mistake(str(fault)) from fault
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(MeterReader(device, plans, MeterFault).run())
            group.create_task(keep_lifeline(device, wires, folder))
            group.create_task(stay_connected(device, address, _told("broker")))
    finally:
        await lines.close()


def _told(what: str) -> Any:
    def on_state(online: bool, why: str) -> None:
        log.info("%s: %s (%s)", what, "here" if online else "away", why)

    return on_state


def _reader_told(number: int, controllers: list[Any]) -> Any:
    log_state = _told(f"reader {number}")

    def on_state(online: bool, why: str) -> None:
        log_state(online, why)
        for controller in controllers:
            controller.on_reader(number, online)

    return on_state


def _secrets_of(folder: Path) -> Callable[[str], bytes]:
    """The secrets that device URLs name: files of the data folder."""
    from devices.wire import is_id  # noqa: PLC0415

    def find(name: str) -> bytes:
        if not is_id(name):
            raise Mistake(f"secret={name!a} is no name: small letters, digits and hyphens")
        try:
            return (folder / "secrets" / name).read_bytes()
        except OSError:
            where = folder / "secrets" / name
            raise Mistake(f"the secret is missing: write it to {where}") from None

    return find


def _check_remote_only(strike: object, section: Mapping[str, Any], number: int) -> None:
    """What hangs on radio and a broker is opened from afar, and nobody's way out depends on it."""
    if not getattr(strike, "remote_only", False):
        return
    for name in ("reader", "contact_input", "exit_input", "fire_input"):
        if name in section:
            raise Mistake(
                f"door {number} has a relay on MQTT, so it is remote-only: it has no {name}; "
                "a perimeter or escape door needs a wired relay"
            )


def _no_secret(name: str) -> bytes:
    raise Mistake(f"secret:{name} is not known on this device")


# The collector looks through young objects after so many; its own 700 means twice in one opening.
YOUNG_OBJECTS = 20_000
STARTED_S = 3.0  # what is in memory by then stays, and is never looked through again


def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run until it ends, or SIGINT or SIGTERM asks it to; a polite end is no error."""

    async def main() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, task.cancel)
        gc.set_threshold(YOUNG_OBJECTS)
        loop.call_later(STARTED_S, gc.freeze)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    try:
        asyncio.run(main())
    except* Mistake as group:
        raise group.exceptions[0] from None
