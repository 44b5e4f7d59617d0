"""`linli device list | identify | watch`: looking at wires before any device is set up."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from devices.mistake import Mistake
from devices.verbs import run_until_signal


def register_wires(actions: Any) -> None:
    """Add list, identify and watch to the actions of `linli device`."""
    ports = actions.add_parser("list", help="serial ports of this machine; sends no byte")
    ports.add_argument("--json", action="store_true", help="one JSON object a line")
    ports.set_defaults(func=_list)
    identify = actions.add_parser("identify", help="ask what hangs on a line")
    identify.add_argument("url", help="such as pn532+serial:///dev/ttyUSB0")
    identify.set_defaults(func=lambda asked: asyncio.run(_identify(asked.url, asked.data)))
    watch = actions.add_parser("watch", help="print what happens at a device, as JSON lines")
    watch.add_argument("url", help="such as pn532+serial:///dev/ttyUSB0")
    for action in (identify, watch):
        action.add_argument("--data", type=Path, help="the folder whose secrets the URL names")
    watch.set_defaults(func=lambda asked: run_until_signal(_watch(asked.url, _say, asked.data)))


def _list(asked: argparse.Namespace) -> int:
    from drivers.pcsc import system_readers  # noqa: PLC0415
    from drivers.serial_ports import serial_ports  # noqa: PLC0415

    ports, readers = serial_ports(), system_readers()
    for port in ports:
        if asked.json:
            told = {"url": port.url, "device": port.device, "product": port.product}
            _say(told | {"usb": port.usb})
        else:
            print("  ".join(filter(None, (port.url, port.product, port.usb))))  # noqa: T201
    for reader in readers:  # of the system's own smart-card service
        url = f"pcsc://{quote(reader)}"
        if asked.json:
            _say({"url": url, "device": "", "product": reader, "usb": ""})
        else:
            print(f"{url}  {reader}")  # noqa: T201
    if not ports and not readers and not asked.json:
        print("no serial port; plug one in, or look whether the system knows it")  # noqa: T201
    return 0 if ports or readers else 1


async def _identify(url: str, folder: Path | None = None) -> None:
    from devices.wiring import secrets_of  # noqa: PLC0415
    from drivers.catalogue import CatalogueError  # noqa: PLC0415
    from drivers.identify import identify  # noqa: PLC0415

    try:
        secrets = secrets_of(folder) if folder is not None else _no_secret
        for line in await identify(url, secrets):
            print(line)  # noqa: T201
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault


async def _watch(
    url: str, say: Callable[[dict[str, Any]], None], folder: Path | None = None
) -> None:
    from devices.wiring import secrets_of  # noqa: PLC0415
    from drivers.catalogue import CatalogueError  # noqa: PLC0415
    from drivers.watch import watch  # noqa: PLC0415

    def tell(told: Any) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        say({"at": at, **told})

    try:
        await watch(url, secrets_of(folder) if folder is not None else _no_secret, tell)
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told, ensure_ascii=False), flush=True)  # noqa: T201


def _no_secret(name: str) -> bytes:
    raise Mistake(f"secret:{name} is not known here; --data names the folder that has it")
