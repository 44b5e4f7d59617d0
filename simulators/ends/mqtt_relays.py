"""Far ends of MQTT relays: each speaks its firmware's own topics and ends its own pulses.

What may go wrong with such a thing in a wall can be asked for: no timer set up, deaf, silent.
"""

import asyncio
import contextlib
import json
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from drivers import mqtt

OUTPUTS_MOST: Final = 8


class Firmware(Protocol):
    """What one firmware knows and the next does not: its words."""

    @abstractmethod
    def _will(self) -> mqtt.Will | None:
        """What the broker says once it is gone."""

    @abstractmethod
    def _hears(self) -> tuple[str, ...]:
        """Topics."""

    @abstractmethod
    def _arrived(self) -> None:
        """Say that it is here."""

    @abstractmethod
    def _obey(self, topic: str, payload: bytes) -> None:
        """Do what a command says."""

    @abstractmethod
    def _tell_output(self, output: int) -> None:
        """Say how an output stands."""


class MqttRelayEnd(Firmware):
    """One device: outputs, timers, a connection; what all do alike, whatever their firmware."""

    def __init__(self, address: mqtt.BrokerAddress, topic: str, *, outputs: int = 1) -> None:
        self.topic = topic
        self.outputs = [False] * outputs
        self.output_log: list[tuple[int, bool, int]] = []  # (output, on, perf_counter_ns)
        self.auto_off_s: float | None = 0.2  # what its owner set up; None: nothing
        self.is_deaf = False  # it hears no command
        self.is_silent = False  # it obeys and reports nothing
        self.on_output: Callable[[int, bool], None] | None = None
        self._address = address
        self._connection: mqtt.Connection | None = None
        self._timers: dict[int, asyncio.TimerHandle] = {}

    async def start(self) -> None:
        """Come to the broker, as a device does when its power comes."""
        self._connection = await mqtt.connect(
            self._address,
            client_id=self._address.username or self.topic.replace("/", "-"),
            will=self._will(),
            on_message=self._on_message,
        )
        await self._connection.subscribe([(topic, 1) for topic in self._hears()])
        self._arrived()
        await self._connection.flushed()

    async def close(self) -> None:
        """Leave; timers of the outputs go on, as in the wall."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def power_off(self) -> None:
        """Be gone at once: the outputs fall, the broker tells the will."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.outputs = [False] * len(self.outputs)
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()

    def switch(self, output: int, is_on: bool, off_after_s: float | None = None) -> None:
        """Move an output and report it; a new command starts its timer anew."""
        timer = self._timers.pop(output, None)
        if timer is not None:
            timer.cancel()
        if self.outputs[output] != is_on:
            self.outputs[output] = is_on
            self.output_log.append((output, is_on, time.perf_counter_ns()))
            if self.on_output is not None:
                self.on_output(output, is_on)
        if is_on and off_after_s is not None:
            loop = asyncio.get_running_loop()
            self._timers[output] = loop.call_later(off_after_s, self.switch, output, False)
        self._tell_output(output)

    def has_timer(self, output: int) -> bool:
        """Whether a timer of its own will switch the output."""
        return output in self._timers

    def _on_message(self, message: mqtt.Message) -> None:
        if not self.is_deaf:
            self._obey(message.topic, message.payload)

    def say(self, topic: str, payload: str | Mapping[str, Any], *, retain: bool = False) -> None:
        """Publish, if it is there and speaks."""
        raw = payload if isinstance(payload, str) else json.dumps(payload)
        if self._connection is not None and not self.is_silent:
            with contextlib.suppress(mqtt.MqttError):
                self._connection.publish(topic, raw.encode(), qos=0, retain=retain)


class TasmotaEnd(MqttRelayEnd):
    """Tasmota: PulseTime is kept, and starts with each ON."""

    def __init__(self, address: mqtt.BrokerAddress, topic: str, *, outputs: int = 1) -> None:
        super().__init__(address, topic, outputs=outputs)
        self.pulse_times = [0] * outputs

    def _will(self) -> mqtt.Will:
        return mqtt.Will(f"tele/{self.topic}/LWT", b"Offline")

    def _hears(self) -> tuple[str, ...]:
        return (f"cmnd/{self.topic}/#",)

    def _arrived(self) -> None:
        self.say(f"tele/{self.topic}/LWT", "Online", retain=True)

    def announce(self) -> None:
        """Its native discovery."""
        self.say(
            "tasmota/discovery/A1B2C3D4E5F6/config",
            {"ip": "10.0.0.7", "dn": "Back gate", "t": self.topic, "ft": "%prefix%/%topic%/",
             "tp": ["cmnd", "stat", "tele"], "rl": [1] * len(self.outputs), "md": "Sonoff Basic"},
            retain=True,
        )  # fmt: skip

    def _obey(self, topic: str, payload: bytes) -> None:
        word, text = topic.rpartition("/")[2].lower(), payload.decode().strip().upper()
        for name in ("pulsetime", "power"):
            if word.startswith(name):
                output = int(word.removeprefix(name) or 1) - 1
                if 0 <= output < len(self.outputs):
                    getattr(self, f"_{name}")(output, text)

    def _pulsetime(self, output: int, text: str) -> None:
        if text:
            self.pulse_times[output] = int(text)
        body = {"Set": self.pulse_times[output], "Remaining": 0}
        self.say(f"stat/{self.topic}/RESULT", {f"PulseTime{output + 1}": body})

    def _power(self, output: int, text: str) -> None:
        if text in ("ON", "1"):
            number = self.pulse_times[output]
            after_s = number / 10 if number <= 111 else number - 100.0
            self.switch(output, True, after_s if number else None)
        elif text in ("OFF", "0"):
            self.switch(output, False)
        else:
            self._tell_output(output)

    def _tell_output(self, output: int) -> None:
        name = "POWER" if len(self.outputs) == 1 else f"POWER{output + 1}"
        text = "ON" if self.outputs[output] else "OFF"
        self.say(f"stat/{self.topic}/RESULT", {name: text})
        self.say(f"stat/{self.topic}/{name}", text)


class ShellyGen2End(MqttRelayEnd):
    """Shelly Plus and later: JSON-RPC over MQTT."""

    def _will(self) -> mqtt.Will:
        return mqtt.Will(f"{self.topic}/online", b"false")

    def _hears(self) -> tuple[str, ...]:
        return (f"{self.topic}/rpc", "shellies/command")

    def _arrived(self) -> None:
        self.say(f"{self.topic}/online", "true", retain=True)

    def announce(self) -> None:
        """What it says when it is asked who is there."""
        self.say("shellies/announce", {"id": self.topic, "model": "SNSW-001X16EU", "gen": 2})

    def _obey(self, topic: str, payload: bytes) -> None:
        if topic == "shellies/command":
            self.announce()
            return
        body = json.loads(payload)
        params, reply = body.get("params", {}), {"id": body["id"], "src": self.topic,
                                                 "dst": body["src"]}  # fmt: skip
        output = params.get("id", 0)
        if not 0 <= output < len(self.outputs):
            reply["error"] = {"code": -105, "message": f"Argument 'id', value {output} not found!"}
        elif body["method"] == "Switch.Set":
            reply["result"] = {"was_on": self.outputs[output]}
            self.switch(output, params["on"], params.get("toggle_after"))
        elif body["method"] == "Switch.GetStatus":
            reply["result"] = self._status(output)
        else:
            reply["error"] = {"code": 404, "message": f"No handler for {body['method']}"}
        self.say(f"{body['src']}/rpc", reply)

    def _status(self, output: int) -> dict[str, Any]:
        status: dict[str, Any] = {"id": output, "source": "MQTT", "output": self.outputs[output]}
        if self.has_timer(output):
            status |= {"timer_started_at": round(time.time(), 2), "timer_duration": 1.0}
        return status

    def _tell_output(self, output: int) -> None:
        status = self._status(output)
        self.say(f"{self.topic}/status/switch:{output}", status)
        told = {"src": self.topic, "dst": f"{self.topic}/events", "method": "NotifyStatus",
                "params": {"ts": round(time.time(), 2), f"switch:{output}": status}}  # fmt: skip
        self.say(f"{self.topic}/events/rpc", told)


class ShellyGen1End(MqttRelayEnd):
    """The first Shelly: `auto_off` is its owner's to set."""

    def _will(self) -> mqtt.Will:
        return mqtt.Will(f"shellies/{self.topic}/online", b"false")

    def _hears(self) -> tuple[str, ...]:
        return (f"shellies/{self.topic}/#", "shellies/command")

    def _arrived(self) -> None:
        self.say(f"shellies/{self.topic}/online", "true", retain=True)
        self.announce()

    def announce(self) -> None:
        """What it says when it comes, and when it is asked."""
        self.say("shellies/announce", {"id": self.topic, "model": "SHSW-1", "mac": "A1B2C3D4E5F6",
                                       "ip": "10.0.0.8", "fw_ver": "20230913"})  # fmt: skip

    def _obey(self, topic: str, payload: bytes) -> None:
        if topic == "shellies/command" and payload == b"announce":
            self.announce()
        elif topic in ("shellies/command", f"shellies/{self.topic}/command"):
            if payload == b"update":
                self._update()
        elif topic.endswith("/command"):
            output = int(topic.split("/")[3])
            if payload in (b"on", b"off") and output < len(self.outputs):
                is_on = payload == b"on"
                self.switch(output, is_on, self.auto_off_s if is_on else None)

    def _update(self) -> None:
        rows = [{"ison": is_on, "has_timer": self.has_timer(n), "source": "mqtt"}
                for n, is_on in enumerate(self.outputs)]  # fmt: skip
        self.say(f"shellies/{self.topic}/info", {"relays": rows, "uptime": 7})

    def _tell_output(self, output: int) -> None:
        text = "on" if self.outputs[output] else "off"
        self.say(f"shellies/{self.topic}/relay/{output}", text)


class EspHomeEnd(MqttRelayEnd):
    """An ESPHome node with one switch or lock; its configuration may switch it off again."""

    def __init__(self, address: mqtt.BrokerAddress, topic: str, entity: str) -> None:
        super().__init__(address, topic)
        self.entity = entity
        self._is_lock = entity.startswith("lock/")

    def _will(self) -> mqtt.Will:
        return mqtt.Will(f"{self.topic}/status", b"offline")

    def _hears(self) -> tuple[str, ...]:
        return (f"{self.topic}/{self.entity}/command",)

    def _arrived(self) -> None:
        self.say(f"{self.topic}/status", "online", retain=True)
        self._tell_output(0)

    def announce(self) -> None:
        """Its discovery for Home Assistant, in short words."""
        kind, _, name = self.entity.partition("/")
        self.say(
            f"homeassistant/{kind}/{self.topic}/{name}/config",
            {"name": name, "~": f"{self.topic}/{self.entity}", "stat_t": "~/state",
             "cmd_t": "~/command", "avty_t": f"{self.topic}/status", "uniq_id": f"ESP{kind}{name}",
             "dev": {"ids": "a1b2c3d4e5f6", "name": self.topic, "sw": "esphome v2026.9.0"}},
            retain=True,
        )  # fmt: skip

    def _obey(self, topic: str, payload: bytes) -> None:
        del topic
        if payload in (b"ON", b"UNLOCK", b"OPEN"):
            self.switch(0, True, self.auto_off_s)
        elif payload in (b"OFF", b"LOCK"):
            self.switch(0, False)

    def _tell_output(self, output: int) -> None:
        words = ("UNLOCKED", "LOCKED") if self._is_lock else ("ON", "OFF")
        text = words[0] if self.outputs[output] else words[1]
        self.say(f"{self.topic}/{self.entity}/state", text, retain=True)


class EspRfidEnd(MqttRelayEnd):
    """An esp-rfid board: several may share a topic, each listens for its own address."""

    def __init__(self, address: mqtt.BrokerAddress, topic: str, ip: str, host: str) -> None:
        super().__init__(address, topic)
        self.ip, self.host = ip, host

    def _will(self) -> None:
        """It leaves without a word."""

    def _hears(self) -> tuple[str, ...]:
        return (f"{self.topic}/cmd",)

    def _arrived(self) -> None:
        self.say(f"{self.topic}/send", {"type": "boot", "time": 1, "uptime": "0", "ip": self.ip,
                                        "hostname": self.host})  # fmt: skip

    def _obey(self, topic: str, payload: bytes) -> None:
        del topic
        body = json.loads(payload)
        if body.get("doorip") != self.ip or body.get("cmd") != "opendoor":
            return
        record = {"type": "access", "time": 1, "isKnown": "true", "access": "Always",
                  "username": "MQTT", "uid": " ", "door": self.host}  # fmt: skip
        self.say(f"{self.topic}/send", record)
        self.switch(0, True, self.auto_off_s)

    def _tell_output(self, output: int) -> None:
        """It does not speak of its relay."""


__all__ = [
    "EspHomeEnd",
    "EspRfidEnd",
    "MqttRelayEnd",
    "ShellyGen1End",
    "ShellyGen2End",
    "TasmotaEnd",
]
