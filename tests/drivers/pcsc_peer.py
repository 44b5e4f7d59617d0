"""Our desk reader against pcscd and a virtual reader, which nobody here wrote.

Not a test that is collected: it wants pcscd, vsmartcard-vpcd, pyscard and a network of its own,
since the virtual reader listens everywhere. As root, on Debian:

    apt-get install pcscd vsmartcard-vpcd libpcsclite-dev swig
    pip install pyscard
    unshare -n sh -c 'ip link set lo up && python -m tests.drivers.pcsc_peer'

Prints one line and ends with 0 when a blank was made ours, torn, healed and proven through it.
"""

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable

from drivers.identify import identify
from drivers.kinds import Card, CardLost
from drivers.ntag424_desk import Lies, look, personalise
from drivers.pcsc import ASK_UID, PcscReader, SystemPcsc, system_readers
from simulators.ends import Ntag424Card
from tests.drivers.fields import UID, URL, keys

PORT = 0x8C7B
ATR = bytes.fromhex("3b8180018080")
OFF, ON, RESET, ATR_WANTED = 0, 1, 2, 4


class Held:
    """A card in the virtual reader's field; after so many exchanges it is torn away."""

    def __init__(self, card: Ntag424Card, tear_after: int | None = None) -> None:
        self.card, self.left = card, tear_after
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        reader, writer = await _connected()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int.from_bytes(await reader.readexactly(2), "big")
                told = await reader.readexactly(size)
                if size == 1:
                    if told[0] == ATR_WANTED:
                        _send(writer, ATR)
                    else:
                        self.card.wake()
                    continue
                if told == ASK_UID:
                    _send(writer, self.card.uid + b"\x90\x00")
                    continue
                if self.left == 0:
                    self.card.wake()
                    break
                self.left = None if self.left is None else self.left - 1
                _send(writer, self.card.exchange(told))
        writer.close()

    async def lift(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


async def _connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.1)


def _send(writer: asyncio.StreamWriter, raw: bytes) -> None:
    writer.write(len(raw).to_bytes(2, "big") + raw)


async def _next(cards: AsyncIterator[Card], lay: Callable[[], Held]) -> tuple[Card, Held]:
    asked = asyncio.ensure_future(anext(cards))
    await asyncio.sleep(1.0)
    held = lay()
    async with asyncio.timeout(20):
        return await asked, held


async def main() -> dict[str, object]:
    told: list[str] = []
    reader = PcscReader("virtual", SystemPcsc, on_state=lambda _, why: told.append(why))
    cards = reader.cards()
    blank = Ntag424Card(UID)
    card, held = await _next(cards, lambda: Held(blank, 20))
    torn = False
    try:
        await personalise(card.transceive, UID, keys(), URL)
    except CardLost:
        torn = True
    await held.lift()
    card, held = await _next(cards, lambda: Held(blank))
    first = await look(card.transceive, UID, keys(), URL)
    await personalise(card.transceive, UID, keys(), URL)
    await held.lift()
    card, held = await _next(cards, lambda: Held(blank))
    second = await look(card.transceive, UID, keys(), URL)
    looked = await identify("pcsc://virtual", lambda _: b"")
    await held.lift()
    await reader.close()
    assert told[-1] in system_readers()
    assert looked == [f"{told[-1]}, a card lies there"]
    return {"torn": torn, "then": first.value, "at_last": second.value, "reader": told[-1]}


async def beside_pcscd() -> int:
    where = shutil.which("pcscd") or "/usr/sbin/pcscd"
    service = await asyncio.create_subprocess_exec(where, "--foreground")
    try:
        await asyncio.sleep(2.0)
        async with asyncio.timeout(90):
            found = await main()
    finally:
        service.terminate()
        await service.wait()
    sys.stdout.write(json.dumps(found) + "\n")
    fine = (found["torn"], found["at_last"]) == (True, Lies.OURS.value)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(beside_pcscd()))
