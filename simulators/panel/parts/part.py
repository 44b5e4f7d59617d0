"""A thing in the town that has a plug: what hands can do to it, and what can be seen of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from simulators.ends.wires import Words

Json = dict[str, Any]
Hands = Mapping[str, Callable[[], None]]


class Cable(Protocol):
    """What holds a part to its program."""

    @property
    def is_plugged(self) -> bool:
        """Whether it is in."""

    def plug(self) -> None:
        """Put it in; does nothing where it is."""

    def unplug(self) -> None:
        """Pull it."""


class Line(Protocol):
    """A pseudo-terminal, as far as a cable needs it."""

    @property
    def is_plugged(self) -> bool:
        """Whether the host can open it."""


class End(Protocol):
    """The far end of a line."""

    @property
    def line(self) -> Line:
        """The line itself."""

    def plug(self) -> None:
        """Put it back."""

    def unplug(self) -> None:
        """Pull it out."""


@dataclass(frozen=True, slots=True)
class SerialCable:
    """The plug of a far end; ``power`` hears whether the device has any, where that matters."""

    end: End
    power: Callable[[bool], None] = lambda _on: None

    @property
    def is_plugged(self) -> bool:
        """Whether the host can open the line."""
        return self.end.line.is_plugged

    def plug(self) -> None:
        """Put it back under the same name."""
        self.end.plug()
        self.power(True)

    def unplug(self) -> None:
        """Pull it out."""
        self.end.unplug()
        self.power(False)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing. ``hands`` names what can be done to it now beside its plug.

    ``ails`` names what is wrong with it, as a person who stands before it sees it; ``shown`` is
    what it shows; ``mend`` puts everything right again.
    """

    id: str
    kind: str
    place: str  # a place of the picture; "office" where it is none
    device: str  # whose program hears it
    name: Words
    cable: Cable
    hands: Callable[[], Hands] = dict
    ails: Callable[[], list[str]] = list
    shown: Callable[[], Json] = dict
    mend: Callable[[], None] = field(default=lambda: None)

    def told(self) -> Json:
        """The part as pages have it."""
        is_plugged = self.cable.is_plugged
        return {
            "id": self.id,
            "kind": self.kind,
            "place": self.place,
            "device": self.device,
            "name": dict(self.name),
            "plugged": is_plugged,
            "hands": ["unplug" if is_plugged else "plug", *self.hands()],
            "ails": [*([] if is_plugged else ["unplugged"]), *self.ails()],
            "shown": self.shown(),
        }
