"""What `linli bench wires` measures with: taps on a bad line and of a card, callbacks of a loop."""

import random
from dataclasses import replace
from typing import Any

import pytest

from simulators.bench import wires, wires_loop, wires_noise, wires_pn532
from simulators.bench.figures import Target
from simulators.ends.drives import WIRES, Wire

QR = next(wire for wire in WIRES if wire.protocol == "qr")


class Forgetful:
    """A driver that tells so many of the things that happen, then none."""

    def __init__(self, tells: int) -> None:
        self.left = tells

    async def use(self, end: Any, hand: Any) -> bool:
        del end, hand
        self.left -= 1
        return self.left >= 0

    async def close(self) -> None:
        pass


def forgetful(tells: int) -> Wire:
    return replace(QR, drive=lambda _path, _on_state: Forgetful(tells))


def test_every_part_has_its_own_targets() -> None:
    names = [target.name for target in wires.TARGETS]
    assert len(names) == len(set(names))
    for protocol in ("pn532", "osdp", "modbus-relay", "dlt645", "escpos"):
        assert f"loop_{protocol}_most_ms" in names
    assert Target("pn532_sun_p50_ms", "ms", 10.0) in wires.TARGETS
    assert Target("noise_osdp_arrive_percent", "%", 98.0, ">=") in wires.TARGETS
    assert Target("noise_osdp_p95_ms", "ms", 300.0) in wires.TARGETS


async def test_taps_that_arrive_are_counted_and_so_is_a_driver_that_does_not_heal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wires_noise, "REST_S", 0.0)
    told_ms, _, healed = await wires_noise._tapped(forgetful(4), 5)
    assert len(told_ms) == 3  # the first use is the warming
    assert not healed
    told_ms, _, healed = await wires_noise._tapped(forgetful(1_000), 5)
    assert (len(told_ms), healed) == (5, True)


async def test_a_spoiled_line_is_counted_and_a_real_driver_heals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wires_noise, "CHUNKS", 1)  # every chunk
    told_ms, noise, healed = await wires_noise._tapped(QR, 3)
    assert noise.hits == noise.chunks >= 3
    assert len(told_ms) < 3
    assert healed


def test_of_each_hundred_chunks_one_is_spoiled() -> None:
    noise = wires_noise.OneInAHundred(random.Random(7))
    for hundred in range(1, 8):
        worn = [noise.spoil(b"linli") != b"linli" for _ in range(wires_noise.CHUNKS)]
        assert sum(worn) == 1
        assert noise.hits == hundred


async def test_the_noise_of_the_bench_is_named_in_its_results(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wires_noise, "WIRES", (forgetful(1),))
    monkeypatch.setattr(wires_noise, "REST_S", 0.0)
    values, detail = await wires_noise.measure(quick=True)
    assert values["noise_qr_arrive_percent"] == 0.0
    assert values["noise_qr_p95_ms"] > 300.0  # none that arrived is none in time
    assert values["noise_healed"] == 0.0
    assert not detail["qr"]["healed"]


async def test_a_card_is_tapped_at_a_far_end_and_verified_here() -> None:
    async with wires_pn532._desk() as desk:
        for work in (desk.sun, desk.mutual):
            found = await desk.taps(2, random.Random(1), work)
            assert len(found) == 2
            assert all(took_ms > 0 for took_ms in found)
        assert desk._counter > 0


async def test_callbacks_of_every_driver_are_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        wires_loop, "longest_callbacks", lambda *, quick: {"qr": {"unplug": 1.0, "flood": 2.5}}
    )
    values, detail = await wires_loop.measure(quick=True)
    assert values == {"loop_qr_most_ms": 2.5}
    assert detail["by_trial_ms"] == {"qr": {"unplug": 1.0, "flood": 2.5}}
