"""The corpus of every fuzz target holds, also with a little wear; and targets do bite."""

import random
import sys
from typing import Any

import pytest

from drivers.dlt645 import Dlt645Deframer
from drivers.framing import Deframer
from drivers.qr_scanner import TextDeframer
from tests.drivers.fuzz.__main__ import (
    CORPUS,
    INPUT_MOST_BYTES,
    KEPT_MOST,
    Way,
    chosen,
    seeds_of,
    ways_of,
)
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


def test_what_is_kept_takes_a_way_of_its_own() -> None:
    def ways(one: bytes) -> set[Way]:
        return {("x", 0, byte) for byte in one}

    assert chosen([b"a", b"aa"], [b"a", b"ab", b"b", b"ba"], ways) == [b"a", b"aa", b"b"]
    many = [bytes((n, 0)) for n in range(1, KEPT_MOST + 1)]
    assert chosen([b"\1", b"\1\1"], many, ways) == [b"\1", *many[: KEPT_MOST - 1]]
    known = [b"\1" * n for n in range(1, KEPT_MOST + 1)]  # full, and all but one take no new way
    assert chosen(known, [b"\2"], ways) == [*known[:-1], b"\2"]


def test_ways_are_those_of_the_code_that_is_fuzzed() -> None:
    short, long = (ways_of(TARGETS["lcus"], bytes.fromhex(one)) for one in ("00a0", "00a00101a2"))
    assert short - long
    assert long - short
    assert all(way[0].endswith((".py",)) and "/drivers/" in way[0] for way in short | long)
    assert sys.gettrace() is None


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
