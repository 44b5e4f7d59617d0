"""Strikes on MQTT relays: each dialect against its far end over a real broker."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import relay_mqtt
from drivers.catalogue import CatalogueError, open_reader, open_strike
from drivers.kinds import StrikeFault
from drivers.mqtt import BrokerAddress, Message
from drivers.relay_dialects import Dialect, Report, Tasmota, pulse_ms, pulse_time
from drivers.relay_mqtt import MqttRelay
from drivers.relay_urls import RelayUrlError, make_dialect, parse
from simulators.ends.mqtt_relays import (
    EspHomeEnd,
    EspRfidEnd,
    MqttRelayEnd,
    ShellyGen1End,
    ShellyGen2End,
    TasmotaEnd,
)
from tests.drivers.mqtt_peers import Inbox, connect, mosquitto

WAIT_S = 20.0  # for what must come
SETTINGS: dict[str, dict[str, str]] = {
    "tasmota": {},
    "shelly2": {},
    "shelly1": {"pulse_ms": "300"},
    "esphome": {"pulse_ms": "300", "entity": "switch/strike"},
    "esphome-lock": {"pulse_ms": "300", "entity": "lock/strike"},
    "esprfid": {"pulse_ms": "300", "doorip": "10.0.0.9", "host": "board"},
}
KINDS = sorted(SETTINGS)
REPORTING = [kind for kind in KINDS if kind != "esprfid"]  # it does not speak of its relay


def dialect(kind: str, topic: str = "back-gate") -> Dialect:
    return make_dialect(kind.partition("-")[0], topic, "strike", SETTINGS[kind])


def far_end(kind: str, port: int, topic: str = "back-gate") -> MqttRelayEnd:
    at = BrokerAddress("127.0.0.1", port, f"end-{topic}")
    match kind:
        case "tasmota":
            return TasmotaEnd(at, topic)
        case "shelly2":
            return ShellyGen2End(at, topic)
        case "shelly1":
            return ShellyGen1End(at, topic)
        case "esprfid":
            return EspRfidEnd(at, topic, "10.0.0.9", "board")
        case _:
            return EspHomeEnd(at, topic, SETTINGS[kind]["entity"])


class Wall:
    """A relay in the wall and the strike that uses it."""

    def __init__(self, strike: MqttRelay, end: MqttRelayEnd) -> None:
        self.strike, self.end = strike, end
        self.moved = asyncio.Event()
        end.on_output = lambda _output, _on: self.moved.set()
        self.states: list[tuple[bool, str]] = []

    async def until(self, fits: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not fits():
                self.moved.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await self.moved.wait()

    async def until_off(self) -> None:
        await self.until(lambda: not self.end.outputs[0])

    def levels(self) -> list[bool]:
        return [on for _output, on, _at in self.end.output_log]


@asynccontextmanager
async def wall(kind: str, port: int, **end_is: Any) -> AsyncIterator[Wall]:
    end = far_end(kind, port)
    for name, value in end_is.items():
        setattr(end, name, value)
    strike = MqttRelay(dialect(kind), BrokerAddress("127.0.0.1", port), "strike")
    here = Wall(strike, end)
    strike.on_state = lambda online, why: here.states.append((online, why))
    await end.start()
    strike.start()
    try:
        await here.until(lambda: strike._hears)
        if strike._dialect.announces and not end.is_silent:
            await here.until(lambda: strike._online is True)
        yield here
    finally:
        await strike.close()
        end.power_off()
        await asyncio.sleep(0.05)  # its socket is gone


@pytest.fixture
def port(mosquitto_path: Path, tmp_path: Path) -> Iterator[int]:
    with mosquitto(mosquitto_path, tmp_path) as at:
        yield at


@pytest.mark.parametrize("kind", KINDS)
async def test_a_pulse_is_believed_when_reported_and_ended_by_the_device(
    kind: str, port: int
) -> None:
    """What opens is never left at the broker: a device that comes later must find nothing."""
    inbox = Inbox()
    observer = await connect(port, "observer", inbox)
    async with wall(kind, port) as at:
        await at.strike.pulse(0, 300)
        assert at.levels() == [True]
        await at.until_off()
        assert at.levels() == [True, False]
        assert at.strike.overruns == 0
        for topic in at.strike._dialect.heard():
            await observer.subscribe([(topic, 1)])
        observer.publish("observer/fence", b"", retain=False)
        await observer.flushed()
        assert inbox.is_empty
    await observer.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_the_device_ends_a_pulse_whose_controller_died(kind: str, port: int) -> None:
    async with wall(kind, port) as at:
        await at.strike.pulse(0, 300)
        assert at.strike._connection is not None
        at.strike._connection.abort()  # the socket is gone without a word
        await at.strike.close()
        await at.until_off()
        assert at.levels() == [True, False]


@pytest.mark.parametrize("kind", KINDS)
async def test_another_device_is_neither_moved_nor_believed(kind: str, port: int) -> None:
    async with wall(kind, port, is_silent=False) as at:
        other = far_end(kind, port, "front-gate")
        if isinstance(
            other, EspRfidEnd
        ):  # they share a topic, and tell each other apart by address
            other.topic, other.ip, other.host = "back-gate", "10.0.0.10", "front-board"
        await other.start()
        at.end.is_silent = True
        task = asyncio.create_task(at.strike.pulse(0, 300))
        for _ in range(20):
            other.switch(0, True)
            other.switch(0, False)
            if isinstance(other, EspRfidEnd):
                other._obey("", json.dumps({"cmd": "opendoor", "doorip": other.ip}).encode())
            await asyncio.sleep(0.01)
        with pytest.raises((TimeoutError, StrikeFault)):
            await task
        ups = [on for _output, on, _at in other.output_log if on]
        assert len(ups) == 20 + (1 if isinstance(other, EspRfidEnd) else 0)
        other.power_off()


@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_report_nobody_knows(kind: str, port: int) -> None:
    async with wall(kind, port) as at:
        at.end.is_silent = True
        fault = StrikeFault if kind == "tasmota" else TimeoutError
        with pytest.raises(fault):
            await at.strike.pulse(0, 300)
        opened = kind != "tasmota"  # which is asked first whether its time is set
        assert at.levels()[:1] == ([True] if opened else [])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_device_that_is_not_there_is_not_used(kind: str, port: int) -> None:
    strike = MqttRelay(dialect(kind), BrokerAddress("127.0.0.1", port), "strike")
    with pytest.raises(StrikeFault, match="not open yet"):
        await strike.pulse(0, 300)
    async with wall(kind, port) as at:
        at.end.power_off()
        if kind != "esprfid":
            await at.until(lambda: at.strike._online is False)
        with pytest.raises((StrikeFault, TimeoutError)):
            await at.strike.pulse(0, 300)
        assert at.end.outputs == [False]


@pytest.mark.parametrize("kind", ["shelly1", "esphome", "esphome-lock"])
async def test_a_device_without_a_timer_is_switched_off_and_never_used_again(
    kind: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_mqtt, "LATE_MOST_S", 0.1)
    monkeypatch.setattr(relay_mqtt, "ASKED_MOST_S", 0.1)
    async with wall(kind, port, auto_off_s=None) as at:
        await at.strike.pulse(0, 300)
        await at.until_off()
        assert at.strike.overruns == 1
        with pytest.raises(StrikeFault, match="is not used any more"):
            await at.strike.pulse(0, 300)
        assert at.levels() == [True, False]
        online, why = at.states[-1]
        assert not online
        assert "set its own timer" in why


async def test_a_pulse_time_that_does_not_hold_is_noticed(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_mqtt, "LATE_MOST_S", 0.1)
    monkeypatch.setattr(relay_mqtt, "ASKED_MOST_S", 0.1)
    async with wall("tasmota", port) as at:
        end = at.end
        assert isinstance(end, TasmotaEnd)

        def forgetful(output: int, text: str) -> None:
            told = {"Set": int(text), "Remaining": 0}
            end.say(f"stat/{end.topic}/RESULT", {f"PulseTime{output + 1}": told})

        monkeypatch.setattr(end, "_pulsetime", forgetful)
        await at.strike.pulse(0, 300)
        await at.until_off()
        assert at.strike.overruns == 1


@pytest.mark.parametrize("kind", REPORTING)
async def test_an_output_that_is_on_at_the_start_is_switched_off(kind: str, port: int) -> None:
    end = far_end(kind, port)
    end.outputs[0] = True
    await end.start()
    strike = MqttRelay(dialect(kind), BrokerAddress("127.0.0.1", port), "strike")
    here = Wall(strike, end)
    strike.start()
    await here.until_off()
    await strike.close()
    await end.close()


async def test_a_refusal_in_its_own_words(port: int) -> None:
    async with wall("shelly2", port) as at:
        at.end.outputs = []  # a cover, not a switch
        with pytest.raises(StrikeFault, match="refused: Argument 'id', value 0 not found!"):
            await at.strike.pulse(0, 300)


async def test_the_broker_comes_back(mosquitto_path: Path, tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        with mosquitto(mosquitto_path, tmp_path) as first:
            at = await stack.enter_async_context(wall("shelly2", first))
        await at.until(lambda: not at.strike._hears)
        with pytest.raises(StrikeFault, match="the relay's broker"):
            await at.strike.pulse(0, 300)


# --------------------------------------------------------------------------- the pure cores


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_no_bytes_trip_a_dialect(kind: str, data: st.DataObject) -> None:
    core = dialect(kind)
    odd = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
        max_leaves=12,
    )
    raw = st.binary(max_size=60) | odd.map(lambda body: json.dumps(body).encode())
    topic = data.draw(st.sampled_from(core.said()) | st.text(max_size=30))
    for report in core.hear(topic, data.draw(raw)):
        assert isinstance(report, Report)
        assert report.output in (None, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_deep_and_long_bodies_are_nothing(kind: str) -> None:
    core = dialect(kind)
    for topic in core.said():
        assert core.hear(topic, b"[" * 10_000) == ()
        assert core.hear(topic, b'{"POWER":"ON","x":"' + b"x" * 20_000 + b'"}') == ()


WORDS = st.sampled_from(
    ["POWER", "POWER1", "POWER²", "PulseTime1", "Set", "id", "src", "result", "error", "message",
     "output", "params", "switch:0", "relays", "ison", "has_timer", "type", "username", "door",
     "back-gate", "ip"]
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_what_came_before_or_was_stored_confirms_nothing(kind: str) -> None:
    """Late, doubled and stored reports: a stage is done by a live report after its command only."""
    strike = MqttRelay(dialect(kind), BrokerAddress("127.0.0.1", 1), "strike")
    core = dialect(kind)
    payloads = (b"ON", b"on", b"UNLOCKED", b'{"POWER":"ON"}', b'{"output":true}')
    words = [Message(topic, raw, True, None) for topic in core.said() for raw in payloads]
    for stage in core.pulse(0, 300):
        loop = asyncio.get_running_loop()
        strike._waiting = waiting = relay_mqtt._Waiting(stage, loop.create_future())
        for word in words:
            strike._on_message(word)
        assert not waiting.done.done()
        strike._waiting = None
        for word in words * 2:  # nobody waits: nothing happens, twice
            strike._on_message(Message(word.topic, word.payload, False, None))
    await strike.close()


def test_an_answer_counts_from_the_device_that_was_asked() -> None:
    """Devices answer to one topic of ours; another's answer may carry the same number."""
    core = dialect("shelly2")
    (stage,) = core.pulse(0, 300)
    (number,) = [json.loads(say.payload)["id"] for say in stage.says]

    def heard(src: str, asked: int) -> list[bool]:
        body = {"id": asked, "src": src, "dst": "strike", "result": {"was_on": False}}
        return [stage.fits(r) for r in core.hear("strike/rpc", json.dumps(body).encode())]

    assert heard("back-gate", number) == [True]
    assert heard("front-gate", number) == []
    assert heard("back-gate", number - 1) == heard("back-gate", number + 1) == [False]


@given(st.integers(1, 60_000))
def test_tasmota_never_opens_longer_than_asked(duration_ms: int) -> None:
    really_ms = pulse_ms(pulse_time(duration_ms))
    assert really_ms <= max(duration_ms, 100)
    assert really_ms > duration_ms - 1000


def test_tasmota_numbers_are_the_manuals() -> None:
    assert [pulse_ms(n) for n in (1, 111, 112, 113, 460)] == [100, 11_100, 12_000, 13_000, 360_000]
    assert [pulse_time(ms) for ms in (300, 3_000, 13_000, 360_000)] == [3, 30, 113, 460]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_controller_writes_no_other_dialect_topic_covers(kind: str) -> None:
    core = dialect(kind)
    topics = {say.topic for stage in core.pulse(0, 300) for say in stage.says}
    topics |= {say.topic for say in (*core.hello(), *core.stop(0))}
    assert topics <= set(core.heard())
    assert not any(letter in topic for topic in core.heard() + core.said() for letter in "+#")


@pytest.mark.parametrize("kind", ["shelly1", "esphome", "esprfid"])
def test_a_device_that_opens_longer_than_the_door_allows_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="the device opens for 300 ms and the door allows 299"):
        dialect(kind).pulse(0, 299)
    assert dialect(kind).pulse(0, 5_000)


@pytest.mark.parametrize("output", [-1, 1, 8])
def test_an_output_that_is_not_there(output: int) -> None:
    with pytest.raises(ValueError, match="no output"):
        dialect("tasmota").pulse(output, 300)
    assert Tasmota("x", 2).pulse(1, 300)[1].says[0].topic == "cmnd/x/Power2"


AT = "mqtt://strike@127.0.0.1:1883"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"sonoff+{AT}/x?secret=s", "unknown"),
        (f"esphome+{AT}/x?secret=s&entity=switch/a", "takes no time with its command"),
        (f"shelly1+{AT}/x?secret=s", "takes no time with its command"),
        (f"esprfid+{AT}/x?secret=s&doorip=10.0.0.1&host=b", "takes no time with its command"),
        (f"esprfid+{AT}/x?secret=s&pulse_ms=500&host=b", "doorip=ADDRESS"),
        (f"esprfid+{AT}/x?secret=s&pulse_ms=500&doorip=10.0.0.1", "host=NAME"),
        (f"esphome+{AT}/x?secret=s&pulse_ms=500", "entity=switch/ID"),
        (f"esphome+{AT}/x?secret=s&pulse_ms=500&entity=button/a", "entity=switch/ID"),
        (f"shelly1+{AT}/x?secret=s&pulse_ms=99", "from 100 to 60000"),
        (f"shelly1+{AT}/x?secret=s&pulse_ms=³", "from 100 to 60000"),
        (f"tasmota+{AT}/x?secret=s&outputs=9", "from 1 to 8"),
        (f"tasmota+{AT}/x?secret=s&pulse_ms=300", "no setting 'pulse_ms'"),
        (f"tasmota+{AT}/x", "secret=NAME"),
        (f"tasmota+{AT}/?secret=s", "no topic"),
        (f"tasmota+{AT}/a/+/b?secret=s", "no topic"),
        (f"tasmota+{AT}/linli/1/x/gate/cmd?secret=s", "no topic"),
        ("tasmota+mqtt://a:hunter2@127.0.0.1/x?secret=s", "no passwords"),
        ("tasmota+mqtt://127.0.0.1/x?secret=s", "USER@HOST"),
        ("tasmota+mqtt://a@10.0.0.9/x?secret=s", "open to all"),
        ("tasmota+http://a@127.0.0.1/x?secret=s", "mqtt or mqtts"),
        ("tasmota+mqtt://a@127.0.0.1:port/x?secret=s", "cannot be read"),
    ],
)
def test_wrong_urls_are_told_in_one_line(url: str, told: str) -> None:
    with pytest.raises(CatalogueError) as error:
        open_strike(url, lambda _name: b"x")
    line = str(error.value)
    assert told in line
    assert "\n" not in line
    assert "hunter2" not in line


def test_a_relay_reads_no_cards() -> None:
    with pytest.raises(CatalogueError):
        open_reader(f"tasmota+{AT}/x?secret=s", lambda _name: b"x")


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_url_trips_us(protocol: str, rest: str) -> None:
    for text in (f"{protocol}+{rest}", f"tasmota+mqtt://{rest}", rest):
        with contextlib.suppress(RelayUrlError):
            at = parse(text)
            make_dialect(at.protocol, at.topic, at.user, at.settings)
