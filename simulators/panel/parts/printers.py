"""The kiosk's slip printer: roll, cover and blade, and the paper that fell into its tray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.demo.town import Town
from simulators.ends import PaperEnd
from simulators.panel import wirewords as words
from simulators.panel.parts.part import Hands, Json, Part, SerialCable
from simulators.panel.places import KIOSK

if TYPE_CHECKING:
    from simulators.demo.fixtures import Fixture
    from simulators.ends.wires import WireEntry
    from simulators.panel.parts import Hearing

_QUESTION = b"\x10\x04"  # DLE EOT: how are you


def picture(town: Town) -> str | None:
    """The newest slip as an SVG document, None before the first."""
    for each in town.fixtures.values():
        if isinstance(each.end, PaperEnd) and each.end.slips:
            return each.end.picture
    return None


def make(town: Town, hear: Hearing) -> list[Part]:
    """One part for each printer."""
    return [_part(each, hear) for each in town.fixtures.values() if each.kind == "printer"]


def _part(fixture: Fixture, hear: Hearing) -> Part:
    end = fixture.end
    assert isinstance(end, PaperEnd)
    ends = (words.PRINTER_NAME, words.CONTROLLER_NAMES[fixture.device])
    end.wire_log.on_entry = hear.feed.line(ends, Talk().name_of)
    end.paper.on_slip = lambda: hear.changed(fixture.id)
    return Part(
        fixture.id,
        "printer",
        KIOSK,
        fixture.device,
        words.PRINTER_NAME,
        SerialCable(end),
        lambda: _hands(end),
        lambda: _ails(end),
        lambda: _shown(end),
        lambda: _mend(end),
    )


def _hands(end: PaperEnd) -> Hands:
    """Each trouble's own cure in its place."""
    roll: Hands = {"new_roll": end.new_roll} if end.is_low else {"paper_low": end.paper_low}
    out: Hands = {} if end.is_out else {"paper_out": end.paper_out}
    blade: Hands = {"unjam": end.unjam} if end.is_jammed else {"jam": end.jam}
    cover: Hands = (
        {"close_cover": end.close_cover} if end.is_open else {"open_cover": end.open_cover}
    )
    return {**roll, **out, **blade, **cover}


def _ails(end: PaperEnd) -> list[str]:
    paper = "paper_out" if end.is_out else "paper_low" if end.is_low else ""
    found = {paper: bool(paper), "jammed": end.is_jammed, "cover_open": end.is_open}
    return [name for name, is_so in found.items() if is_so]


def _shown(end: PaperEnd) -> Json:
    """How many slips came out, and the newest in letters; its picture is fetched for itself."""
    return {"slips": end.paper.cut, "text": end.text if end.slips else ""}


def _mend(end: PaperEnd) -> None:
    end.new_roll()
    end.unjam()
    end.close_cover()


class Talk:
    """ESC/POS: questions and answers about its state are shown when the answer is a new one."""

    def __init__(self) -> None:
        self._said = b""

    def name_of(self, entry: WireEntry) -> str | None:
        """The protocol's name, None for idle questions and the same answers again."""
        if entry.dir == ">":
            if entry.bytes[:2] == _QUESTION:
                return None
            return f"ESC/POS, {len(entry.bytes)} bytes"
        is_new, self._said = entry.bytes != self._said, entry.bytes
        return "ESC/POS status" if is_new else None
