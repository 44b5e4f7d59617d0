"""How many made-up messages a wire believes: as theory says, and none where there is a secret."""

import random
from typing import Any

import pytest

from drivers import ntag424, osdp_secure
from drivers.number_reader import Number
from drivers.wiegand import WiegandDeframer
from simulators.bench import forged
from simulators.bench.forged import MOST_OVER_THEORY, SECRET, WIRES, Wire, count, count_osdp

SENT_BYTES = 60_000


@pytest.mark.parametrize("name", sorted(WIRES))
def test_each_wire_believes_what_theory_expects(name: str) -> None:
    wire = WIRES[name]
    found = count(wire, SENT_BYTES, random.Random(f"{forged.SEED} {name}"))
    expected = found.messages * wire.share
    assert found.believed <= MOST_OVER_THEORY * max(expected, 1.0)
    assert found.sent_bytes >= SENT_BYTES
    if name != "modbus":  # of whose checks one in 65,536 is right: theory expects less than one
        assert found.believed >= expected / MOST_OVER_THEORY > 2


class Trusting(WiegandDeframer):
    """A parser that forgot its parities."""

    def take(self, held: bytearray) -> tuple[int, Any]:
        size, reading = super().take(held)
        return size, Number(bytes(4)) if reading is not None else None


def test_a_parser_that_believes_everything_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = WIRES["wiegand26"]
    wire = Wire(sound.make, Trusting, sound.believes, sound.share)
    monkeypatch.setattr(forged, "WIRES", {"trusting": wire})
    monkeypatch.setattr(forged, "QUICK_BYTES", 15_000)
    trusting, *_ = forged.run(quick=True)["results"]
    assert trusting["value"] == 4.0
    assert not trusting["ok"]


@pytest.mark.parametrize("name", sorted(SECRET))
def test_a_wire_with_a_secret_believes_nobody_without_it(name: str) -> None:
    found = SECRET[name](SENT_BYTES, random.Random(1))
    assert found.believed == 0
    assert found.sent_bytes >= SENT_BYTES
    assert found.messages > SENT_BYTES / 50


def test_a_channel_that_forgot_its_macs_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osdp_secure, "same", lambda _one, _other: True)
    assert count_osdp(2_000, random.Random(1)).believed > 0


def test_a_card_reader_that_forgot_its_macs_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ntag424, "compare_digest", lambda _one, _other: True)
    for name in ("sun", "ev2"):
        assert SECRET[name](2_000, random.Random(1)).believed > 0


def test_the_benchmark_prints_both_what_was_and_what_was_expected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forged, "QUICK_BYTES", 60_000)
    told = forged.run(quick=True)
    assert set(told["detail"]) == {*WIRES, *SECRET}
    for name in set(WIRES) - {"modbus"}:  # of whose check one in 65,536 is right
        assert told["detail"][name]["believed"] > 0
        assert told["detail"][name]["expected"] > 0
    assert all(told["detail"][name]["sent_bytes"] >= 60_000 for name in told["detail"])
    assert all(result["ok"] for result in told["results"])
