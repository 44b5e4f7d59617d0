"""Every device on a serial line as a table: its far end, and the URL by which it is right."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from drivers.addresses import BAUD, BAUD_USUAL
from simulators.ends import OsdpEnd
from simulators.ends.verbs import ENDS, Wish
from simulators.ends.wires import WireLog

KEY: Final = bytes(range(100, 116))
METER_645, METER_188 = "000102030425", "00000000123456"
# the settings without which a URL of this protocol is not whole
SETTINGS: Final = {
    "cjt188": f"meter={METER_188}",
    "dlt645": f"meter={METER_645}",
    "escpos": "columns=32",
    "lcus": "outputs=2",
    "modbus-relay": "unit=1",
    "osdp": "address=1&key=secret:reader",
    "pn532": "presence_ms=20",
    "qr": "parity=N",
    "rdm6300": "presence_ms=20",
    "wiegand": "presence_ms=20",
}
PROTOCOLS: Final = tuple(sorted(SETTINGS))


def secrets(name: str) -> bytes:
    assert name == "reader", f"no driver here needs {name}"
    return KEY.hex().encode()


def usual_baud(protocol: str) -> int:
    return BAUD.get(protocol, BAUD_USUAL)


@asynccontextmanager
async def end_of(protocol: str) -> AsyncIterator[tuple[Any, str]]:
    """The far end of a wire, and the whole URL of the device there."""
    hosted = ENDS[protocol](Wish(None, 0.0, WireLog(protocol), None))
    if isinstance(hosted.end, OsdpEnd):
        hosted.end.readers[0].take_key(KEY)
    try:
        yield hosted.end, f"{protocol}+serial://{hosted.end.path}?{SETTINGS[protocol]}"
    finally:
        hosted.end.close()
