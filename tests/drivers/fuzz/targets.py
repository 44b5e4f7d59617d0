"""One fuzz target for each parser: takes any bytes, fails on what a parser must never do.

It must never raise but its own word for a bad far end, never give other frames for other cuts of
the same stream, never keep more than its bound.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from drivers import (
    cap,
    cjt188,
    dc09,
    dlt645,
    escpos,
    modbus_relay,
    ntag424,
    osdp,
    osdp_secure,
    osdp_wire,
    osdp_words,
    pn532,
)
from drivers.card_bits import number_of
from drivers.catalogue import CatalogueError, parse
from drivers.framing import Deframer
from drivers.lcus import LcusDeframer
from drivers.mqtt_packets import PACKET_MOST_BYTES, PacketSplitter, head_of
from drivers.ntag424 import CardFault, Ev2Initiator, SunRefused
from drivers.ntag424_files import NEVER, FileSettings, open_tap
from drivers.qr_scanner import TextDeframer
from drivers.rdm6300 import Rdm6300Deframer
from drivers.readings import MeterFault, Question, Reading
from drivers.relay_candidates import read_candidates
from drivers.relay_urls import RelayUrlError, make_dialect
from drivers.relay_urls import parse as parse_relay
from drivers.wiegand import WiegandDeframer
from simulators.ends.paper import Order, Paper, PaperDeframer, text_of
from simulators.ends.paper_picture import draw

Target = Callable[[bytes], None]

KEY = bytes(range(16))
METER_645, METER_188 = "000102030425", "00000010000192"
DIALECTS = [
    make_dialect("tasmota", "gate", "linli", {"outputs": "2"}),
    make_dialect("shelly2", "gate", "linli", {"outputs": "2"}),
    make_dialect("shelly1", "gate", "linli", {"pulse_ms": "3000"}),
    make_dialect("esphome", "gate", "linli", {"pulse_ms": "3000", "entity": "lock/gate"}),
    make_dialect(
        "esprfid", "gate", "linli", {"pulse_ms": "3000", "doorip": "10.0.0.9", "host": "g"}
    ),
]


def deframed(make: Callable[[], Deframer[Any]], fuzzed: bytes) -> list[Any]:
    """The frames of a stream whose first byte says how it is cut."""
    cut, stream = (fuzzed[0] % 64 + 1 if fuzzed else 1), fuzzed[1:]
    whole, parts = make(), make()
    at_once = whole.feed(stream)
    found: list[Any] = []
    for at in range(0, len(stream), cut):
        found += parts.feed(stream[at : at + cut])
        assert parts.held < parts.most_bytes, "keeps more than its bound"
    assert found == at_once, "another cut, other frames"
    assert parts.dropped == whole.dropped, "another cut, other noise"
    late = whole.idle()
    assert parts.idle() == late, "another cut, other frames after silence"
    assert whole.held == 0, "keeps bytes after silence"
    return [*at_once, *late]


def of_dc09(fuzzed: bytes) -> None:
    for body in deframed(dc09.Bodies, fuzzed):
        assert dc09.framed(body), "a body that could not have been sent"
        dc09.read_answer(body, KEY)
    dc09.read_answer(fuzzed, None)


def of_cap(fuzzed: bytes) -> None:
    with suppress(cap.CapWrong):
        told = cap.read(fuzzed)
        assert cap.read(cap.write(told)) == told, "what was read cannot be written"


def of_pn532(fuzzed: bytes) -> None:
    for sender in (pn532.CHIP, pn532.HOST):
        for frame in deframed(partial(pn532.Pn532Deframer, sender), fuzzed):
            if isinstance(frame, pn532.Message):
                assert pn532.encode(sender, frame.code, frame.body), "a frame that is none"
                pn532.read_target(frame.body, 0)
    pn532.read_target(fuzzed, 0)


def of_modbus(fuzzed: bytes) -> None:
    for requests in (False, True):
        for pdu in deframed(partial(modbus_relay.RtuDeframer, requests=requests), fuzzed):
            raw = modbus_relay.encode(pdu.unit, pdu.function, pdu.body)
            assert raw in fuzzed, "a frame nobody sent"
            modbus_relay.read_bits(pdu.body, 8)


def of_osdp(fuzzed: bytes) -> None:
    for frame in deframed(osdp_wire.OsdpDeframer, fuzzed):
        assert frame.signed + frame.mac in fuzzed, "a frame nobody sent"
        said = osdp_words.said(frame.code, frame.body)
        if isinstance(said, osdp_words.CardBits):
            number_of(said.bits, said.row)
        for is_open in (False, True):
            session = _osdp_session(is_open=is_open)
            session.next(0.0)
            for happened in session.hear(frame, 0.0) or []:
                assert isinstance(happened, osdp.Gone), "a forged word was believed"
            assert session.tally.sessions == 0, "a forged reader was believed"


def _osdp_session(*, is_open: bool) -> osdp.Session:
    session = osdp.Session(1, KEY, bytes, poll_s=1.0)
    if is_open:
        keys = osdp_secure.session_keys(KEY, bytes(8))
        session._channel = osdp_secure.SecureChannel(keys, KEY)
        session._phase = osdp.Phase.OPEN
        session.is_here = True
    return session


def of_escpos(fuzzed: bytes) -> None:
    status = escpos.Status()
    for word in deframed(escpos.StatusDeframer, fuzzed):
        match word:
            case escpos.Told(bits):
                for question in escpos.QUESTIONS:
                    status = status.told(question, bits)
            case escpos.Report(raw):
                assert raw in fuzzed, "a report nobody sent"
                status = status.reported(raw)
            case _:
                assert isinstance(word, escpos.Reached)
        assert status.trouble is None or status.trouble in escpos.Trouble


def of_paper(fuzzed: bytes) -> None:
    paper = Paper()
    for order in deframed(PaperDeframer, fuzzed):
        assert order.body in fuzzed, "an order nobody gave"
        paper.do(order)
    paper.do(Order(b"\x1dV", b"0"))
    assert len(paper.strip) == 0
    for slip in paper.slips:
        text_of(slip)
        draw(slip, 32)


def of_qr(fuzzed: bytes) -> None:
    for text in deframed(TextDeframer, fuzzed):
        assert text.isascii()
        assert text.isprintable()
        assert text.encode() in fuzzed, "a text nobody sent"


def of_dlt645(fuzzed: bytes) -> None:
    asked: tuple[Question[Any], ...] = (
        dlt645.ask_register(METER_645), dlt645.ask_address(), dlt645.ask_address("25"),
    )  # fmt: skip
    _meter(dlt645.Dlt645Deframer, asked, fuzzed)


def of_cjt188(fuzzed: bytes) -> None:
    asked: tuple[Question[Any], ...] = cjt188.ask_total(METER_188), cjt188.ask_address()
    _meter(cjt188.Cjt188Deframer, asked, fuzzed)


def _meter(
    make: Callable[[], Deframer[Any]], asked: tuple[Question[Any], ...], fuzzed: bytes
) -> None:
    for frame in deframed(make, fuzzed):
        assert frame.raw in fuzzed, "a frame nobody sent"
        for question in asked:
            question.speaker(frame)
            with suppress(MeterFault):
                told = question.judge(frame)
                assert told is None or isinstance(told, str | Reading)
                assert not isinstance(told, Reading) or told.value >= 0


def of_mqtt(fuzzed: bytes) -> None:
    cut, stream = (fuzzed[0] % 64 + 1 if fuzzed else 1), fuzzed[1:]
    whole, parts = PacketSplitter(), PacketSplitter()
    packets = whole.feed(stream)
    found = [one for at in range(0, len(stream), cut) for one in parts.feed(stream[at : at + cut])]
    assert found == packets, "another cut, other packets"
    assert stream.startswith(b"".join(packets))
    for packet in packets:
        assert len(packet) <= PACKET_MOST_BYTES
        assert head_of(packet).open_bytes <= len(packet)


def of_rdm6300(fuzzed: bytes) -> None:
    deframed(Rdm6300Deframer, fuzzed)


def of_wiegand(fuzzed: bytes) -> None:
    for is_reversed in (False, True):
        deframed(partial(WiegandDeframer, is_reversed=is_reversed), fuzzed)


def of_lcus(fuzzed: bytes) -> None:
    deframed(LcusDeframer, fuzzed)


def of_ntag424(fuzzed: bytes) -> None:
    with suppress(CardFault):
        ntag424.url_of(fuzzed)
    with suppress(SunRefused):
        ntag424.verify_sun(fuzzed[:16], fuzzed[16:24], meta_key=KEY, file_key=KEY)
        raise AssertionError("a forged tap was believed")
    with suppress(ValueError):  # of settings, and SunRefused is one
        size = fuzzed[0] + 1 if fuzzed else 0
        sdm = FileSettings.decode(fuzzed[1:size]).sdm
        if sdm is not None and sdm.signer != NEVER:
            open_tap(fuzzed[size:], sdm, meta_key=KEY, file_key=KEY)
            raise AssertionError("a forged file was believed")
    session = ntag424.session_of(1, KEY, b"\x01\x02\x03\x04", KEY, KEY)
    for unwrap in (session.unwrap_mac, session.unwrap_full):
        session.is_over = False
        with suppress(CardFault):
            unwrap(fuzzed)
            raise AssertionError("a forged answer was believed")
    for after in (None, session):
        with suppress(CardFault):
            initiator = Ev2Initiator(KEY, KEY, after=after)
            initiator.first(fuzzed[:16])
            initiator.finish(fuzzed[16:])
            raise AssertionError("a forged card was believed")

    async def card(apdu: bytes) -> bytes:
        del apdu
        return fuzzed

    with suppress(CardFault):
        asyncio.run(ntag424.read_ndef_url(card))


def of_relays(fuzzed: bytes) -> None:
    if len(fuzzed) < 2:
        return
    dialect, payload = DIALECTS[fuzzed[0] % len(DIALECTS)], fuzzed[2:]
    topics = dialect.heard()
    topic = topics[fuzzed[1] % len(topics)].replace("#", "x").replace("+", "0")
    dialect.hear(topic, payload)
    read_candidates(topic, payload)
    read_candidates("homeassistant/lock/x/config", payload)


def of_urls(fuzzed: bytes) -> None:
    url = fuzzed.decode("utf-8", "replace")
    with suppress(CatalogueError):
        parse(url)
    with suppress(RelayUrlError):
        parse_relay(url)


# A new parser is one line here, and a file of the same name in corpus/.
TARGETS: dict[str, Target] = {
    "cap": of_cap,
    "cjt188": of_cjt188,
    "dc09": of_dc09,
    "dlt645": of_dlt645,
    "escpos": of_escpos,
    "lcus": of_lcus,
    "modbus": of_modbus,
    "mqtt": of_mqtt,
    "ntag424": of_ntag424,
    "osdp": of_osdp,
    "paper": of_paper,
    "pn532": of_pn532,
    "qr": of_qr,
    "rdm6300": of_rdm6300,
    "relays": of_relays,
    "urls": of_urls,
    "wiegand": of_wiegand,
}
