"""What is done at a kiosk beside bills: a lost card, a visitor's pass or code, a call answered.

Each needs the visit that stands before the screen: its lookup for lost cards, its card for anything
that lets somebody in. What a visit was told is for that visit alone; a later one gets nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kiosk.bell import Bell
from kiosk.errors import Refused
from kiosk.hub import Hub
from kiosk.paper import PASS_ON_GLASS, PassSlip
from kiosk.read import read_cards, read_doors
from kiosk.session import Guest, Session, Visit
from kiosk.shown import draw
from kiosk.slips import Slips

HOURS: Final = (2, 12)  # what an elder chooses between; a code lives for twelve at most
DOORS_MAX: Final = 4
HAD: Final = ("just_now", "today", "yesterday", "days", "unknown")  # when a card was last had
OPEN_S: Final = 6.0  # the hub waits three seconds for a door

Ask = Callable[..., Awaitable[dict[str, Any]]]


class Errands:
    """The verbs of the page for whoever stands there now; ``ask`` is the agent's way to the hub."""

    def __init__(self, session: Session, hub: Hub, bell: Bell, slips: Slips, ask: Ask) -> None:
        self._session = session
        self._slips = slips
        self._hub = hub
        self._bell = bell
        self._ask = ask

    # ----------------------------------------------------------------- lost cards

    async def cards(self) -> dict[str, Any]:
        """The household's cards, and of a blocked one which doors have confirmed."""
        visit = self._visit()
        return await self._told(visit, "/api/v1/kiosk/lost-cards", {"lookup": visit.lookup})

    async def block(self, card: str, had: str) -> dict[str, Any]:
        """Block one of them; all of them as they are now. ``had``: a word of ``HAD``."""
        visit = self._visit()
        wish = {"lookup": visit.lookup, "card": card, "had": had}
        return await self._told(visit, "/api/v1/kiosk/lost-cards/block", wish)

    async def _told(self, visit: Visit, path: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        told = await self._ask(path, wish)
        self._still(visit)
        return {"cards": read_cards(told)}

    # ----------------------------------------------------------------- visitors

    async def guests(self) -> dict[str, Any]:
        """The doors that a visitor's pass may name, and where a code can be typed."""
        visit = self._visit()
        told = await self._ask("/api/v1/kiosk/guests", {"card_session": self._card(visit)})
        self._still(visit)
        return {
            "doors": read_doors(told.get("doors")),
            "code_doors": read_doors(told.get("code_doors")),
        }

    async def invite(
        self, label: str, doors: list[str], hours: int, *, typed: bool
    ) -> dict[str, Any]:
        """A pass drawn as a code for a visitor's telephone, or digits for a courier."""
        visit = self._visit()
        now_s = self._hub.now_s()
        if now_s is None:
            raise Refused("hub_busy")
        ends = datetime.fromtimestamp(now_s, UTC) + timedelta(hours=hours, minutes=-2)
        wish = {
            "card_session": self._card(visit),
            "label": label,  # a kiosk asks nobody for a visitor's name
            "doors": doors,
            "ends": ends.isoformat(timespec="seconds"),
            "typed": typed,
        }
        told = await self._ask("/api/v1/kiosk/visits", wish)
        self._still(visit)
        text, code = told.get("text"), told.get("code")
        named = read_doors(told.get("doors"))
        self._session.guest = Guest(
            doors=tuple(door["name"] for door in named),
            ends=str(told.get("ends", "")),
            text=text if isinstance(text, str) else None,
            code=code if isinstance(code, str) else None,
        )
        return {
            "doors": named,
            "ends": self._session.guest.ends,
            "svg": draw(text) if isinstance(text, str) else None,
            "code": self._session.guest.code,
            "reached": told.get("reached") is not False,
        }

    async def print(self, language: str) -> dict[str, Any]:
        """The newest pass or code of this visit on paper, for who wants it there."""
        visit, guest = self._visit(), self._session.guest
        if guest is None:
            raise Refused("not_found")
        if not self._slips.paper.state.prints:
            raise Refused("paper_out", 409, PASS_ON_GLASS)
        printed = await self._slips.put(PassSlip(guest, language))
        self._still(visit)
        return {"printed": printed}

    # ----------------------------------------------------------------- calls

    async def answer(self, call: str, *, let_in: bool) -> dict[str, Any]:
        """Let whoever rings in, or not now; what the door said."""
        visit = self._visit()
        wish = {"card_session": self._card(visit)}
        known = self._bell.call
        if known is None or known.id != call or known.house != visit.house:
            raise Refused("call_over")
        verb = "open" if let_in else "decline"
        told = await self._ask(f"/api/v1/kiosk/calls/{call}/{verb}", wish, answer_s=OPEN_S)
        self._bell.taken(call)
        self._still(visit)
        return {"opened": let_in and told.get("outcome") == "opened"}

    # ----------------------------------------------------------------- whose visit it is

    def _visit(self) -> Visit:
        visit = self._session.visit
        if visit is None:
            raise Refused("lookup_expired")
        return visit

    def _card(self, visit: Visit) -> str:
        if visit.card_session is None:
            raise Refused("not_allowed")
        return visit.card_session

    def _still(self, visit: Visit) -> None:
        now = self._session.visit
        if now is None or now.id != visit.id:
            raise Refused("request_stale")
