"""The kiosk's agent with what is done beside bills: lost cards, visitors, and calls that ring."""

from __future__ import annotations

from typing import Any

from tests.browser.kiosk_stub import Agent, Answer, Json, code_svg, words

GATE = words("北门", "北門", "North gate")
ENTRANCE = words("1幢2单元门", "1幢2單元門", "Entrance 1-2")
GARDEN = words("花园门", "花園門", "Garden door")
DOORS = [
    {"id": "d-2", "name": ENTRANCE},
    {"id": "d-1", "name": GATE},
    {"id": "d-3", "name": GARDEN},
]
CODE = "482119305"


def card(name: str, holder: str, **more: Any) -> Json:
    """A card of the household as the agent tells it."""
    return {
        "id": name,
        "holder": holder,
        "issued_at": "2026-03-01T22:30:00Z",
        "blocked": False,
        "told": False,
        "doors_total": 0,
        "doors_gone": 0,
        "still_known": [],
    } | more


class ErrandAgent(Agent):
    """An agent whose household has two cards, three doors and a visitor outside."""

    def __init__(self) -> None:
        super().__init__()
        self.state["call"] = None
        self.cards = [card("c-1", "沈**"), card("c-2", "郑**")]
        self.code_doors = DOORS[:2]
        self.prints: Answer = (200, {"printed": True})
        self.opens: Answer = (200, {"opened": True})
        self.verbs |= {
            "/local/cards": lambda _: (200, {"cards": self.cards}),
            "/local/block": self._block,
            "/local/guests": lambda _: (200, {"doors": DOORS, "code_doors": self.code_doors}),
            "/local/invite": self._invite,
            "/local/print-pass": lambda _: self.prints,
            "/local/answer": self._answer,
        }

    def call(self, house: str = "1-2-302") -> Json:
        """Somebody rings."""
        return {"id": "call-1", "house": house, "door": ENTRANCE, "left_s": 45}

    def doors_say(self, gone: int, *still: Json) -> None:
        """So many of six doors have forgotten the first card."""
        told = {"blocked": True, "told": True, "doors_total": 6, "doors_gone": gone}
        self.cards[0] = self.cards[0] | told | {"still_known": list(still)}

    def _block(self, body: Json) -> Answer:
        assert body["card"] == "c-1"
        self.cards[0] = self.cards[0] | {"blocked": True}
        return 200, {"cards": self.cards}

    def _invite(self, body: Json) -> Answer:
        doors = [door for door in DOORS if door["id"] in body["doors"]]
        made = {"doors": doors, "ends": "2026-11-23T03:30:00Z"}
        if body["typed"]:
            return 200, made | {"svg": None, "code": CODE, "reached": False}
        return 200, made | {"svg": code_svg(), "code": None, "reached": True}

    def _answer(self, body: Json) -> Answer:
        self.tell("call", None)
        status, told = self.opens
        if status == 200:
            return 200, {"opened": body["open"]}
        return status, told
