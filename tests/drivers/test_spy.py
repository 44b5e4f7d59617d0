"""Wire logs: every byte both ways in order, keys and codes masked, bounded, private."""

import asyncio
import io
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.catalogue import CatalogueError, open_meters, open_reader, open_scanner, parse
from drivers.dlt645 import ask_register
from drivers.pn532 import CHIP, DATA_EXCHANGE, HOST, WAKE, encode
from drivers.spy import Spy, hide_card_keys, hide_nothing, hide_text
from simulators.ends import Dlt645Meter, MeterLineEnd, Ntag424Card, Pn532End, QrScannerEnd
from tests.drivers.fields import UID

AT = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
KEY = bytes.fromhex("c0ffee00c0ffee11c0ffee22c0ffee33")


def lines(out: io.StringIO | Path) -> list[dict[str, Any]]:
    text = out.getvalue() if isinstance(out, io.StringIO) else out.read_text(encoding="ascii")
    return [json.loads(line) for line in text.splitlines()]


def test_a_chunk_is_a_line() -> None:
    out = io.StringIO()
    spy = Spy("dlt645 /dev/ttyUSB0", hide_nothing, out.write, clock=lambda: AT)
    spy(">", 12, b"\x68\xaa")
    spy("<", 34, b"\x16")
    assert lines(out) == [
        {"at": "2026-11-26T04:00:00.000000Z", "at_ns": 12, "line": "dlt645 /dev/ttyUSB0",
         "dir": ">", "hex": "68 aa"},
        {"at": "2026-11-26T04:00:00.000000Z", "at_ns": 34, "line": "dlt645 /dev/ttyUSB0",
         "dir": "<", "hex": "16"},
    ]  # fmt: skip


def test_a_forgotten_log_ends() -> None:
    out = io.StringIO()
    spy = Spy("x", hide_nothing, out.write, clock=lambda: AT, most_chars=300)
    for _ in range(100):
        spy(">", 0, bytes(10))
    assert len(out.getvalue()) < 400
    assert lines(out)[-1]["full"] is True


def test_a_full_disk_ends_no_conversation() -> None:
    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    Spy("x", hide_nothing, full)(">", 0, b"\x68")


@pytest.mark.parametrize(
    "apdu",
    [
        b"\x90\xc4\x00\x00\x29\x02" + KEY + bytes(24) + b"\x00",  # ChangeKey
        b"\x60\x04" + KEY[:6] + UID[:4],  # MIFARE Classic, key A
        b"\x61\x04" + KEY[:6] + UID[:4],
    ],
)
@pytest.mark.parametrize("before", [b"", WAKE])
def test_keys_for_a_card_are_masked(apdu: bytes, before: bytes) -> None:
    out = io.StringIO()
    spy = Spy("x", hide_card_keys, out.write, clock=lambda: AT)
    spy(">", 0, before + encode(HOST, DATA_EXCHANGE, b"\x01" + apdu))
    (told,) = lines(out)
    assert KEY[:6].hex(" ") not in told["hex"]
    assert apdu[:2].hex(" ") in told["hex"]  # which command it was stays to be seen
    assert "**" in told["hex"]


def test_other_commands_of_a_card_are_shown() -> None:
    out = io.StringIO()
    spy = Spy("x", hide_card_keys, out.write, clock=lambda: AT)
    select = encode(HOST, DATA_EXCHANGE, b"\x01\x00\xa4\x04\x00")
    reply = encode(CHIP, DATA_EXCHANGE + 1, b"\x00\x90\xc4")
    spy(">", 0, select)
    spy("<", 0, reply)
    assert [told["hex"] for told in lines(out)] == [select.hex(" "), reply.hex(" ")]


def test_a_shown_code_is_masked_and_its_ends_are_not() -> None:
    assert list(hide_text("<", b"AB\r\n\x80")) == [0, 1]
    assert list(hide_text(">", b"AB")) == []


# --- through the catalogue --------------------------------------------------------------------


def test_a_spied_url_is_the_same_device() -> None:
    plain, spied = parse("qr+serial:///dev/a?baud=1200"), parse("qr+spy:///dev/a?baud=1200")
    assert (plain.port, plain.baud, plain.spied) == ("/dev/a", 1200, None)
    assert (spied.port, spied.baud, spied.spied) == ("/dev/a", 1200, "")
    assert parse("qr+spy:///dev/a?log=/tmp/x").spied == "/tmp/x"
    assert parse("qr+spy://socket://10.0.0.9:4001").port == "socket://10.0.0.9:4001"
    for url, told in (
        ("qr+serial:///dev/a?log=/tmp/x", "no setting 'log'"),
        ("qr+spy://", "port is missing"),
        ("qr+spy://socket://door:hunter2@10.0.0.9:1", "no passwords"),
    ):
        with pytest.raises(CatalogueError, match=told) as error:
            parse(url)
        assert "hunter2" not in str(error.value)


async def test_a_meters_wire_is_written_down(tmp_path: Path) -> None:
    end, log = MeterLineEnd([Dlt645Meter()]), tmp_path / "wire.jsonl"
    bus = open_meters(f"dlt645+spy://{end.path}?log={log}")
    reading = await bus.ask(ask_register("000102030425"))
    await bus.close()
    end.close()
    told = lines(log)
    sent = bytes.fromhex("".join(one["hex"] for one in told if one["dir"] == ">"))
    heard = bytes.fromhex("".join(one["hex"] for one in told if one["dir"] == "<"))
    assert sent == ask_register("000102030425").requests[0]
    assert reading.raw in heard
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


async def test_a_scanners_code_is_not_in_its_log(tmp_path: Path) -> None:
    end, log = QrScannerEnd(), tmp_path / "wire.jsonl"
    scanner = open_scanner(f"qr+spy://{end.path}?log={log}", lambda _: b"")
    texts = scanner.texts()
    reading = asyncio.ensure_future(anext(texts))
    while not reading.done():
        end.show("a-pass-for-two-doors")
        await asyncio.sleep(0.02)
    assert await reading == "a-pass-for-two-doors"
    await scanner.close()
    assert [text async for text in texts] == []
    end.close()
    assert set(" ".join(one["hex"] for one in lines(log)).split()) == {"**", "0d", "0a"}


async def test_a_reader_is_spied_on_too(tmp_path: Path) -> None:
    end, log = Pn532End(), tmp_path / "wire.jsonl"
    end.tap(Ntag424Card(UID))
    reader = open_reader(f"pn532+spy://{end.path}?log={log}", lambda _: b"")
    cards = reader.cards()
    card = await anext(cards)
    assert card.uid == UID
    await reader.close()
    await cards.aclose()  # type: ignore[attr-defined]
    end.close()
    assert UID.hex(" ") in " ".join(one["hex"] for one in lines(log) if one["dir"] == "<")


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"log=.*: No such file or directory"):
        open_scanner(f"qr+spy:///dev/a?log={tmp_path}/absent/x", lambda _: b"")
