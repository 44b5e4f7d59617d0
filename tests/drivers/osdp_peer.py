"""libosdp's reader and panel, each in a process of its own: far ends that nobody here wrote.

Its Python module writes past its memory, and whoever loads it dies in some later collection; so no
test loads it. The program speaks lines of JSON: what it is to do comes in, what it heard goes out.
"""

import asyncio
import contextlib
import gc
import json
import os
import select
import sys
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
Told = dict[str, Any]  # codes by libosdp's names for them, bytes as hex


# --------------------------------------------------------------------------- for tests


class Foreign:
    """The process as a test has it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.heard: list[Told] = []

    async def next_line(self) -> Told:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "libosdp's process ended"
        told: Told = json.loads(line)
        return told

    async def listen(self) -> None:
        while True:
            self.heard.append(await self.next_line())

    def say(self, kind: str, **body: object) -> None:
        """An event of the reader, or a command of the panel."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"kind": kind, **body}).encode() + b"\n")

    def tap(self, bits: int, row: bytes, form: int = 1) -> None:
        self.say("CardRead", reader_no=0, direction=0, format=form, length=bits, data=row.hex())

    def type(self, keys: bytes) -> None:
        self.say("KeyPress", reader_no=0, data=keys.hex())

    def status(self, kind: str, report: bytes) -> None:
        self.say("Status", type=kind, report=report.hex())


@asynccontextmanager
async def _running(*words: str) -> AsyncIterator[Foreign]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.drivers.osdp_peer", *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    foreign = Foreign(process)
    ears: asyncio.Task[None] | None = None
    try:
        foreign.heard.append(await foreign.next_line())
        ears = asyncio.create_task(foreign.listen())
        yield foreign
    finally:
        if ears is not None:
            ears.cancel()
            with contextlib.suppress(asyncio.CancelledError, AssertionError):
                await ears
        assert process.stdin is not None
        process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def foreign_reader(
    *, key: bytes | None = KEY, address: int = 1, install: bool = False
) -> AsyncIterator[tuple[str, Foreign]]:
    """Give the port to open, and the reader behind it; ``heard`` are the commands it was given."""
    words = ("reader", key.hex() if key else "-", str(address), "install" if install else "-")
    async with _running(*words) as foreign:
        yield foreign.heard.pop(0)["port"], foreign


@asynccontextmanager
async def foreign_panel(port: str, key: bytes) -> AsyncIterator[Foreign]:
    """A panel on this port; the first that it ``heard`` is that its channel is secure."""
    async with _running("panel", port, key.hex()) as foreign:
        yield foreign


# --------------------------------------------------------------------------- the process


def _tell(told: Told) -> None:
    sys.stdout.write(json.dumps(told, default=lambda raw: bytes(raw).hex()) + "\n")
    sys.stdout.flush()


def _names(kinds: Any) -> dict[int, str]:
    return {int(code): name for name, code in vars(kinds).items() if not name.startswith("_")}


def _codes(line: bytes, kinds: Any, reports: Any) -> Told:
    told: Told = json.loads(line)
    for name in ("data", "report"):
        if name in told:
            told[name] = bytes.fromhex(told[name])
    if "type" in told:
        told["type"] = getattr(reports, told["type"])
    return {**told, "kind": getattr(kinds, told["kind"])}


def _wire(osdp: Any, line: int) -> Any:
    class Wire(osdp.Channel):  # type: ignore[misc]
        def read(self, max_bytes: int) -> bytes:
            try:
                return os.read(line, max_bytes)
            except OSError:
                return b""

        def write(self, buf: bytes) -> int:
            return os.write(line, buf)

        def flush(self) -> None:
            return None

    return Wire()


def _live(refresh: Callable[[], object], obey: Callable[[bytes], object]) -> None:
    """Look at the line each millisecond, do what comes in, until nobody is there any more."""
    held = b""
    while True:
        refresh()
        if select.select([0], [], [], 0.001)[0]:
            read = os.read(0, 65_536)
            if not read:
                os._exit(0)  # what it would tidy up is what it has spoiled
            *lines, held = (held + read).split(b"\n")
            for line in lines:
                obey(line)


def _reader(osdp: Any, key: str, address: str, install: str) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    names = _names(osdp.Command)

    def obey(command: Told) -> tuple[int, Told | None]:
        _tell({**command, "command": names[command["command"]]})
        if command["command"] == osdp.Command.Status:
            size = 2 if command["type"] == osdp.StatusReportType.Local else 4
            return 0, {**command, "report": bytes(size)}
        return 0, None

    counts = {
        osdp.Capability.OutputControl: 2,
        osdp.Capability.LEDControl: 1,
        osdp.Capability.AudibleControl: 1,
        osdp.Capability.TextOutput: 1,
        osdp.Capability.ContactStatusMonitoring: 4,
    }
    flags = [osdp.LibFlag.InstallMode if install == "install" else osdp.LibFlag.EnforceSecure]
    secret = None if key == "-" else bytes.fromhex(key)
    made = osdp.PeripheralDevice(
        osdp.PDInfo(int(address), _wire(osdp, master), scbk=secret, flags=flags),
        osdp.PDCapabilities([(function, 1, count) for function, count in counts.items()]),
        log_level=getattr(osdp.LogLevel, os.environ.get("OSDP_LOG", "Alert")),
        command_handler=obey,
    )

    def happen(line: bytes) -> None:
        told = _codes(line, osdp.Event, osdp.StatusReportType)
        made.ctx.submit_event({"event": told.pop("kind"), **told})

    _tell({"port": os.ttyname(slave)})
    _live(made.ctx.refresh, happen)


def _panel(osdp: Any, port: str, key: str) -> None:
    line = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    names = _names(osdp.Event)

    def hear(_pd: int, event: Told) -> int:
        _tell({**event, "event": names[event["event"]]})
        return 0

    made = osdp.ControlPanel(
        [osdp.PDInfo(1, _wire(osdp, line), scbk=bytes.fromhex(key),
                     flags=[osdp.LibFlag.EnforceSecure])],
        log_level=osdp.LogLevel.Alert,
        event_handler=hear,
    )  # fmt: skip

    def command(line: bytes) -> None:
        told = _codes(line, osdp.Command, osdp.StatusReportType)
        made.ctx.submit_command(0, {"command": told.pop("kind"), **told})

    while made.ctx.sc_status() != 1:
        made.ctx.refresh()
        select.select([], [], [], 0.001)
    _tell({"secure": True})
    _live(made.ctx.refresh, command)


if __name__ == "__main__":
    library: Any = import_module("osdp")
    gc.disable()  # the longer it touches nothing, the longer it lives
    plays: dict[str, Callable[..., None]] = {"reader": _reader, "panel": _panel}
    plays[sys.argv[1]](library, *sys.argv[2:])
