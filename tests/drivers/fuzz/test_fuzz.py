"""The corpus of every fuzz target holds, also with a little wear; and targets do bite."""

import random
from typing import Any

import pytest

from drivers.dlt645 import Dlt645Deframer
from drivers.framing import Deframer
from drivers.qr_scanner import TextDeframer
from tests.drivers.fuzz.__main__ import CORPUS, INPUT_MOST_BYTES, KEPT_MOST, seeds_of
from tests.drivers.fuzz.targets import TARGETS, deframed

WORN_TURNS = 20


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_corpus_holds(name: str) -> None:
    seeds = seeds_of(name)
    assert 0 < len(seeds) <= KEPT_MOST
    luck = random.Random(name)
    for seed in seeds:
        assert len(seed) <= INPUT_MOST_BYTES
        TARGETS[name](seed)
        for _ in range(WORN_TURNS):
            worn = bytearray(seed or b"\0")
            worn[luck.randrange(len(worn))] = luck.randrange(256)
            at = luck.randrange(len(worn) + 1)
            worn[at:at] = luck.randbytes(luck.randrange(4))
            TARGETS[name](bytes(worn))


def test_every_corpus_has_its_target() -> None:
    assert {path.stem for path in CORPUS.iterdir()} == set(TARGETS)


class Raises(TextDeframer):
    def take(self, held: bytearray) -> tuple[int, str | None]:
        raise IndexError(len(held))


class Hoards(Dlt645Deframer):
    def feed(self, chunk: bytes) -> list[Any]:
        self._held += chunk
        return []


class CutsMatter(TextDeframer):
    def take(self, held: bytearray) -> tuple[int, str | None]:
        return len(held), held.decode("latin-1")


@pytest.mark.parametrize("broken", [Raises, Hoards, CutsMatter])
def test_a_target_bites(broken: type[Deframer[Any]]) -> None:
    with pytest.raises((IndexError, AssertionError)):
        deframed(broken, bytes(range(200)) * 3)
