"""Relays that speak MQTT, as pure cores: one dialect each, of devices that end a pulse themselves.

Tasmota and Shelly's second generation take the length with the command. ESPHome, Shelly's first
generation (its MQTT knows `on`, `off`, `toggle` and no timer) and esp-rfid end a pulse by what is
set up in the device: its length is told in the URL (`pulse_ms`), and a door that allows less is
refused. Sources: esphome mqtt_component.cpp, mqtt_switch.cpp, mqtt_lock.cpp; tasmota.github.io
Commands; shelly-api-docs gen1 and gen2; esp-rfid src/mqtt.esp. Simulated here, never on hardware.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

PAYLOAD_MOST_BYTES: Final = 16_384  # Shelly's whole status has 2,000
PULSE_MOST_MS: Final = 60_000  # a strike that is on longer is a mode, not an opening
TENTHS_MOST: Final = 111  # of Tasmota's PulseTime; from 112 on it counts seconds, 100 added
OUTPUTS_MOST: Final = 8  # Tasmota shares the times of relays 1-8 with 9-16


@dataclass(frozen=True, slots=True)
class Say:
    """A message to the device; none is ever retained."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What a message of the device says; what it does not speak of is None."""

    online: bool | None = None
    output: int | None = None
    on: bool | None = None
    answer: int | None = None  # to which numbered question
    refused: str = ""  # the device's words, to that question
    armed_ms: int | None = None  # the pulse time that the device has set
    untimed: bool = False  # it is on and says that no timer of its own runs


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pulse: what is said, and which report says that it was done."""

    says: tuple[Say, ...]
    fits: Callable[[Report], bool]
    fires: bool = True  # whether the lock may be open from here on
    question: int | None = None


class Dialect(Protocol):
    """What one kind of device understands and says."""

    @property
    def announces(self) -> bool:
        """Whether it always leaves word at the broker that it is there."""

    def heard(self) -> tuple[str, ...]:
        """The topics that a controller writes, and nobody else may."""

    def said(self) -> tuple[str, ...]:
        """The topics that the device writes and the controller reads."""

    def hello(self) -> tuple[Say, ...]:
        """Ask how the outputs are."""

    def pulse(self, output: int, duration_ms: int) -> tuple[Stage, ...]:
        """The steps of a pulse; raises ValueError with what is wrong."""

    def stop(self, output: int) -> tuple[Say, ...]:
        """Switch an output off; empty where the device knows no such word."""

    def hear(self, topic: str, payload: bytes) -> tuple[Report, ...]:
        """What a message says; nothing when it says nothing; never raises."""


def _check(output: int, outputs: int, duration_ms: int) -> None:
    if not 0 <= output < outputs:
        raise ValueError(f"there is no output {output}; the device has {outputs}")
    if not 0 < duration_ms <= PULSE_MOST_MS:
        raise ValueError(f"a pulse lasts 1 to {PULSE_MOST_MS} ms, not {duration_ms}")


def _fixed(pulse_ms: int, duration_ms: int) -> None:
    """The device's own time must not be longer than the door allows."""
    if pulse_ms > duration_ms:
        raise ValueError(
            f"the device opens for {pulse_ms} ms and the door allows {duration_ms}: "
            "set the device's own timer shorter, or hold_ms of the door longer"
        )


def _text(payload: bytes) -> str:
    return payload[:64].decode("utf-8", "replace").strip()


def _object(payload: bytes) -> Mapping[str, Any]:
    if len(payload) > PAYLOAD_MOST_BYTES:
        return {}
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _inside(body: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        found = body.get(name)
        if not isinstance(found, dict):
            return {}
        body = found
    return body


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_on(output: int) -> Callable[[Report], bool]:
    return lambda report: report.output == output and report.on is True


# --------------------------------------------------------------------------- Tasmota


def pulse_time(duration_ms: int) -> int:
    """Tasmota's number for a time, never longer than asked."""
    tenths = duration_ms // 100
    if tenths <= TENTHS_MOST:
        return max(1, tenths)
    return duration_ms // 1000 + 100 if duration_ms >= 12_000 else TENTHS_MOST


def pulse_ms(number: int) -> int:
    """The time of Tasmota's number, in milliseconds."""
    return number * 100 if number <= TENTHS_MOST else (number - 100) * 1000


class Tasmota:
    """Arm the relay's PulseTime, see it armed, then switch on."""

    announces = True

    def __init__(self, topic: str, outputs: int = 1) -> None:
        self._topic, self._outputs = topic, outputs

    def heard(self) -> tuple[str, ...]:
        """As `Dialect`."""
        words = [f"{word}{n + 1}" for n in range(self._outputs) for word in ("PulseTime", "Power")]
        return tuple(f"cmnd/{self._topic}/{word}" for word in words)

    def said(self) -> tuple[str, ...]:
        """As `Dialect`."""
        own = tuple(f"stat/{self._topic}/POWER{n + 1}" for n in range(self._outputs))
        return (f"stat/{self._topic}/RESULT", f"stat/{self._topic}/POWER", *own,
                f"tele/{self._topic}/LWT")  # fmt: skip

    def hello(self) -> tuple[Say, ...]:
        """As `Dialect`."""
        return tuple(self._command("Power", n, "") for n in range(self._outputs))

    def pulse(self, output: int, duration_ms: int) -> tuple[Stage, ...]:
        """As `Dialect`."""
        _check(output, self._outputs, duration_ms)
        number = pulse_time(duration_ms)

        def armed(report: Report) -> bool:
            return report.output == output and report.armed_ms == pulse_ms(number)

        return (
            Stage((self._command("PulseTime", output, str(number)),), armed, fires=False),
            Stage((self._command("Power", output, "ON"),), _is_on(output)),
        )

    def stop(self, output: int) -> tuple[Say, ...]:
        """As `Dialect`."""
        return (self._command("Power", output, "OFF"),)

    def hear(self, topic: str, payload: bytes) -> tuple[Report, ...]:
        """As `Dialect`."""
        if topic == f"tele/{self._topic}/LWT":
            return _life(payload, "Online", "Offline")
        if topic == f"stat/{self._topic}/RESULT":
            body = _object(payload)
            found = (self._result(name, value) for name, value in body.items())
            return tuple(report for report in found if report is not None)
        word = topic.removeprefix(f"stat/{self._topic}/")
        power = self._power(word, _text(payload)) if word != topic else None
        return (power,) if power is not None else ()

    def _result(self, name: str, value: object) -> Report | None:
        if name.startswith("PulseTime") and isinstance(value, dict):
            output, number = self._number(name.removeprefix("PulseTime")), _whole(value.get("Set"))
            if output is None or number is None or number < 0:
                return None
            return Report(output=output, armed_ms=pulse_ms(number))
        return self._power(name, value)

    def _power(self, name: str, value: object) -> Report | None:
        output = self._number(name.removeprefix("POWER")) if name.startswith("POWER") else None
        if output is None or value not in ("ON", "OFF"):
            return None
        return Report(output=output, on=value == "ON")

    def _number(self, digits: str) -> int | None:
        """The output of a name's end; a device with one relay leaves the number out."""
        if digits == "":
            return 0
        known = digits.isascii() and digits.isdecimal() and len(digits) <= 2
        return int(digits) - 1 if known and 0 < int(digits) <= self._outputs else None

    def _command(self, word: str, output: int, payload: str) -> Say:
        return Say(f"cmnd/{self._topic}/{word}{output + 1}", payload.encode())


def _life(payload: bytes, here: str, away: str) -> tuple[Report, ...]:
    text = _text(payload)
    return (Report(online=text == here),) if text in (here, away) else ()


# --------------------------------------------------------------------------- Shelly


class ShellyGen2:
    """Plus, Pro, Gen3 and later: one RPC says on and for how long; its answer is the proof."""

    announces = True

    def __init__(self, prefix: str, source: str, outputs: int = 1) -> None:
        self._prefix, self._source, self._outputs = prefix, source, outputs
        self._question = 0

    def heard(self) -> tuple[str, ...]:
        """As `Dialect`."""
        return (f"{self._prefix}/rpc",)

    def said(self) -> tuple[str, ...]:
        """As `Dialect`."""
        status = tuple(f"{self._prefix}/status/switch:{n}" for n in range(self._outputs))
        return (f"{self._source}/rpc", f"{self._prefix}/events/rpc", *status,
                f"{self._prefix}/online")  # fmt: skip

    def hello(self) -> tuple[Say, ...]:
        """As `Dialect`."""
        return tuple(self._ask("Switch.GetStatus", {"id": n})[1] for n in range(self._outputs))

    def pulse(self, output: int, duration_ms: int) -> tuple[Stage, ...]:
        """As `Dialect`."""
        _check(output, self._outputs, duration_ms)
        wish = {"id": output, "on": True, "toggle_after": duration_ms / 1000}
        number, say = self._ask("Switch.Set", wish)

        def answered(report: Report) -> bool:
            return report.answer == number and not report.refused

        return (Stage((say,), answered, question=number),)

    def stop(self, output: int) -> tuple[Say, ...]:
        """As `Dialect`."""
        return (self._ask("Switch.Set", {"id": output, "on": False})[1],)

    def hear(self, topic: str, payload: bytes) -> tuple[Report, ...]:
        """As `Dialect`."""
        if topic == f"{self._prefix}/online":
            return _life(payload, "true", "false")
        body = _object(payload)
        if topic == f"{self._source}/rpc":
            return self._answer(body)
        if topic == f"{self._prefix}/events/rpc":
            parts = [_inside(body, "params", f"switch:{n}") for n in range(self._outputs)]
            reports = [self._status(n, part) for n, part in enumerate(parts)]
            return tuple(report for report in reports if report is not None)
        for n in range(self._outputs):
            if topic == f"{self._prefix}/status/switch:{n}":
                report = self._status(n, body)
                return (report,) if report is not None else ()
        return ()

    def _answer(self, body: Mapping[str, Any]) -> tuple[Report, ...]:
        number = _whole(body.get("id"))
        if number is None or body.get("src") != self._prefix:
            return ()
        if "error" in body:
            told = _inside(body, "error").get("message")
            return (Report(answer=number, refused=str(told or "an error")[:80]),)
        result = body.get("result")
        if not isinstance(result, dict):
            return ()
        status = self._status(_whole(result.get("id")), result)
        return (Report(answer=number), *((status,) if status is not None else ()))

    def _status(self, output: int | None, part: Mapping[str, Any]) -> Report | None:
        is_on = part.get("output")
        if output is None or not 0 <= output < self._outputs or not isinstance(is_on, bool):
            return None
        return Report(output=output, on=is_on)

    def _ask(self, method: str, params: Mapping[str, Any]) -> tuple[int, Say]:
        self._question += 1
        body = {"id": self._question, "src": self._source, "method": method, "params": params}
        return self._question, Say(f"{self._prefix}/rpc", json.dumps(body).encode())


class ShellyGen1:
    """The first generation: its own `auto_off` ends a pulse; its info says whether one runs."""

    announces = True

    def __init__(self, name: str, fixed_ms: int, outputs: int = 1) -> None:
        self._name, self._fixed_ms, self._outputs = name, fixed_ms, outputs

    def heard(self) -> tuple[str, ...]:
        """As `Dialect`."""
        own = tuple(f"shellies/{self._name}/relay/{n}/command" for n in range(self._outputs))
        return (*own, f"shellies/{self._name}/command")

    def said(self) -> tuple[str, ...]:
        """As `Dialect`."""
        own = tuple(f"shellies/{self._name}/relay/{n}" for n in range(self._outputs))
        return (*own, f"shellies/{self._name}/info", f"shellies/{self._name}/online")

    def hello(self) -> tuple[Say, ...]:
        """As `Dialect`."""
        return (Say(f"shellies/{self._name}/command", b"update"),)

    def pulse(self, output: int, duration_ms: int) -> tuple[Stage, ...]:
        """As `Dialect`."""
        _check(output, self._outputs, duration_ms)
        _fixed(self._fixed_ms, duration_ms)
        topic = f"shellies/{self._name}/relay/{output}/command"
        return (Stage((Say(topic, b"on"), *self.hello()), _is_on(output)),)

    def stop(self, output: int) -> tuple[Say, ...]:
        """As `Dialect`."""
        return (Say(f"shellies/{self._name}/relay/{output}/command", b"off"),)

    def hear(self, topic: str, payload: bytes) -> tuple[Report, ...]:
        """As `Dialect`."""
        if topic == f"shellies/{self._name}/online":
            return _life(payload, "true", "false")
        if topic == f"shellies/{self._name}/info":
            relays = _object(payload).get("relays")
            rows = relays[: self._outputs] if isinstance(relays, list) else []
            return tuple(self._row(n, row) for n, row in enumerate(rows) if isinstance(row, dict))
        for n in range(self._outputs):
            if topic == f"shellies/{self._name}/relay/{n}":
                text = _text(payload)
                known = text in ("on", "off", "overpower")
                return (Report(output=n, on=text == "on"),) if known else ()
        return ()

    def _row(self, output: int, row: Mapping[str, Any]) -> Report:
        is_on = row.get("ison")
        if not isinstance(is_on, bool):
            return Report()
        return Report(output=output, on=is_on, untimed=is_on and row.get("has_timer") is False)


# --------------------------------------------------------------------------- ESPHome


class EspHome:
    """A switch or a lock component whose own configuration switches it off again."""

    announces = True

    def __init__(self, node: str, entity: str, fixed_ms: int) -> None:
        self._node, self._entity, self._fixed_ms = node, entity, fixed_ms
        is_lock = entity.startswith("lock/")
        self._words = (b"UNLOCK", b"LOCK") if is_lock else (b"ON", b"OFF")
        self._states = (
            {"UNLOCKED": True, "LOCKED": False} if is_lock else {"ON": True, "OFF": False}
        )

    def heard(self) -> tuple[str, ...]:
        """As `Dialect`."""
        return (f"{self._node}/{self._entity}/command",)

    def said(self) -> tuple[str, ...]:
        """As `Dialect`."""
        return (f"{self._node}/{self._entity}/state", f"{self._node}/status")

    def hello(self) -> tuple[Say, ...]:
        """As `Dialect`: its state is retained, there is nothing to ask."""
        return ()

    def pulse(self, output: int, duration_ms: int) -> tuple[Stage, ...]:
        """As `Dialect`."""
        _check(output, 1, duration_ms)
        _fixed(self._fixed_ms, duration_ms)
        return (Stage((Say(self.heard()[0], self._words[0]),), _is_on(0)),)

    def stop(self, output: int) -> tuple[Say, ...]:
        """As `Dialect`."""
        del output
        return (Say(self.heard()[0], self._words[1]),)

    def hear(self, topic: str, payload: bytes) -> tuple[Report, ...]:
        """As `Dialect`."""
        if topic == f"{self._node}/status":
            return _life(payload, "online", "offline")
        if topic == f"{self._node}/{self._entity}/state":
            is_on = self._states.get(_text(payload))
            return (Report(output=0, on=is_on),) if is_on is not None else ()
        return ()


# --------------------------------------------------------------------------- esp-rfid


class EspRfid:
    """A reader board used as a relay: it logs each opening, and its activation time ends it."""

    announces = False

    def __init__(self, topic: str, door_ip: str, host: str, fixed_ms: int) -> None:
        self._topic, self._door_ip, self._host = topic, door_ip, host  # boards share a topic
        self._fixed_ms = fixed_ms

    def heard(self) -> tuple[str, ...]:
        """As `Dialect`."""
        return (f"{self._topic}/cmd",)

    def said(self) -> tuple[str, ...]:
        """As `Dialect`."""
        return (f"{self._topic}/send", f"{self._topic}/io/lock", f"{self._topic}/avty")

    def hello(self) -> tuple[Say, ...]:
        """As `Dialect`: there is nothing to ask."""
        return ()

    def pulse(self, output: int, duration_ms: int) -> tuple[Stage, ...]:
        """As `Dialect`."""
        _check(output, 1, duration_ms)
        _fixed(self._fixed_ms, duration_ms)
        wish = {"cmd": "opendoor", "doorip": self._door_ip}
        says = (Say(f"{self._topic}/cmd", json.dumps(wish).encode()),)
        return (Stage(says, lambda report: report.answer == 0 or report.on is True),)

    def stop(self, output: int) -> tuple[Say, ...]:
        """As `Dialect`: it knows no such word."""
        del output
        return ()

    def hear(self, topic: str, payload: bytes) -> tuple[Report, ...]:
        """As `Dialect`."""
        if topic == f"{self._topic}/avty":
            return _life(payload, "online", "offline")
        if topic == f"{self._topic}/io/lock":
            text = _text(payload)
            known = text in ("UNLOCKED", "LOCKED")
            return (Report(output=0, on=text == "UNLOCKED"),) if known else ()
        if topic == f"{self._topic}/send":
            body = _object(payload)
            kind, by = body.get("type"), body.get("username")
            if kind in ("boot", "heartbeat") and body.get("ip") == self._door_ip:
                return (Report(online=True),)
            if kind == "access" and by == "MQTT" and body.get("door") == self._host:
                return (Report(online=True, answer=0),)  # of its end it does not speak
        return ()


__all__ = [
    "OUTPUTS_MOST",
    "PULSE_MOST_MS",
    "Dialect",
    "EspHome",
    "EspRfid",
    "Report",
    "Say",
    "ShellyGen1",
    "ShellyGen2",
    "Stage",
    "Tasmota",
    "pulse_ms",
    "pulse_time",
]
