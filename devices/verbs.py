"""The devices' verbs of `linli`: composition roots that choose drivers."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import secrets
import signal
from collections.abc import Callable, Coroutine
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


def desk(parser: argparse.ArgumentParser) -> None:
    """Run an issuing desk's reader until it is told to stop."""
    parser.description = "Run an issuing desk's reader."
    _run(parser, _desk_run)


def meter(parser: argparse.ArgumentParser) -> None:
    """Run a reader of meters until it is told to stop."""
    parser.description = "Run a reader of meters."
    _run(parser, _meter_run)


def reader(parser: argparse.ArgumentParser) -> None:
    """An installer's acts at an OSDP reader."""
    parser.description = "Give an OSDP reader its own key, or another address and speed."
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    give = actions.add_parser("pair", help="a random key of its own; the reader is in install mode")
    give.add_argument("--again", action="store_true", help="it has a key: give it another one")
    give.set_defaults(func=_reader_pair)
    shift = actions.add_parser("move", help="another address and speed")
    shift.add_argument(
        "--to-address", type=int, required=True, choices=range(127), metavar="N", help="0 to 126"
    )
    shift.add_argument("--to-baud", type=int, required=True, metavar="BAUD", help="such as 115200")
    shift.set_defaults(func=_reader_move)
    for action in (give, shift):
        action.add_argument("--data", type=Path, required=True, help="the door's data folder")
        action.add_argument("url", help="osdp+serial://PORT?address=N&key=secret:NAME")


def _reader_pair(asked: argparse.Namespace) -> None:
    from devices.pairing import pair  # noqa: PLC0415

    told = asyncio.run(pair(asked.data, asked.url, secrets.token_bytes, again=asked.again))
    print(json.dumps({"paired": True, "reader": told}))


def _reader_move(asked: argparse.Namespace) -> None:
    from devices.pairing import move  # noqa: PLC0415
    from drivers.catalogue import OSDP_BAUDS  # noqa: PLC0415

    if asked.to_baud not in OSDP_BAUDS:
        raise Mistake(f"--to-baud is one of {', '.join(map(str, OSDP_BAUDS))}")
    address, baud = asyncio.run(move(asked.data, asked.url, asked.to_address, asked.to_baud))
    print(json.dumps({"address": address, "baud": baud}))


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
    from devices.wiring import Harness  # noqa: PLC0415
    from drivers.catalogue import CatalogueError  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    sections = read_wires(folder).body.get("doors", [])
    if not sections:
        raise Mistake(f"{folder / 'device.toml'}: write a [[doors]] section for each door")
    numbers = tuple(section.get("number", 0) for section in sections)
    device, address, wires = make_device(folder, "door", numbers, loop.time)
    harness = Harness(folder, wires)
    try:
        for section in sections:
            harness.hang(section)
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault
    controller = harness.controller = DoorController(device, harness.hardware)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(controller.run())
            group.create_task(Porch(device, harness.scanners, controller.on_pass).run())
            group.create_task(keep_lifeline(device, wires, folder))
            group.create_task(stay_connected(device, address, _told("broker")))
    finally:
        await harness.close()


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


def _desk_run(asked: argparse.Namespace) -> None:
    logs.start()
    run_until_signal(_desk(asked.data))


async def _desk(folder: Path) -> None:
    from devices.desk import IssuingDesk  # noqa: PLC0415
    from devices.runner import stay_connected  # noqa: PLC0415
    from devices.setup import make_device  # noqa: PLC0415
    from drivers.catalogue import CatalogueError, open_reader  # noqa: PLC0415

    device, address, wires = make_device(folder, "desk", (), asyncio.get_running_loop().time)
    try:
        reader = open_reader(wires.text(wires.body.get("desk", {}), "reader"), _no_secret)
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault
    served = IssuingDesk(device, reader)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(served.run())
            group.create_task(stay_connected(device, address, _told("broker")))
    finally:
        await reader.close()


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


def _no_secret(name: str) -> bytes:
    raise Mistake(f"secret:{name} is not known on this device")


# The collector looks through young objects after so many; its own 700 means twice in one opening.
YOUNG_OBJECTS = 20_000
STARTED_S = 3.0  # what is in memory by then stays, and is never looked through again


def run_until_signal(
    work: Coroutine[Any, Any, None],
    new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Run until it ends, or SIGINT or SIGTERM asks it to; a polite end is no error."""

    async def main() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):  # a loop of Windows: Ctrl-C ends it anyway
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, task.cancel)
        gc.set_threshold(YOUNG_OBJECTS)
        loop.call_later(STARTED_S, gc.freeze)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(main())
    except* Mistake as group:
        raise group.exceptions[0] from None
