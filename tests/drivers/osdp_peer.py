"""libosdp's reader on a pseudo-terminal: a far end that nobody here wrote."""

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

KEY = bytes.fromhex("00112233445566778899aabbccddeeff")


class ForeignReader:
    """What a test does with it."""

    def __init__(self, reader: Any, osdp: Any, orders: list[dict[str, Any]]) -> None:
        self._reader = reader
        self._osdp = osdp
        self.orders = orders  # the commands it was given

    def tap(self, bits: int, row: bytes, form: int = 1) -> None:
        self._submit(
            event=self._osdp.Event.CardRead,
            reader_no=0,
            direction=0,
            format=form,
            length=bits,
            data=row,
        )

    def type(self, keys: bytes) -> None:
        self._submit(event=self._osdp.Event.KeyPress, reader_no=0, data=keys)

    def status(self, kind: int, report: bytes) -> None:
        self._submit(event=self._osdp.Event.Status, type=kind, report=report)

    def _submit(self, **event: Any) -> None:
        self._reader.ctx.submit_event(event)


def able(osdp: Any) -> Any:
    """What it can do: contacts, outputs, light, sound, text."""
    counts = {
        osdp.Capability.OutputControl: 2,
        osdp.Capability.LEDControl: 1,
        osdp.Capability.AudibleControl: 1,
        osdp.Capability.TextOutput: 1,
        osdp.Capability.ContactStatusMonitoring: 4,
    }
    return osdp.PDCapabilities([(function, 1, count) for function, count in counts.items()])


@asynccontextmanager
async def foreign_reader(
    osdp: Any, *, key: bytes | None = KEY, address: int = 1, install: bool = False
) -> AsyncIterator[tuple[str, ForeignReader]]:
    """Give the port to open, and the reader behind it."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)

    class Wire(osdp.Channel):  # type: ignore[misc]
        def read(self, max_bytes: int) -> bytes:
            try:
                return os.read(master, max_bytes)
            except OSError:
                return b""

        def write(self, buf: bytes) -> int:
            return os.write(master, buf)

        def flush(self) -> None:
            return None

    orders: list[dict[str, Any]] = []

    def obey(command: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        orders.append(command)
        if command["command"] == osdp.Command.Status:
            size = 2 if command["type"] == osdp.StatusReportType.Local else 4
            return 0, {**command, "report": bytes(size)}
        return 0, None

    flags = [osdp.LibFlag.InstallMode] if install else [osdp.LibFlag.EnforceSecure]
    made = osdp.PeripheralDevice(
        osdp.PDInfo(address, Wire(), scbk=key, flags=flags),
        able(osdp),
        log_level=getattr(osdp.LogLevel, os.environ.get("OSDP_LOG", "Alert")),
        command_handler=obey,
    )

    async def live() -> None:
        while True:
            made.ctx.refresh()
            await asyncio.sleep(0.001)

    life = asyncio.create_task(live())
    try:
        yield os.ttyname(slave), ForeignReader(made, osdp, orders)
    finally:
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life
        os.close(master)
        os.close(slave)
