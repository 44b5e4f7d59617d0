"""Cards at a door: the true one opens, every copy is called one, a torn one is nobody's fault."""

from pathlib import Path
from typing import Any

import pytest

from drivers.catalogue import CardLost, NotIsoDep
from drivers.ntag424 import FACTORY_KEY
from simulators.ends import ClonedUidCard, Ntag424Card
from tests.unit.door_bench import Bench

UID = bytes.fromhex("04aabbccddeeff")


class Field:
    """A card in a reader's field, without a reader."""

    first_byte_at_ns = 0
    provable = True

    def __init__(self, card: Any) -> None:
        self.card = card
        self.uid = card.uid

    async def transceive(self, apdu: bytes, timeout_s: float = 1.0) -> bytes:
        del timeout_s
        answer = self.card.exchange(apdu)
        if answer is None:
            raise NotIsoDep("a number and nothing else")
        return bytes(answer)


class Torn(Field):
    async def transceive(self, apdu: bytes, timeout_s: float = 1.0) -> bytes:
        raise CardLost("gone")


async def tapped(folder: Path, card: Field) -> Bench:
    bench = Bench(folder)
    await bench.ready()
    await bench.door.on_card(1, card)
    await bench.turns()
    return bench


async def test_the_true_card_opens_without_any_hub(tmp_path: Path) -> None:
    bench = await tapped(tmp_path, Field(Ntag424Card(UID)))  # the bench's key is the factory's
    assert bytes(16) == FACTORY_KEY
    assert bench.strike.pulses == [(0, 3_000)]
    (event,) = bench.events()
    assert (event.reason, event.person, event.credential, event.via) == (
        "granted", "p1", "k1", "card",
    )  # fmt: skip
    assert UID.hex() not in repr(event)
    await bench.close()


@pytest.mark.parametrize("iso_dep", [False, True])
async def test_a_copied_number_is_a_forgery(tmp_path: Path, iso_dep: bool) -> None:
    bench = await tapped(tmp_path, Field(ClonedUidCard(UID, iso_dep=iso_dep)))
    assert bench.strike.pulses == []
    assert bench.events()[0].reason == "credential_forged"
    await bench.close()


async def test_a_card_with_other_keys_is_a_forgery(tmp_path: Path) -> None:
    card = Ntag424Card(UID)
    card.keys[4] = bytes(range(16))
    bench = await tapped(tmp_path, Field(card))
    assert bench.events()[0].reason == "credential_forged"
    await bench.close()


async def test_a_stranger_is_unknown_and_stays_one_pseudonym(tmp_path: Path) -> None:
    bench = await tapped(tmp_path, Field(Ntag424Card(b"\x04strang")))
    await bench.door.on_card(1, Field(Ntag424Card(b"\x04strang")))
    one, two = bench.events()
    assert one.reason == "credential_unknown"
    assert one.credential == two.credential
    assert one.credential is not None
    assert one.credential.startswith("x-")
    await bench.close()


async def test_a_torn_card_is_no_event(tmp_path: Path) -> None:
    bench = await tapped(tmp_path, Torn(Ntag424Card(UID)))
    assert bench.events() == []
    assert bench.device.counters["card_torn"] == 1
    await bench.close()
