"""Asking what hangs on a line, only when somebody wants to know: some boards act on any byte."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeGuard, TypeVar

from drivers import mqtt
from drivers.catalogue import (
    PCSC,
    CatalogueError,
    OsdpLines,
    OsdpReader,
    Secrets,
    check_port,
    is_mqtt_relay,
    line_of,
    meter_question,
    mqtt_relay_at,
    open_link,
    open_meters,
    open_pcsc,
    open_reader,
    parse,
)
from drivers.escpos import QUESTIONS, Status, StatusDeframer, Told, Word
from drivers.framing import Deframer
from drivers.link import Link, LinkLost
from drivers.meter_bus import scan_cjt188, scan_dlt645
from drivers.modbus_relay import EXCEPTIONS, READ_COILS, REPLY_S, Pdu, RtuDeframer, encode
from drivers.osdp import Here
from drivers.osdp_words import Capability
from drivers.pcsc import PcscFault
from drivers.pn532 import ChipFault, Pn532, Tally
from drivers.readings import MeterFault

TRIES: Final = 3  # a question is put so often; it moves nothing
ASKED_COILS: Final = 8  # boards have 1 to 32; one that has fewer answers that it has not so many
SETTLE_S: Final = 5.0  # a reader that is there has proven its key within one second
HEARD_S: Final = 3.0  # a relay on radio says within one how its outputs are

FrameT = TypeVar("FrameT")
AnswerT = TypeVar("AnswerT")


async def identify(url: str, secrets: Secrets) -> list[str]:
    """What answers at this URL, a line for each; raises CatalogueError saying what to check."""
    if url.startswith(PCSC):
        return await _pcsc(url)
    if is_mqtt_relay(url):
        return await _mqtt_relay(url, secrets)
    return await IDENTIFIERS[parse(url).protocol](url, secrets)


async def _pn532(url: str, _: Secrets) -> list[str]:
    link = await open_link(url)
    try:
        return [f"{await Pn532(link, Tally()).start()} at {link.name}"]
    except (ChipFault, LinkLost) as fault:
        raise CatalogueError(str(fault)) from fault
    finally:
        link.close()


async def _pcsc(url: str) -> list[str]:
    """The reader's name, and whether a card lies there."""
    try:
        name, is_laid = await asyncio.to_thread(open_pcsc(url).look)
    except PcscFault as fault:
        raise CatalogueError(str(fault)) from fault
    return [f"{name}, {'a card lies there' if is_laid else 'no card lies there'}"]


async def _osdp(url: str, secrets: Secrets) -> list[str]:
    """What the reader says of itself, all of it inside the secure channel."""
    await check_port(url)
    told: asyncio.Future[tuple[bool, str]] = asyncio.get_running_loop().create_future()

    def on_state(online: bool, why: str) -> None:
        if not told.done():
            told.set_result((online, why))

    lines = OsdpLines()
    try:
        reader = open_reader(url, secrets, on_state=on_state, lines=lines)
        assert isinstance(reader, OsdpReader)
        async with asyncio.timeout(SETTLE_S):
            online, why = await told
        if not online or reader.here is None:
            raise CatalogueError(f"{parse(url).port}: {why}")
        return [why, _abilities(reader.here)]
    except TimeoutError:
        raise CatalogueError(f"{parse(url).port}: nothing settled; try again") from None
    finally:
        await lines.close()


def _abilities(here: Here) -> str:
    able = here.capabilities
    counted = [f"{able.count(of)} {name}" for name, of in _COUNTED.items() if able.count(of)]
    has = [name for name, of in _HAD.items() if able.found.get(of, (0, 0))[0]]
    version = f"firmware {here.identity.firmware}" if here.identity is not None else "no name"
    return f"{version}, {', '.join([*counted, *has]) or 'cards alone'}"


_COUNTED: Final = {"outputs": Capability.OUTPUTS, "contacts": Capability.CONTACTS}
_HAD: Final = {
    "a light": Capability.LIGHTS,
    "tones": Capability.SOUNDS,
    "a display": Capability.TEXTS,
}


async def _mqtt_relay(url: str, secrets: Secrets) -> list[str]:
    """Whether it is at its broker, and how its outputs are; the driver would switch them off."""
    at = mqtt_relay_at(url, secrets)
    where = f"{at.broker.host}:{at.broker.port}"
    news, here, outputs = asyncio.Event(), False, dict[int, bool]()

    def on_message(message: mqtt.Message) -> None:
        nonlocal here
        for report in at.dialect.hear(message.topic, message.payload):
            here = report.online if report.online is not None else here or not message.retain
            if report.output is not None and report.on is not None:
                outputs[report.output] = report.on
        if here and outputs:  # what is stored comes in any order
            news.set()

    try:
        line = await mqtt.connect(at.broker, client_id=at.user, will=None, on_message=on_message)
        try:
            await line.subscribe([(topic, 1) for topic in at.dialect.said()])
            for say in at.dialect.hello():
                line.publish(say.topic, say.payload, qos=0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARD_S):
                    await news.wait()
        finally:
            await line.close()
    except (mqtt.MqttError, OSError) as fault:
        raise CatalogueError(f"{where}: {fault}; check host, port, user and secret") from fault
    if not here and not at.dialect.announces:
        return [f"{where}: the broker is there; such a relay says nothing before it is used"]
    if not here:
        raise CatalogueError(
            f"{where}: the relay is not there; check its power, its radio and the topic"
        )
    on = [str(n) for n, is_on in sorted(outputs.items()) if is_on]
    told = f"outputs on: {', '.join(on) or 'none'}" if outputs else "of its outputs it says nothing"
    return [f"{where}: the relay is there, {told}"]


async def _modbus_relay(url: str, _: Secrets) -> list[str]:
    """Reads coils; the driver itself would switch them off first, which is no mere question."""
    unit = parse(url).numbers.get("unit", 1)
    request = encode(unit, READ_COILS, bytes((0, 0, 0, ASKED_COILS)))
    link = await open_link(url)
    try:
        frames = await _answers(link, request, RtuDeframer(), _of_unit(unit))
    finally:
        link.close()
    if frames:
        return [f"{link.name}: unit {unit} answers, {_coils(frames[0])}"]
    raise CatalogueError(
        f"{link.name}: unit {unit} is silent; check power, the wires A and B, unit and baud"
    )


def _of_unit(unit: int) -> Callable[[Pdu], TypeGuard[Pdu]]:
    def fits(pdu: Pdu) -> TypeGuard[Pdu]:
        return pdu.unit == unit and pdu.function & 0x7F == READ_COILS

    return fits


def _coils(pdu: Pdu) -> str:
    if pdu.function & 0x80:
        return f"but {EXCEPTIONS.get(pdu.body[0], 'refuses')}: it may have fewer outputs"
    on = [str(n) for n in range(ASKED_COILS) if len(pdu.body) > 1 and pdu.body[1] >> n & 1]
    return f"outputs on: {', '.join(on) or 'none'}"


async def _escpos(url: str, _: Secrets) -> list[str]:
    """Real-time questions alone: the driver itself would also clear what waits to be printed."""
    link, status = await open_link(url), Status()
    try:
        for question in QUESTIONS:
            request = bytes((0x10, 0x04, question))
            told = await _answers(link, request, StatusDeframer(), _is_told)
            if not told:
                raise CatalogueError(
                    f"{link.name}: the printer is silent; check power, cable and baud"
                )
            status = status.told(question, told[0].bits)
    finally:
        link.close()
    low = ", the paper is nearly used up" if status.paper_low and not status.paper_out else ""
    trouble = status.trouble
    return [f"printer at {link.name}: {'ready' if trouble is None else trouble.value}{low}"]


def _is_told(word: Word) -> TypeGuard[Told]:
    return isinstance(word, Told)


async def _answers(
    link: Link,
    request: bytes,
    deframer: Deframer[FrameT],
    fits: Callable[[FrameT], TypeGuard[AnswerT]],
) -> list[AnswerT]:
    """What fits of the answers to one question, nothing where the line stays silent.

    Raises CatalogueError where only noise came, or the line was lost.
    """
    try:
        for _ in range(TRIES):
            link.write(request)
            try:
                async with asyncio.timeout(REPLY_S):
                    while True:
                        found = [one for one in deframer.feed(await link.read()) if fits(one)]
                        if found:
                            return found
            except TimeoutError:
                found = [one for one in deframer.idle() if fits(one)]
                if found:
                    return found
    except LinkLost as lost:
        raise CatalogueError(str(lost)) from lost
    if deframer.dropped:
        raise CatalogueError(
            f"{link.name}: {deframer.dropped} bytes came that are no frame; check baud, parity and "
            "that nothing else talks on this line"
        )
    return []


def _free(because: str) -> Callable[[str, Secrets], Awaitable[list[str]]]:
    """Devices that cannot be asked: their port is opened, and no byte is sent."""

    async def look(url: str, _: Secrets) -> list[str]:
        link = await open_link(url)
        link.close()
        return [f"{link.name} is there and free; {because}"]

    return look


async def _meters(url: str, _: Secrets) -> list[str]:
    """The meter that is named, or the meters of the line, which takes up to many minutes."""
    await check_port(url)  # a wrong or busy port is told as such
    bus = open_meters(url)
    try:
        if "meter" in parse(url).numbers:
            reading = await bus.ask(meter_question(url))
            return [f"meter {reading.meter}: {reading.quantity} {reading.value:f} {reading.unit}"]
        scan = scan_dlt645 if parse(url).protocol == "dlt645" else scan_cjt188
        found, complete = await scan(bus)
    except MeterFault as fault:
        raise CatalogueError(str(fault)) from fault
    finally:
        await bus.close()
    port, baud, parity = line_of(url)
    if not found and complete:
        raise CatalogueError(
            f"{port}: no meter answers; check power, the wires A and B, and baud ({baud} 8{parity}1"
            " was tried; old meters speak 1200)"
        )
    if not complete:
        found.append("several meters answer at once and cannot all be told apart: write meter=")
    return found


_LISTENS: Final = _free("such a device says nothing before it reads something")
_MUTE: Final = _free("such a board never answers, so nothing tells whether it is one")

# What is asked, by protocol; a new one is one line here.
IDENTIFIERS: Final[Mapping[str, Callable[[str, Secrets], Awaitable[list[str]]]]] = {
    "cjt188": _meters,
    "dlt645": _meters,
    "escpos": _escpos,
    "lcus": _MUTE,
    "modbus-relay": _modbus_relay,
    "osdp": _osdp,
    "pn532": _pn532,
    "qr": _LISTENS,
    "rdm6300": _LISTENS,
    "wiegand": _LISTENS,
}
