"""The serial ports of this machine, told by the system alone: none is opened, no byte is sent."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from serial.tools import list_ports

BY_ID: Final = Path("/dev/serial/by-id")  # Linux: names that stay when plugs are swapped


@dataclass(frozen=True, slots=True)
class SerialPort:
    """One port: the name to write into a URL, and what the system knows of the adapter."""

    path: str  # under by-id where there is such a name
    device: str  # what the system calls it today
    product: str
    usb: str  # VID:PID, empty when it is no USB adapter

    @property
    def url(self) -> str:
        """The right side of a device URL."""
        return f"serial://{self.path}"


def serial_ports(by_id: Path = BY_ID) -> list[SerialPort]:
    """All ports, sorted by name."""
    stable = {}
    if by_id.is_dir():
        stable = {os.path.realpath(name): str(name) for name in sorted(by_id.iterdir())}
    found = [_port(port, stable) for port in list_ports.comports()]
    return sorted(found, key=lambda port: port.path)


def _port(port: Any, stable: dict[str, str]) -> SerialPort:
    usb = f"{port.vid:04X}:{port.pid:04X}" if port.vid is not None else ""
    product = port.product or (port.description if port.description != "n/a" else "")
    return SerialPort(
        stable.get(os.path.realpath(port.device), port.device), port.device, product or "", usb
    )
