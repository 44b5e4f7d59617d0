"""A door controller's wires: each section of ``device.toml`` becomes a door's hardware."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from devices.door import DoorController, DoorHardware
from devices.escape import check_escape
from devices.lights import ReaderLight, SaidLight
from devices.mistake import Mistake
from devices.setup import Wires
from devices.wire import is_id
from drivers.catalogue import (
    CardReader,
    Keypad,
    LocalStatus,
    OnState,
    OsdpLines,
    OsdpReader,
    Strike,
    TextReader,
    open_keypad,
    open_reader,
    open_scanner,
    open_strike,
)

log = logging.getLogger(__name__)

Section = dict[str, Any]
REMOTE_ONLY_LACKS = ("reader", "keypad", "contact_input", "exit_input", "fire_input")


class Harness:
    """The wires of one controller; whoever speaks of a door is heard once it has a controller."""

    def __init__(self, folder: Path, wires: Wires) -> None:
        self.hardware: dict[int, DoorHardware] = {}
        self.scanners: dict[int, TextReader] = {}
        self.controller: DoorController | None = None
        self._wires = wires
        self._secrets = secrets_of(folder)
        self._lines = OsdpLines()
        self._strikes: dict[str, Strike] = {}  # by URL, one for each section at most

    def hang(self, section: Section) -> None:
        """Open what one door's section names; raises Mistake or CatalogueError."""
        wires = self._wires
        number = wires.number(section, "number")
        if "scanner" in section:
            url = wires.text(section, "scanner")
            told = _told(f"scanner {number}")
            self.scanners[number] = open_scanner(url, self._secrets, on_state=told)
        strike = self._strike(number, wires.text(section, "strike"))
        check_remote_only(strike, section, number)
        check_escape(strike, section, number)
        reader, keypad = self._reader(number, section), self._keypad(number, section)
        lit = reader if isinstance(reader, OsdpReader) else keypad
        self.hardware[number] = DoorHardware(
            number,
            strike,
            wires.number(section, "output", 0),
            reader,
            wires.number_or_none(section, "contact_input"),
            wires.number_or_none(section, "exit_input"),
            wires.number_or_none(section, "fire_input"),
            wires.number_or_none(section, "tamper_input"),
            keypad,
            wires.numbers(section, "call_inputs"),
            ReaderLight(lit) if isinstance(lit, OsdpReader) else SaidLight(number, _say),
        )

    async def close(self) -> None:
        """Let go of the lines that readers share."""
        await self._lines.close()

    def _strike(self, number: int, url: str) -> Strike:
        if url not in self._strikes:  # two doors may hang on one relay board
            self._strikes[url] = open_strike(
                url, self._secrets, on_state=_told(f"strike {number}"), lines=self._lines
            )
        return self._strikes[url]

    def _reader(self, number: int, section: Section) -> CardReader | None:
        if "reader" not in section:
            return None
        url = self._wires.text(section, "reader")
        told = self._told_by(number, "reader")
        reader = open_reader(url, self._secrets, on_state=told, lines=self._lines)
        if isinstance(reader, OsdpReader):
            if reader.on_case is not None:
                raise Mistake(f"door {number}: another door has this reader; each has its own")
            reader.on_case = self._case_told(number, "reader")
        return reader

    def _keypad(self, number: int, section: Section) -> Keypad | None:
        """The reader itself, or a device of its own whose case and silence are told like its."""
        if "keypad" not in section:
            return None
        url = self._wires.text(section, "keypad")
        told = self._told_by(number, "keypad")
        keypad = open_keypad(url, self._secrets, lines=self._lines, on_state=told)
        if isinstance(keypad, OsdpReader) and keypad.on_case is None:
            keypad.on_case = self._case_told(number, "keypad")
        return keypad

    def _told_by(self, number: int, part: str) -> OnState:
        log_state = _told(f"{part} {number}")

        def on_state(online: bool, why: str) -> None:
            log_state(online, why)
            if self.controller is not None:
                self.controller.on_reader(number, online, part)

        return on_state

    def _case_told(self, number: int, part: str) -> Callable[[LocalStatus], None]:
        bad = False

        def on_case(status: LocalStatus) -> None:
            nonlocal bad
            if status.is_power_bad != bad:
                bad = status.is_power_bad
                log.warning("%s %s: its power is %s", part, number, "failing" if bad else "good")
            if self.controller is not None:
                self.controller.on_reader_case(number, status.is_tampered, part)

        return on_case


def secrets_of(folder: Path) -> Callable[[str], bytes]:
    """The secrets that device URLs name: files of the data folder."""

    def find(name: str) -> bytes:
        if not is_id(name):
            raise Mistake(f"secret={name!a} is no name: small letters, digits and hyphens")
        try:
            return (folder / "secrets" / name).read_bytes()
        except OSError:
            where = folder / "secrets" / name
            raise Mistake(f"the secret is missing: write it to {where}") from None

    return find


def check_remote_only(strike: object, section: Mapping[str, Any], number: int) -> None:
    """What hangs on radio and a broker is opened from afar, and nobody's way out depends on it."""
    if not getattr(strike, "remote_only", False):
        return
    for name in REMOTE_ONLY_LACKS:
        if name in section:
            raise Mistake(
                f"door {number} has a relay on MQTT, so it is remote-only: it has no {name}; "
                "a perimeter or escape door needs a wired relay"
            )


def _say(document: Mapping[str, str | int]) -> None:
    """What a screen beside a door would show goes to standard output, as at a card point."""
    print(json.dumps(dict(document)), flush=True)  # noqa: T201


def _told(what: str) -> OnState:
    def on_state(online: bool, why: str) -> None:
        log.info("%s: %s (%s)", what, "here" if online else "away", why)

    return on_state
