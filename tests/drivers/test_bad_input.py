"""Whatever is wrong with a port, a speed, a key or an address is one line that says which.

Each kind of device is a row; a new protocol without a row fails.
"""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial

from drivers import catalogue
from drivers import identify as identifying
from drivers.addresses import SETTINGS as KNOWN
from drivers.catalogue import CatalogueError, OsdpLines, open_reader, open_strike
from drivers.identify import IDENTIFIERS, identify
from drivers.pcsc import PcscFault
from drivers.relay_urls import DIALECTS
from drivers.watch import WATCHERS, watch
from simulators.ends.uart import heard_at
from tests.drivers.kinds import KEY, PROTOCOLS, end_of, secrets, usual_baud
from tests.drivers.mqtt_peers import mosquitto
from tests.drivers.test_pcsc import NAME, Table
from tests.drivers.test_relay_mqtt import REPORTING, far_end
from tests.drivers.test_relay_mqtt import SETTINGS as RELAYS
from tests.drivers.waiting import until

Told = dict[str, Any]
every = pytest.mark.parametrize("protocol", PROTOCOLS)

# A wrong speed: what is then told, and who can tell. A board that never answers cannot.
ASKED = {
    "cjt188": "check baud, parity|check its address and power, the wires A and B, and baud",
    "dlt645": "check baud, parity|check its address and power, the wires A and B, and baud",
    "escpos": "check baud, parity|check power, cable and baud",
    "modbus-relay": "check baud, parity|check power, the wires A and B, unit and baud",
    "osdp": "check baud, cable|check power, wiring, address and baud",
    "pn532": "check power, wiring and baud rate",
}
HEARD = {  # what happens there, again and again
    "qr": lambda end: end.show("https://linli.example/v#" + "x" * 300),
    "rdm6300": lambda end: end.tap(bytes.fromhex("01001293d8")),
    "wiegand": lambda end: end.tap(bytes.fromhex("d41b81")),
}
CANNOT_TELL = {"lcus"}
# A wrong address: the setting that is changed, and what is then told.
ADDRESSES = {
    "cjt188": ("meter=1", "meter 00000000000001 is silent; check its address"),
    "dlt645": ("meter=1", "meter 000000000001 is silent; check its address"),
    "modbus-relay": ("unit=9", "unit 9 is silent; check power, the wires A and B, unit and baud"),
    "osdp": ("address=5&key=secret:reader", "address 5 is silent; check power, wiring, address"),
}
ALONE = {"escpos", "lcus", "pn532", "qr", "rdm6300", "wiegand"}  # they have no address


def test_every_kind_of_device_has_its_row() -> None:
    assert set(PROTOCOLS) == set(KNOWN) == set(IDENTIFIERS) == set(WATCHERS)
    assert {*ASKED, *HEARD} | CANNOT_TELL == set(PROTOCOLS)
    assert {*ADDRESSES} | ALONE == set(PROTOCOLS)


async def fault_of(what: Any) -> str:
    """The line with which it ends."""
    with pytest.raises(CatalogueError) as fault:
        await what
    assert "\n" not in str(fault.value)
    return str(fault.value)


# --- ports -------------------------------------------------------------------------------------


@every
async def test_a_wrong_port(protocol: str, tmp_path: Path) -> None:
    async with end_of(protocol) as (end, url):
        wrong = url.replace(end.path, f"{tmp_path}/absent")
        for ask in (identify(wrong, secrets), watch(wrong, secrets, print)):
            told = await fault_of(ask)
            assert told == (
                f"{tmp_path}/absent: no such port; check that the device is plugged in and its "
                "name is right"
            )


@every
async def test_a_busy_port(protocol: str) -> None:
    async with end_of(protocol) as (end, url):
        with serial.Serial(end.path, exclusive=True):
            for ask in (identify(url, secrets), watch(url, secrets, print)):
                told = await fault_of(ask)
                assert told == (
                    f"{end.path}: the port is busy; check for another program that holds it"
                )


# --- speeds ------------------------------------------------------------------------------------


def at_another_speed(protocol: str, end: Any, url: str) -> str:
    """The URL of the same device with a speed that is not its own."""
    end.line.baud = usual_baud(protocol)
    return f"{url}&baud={38_400 if usual_baud(protocol) != 115_200 else 9_600}"


@pytest.mark.parametrize("protocol", sorted(ASKED))
async def test_a_wrong_speed_where_something_answers(protocol: str) -> None:
    async with end_of(protocol) as (end, url):
        wrong = at_another_speed(protocol, end, url)
        told = await fault_of(identify(wrong, secrets))
        assert any(words in told for words in ASKED[protocol].split("|")), told
        assert end.path in told
        assert await identify(url, secrets)  # at its own speed it is there


@pytest.mark.parametrize("protocol", sorted(HEARD))
async def test_a_wrong_speed_where_something_only_tells(protocol: str) -> None:
    async with end_of(protocol) as (end, url):
        wrong = at_another_speed(protocol, end, url)
        told: list[Told] = []
        watching = asyncio.ensure_future(watch(wrong, secrets, lambda one: told.append(dict(one))))
        try:
            await until(lambda: bool(told) or watching.done())
            happens: Callable[[Any], object] = HEARD[protocol]
            while told[-1]["event"] != "offline":
                happens(end)
                await asyncio.sleep(0.001)
            assert "check baud and parity in the URL" in told[-1]["why"]
            assert end.path in told[-1]["why"]
            end.line.baud = 0  # somebody sets the device to the speed of the URL
            while told[-1]["event"] not in ("card", "code"):
                happens(end)
                await asyncio.sleep(0.001)
            assert [one["event"] for one in told][-2] == "online"
        finally:
            watching.cancel()
            await asyncio.wait([watching])


async def test_who_never_answers_says_that_nothing_can_be_known() -> None:
    async with end_of("lcus") as (end, url):
        (line,) = await identify(at_another_speed("lcus", end, url), secrets)
        assert "never answers" in line


@pytest.mark.parametrize(("sent", "heard"), [(9_600, 19_200), (9_600, 38_400), (115_200, 9_600)])
def test_a_receiver_of_another_speed_hears_other_bytes(sent: int, heard: int) -> None:
    luck = random.Random(3)
    for size in range(1, 60):
        chunk = luck.randbytes(size)
        assert heard_at(chunk, sent, sent) == chunk
        assert heard_at(chunk, sent, heard) != chunk
    assert heard_at(b"", sent, heard) == b""


def test_a_receiver_of_nearly_the_same_speed_hears_the_same() -> None:
    chunk = bytes(range(256))
    assert heard_at(chunk, 9_600, 9_700) == chunk  # one percent is what a UART lives with
    assert heard_at(b"U", 9_600, 4_800) != b"U"


# --- addresses and keys ------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", sorted(ADDRESSES))
async def test_a_wrong_address(protocol: str) -> None:
    settings, words = ADDRESSES[protocol]
    async with end_of(protocol) as (_, url):
        wrong = f"{url.partition('?')[0]}?{settings}"
        assert words in await fault_of(identify(wrong, secrets))


async def test_an_output_that_no_board_has() -> None:
    with pytest.raises(CatalogueError, match="at most 8 outputs"):
        open_strike("lcus+serial:///dev/a?outputs=9", secrets)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (bytes(16).hex(), "address 1 holds another key; check the secret, or pair it again"),
        ("00" * 15, "secret:reader is no key of 32 hex digits; pair the reader again"),
        (bytes(range(0x30, 0x40)).hex(), "secret:reader is the key that everybody knows"),
    ],
)
async def test_a_wrong_key(held: str, words: str) -> None:
    async with end_of("osdp") as (end, url):
        told = await fault_of(identify(url, lambda _: held.encode()))
        assert words in told
        assert KEY.hex() not in told
        assert held not in told
        assert not any(end.readers[0].outputs)


async def test_readers_of_one_line_that_quarrel() -> None:
    lines, url = OsdpLines(), "osdp+serial:///dev/absent?address=1&key=secret:reader"
    open_reader(url, secrets, lines=lines)
    with pytest.raises(CatalogueError, match="one line has one baud rate, not 9600 and 19200"):
        open_reader(f"{url}&baud=19200", secrets, lines=lines)
    with pytest.raises(CatalogueError, match="at address 1 has one key, not two"):
        open_reader(url, lambda _: bytes(16).hex().encode(), lines=lines)
    await lines.close()


# --- what hangs on no serial line --------------------------------------------------------------


async def test_a_desk_reader_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    monkeypatch.setattr(catalogue, "SystemPcsc", lambda: table)
    assert await identify("pcsc://acr122", secrets) == [f"{NAME}, no card lies there"]
    table.put(None, b"\x01\x02\x03\x04")
    assert await identify("pcsc://", secrets) == [f"{NAME}, a card lies there"]
    for ask in (identify("pcsc://omnikey", secrets), watch("pcsc://omnikey", secrets, print)):
        told = await fault_of(ask)
        assert told == f"no reader is called omnikey; there are: {NAME}"
    table.names = []
    assert (await fault_of(identify("pcsc://", secrets))).endswith("there are: none")

    def absent() -> Table:
        raise PcscFault("pcsc:// needs pyscard: pip install 'linli[pcsc]'")

    monkeypatch.setattr(catalogue, "SystemPcsc", absent)
    assert "pip install" in await fault_of(identify("pcsc://", secrets))


def relay_url(kind: str, port: int, topic: str = "back-gate") -> str:
    settings = "".join(f"&{name}={value}" for name, value in RELAYS[kind].items())
    protocol = kind.partition("-")[0]
    return f"{protocol}+mqtt://strike@127.0.0.1:{port}/{topic}?secret=reader{settings}"


@pytest.mark.parametrize("kind", sorted(RELAYS))
async def test_a_relay_on_a_broker(
    kind: str, mosquitto_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mosquitto(mosquitto_path, tmp_path) as port:
        end = far_end(kind, port)
        await end.start()
        (line,) = await identify(relay_url(kind, port), secrets)
        assert ("the relay is there" if kind in REPORTING else "says nothing before") in line
        assert not end.output_log  # a question moves nothing
        monkeypatch.setattr(identifying, "HEARD_S", 0.2)  # what never comes need not be awaited
        if kind in REPORTING:
            told = await fault_of(identify(relay_url(kind, port, "front-gate"), secrets))
            assert "not there; check its power, its radio and the topic" in told
        end.power_off()
        await asyncio.sleep(0.05)  # its socket is gone
    told = await fault_of(identify(relay_url(kind, port), secrets))
    assert "check host, port, user and secret" in told
    assert KEY.hex() not in told


async def test_a_relays_broker_that_goes_is_told_by_watching(
    mosquitto_path: Path, tmp_path: Path
) -> None:
    told: list[Told] = []
    with mosquitto(mosquitto_path, tmp_path) as port:
        end = far_end("tasmota", port)
        await end.start()
        url = relay_url("tasmota", port)
        watching = asyncio.ensure_future(watch(url, secrets, lambda one: told.append(dict(one))))
        try:
            await until(lambda: any(one["event"] == "online" for one in told))
            end.power_off()
            await until(lambda: told[-1]["event"] == "offline")
        finally:
            watching.cancel()
            await asyncio.wait([watching])


def test_every_relay_is_asked_about() -> None:
    assert {kind.partition("-")[0] for kind in RELAYS} == set(DIALECTS)
