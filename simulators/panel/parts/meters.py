"""Meters on one pair of wires: what their plates show, and what was read of them last."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from drivers.cjt188 import Cjt188Deframer
from drivers.dlt645 import Dlt645Deframer
from simulators.demo.town import Town
from simulators.ends import Dlt645Meter, MeterLineEnd
from simulators.panel import wirewords as words
from simulators.panel.parts.part import Hands, Json, Part, SerialCable
from simulators.panel.wirefeed import instant

if TYPE_CHECKING:
    from simulators.demo.fixtures import Fixture
    from simulators.ends.meters import Meter
    from simulators.ends.wires import WireEntry
    from simulators.panel.parts import Hearing

USES = {"use_power": (0, Decimal("1.50")), "use_water": (1, Decimal("0.20"))}  # a wash; a bath


def make(town: Town, hear: Hearing) -> list[Part]:
    """One part for each line of meters."""
    return [_part(each, hear) for each in town.fixtures.values() if each.kind == "meters"]


def _part(fixture: Fixture, hear: Hearing) -> Part:
    end = fixture.end
    assert isinstance(end, MeterLineEnd)
    ends = (words.METERS_NAME, words.CONTROLLER_NAMES[fixture.device])
    end.wire_log.on_entry = hear.feed.line(ends, name_of)
    read: dict[str, Json] = {}  # by meter: what it told last, and when

    def answered(meter: Meter) -> None:
        read[meter.address] = {"value": str(meter.total), "at": instant(datetime.now(UTC))}
        hear.changed(fixture.id)

    end.on_answer = answered

    def hands() -> Hands:
        def use(number: int, amount: Decimal) -> None:
            end.meters[number].consume(amount)

        return {verb: partial(use, *which) for verb, which in USES.items()}

    return Part(
        fixture.id,
        "meters",
        "office",
        fixture.device,
        words.METERS_NAME,
        SerialCable(end),
        hands,
        shown=lambda: {"meters": [_shown(meter, read) for meter in end.meters]},
    )


def _shown(meter: Meter, read: dict[str, Json]) -> Json:
    is_power = isinstance(meter, Dlt645Meter)
    return {
        "what": "power" if is_power else "water",
        "unit": "kWh" if is_power else "m³",
        "register": str(meter.total),
        "read": read.get(meter.address),
    }


def name_of(entry: WireEntry) -> str:
    """The protocol's name of what passed: two of them share the wires, and a frame's first byte.

    A question or an answer passes in one piece here, so that nothing is kept between two.
    """
    power, water = Dlt645Deframer().feed(entry.bytes), Cjt188Deframer().feed(entry.bytes)
    if power:
        return f"DL/T 645-2007, control {power[-1].control:02X}"
    return f"CJ/T 188, control {water[-1].control:02X}" if water else "?"
