"""How many made-up messages each wire without a secret believes: as theory says, and no more."""

import random
from typing import Any

import pytest

from drivers.number_reader import Number
from drivers.wiegand import WiegandDeframer
from simulators.bench import forged
from simulators.bench.forged import MOST_OVER_THEORY, WIRES, Wire, count

MESSAGES = 8_000


@pytest.mark.parametrize("name", sorted(WIRES))
def test_each_wire_believes_what_theory_expects(name: str) -> None:
    wire = WIRES[name]
    believed, sent_bytes = count(wire, MESSAGES, random.Random(f"{forged.SEED} {name}"))
    assert 0 < believed <= MOST_OVER_THEORY * MESSAGES * wire.share
    assert believed >= MESSAGES * wire.share / MOST_OVER_THEORY
    assert sent_bytes >= MESSAGES


class Trusting(WiegandDeframer):
    """A parser that forgot its parities."""

    def take(self, held: bytearray) -> tuple[int, Any]:
        size, reading = super().take(held)
        return size, Number(bytes(4)) if reading is not None else None


def test_a_parser_that_believes_everything_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = WIRES["wiegand26"]
    wire = Wire(sound.make, Trusting, sound.believes, sound.share)
    monkeypatch.setattr(forged, "WIRES", {"trusting": wire})
    monkeypatch.setattr(forged, "QUICK_MESSAGES", 500)
    (result,) = forged.run(quick=True)["results"]
    assert result["value"] == 4.0
    assert not result["ok"]


def test_the_benchmark_prints_both_what_was_and_what_was_expected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forged, "QUICK_MESSAGES", 4_000)
    told = forged.run(quick=True)
    assert set(told["detail"]) == set(WIRES)
    for line in told["detail"].values():
        assert line["believed"] > 0
        assert line["expected"] > 0
    assert all(result["ok"] for result in told["results"])
