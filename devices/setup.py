"""Reading a device's data folder: ``device.toml`` names its wires, adoption gives the rest."""

from __future__ import annotations

import secrets
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devices.clock import DeviceClock
from devices.device import Device
from devices.identity import Adoption, Identity
from devices.messages import Description
from devices.mistake import Mistake
from devices.outbox import Journal
from devices.wire import SCHEMA
from drivers.mqtt import BrokerAddress

FIRMWARE = "linli-0.1"


@dataclass(frozen=True, slots=True)
class Wires:
    """What ``device.toml`` says; its ``[broker]`` overrides the adopted address."""

    body: dict[str, Any]
    path: Path

    def text(self, section: dict[str, Any], key: str, default: str | None = None) -> str:
        """A text setting, or a mistake that names it."""
        value = section.get(key, default)
        if not isinstance(value, str):
            raise Mistake(f'{self.path}: write {key} = "..."')
        return value

    def number(self, section: dict[str, Any], key: str, default: int | None = None) -> int:
        """A whole-number setting, or a mistake that names it."""
        value = section.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Mistake(f"{self.path}: write {key} = a whole number")
        return value

    def number_or_none(self, section: dict[str, Any], key: str) -> int | None:
        """An optional whole-number setting."""
        return self.number(section, key) if key in section else None

    def numbers(self, section: dict[str, Any], key: str) -> tuple[int, ...]:
        """An optional list of whole numbers."""
        values = section.get(key, [])
        if not isinstance(values, list):
            raise Mistake(f"{self.path}: write {key} = [whole numbers]")
        return tuple(self.number({key: value}, key) for value in values)


def read_wires(folder: Path) -> Wires:
    """Read ``device.toml``."""
    path = folder / "device.toml"
    if not path.exists():
        raise Mistake(f"{path} is missing: write the device's wires there; see docs/devices.md")
    try:
        return Wires(tomllib.loads(path.read_text(encoding="utf-8")), path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Mistake(f"{path}: {fault}") from fault


def make_device(
    folder: Path, kind: str, doors: tuple[int, ...], monotonic: Callable[[], float]
) -> tuple[Device, BrokerAddress, Wires]:
    """The device of a data folder, its broker's address, and its wires."""
    wires = read_wires(folder)
    identity = Identity.load(folder)
    if identity.kind != kind:
        raise Mistake(f"{folder} holds a {identity.kind}, not a {kind}")
    adoption = Adoption.load(folder, identity)
    broker = wires.body.get("broker", {})
    adoption = replace(
        adoption,
        broker_host=wires.text(broker, "host", adoption.broker_host),
        broker_port=wires.number(broker, "port", adoption.broker_port),
        broker_ca=_authority(folder, wires, broker) or adoption.broker_ca,
    )
    journal = Journal(folder / "journal.db")
    clock = DeviceClock(monotonic, time.time, journal.number("time"))
    description = Description(kind, FIRMWARE, SCHEMA, ("policy-1",), doors)
    device = Device(identity, adoption, journal, clock, secrets.token_bytes, description)
    address = BrokerAddress(
        adoption.broker_host,
        adoption.broker_port,
        identity.device,
        adoption.broker_secret,
        adoption.broker_ca,
    )
    return device, address, wires


def _authority(folder: Path, wires: Wires, broker: dict[str, Any]) -> str | None:
    """The certificate authority of a broker on another machine; it makes the wire TLS."""
    name = wires.text(broker, "ca", "")
    if not name:
        return None
    file = folder / name
    if not file.is_file():
        raise Mistake(f"{wires.path}: ca in [broker] names {file}, which does not exist")
    return str(file)
