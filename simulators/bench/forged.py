"""`linli bench forged`: how often wires without a secret take made-up messages for true ones.

Sums, parities and fixed bits only find accidents. For each such wire: messages of the right form
with contents of pure luck, how many of them were accepted, and how many theory expects. A wire with
a secret must believe none: there each message is right in all but what only the secret gives.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from drivers import cjt188, dlt645, lcus, modbus_relay, ntag424, pn532, rdm6300, wiegand
from drivers.escpos import StatusDeframer, Told
from drivers.framing import Deframer
from drivers.number_reader import Number
from drivers.osdp import Session
from drivers.osdp_wire import MAC_BYTES, Frame, OsdpDeframer, encode
from drivers.osdp_words import Reply
from drivers.qr_scanner import TextDeframer
from drivers.readings import ANSWER
from simulators.bench.figures import Target
from simulators.ends.osdp_pd import OsdpPd

FULL_BYTES = 10_000_000  # a whole run, over each wire
QUICK_BYTES = 400_000
MOST_OVER_THEORY = 2.0  # more than that, and a parser takes what it should not
TEXT_BYTES = 4
TEXT_SHARE = (95 / 256) ** TEXT_BYTES  # every one of its bytes is printable
SEED = 20261126


@dataclass(frozen=True, slots=True)
class Wire:
    """One kind of message: how chance makes one, whether it was believed, and theory's share."""

    make: Callable[[random.Random], bytes]
    deframer: Callable[[], Deframer[Any]]
    believes: Callable[[object], bool]
    share: float


def _bits(count: int) -> Callable[[random.Random], bytes]:
    return lambda luck: f"{luck.getrandbits(count):0{count}b}\r\n".encode()


def _em4100(luck: random.Random) -> bytes:
    return b"\x02" + luck.randbytes(rdm6300.CARD_BYTES + 1).hex().upper().encode() + b"\x03"


def _lcus(luck: random.Random) -> bytes:
    known = bytes((lcus.HEAD, luck.randint(1, lcus.OUTPUTS_MOST), luck.randint(0, 2)))
    return known + luck.randbytes(1)


def _pn532(luck: random.Random) -> bytes:
    """A report of a card whose sum is of luck."""
    whole = pn532.encode(pn532.CHIP, pn532.LIST_PASSIVE_TARGET + 1, luck.randbytes(10))
    return whole[:-2] + luck.randbytes(1) + b"\0"


def _modbus(luck: random.Random) -> bytes:
    return b"\x01\x02\x01" + luck.randbytes(3)  # eight contacts, and a check of luck


def _dlt645(luck: random.Random) -> bytes:
    whole = dlt645.encode(luck.randbytes(6), dlt645.READ | ANSWER, luck.randbytes(8))
    return whole[:-2] + luck.randbytes(1) + whole[-1:]


def _cjt188(luck: random.Random) -> bytes:
    control = cjt188.READ | ANSWER
    whole = cjt188.encode(0x10, luck.randbytes(7), control, luck.randbytes(22))
    return whole[:-2] + luck.randbytes(1) + whole[-1:]


WIRES: Mapping[str, Wire] = {
    # two parity bits
    "wiegand26": Wire(_bits(26), wiegand.WiegandDeframer, lambda f: isinstance(f, Number), 1 / 4),
    "wiegand34": Wire(_bits(34), wiegand.WiegandDeframer, lambda f: isinstance(f, Number), 1 / 4),
    # a sum of eight bits
    "em4100": Wire(_em4100, rdm6300.Rdm6300Deframer, lambda f: isinstance(f, Number), 1 / 256),
    "lcus": Wire(_lcus, lcus.LcusDeframer, lambda f: isinstance(f, lcus.Order), 1 / 256),
    "pn532": Wire(_pn532, pn532.Pn532Deframer, lambda f: isinstance(f, pn532.Message), 1 / 256),
    "dlt645": Wire(_dlt645, dlt645.Dlt645Deframer, lambda f: isinstance(f, dlt645.Frame), 1 / 256),
    "cjt188": Wire(_cjt188, cjt188.Cjt188Deframer, lambda f: isinstance(f, cjt188.Frame), 1 / 256),
    # a cyclic check of sixteen bits
    "modbus": Wire(
        _modbus, modbus_relay.RtuDeframer, lambda f: isinstance(f, modbus_relay.Pdu), 1 / 65536
    ),
    # bare text: nothing but that all of it can be printed
    "qr": Wire(
        lambda luck: luck.randbytes(TEXT_BYTES) + b"\r",
        TextDeframer,
        lambda f: isinstance(f, str) and len(f) == TEXT_BYTES,
        TEXT_SHARE,
    ),
    # four bits that never change
    "escpos_status": Wire(
        lambda luck: luck.randbytes(1), StatusDeframer, lambda f: isinstance(f, Told), 1 / 16
    ),
}


@dataclass(frozen=True, slots=True)
class Count:
    """Made-up messages, their bytes, and how many of them were believed."""

    messages: int
    sent_bytes: int
    believed: int


def count(wire: Wire, most_bytes: int, luck: random.Random) -> Count:
    """How many messages of so many made-up bytes were believed."""
    messages = believed = sent_bytes = 0
    deframer = wire.deframer()
    while sent_bytes < most_bytes:
        chunk = wire.make(luck)
        messages += 1
        sent_bytes += len(chunk)
        # each message alone, with silence behind it: none lends a byte to the next
        frames = [*deframer.feed(chunk), *deframer.idle()]
        believed += sum(map(wire.believes, frames))
    return Count(messages, sent_bytes, believed)


def count_osdp(most_bytes: int, luck: random.Random) -> Count:
    """The same for an OSDP session that stands: address, turn and check right, the MAC of luck."""
    pd = OsdpPd(1, luck.randbytes(16), luck=luck)
    session = Session(1, pd.key or b"", luck.randbytes, poll_s=1.0)
    while not session.is_here:
        session.hear(_only(pd.serve(_only(asked := session.next(0.0)), asked) or b""), 0.0)
    turn = _only(session.next(0.0)).sequence
    codes = (Reply.RAW, Reply.KEYPAD, Reply.FMT, Reply.ISTATR, Reply.OSTATR, Reply.ACK)
    messages = believed = sent_bytes = 0
    while sent_bytes < most_bytes:
        block, size = luck.choice(((b"\x16", 0), (b"\x18", 16), (b"\x18", 32)))
        body = luck.randbytes(size + MAC_BYTES)
        raw = encode(1, turn, luck.choice(codes), body, is_reply=True, block=block)
        messages += 1
        sent_bytes += len(raw)
        believed += session.hear(_only(raw), 0.0) is not None
    return Count(messages, sent_bytes, believed)


def count_sun(most_bytes: int, luck: random.Random) -> Count:
    """The same for taps of a card: its own hidden number with another counter, the MAC of luck."""
    meta_key, file_key, uid = luck.randbytes(16), luck.randbytes(16), b"\x04" + luck.randbytes(6)
    messages = believed = sent_bytes = 0
    while sent_bytes < most_bytes:
        picc = ntag424.seal_picc(meta_key, uid, luck.getrandbits(24), bytes(5))
        mac = luck.randbytes(8)
        messages += 1
        sent_bytes += len(picc) + len(mac)
        with suppress(ntag424.SunRefused):
            ntag424.verify_sun(picc, mac, meta_key=meta_key, file_key=file_key)
            believed += 1
    return Count(messages, sent_bytes, believed)


def count_ev2(most_bytes: int, luck: random.Random) -> Count:
    """The same for answers of a card in a session that stands, the MAC of luck."""
    key = luck.randbytes(16)
    session = ntag424.session_of(0, key, luck.randbytes(4), luck.randbytes(16), luck.randbytes(16))
    messages = believed = sent_bytes = 0
    while sent_bytes < most_bytes:
        answer = luck.randbytes(luck.choice((8, 24))) + ntag424.OK
        messages += 1
        sent_bytes += len(answer)
        session.is_over, session.commands = False, 0
        with suppress(ntag424.CardFault):
            session.unwrap_full(answer)
            believed += 1
    return Count(messages, sent_bytes, believed)


SECRET: Mapping[str, Callable[[int, random.Random], Count]] = {
    "osdp": count_osdp,
    "sun": count_sun,
    "ev2": count_ev2,
}


def _only(raw: bytes) -> Frame:
    (frame,) = OsdpDeframer().feed(raw)
    return frame


def run(quick: bool) -> dict[str, Any]:
    """The benchmark as `linli bench` prints it."""
    most_bytes = QUICK_BYTES if quick else FULL_BYTES
    detail: dict[str, Any] = {}
    results = []
    for name, wire in WIRES.items():
        found = count(wire, most_bytes, random.Random(f"{SEED} {name}"))
        expected = found.messages * wire.share
        over = found.believed / max(expected, 1.0)  # one alone proves nothing
        detail[name] = asdict(found) | {"expected": round(expected, 1)}
        target = Target(f"forged_{name}_over_theory", "times", MOST_OVER_THEORY)
        results.append(target.result(over))
    for name, count_of in SECRET.items():
        found = count_of(most_bytes, random.Random(f"{SEED} {name}"))
        detail[name] = asdict(found) | {"expected": 0}
        results.append(Target(f"forged_{name}", "messages", 0.0).result(found.believed))
    return {"results": results, "detail": detail}
